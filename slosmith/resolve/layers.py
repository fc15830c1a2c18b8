"""Layers of data, merged: maps by key, lists and scalars replaced; each value's origin kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slosmith.origins import Origins
from slosmith.problems import Path


@dataclass(frozen=True)
class Layer:
    """`data` stands at `path` in `file`."""

    file: str
    path: Path
    data: Any

    def child(self, key: str | int) -> Layer | None:
        """The layer below `key`, if there is anything."""
        if isinstance(self.data, dict) and key in self.data:
            return Layer(self.file, (*self.path, key), self.data[key])
        if isinstance(self.data, list) and isinstance(key, int) and key < len(self.data):
            return Layer(self.file, (*self.path, key), self.data[key])
        return None

    def only(self, *keys: str) -> Layer:
        """The layer with some of its keys alone."""
        data = self.data if isinstance(self.data, dict) else {}
        return Layer(self.file, self.path, {key: data[key] for key in keys if key in data})


def merge(layers: Sequence[Layer], origins: Origins, at: Path) -> Any:
    """The layers' data, later ones over earlier; records at model path `at` where it came from.

    Returns None without layers.
    """
    if not layers:
        return None
    last = layers[-1]
    origins.record(at, last.file, last.path)
    if isinstance(last.data, dict):
        # Only what lies on top of the last value that is no map merges with it.
        maps: list[Layer] = []
        for layer in layers:
            maps = [*maps, layer] if isinstance(layer.data, dict) else []
        keys = dict.fromkeys(key for layer in maps for key in layer.data)
        return {
            key: merge([c for layer in maps if (c := layer.child(key))], origins, (*at, key))
            for key in keys
        }
    if isinstance(last.data, list):
        items = [last.child(index) for index in range(len(last.data))]
        return [merge([item], origins, (*at, index)) for index, item in enumerate(items) if item]
    return last.data
