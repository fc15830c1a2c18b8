"""Fields that the format has and this version does not build: said clearly, never ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slosmith.problems import Path

# A path (`*`: every key or index) and, where only some values are meant, those values.
Pattern = tuple[tuple[str, ...], frozenset[str] | None]

_AUTOSCALING: tuple[Pattern, ...] = (
    (("autoscaling", "triggers", "*", "latency", "hold_while"), None),
)


def _below(prefix: tuple[str, ...], patterns: tuple[Pattern, ...]) -> tuple[Pattern, ...]:
    return tuple(((*prefix, *path), values) for path, values in patterns)


_FIELDS = _AUTOSCALING
SPEC: tuple[Pattern, ...] = _FIELDS
PROJECT: tuple[Pattern, ...] = (
    *_below(("defaults",), _FIELDS),
    *_below(("overrides",), _FIELDS),
    *_below(("overrides", "services", "*"), _FIELDS),
)


def find(data: Any, patterns: tuple[Pattern, ...]) -> Iterator[Path]:
    """The paths in `data` that this version does not build."""
    for path, values in patterns:
        for found, value in _match(data, path):
            if values is None or (isinstance(value, str) and value in values):
                yield found


def _match(data: Any, pattern: tuple[str, ...]) -> Iterator[tuple[Path, Any]]:
    if not pattern:
        yield (), data
        return
    first, rest = pattern[0], pattern[1:]
    items: list[tuple[str | int, Any]] = []
    if isinstance(data, dict):
        items = [(key, value) for key, value in data.items() if first in ("*", key)]
    elif isinstance(data, list) and first == "*":
        items = list(enumerate(data))
    for key, value in items:
        for path, found in _match(value, rest):
            yield (key, *path), found
