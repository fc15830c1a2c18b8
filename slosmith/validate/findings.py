"""What a check of one artifact finds: which rule, where inside the file, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from slosmith.problems import Severity

Keys = tuple[str | int, ...]

_SIMPLE = re.compile(r"[A-Za-z_$][A-Za-z0-9_-]*")
_SHOWN = 80


@dataclass(frozen=True)
class Finding:
    """`check` is the id of the rule, `keys` the way to the value; empty: the file as a whole."""

    check: str
    keys: Keys
    text: str
    severity: Severity = "error"

    @property
    def message(self) -> str:
        return f"{path(self.keys)}: {self.text}" if self.keys else self.text


def path(keys: Iterable[str | int]) -> str:
    """`("labels", "a.b", 0)` as `labels["a.b"][0]`."""
    parts = []
    for key in keys:
        if isinstance(key, int):
            parts.append(f"[{key}]")
        elif _SIMPLE.fullmatch(key):
            parts.append(f".{key}")
        else:
            parts.append(f'["{key}"]')
    return "".join(parts).removeprefix(".")


def shown(value: object) -> str:
    """A value as a short piece of a message."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
