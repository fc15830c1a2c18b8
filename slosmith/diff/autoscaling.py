"""The autoscaling of a service before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from slosmith.diff import plain
from slosmith.diff.changes import Change, Part, Risk, state_of
from slosmith.diff.sides import Side
from slosmith.diff.slos import named

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


Plain = dict[str, Any]


def compare(before: Side | None, after: Side, renames: Mapping[str, str]) -> Iterator[Part]:
    """`before` is None where the service is new; `renames` has the new names of SLOs by the old."""
    old, new = _plain(before, renames), _plain(after, {})
    changes = (*plain.compare(_fields(old), _fields(new)), *_queries(before, after))
    about = after.service.name
    risks = tuple(Risk(note, about, message) for note, message in _risks(old, new))
    if changes or risks:
        yield Part(SECTION, "", state_of(old, new), changes, risks=risks)


def _plain(side: Side | None, renames: Mapping[str, str]) -> Plain:
    """The autoscaling, in which SLOs of the service go by their (new) names; empty without any.
    Its triggers are by name."""
    scaling = side.service.autoscaling if side else None
    if side is None or scaling is None:
        return {}
    found: Plain = named(plain.plain(scaling), side.service.name, renames)
    return found | {"triggers": _triggers(found["triggers"])}


def _fields(scaling: Plain) -> Plain:
    fields = {
        _SPELLED.get(key, key): value
        for key, value in scaling.items()
        if key not in ("type", "triggers")
    }
    triggers = scaling.get("triggers", {})
    return fields | {f"trigger {name}": value for name, value in triggers.items()}


def _triggers(triggers: list[Plain]) -> dict[str, Plain]:
    """The triggers by a name for people: `cpu`, `latency of SLO pay`, `traffic`, `traffic 2`."""
    found: dict[str, Plain] = {}
    for trigger in triggers:
        kind = str(trigger["type"]).removesuffix("Trigger").lower()
        own = next((str(trigger[key]) for key in _OWN if trigger.get(key)), "")
        if kind == "resource":
            base = own
        else:
            base = f"{kind} of SLO {own}" if trigger.get("slo") else f"{kind} {own}".rstrip()
        number = 1
        while (name := base if number == 1 else f"{base} {number}") in found:
            number += 1
        found[name] = {key: value for key, value in trigger.items() if key != "type"}
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


def _risks(old: Plain, new: Plain) -> Iterator[tuple[str, str]]:
    if not old:
        return
    if not new:
        yield (
            "autoscaling-removed",
            "nothing scales the workload any more; it stays at its replicas",
        )
        return
    if old["target"] != new["target"]:
        yield "target-changed", "another workload is scaled; nothing scales the old one any more"
    if old["engine"] != new["engine"]:
        yield (
            "engine-changed",
            f"{new['engine']} scales the workload (was {old['engine']}): one object goes and "
            "another comes; in between, replicas stay, or two scalers fight",
        )
    if new["pause"] is not None and new["pause"] != old["pause"]:
        yield "autoscaling-paused", f"scaling is paused: {new['pause']}"
    gone = [name for name in old["triggers"] if name not in new["triggers"]]
    if gone:
        names, left = (
            " and ".join(map(plain.quoted, found)) or "nothing" for found in (gone, new["triggers"])
        )
        yield "trigger-removed", f"replicas no longer follow {names}; what is left: {left}"
    yield from _capacity(old, new)
    yield from _guards(old, new)


def _capacity(old: Plain, new: Plain) -> Iterator[tuple[str, str]]:
    if new["max_replicas"] < old["max_replicas"]:
        most = f"{new['max_replicas']} replicas at most (was {old['max_replicas']})"
        yield "capacity-lowered", f"{most}: is the highest load of the last weeks below that?"
    if new["min_replicas"] < old["min_replicas"]:
        least = f"{new['min_replicas']} replicas at least (was {old['min_replicas']})"
        yield "capacity-lowered", f"{least}: less is ready when load comes"


def _guards(old: Plain, new: Plain) -> Iterator[tuple[str, str]]:
    """`hold_while` keeps a trigger from adding replicas while another SLO suffers."""
    for name, trigger in old["triggers"].items():
        after = new["triggers"].get(name)
        if after is None:
            continue
        left = {guard["slo"]: guard for guard in after.get("hold_while") or []}
        what = plain.quoted(name)
        for guard in trigger.get("hold_while") or []:
            slo = plain.quoted(guard["slo"])
            later = left.get(guard["slo"])
            if later is None:
                yield "guard-removed", f"{what} adds replicas whatever becomes of {slo}"
            elif later["burn"] > guard["burn"]:
                burns = f"{later['burn']} times its budget (was {guard['burn']})"
                yield "guard-loosened", f"{what} is held later: while {slo} burns at {burns}"
