"""The autoscaling of a service before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml

from slosmith.diff import plain
from slosmith.diff.changes import Change, Part, Risk, state_of
from slosmith.diff.sides import Side
from slosmith.model import Autoscaling, LatencyTrigger, MetricTrigger, Trigger
from slosmith.numbers import percent

SECTION = "autoscaling"
# What the model calls otherwise than the spec.
_SPELLED = {
    "min_replicas": "replicas.min",
    "max_replicas": "replicas.max",
    "scale_up": "behavior.scale_up",
    "scale_down": "behavior.scale_down",
}
# What tells two triggers of one type apart, where they have it.
_OWN = ("slo", "resource", "name")


def compare(before: Side | None, after: Side) -> Iterator[Part]:
    """`before` is None where the service is new."""
    old = _scaling(before, after.service.name)
    new = _scaling(after, after.service.name)
    changes = (*_changes(old, new), *_queries(before, after))
    about = after.service.name
    risks = tuple(Risk(note, about, message) for note, message in _risks(old, new))
    if changes or risks:
        yield Part(SECTION, "", state_of(old, new), changes, risks=risks)


def _scaling(side: Side | None, own: str) -> Autoscaling | None:
    """The autoscaling, in which SLOs go by their new names, those of the service itself (`own`) by
    these alone: a rename is no change of what refers to them."""
    scaling = side.service.autoscaling if side else None
    if side is None or scaling is None:
        return None
    return replace(scaling, triggers=tuple(_named(item, side, own) for item in scaling.triggers))


def _named(trigger: Trigger, side: Side, own: str) -> Trigger:
    def name(slo: str) -> str:
        return side.moved.get(slo, slo).removeprefix(f"{own}/")

    if not isinstance(trigger, LatencyTrigger | MetricTrigger):
        return trigger
    guards = tuple(replace(guard, slo=name(guard.slo)) for guard in trigger.hold_while)
    if isinstance(trigger, MetricTrigger):
        return replace(trigger, hold_while=guards)
    return replace(trigger, slo=name(trigger.slo), hold_while=guards)


def _changes(old: Autoscaling | None, new: Autoscaling | None) -> list[Change]:
    return plain.compare(_fields(old), _fields(new))


def _fields(scaling: Autoscaling | None) -> dict[str, Any]:
    if scaling is None:
        return {}
    fields = {
        _SPELLED.get(key, key): value
        for key, value in plain.plain(scaling).items()
        if key not in ("type", "triggers")
    }
    return fields | {f"trigger {name}": value for name, value in _triggers(scaling).items()}


def _triggers(scaling: Autoscaling | None) -> dict[str, dict[str, Any]]:
    """The triggers by a name for people: `cpu`, `latency of SLO pay`, `traffic`, `traffic 2`."""
    found: dict[str, dict[str, Any]] = {}
    for trigger in plain.plain(scaling.triggers) if scaling else ():
        kind = trigger.pop("type").removesuffix("Trigger").lower()
        own = next((str(trigger[key]) for key in _OWN if trigger.get(key)), "")
        base = (
            own
            if kind == "resource"
            else f"{kind} of SLO {own}"
            if trigger.get("slo")
            else f"{kind} {own}".rstrip()
        )
        number = 1
        while (name := base if number == 1 else f"{base} {number}") in found:
            number += 1
        found[name] = trigger
    return found


def _queries(before: Side | None, after: Side | None) -> list[Change]:
    """What the scaler asks Prometheus."""
    old, new = _asked(before), _asked(after)
    return [
        Change(f"query of {name}", old.get(name), new.get(name), "query")
        for name in [*old, *(name for name in new if name not in old)]
        if old.get(name) != new.get(name)
    ]


def _asked(side: Side | None) -> dict[str, str]:
    path = f"kubernetes/{side.service.name}/scaledobject.yaml" if side else ""
    text = side.text(path) if side and side.service.autoscaling else None
    found = {}
    for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if text else ():
        if document.get("kind") == "ScaledObject":
            for trigger in document["spec"]["triggers"]:
                if "query" in trigger["metadata"]:
                    found[trigger.get("name", trigger["type"])] = trigger["metadata"]["query"]
    return found


def _risks(old: Autoscaling | None, new: Autoscaling | None) -> Iterator[tuple[str, str]]:
    if old is None:
        return
    if new is None:
        yield (
            "autoscaling-removed",
            "nothing scales the workload any more; it stays at its replicas",
        )
        return
    if old.target != new.target:
        yield "target-changed", "another workload is scaled; nothing scales the old one any more"
    if old.engine != new.engine:
        yield (
            "engine-changed",
            f"{new.engine} scales the workload (was {old.engine}): one object goes and another "
            "comes; in between, replicas stay, or two scalers fight",
        )
    if new.pause is not None and new.pause != old.pause:
        yield "autoscaling-paused", f"scaling is paused: {new.pause}"
    gone = [name for name in _triggers(old) if name not in _triggers(new)]
    if gone:
        names = " and ".join(map(plain.quoted, gone))
        left = " and ".join(map(plain.quoted, _triggers(new)))
        yield "trigger-removed", f"replicas no longer follow {names}; what is left: {left}"
    if new.max_replicas < old.max_replicas:
        most = f"{new.max_replicas} replicas at most (was {old.max_replicas})"
        yield "capacity-lowered", f"{most}: is the highest load of the last weeks below that?"
    if new.min_replicas < old.min_replicas:
        least = f"{new.min_replicas} replicas at least (was {old.min_replicas})"
        yield "capacity-lowered", f"{least}: less is ready when load comes"
    yield from _guards(old, new)


def _guards(old: Autoscaling, new: Autoscaling) -> Iterator[tuple[str, str]]:
    """`hold_while` keeps a trigger from adding replicas while another SLO suffers."""
    after = _triggers(new)
    for name, trigger in _triggers(old).items():
        if name not in after:
            continue
        what = plain.quoted(name)
        left = {item["slo"]: item["threshold"] for item in after[name].get("hold_while") or ()}
        for item in trigger.get("hold_while") or ():
            guard, was = plain.quoted(item["slo"]), item["threshold"]
            now = left.get(item["slo"])
            if now is None:
                yield "guard-removed", f"{what} adds replicas whatever becomes of {guard}"
            elif now > was:
                yield (
                    "guard-loosened",
                    f"{what} adds replicas until {percent(now)} of {guard} is bad (was "
                    f"{percent(was)})",
                )
