"""The SLOs of a service before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slosmith import series
from slosmith.diff import alerts, plain, slo_risks
from slosmith.diff.changes import Change, Part, State
from slosmith.diff.sides import Side
from slosmith.explain import wording
from slosmith.model import Slo

# Fields with words of their own; all others are compared as they are.
_TOLD = ("type", "name", "objective", "window", "indicator", "tiers")
# What the model calls otherwise than the spec.
_SPELLED = {"given": "tests.series"}


def compare(before: Side, after: Side) -> Iterator[Part]:
    """A part for each SLO that differs, in the order of the spec; what is gone comes last."""
    pairs, gone = _pairs(before.service.slos, after.service.slos)
    moved = before.service.name != after.service.name
    for old, new in pairs:
        part = added(after, new) if old is None else _changed(before, old, after, new, moved)
        if part:
            yield part
    for old in gone:
        yield removed(before, old)


def added(side: Side, slo: Slo) -> Part:
    """An SLO that is new: all about it."""
    return Part(
        "slo",
        slo.name,
        "added",
        (*_figures(None, slo), *_queries(None, (side, slo)), *_rest(None, slo)),
        alerts.tiers(None, slo),
        alerts.alerts(None, (side, slo)),
    )


def removed(side: Side, slo: Slo) -> Part:
    return Part(
        "slo",
        slo.name,
        "removed",
        tuple(_figures(slo, None)),
        (),
        alerts.alerts((side, slo), None),
        slo_risks.removed(side, slo),
    )


def _changed(before: Side, old: Slo, after: Side, new: Slo, moved: bool) -> Part | None:
    renamed = old.name != new.name
    # A service of another name renames all its series: that is told once, and is no change here.
    queries = () if moved and old == new else _queries((before, old), (after, new))
    changes = (*_figures(old, new), *queries, *_rest(old, new))
    tiers = alerts.tiers(old, new)
    appearing = alerts.alerts((before, old), (after, new))
    risks = slo_risks.changed(before, old, after, new)
    if not (renamed or changes or tiers or appearing or risks):
        return None
    state: State = "renamed" if renamed else "changed"
    was = old.name if renamed else ""
    return Part("slo", new.name, state, changes, tiers, appearing, risks, was)


def _figures(old: Slo | None, new: Slo | None) -> Iterator[Change]:
    """Objective, window, budget, and what is measured."""
    values = [
        (slo.objective, slo.window, slo.budget * slo.window / 60, wording.measured(slo))
        if slo
        else (None, None, None, None)
        for slo in (old, new)
    ]
    names = ("objective", "window", "budget", "measured")
    kinds = ("percent", "seconds", "minutes", "text")
    for name, kind, before, after in zip(names, kinds, *values, strict=True):
        if before != after:
            yield Change(name, before, after, kind)


def _queries(before: tuple[Side, Slo] | None, after: tuple[Side, Slo] | None) -> tuple[Change, ...]:
    """The recorded rates that all other rules are made of."""
    old, new = (_rates(*side) if side else {} for side in (before, after))
    return tuple(
        Change(name, old.get(record), new.get(record), "query")
        for name, record in (("bad events", series.BAD), ("all events", series.TOTAL))
        if old.get(record) != new.get(record)
    )


def _rates(side: Side, slo: Slo) -> dict[str, str]:
    rules = (rule for group in side.groups(slo) for rule in group["rules"])
    return {
        rule["record"]: str(rule["expr"])
        for rule in rules
        if rule.get("record") in (series.BAD, series.TOTAL)
    }


def _rest(old: Slo | None, new: Slo | None) -> list[Change]:
    before, after = _fields(old), _fields(new)
    if old is None and new is not None:
        # Of a new one, only what is not as usual.
        after = {key: value for key, value in after.items() if key in ("description", "by")}
        after = {key: value for key, value in after.items() if value}
    return plain.compare(before, after)


def _fields(slo: Slo | None) -> dict[str, Any]:
    fields = plain.plain(slo) if slo else {}
    return {_SPELLED.get(key, key): item for key, item in fields.items() if key not in _TOLD}


def _pairs(
    before: Sequence[Slo], after: Sequence[Slo]
) -> tuple[list[tuple[Slo | None, Slo]], list[Slo]]:
    """Which SLO was which: by name, then, of those that are left, by what they measure."""
    old = {slo.name: slo for slo in before}
    names = {slo.name for slo in after}
    left = [slo for slo in before if slo.name not in names]
    pairs: list[tuple[Slo | None, Slo]] = []
    for slo in after:
        match = old.get(slo.name)
        if match is None:
            match = next((item for item in left if _measures_the_same(item, slo)), None)
            if match:
                left.remove(match)
        pairs.append((match, slo))
    return pairs, left


def names(before: Sequence[Slo], after: Sequence[Slo]) -> list[tuple[str, str]]:
    """The SLOs that are on both sides: the name before, and after."""
    pairs, _ = _pairs(before, after)
    return [(old.name, new.name) for old, new in pairs if old is not None]


def _measures_the_same(one: Slo, other: Slo) -> bool:
    return (one.indicator, one.by) == (other.indicator, other.by)


def named(value: Any, service: str, renames: Mapping[str, str]) -> Any:
    """A plain value in which the SLOs of `service` go by their names alone, as specs have them,
    and all by the new ones (`renames`: those of `service` by name, of others by `service/slo`): a
    rename is no change of what refers to them."""
    if isinstance(value, list):
        return [named(item, service, renames) for item in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        if key == "slo" and isinstance(item, str):
            found[key] = _own_name(item, service, renames)
        elif key == "slos" and isinstance(item, list):
            found[key] = [_own_name(str(name), service, renames) for name in item]
        else:
            found[key] = named(item, service, renames)
    return found


def _own_name(name: str, service: str, renames: Mapping[str, str]) -> str:
    short = name.removeprefix(f"{service}/")
    return renames.get(short, short)
