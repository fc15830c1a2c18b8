"""Any two values of the model → the changes between them.

This is what shows a field that no other module knows: nothing in the model changes unseen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from slosmith.diff.changes import Change, Kind
from slosmith.durations import format_duration
from slosmith.numbers import plain as plain_number

# Fields that hold a time in seconds, wherever they are.
_SECONDS = frozenset(
    {
        "window",
        "within",
        "long",
        "short",
        "every",
        "stabilization",
        "duration",
        "pause",
        "polling",
        "cooldown",
        "scrape_interval",
        "evaluation_interval",
        "retention",
    }
)
# What an item of a list is told apart by.
_NAMES = ("name", "title", "slo")
# Fields that hold PromQL.
_QUERIES = frozenset({"query", "expression"})


def compare(before: Any, after: Any, what: str = "") -> list[Change]:
    """The changes from one plain value to the other, by path. Items of lists are told apart by
    their `name`, where all have one, and by what they are otherwise."""
    return list(_compare(before, after, what))


def plain(value: Any) -> Any:
    """A value of the model as JSON-like data, numbers exact. Selectors are PromQL; whatever else
    has a type of several, such as a trigger, keeps its name as `type`."""
    if hasattr(value, "promql"):
        return value.promql()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        return {"type": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _compare(before: Any, after: Any, what: str) -> Iterator[Change]:
    if before == after and _shown(before) == _shown(after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            path = f"{what}.{key}" if what else str(key)
            yield from _compare(before.get(key), after.get(key), path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, what)
    else:
        key = what.rsplit(".", 1)[-1]
        yield Change(what, _value(before), _value(after), _kind(key, before, after))


def _kind(key: str, before: Any, after: Any) -> Kind:
    if key in _QUERIES:
        return "query"
    numbers = all(value is None or _is_number(value) for value in (before, after))
    return "seconds" if key in _SECONDS and numbers else "text"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _lists(before: list[Any], after: list[Any], what: str) -> Iterator[Change]:
    names = _names(before), _names(after)
    if names[0] is not None and names[1] is not None:
        yield from _compare(
            dict(zip(names[0], before, strict=True)), dict(zip(names[1], after, strict=True)), what
        )
        if set(names[0]) == set(names[1]) and names[0] != names[1]:
            yield Change(f"{what} (order)", names[0], names[1])
        return
    if all(not isinstance(item, list | Mapping) for item in [*before, *after]):
        yield Change(what, before, after)
        return
    gone = [item for item in before if item not in after]
    new = [item for item in after if item not in before]
    if not gone and not new:
        yield Change(f"{what} (order)", before, after)
    for index in range(max(len(gone), len(new))):
        old = gone[index] if index < len(gone) else None
        yield Change(what, _value(old), _value(new[index] if index < len(new) else None))


def _names(items: Sequence[Any]) -> list[str] | None:
    """A key for each item, unique; None where not all have one."""
    names = [
        next((item[key] for key in _NAMES if item.get(key)), None)
        if isinstance(item, Mapping)
        else None
        for item in items
    ]
    whole = all(isinstance(name, str) and name for name in names)
    return [str(name) for name in names] if whole and len(set(names)) == len(names) else None


def _value(value: Any) -> Any:
    """A value as a change holds it: what is empty is nothing."""
    return None if value is None or (value in ("", [], {}) and value is not False) else value


def _shown(value: Any) -> str:
    """1 and True are equal in Python, and not in a spec."""
    return repr(value)


def sentence(value: Any) -> str:
    """A plain value on one line, for people: maps as `key: value`."""
    if value is None:
        return "none"
    if value is True or value is False:
        return "yes" if value else "no"
    if _is_number(value):
        # A quotient that does not end has 28 digits.
        long = isinstance(value, Decimal) and len(value.as_tuple().digits) > 15
        return plain_number(Decimal(f"{value:.6g}") if long else value)
    if isinstance(value, Mapping):
        pairs = (
            f"{key}: {_item(key, item)}"
            for key, item in value.items()
            if key != "type" and item is not False and _value(item) is not None
        )
        return ", ".join(pairs)
    if isinstance(value, list):
        return ", ".join(_nested(item) for item in value)
    return str(value)


def _item(key: str, value: Any) -> str:
    if key in _SECONDS and _is_number(value):
        return format_duration(value)
    return _nested(value)


def quoted(name: str) -> str:
    """A name from a spec in a sentence of ours; between backticks, so it has none itself."""
    return "`" + name.replace("`", "'") + "`"


def _nested(value: Any) -> str:
    text = sentence(value)
    return (
        f"{{{text}}}"
        if isinstance(value, Mapping)
        else f"[{text}]"
        if isinstance(value, list)
        else text
    )
