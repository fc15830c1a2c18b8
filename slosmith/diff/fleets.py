"""Two fleets → all that differs between them."""

from __future__ import annotations

from collections.abc import Iterator

from slosmith.diff import plain, services, slos
from slosmith.diff.changes import Change, Risk, ServiceChange
from slosmith.diff.sides import Side, Views
from slosmith.durations import format_duration
from slosmith.model import Fleet, Project, Service


def compare(
    before: Fleet, after: Fleet, views: Views, unread: frozenset[str] = frozenset()
) -> tuple[ServiceChange, ...]:
    """Services that differ, sorted by name. `unread` are specs that one side could not read: their
    services are left out on both."""
    old = {item.name: item for item in before.services if item.source not in unread}
    new = {item.name: item for item in after.services if item.source not in unread}
    was = _renamed(old, new)
    moved = _moved(old, new, was)
    same_project = before.project == after.project
    found = []
    for name in sorted({*old, *new}):
        if name in new:
            earlier = old.get(was.get(name, name))
            if earlier == new[name] and same_project:
                continue
            side = Side(new[name], after.project, views)
            if earlier is None:
                found.append(services.added(side))
            elif change := services.compare(Side(earlier, before.project, views, moved), side):
                found.append(change)
        elif name not in was.values():
            found.append(services.removed(Side(old[name], before.project, views)))
    return tuple(found)


def _renamed(old: dict[str, Service], new: dict[str, Service]) -> dict[str, str]:
    """New names of services and their old ones: those whose spec stayed in its place, or whose
    SLOs measure the same."""
    gone = [service for name, service in old.items() if name not in new]
    found = {}
    for name, service in new.items():
        if name in old:
            continue
        match = next((item for item in gone if _is(item, service)), None)
        if match:
            gone.remove(match)
            found[name] = match.name
    return found


def _moved(old: dict[str, Service], new: dict[str, Service], was: dict[str, str]) -> dict[str, str]:
    """SLOs that have another name now, or a service of another name: new ones by the old."""
    found = {}
    for name, service in new.items():
        earlier = old.get(was.get(name, name))
        if earlier is None:
            continue
        for before, after in slos.names(earlier.slos, service.slos):
            if (earlier.name, before) != (name, after):
                found[f"{earlier.name}/{before}"] = f"{name}/{after}"
    return found


def _is(one: Service, other: Service) -> bool:
    return one.source == other.source or _measured(one) == _measured(other)


def _measured(service: Service) -> list[object]:
    return [(slo.name, slo.by, slo.indicator) for slo in service.slos]


def project(before: Project, after: Project) -> tuple[tuple[Change, ...], tuple[Risk, ...]]:
    """What slosmith.yaml changes for all services alike; defaults and overrides are seen in each
    of them."""
    changes = plain.compare(plain.plain(before), plain.plain(after))
    risks = tuple(Risk(note, "", message) for note, message in _risks(before, after))
    return tuple(changes), risks


def _risks(before: Project, after: Project) -> Iterator[tuple[str, str]]:
    old, new = before.prometheus, after.prometheus
    if old.evaluation_interval != new.evaluation_interval:
        yield (
            "history-weighted",
            f"rules run every {format_duration(new.evaluation_interval)}, before every "
            f"{format_duration(old.evaluation_interval)}: long windows are sums of samples, so "
            "until they have passed, the old time weighs more or less than the new",
        )
    if before.severities != after.severities:
        yield (
            "routing-changed",
            "alerts carry another `severity`: routes and silences that match the old one pass "
            "them by",
        )
    if old.rule_labels != new.rule_labels or old.namespace != new.namespace:
        yield (
            "rules-unselected",
            "the PrometheusRule objects have other labels or another namespace: the operator "
            "loads only those that its ruleSelector matches",
        )
    if gone := [family for family in before.families if family not in after.families]:
        yield "family-removed", f"what is in {', '.join(gone)} is no longer made, and is removed"
