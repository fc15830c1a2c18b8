"""Two versions of a service → what differs, part by part.

A section of the model that has a module of its own is named in SECTIONS; all others are compared
field by field, so that a change of a section that is newer than this page is still shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slosmith.diff import autoscaling, chaos, dashboard, load_test, plain, slos
from slosmith.diff.changes import Change, Part, Risk, ServiceChange, state_of
from slosmith.diff.sides import Side

# Before and after (None where the service is new), and the SLOs that were renamed, new by old.
Sides = tuple[Side | None, Side, Mapping[str, str]]
SECTIONS: dict[str, Callable[[Side | None, Side, Mapping[str, str]], Iterator[Part]]] = {
    autoscaling.SECTION: autoscaling.compare,
}
# Fields that are told as one part, `service`.
_OWN = ("source", "description", "owner", "namespace", "pods", "labels", "links")
_SPELLED = {"source": "spec", "phases": "runbook", chaos.SECTION: chaos.TITLE}
# Labels that routes of Alertmanager match.
_ROUTED = ("owner", "namespace", "labels")


def compare(before: Side, after: Side) -> ServiceChange | None:
    """What differs; None where nothing does."""
    objectives = list(slos.compare(before, after))
    of_this = {part.was: part.name for part in objectives if part.was}
    renames = {**before.moved, **of_this}
    old, new = _fields(before, renames), _fields(after, {})
    parts = []
    own = _own(old, new, after.service.name)
    if own:
        parts.append(own)
    parts += objectives
    for field in [*new, *(field for field in old if field not in new)]:
        parts += _section(field, old.get(field), new.get(field), (before, after, renames))
    parts += dashboard.compare(before, after, renames)
    renamed = before.service.name != after.service.name
    if not parts and not renamed:
        return None
    return ServiceChange(
        after.service.name,
        after.service.source,
        "renamed" if renamed else "changed",
        tuple(parts),
        _renamed(before, after) if renamed else (),
        before.service.name if renamed else "",
    )


def added(side: Side) -> ServiceChange:
    fields = _fields(side, {})
    own = {_SPELLED.get(key, key): fields[key] for key in _OWN if key != "source"}
    told = plain.compare({}, {key: value for key, value in own.items() if value})
    parts = [Part("service", "", "added", tuple(told))]
    parts += [slos.added(side, slo) for slo in side.service.slos]
    for field, value in fields.items():
        parts += _section(field, None, value, (None, side, {}))
    return ServiceChange(side.service.name, side.service.source, "added", tuple(parts))


def removed(side: Side) -> ServiceChange:
    service = side.service
    names = _listed([slo.name for slo in service.slos])
    scaling = ", its autoscaling" if service.autoscaling else ""
    message = (
        f"the service is removed, with its dashboard{scaling} and all alerts and recorded series "
        f"of {names}"
    )
    parts = [Part("slo", slo.name, "removed") for slo in service.slos]
    for field, value in _fields(side, {}).items():
        if field not in (*_OWN, "slos") and value:
            parts.append(Part(_SPELLED.get(field, field), "", "removed"))
    risk = Risk("service-removed", service.name, message)
    return ServiceChange(service.name, service.source, "removed", tuple(parts), (risk,))


def _fields(side: Side, renames: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a service, plain, with its SLOs by their new names."""
    fields: dict[str, Any] = plain.plain(side.service)
    del fields["type"], fields["name"], fields["slos"]
    fields[load_test.SECTION] = load_test.spelled(fields[load_test.SECTION])
    return {key: slos.named(value, side.service.name, renames) for key, value in fields.items()}


def _own(old: dict[str, Any], new: dict[str, Any], name: str) -> Part | None:
    before, after = ({key: fields.pop(key) for key in _OWN} for fields in (old, new))
    risks = []
    routed = [key for key in _ROUTED if before[key] != after[key]]
    if routed:
        message = (
            f"its alerts carry another {_listed(routed)}: routes and silences that match the old "
            "one pass them by"
        )
        risks.append(Risk("routing-changed", name, message))
    changes = plain.compare(
        {_SPELLED.get(key, key): value for key, value in before.items()},
        {_SPELLED.get(key, key): value for key, value in after.items()},
    )
    return Part("service", "", "changed", tuple(changes), risks=tuple(risks)) if changes else None


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


def _section(field: str, old: Any, new: Any, sides: Sides) -> Iterator[Part]:
    if field in SECTIONS:
        yield from SECTIONS[field](*sides)
        return
    if field in _OWN:
        return
    if field == chaos.SECTION:
        side = sides[1] or sides[0]
        yield from chaos.compare(side.service.name if side else "", old or [], new or [])
        return
    changes: list[Change] = plain.compare(_or_empty(old, new), _or_empty(new, old))
    if changes:
        yield Part(_SPELLED.get(field, field), "", state_of(old, new), tuple(changes))


def _or_empty(value: Any, other: Any) -> Any:
    """Where a section is new, or gone, each of its parts is."""
    if value is None and isinstance(other, list | Mapping):
        return [] if isinstance(other, list) else {}
    return value


def _renamed(before: Side, after: Side) -> tuple[Risk, ...]:
    name = after.service.name
    message = (
        f"history resets for all its SLOs, because it was called {before.service.name}: budgets "
        f"start full; `slosmith explain {name} --backfill` gives them their past. Alerts, "
        "dashboard and objects in Kubernetes have the new name too: silences and links to the old "
        "one are dead"
    )
    risks = [Risk("history-resets", name, message)]
    old, new = before.service.autoscaling, after.service.autoscaling
    if old and new and old.target == new.target:
        message = (
            "its scaler has another name: until the old one is pruned both act on one workload, "
            "and KEDA refuses the new one; take `autoscaling` out, sync, and put it back with the "
            "new name"
        )
        risks.append(Risk("scaler-renamed", name, message))
    return tuple(risks)
