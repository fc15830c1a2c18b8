"""Changes in words and figures, the same in text and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from slosmith.diff.changes import Change, Difference, Part, ServiceChange, TierChange
from slosmith.diff.plain import sentence
from slosmith.durations import format_duration
from slosmith.explain.times import TierTimes
from slosmith.explain.wording import about
from slosmith.numbers import percent, plain

NONE = "none"


def value(change: Change, given: Any) -> str:
    """One side of a change on one line; `none` where there is nothing."""
    if given is None:
        return NONE
    match change.kind:
        case "percent":
            return f"{plain(given)}%"
        case "ratio":
            return percent(given)
        case "seconds":
            return format_duration(given)
        case "minutes":
            return about(given * 60)
    return sentence(given)


def figures(tier: TierChange) -> list[tuple[str, str]]:
    """Threshold, and the times at which all and 10% of errors are found, before and after."""
    sides = (tier.before, tier.after)
    found = [tuple(_threshold(side) for side in sides)]
    found += [tuple(_fires(side, burn) for side in sides) for burn in ("100%", "10%")]
    return [(before, after) for before, after in found]


def _threshold(times: TierTimes | None) -> str:
    if times is None:
        return NONE
    return percent(times.tier.threshold) + ("!" if times.tier.clamped else "")


def _fires(times: TierTimes | None, burn: str) -> str:
    if times is None:
        return NONE
    seconds = times.after[burn].seconds
    return "never" if seconds is None else about(Decimal(seconds))


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def headline(difference: Difference) -> str:
    """One sentence: how much differs."""
    if difference.nothing:
        return "nothing changes: the specs mean the same"
    states = {"changed": "changes", "added": "is new", "removed": "goes", "renamed": "is renamed"}
    plural = {"changed": "change", "added": "are new", "removed": "go", "renamed": "are renamed"}
    parts = []
    for state, verb in states.items():
        number = sum(service.state == state for service in difference.services)
        if number:
            verb = verb if number == 1 else plural[state]
            parts.append(f"{counted(number, 'service')} {verb}")
    if difference.project:
        parts.append("slosmith.yaml changes for all")
    if difference.unread:
        parts.append(f"{counted(len(difference.unread), 'spec')} cannot be compared")
    slos = sum(part.section == "slo" for service in difference.services for part in service.parts)
    appear, vanish = (
        sum(
            alert.state == state
            for service in difference.services
            for part in service.parts
            for alert in part.alerts
        )
        for state in ("added", "removed")
    )
    figures = [
        counted(slos, "SLO") if slos else "",
        *_sections(difference),
        f"{counted(appear, 'alert')} more" if appear else "",
        f"{counted(vanish, 'alert')} fewer" if vanish else "",
        counted(len(difference.risks), "thing") + " to know" if difference.risks else "",
    ]
    told = ", ".join(figure for figure in figures if figure)
    return ", ".join(parts) + (f" ({told})" if told else "")


def _sections(difference: Difference) -> list[str]:
    """What else changes than SLOs, as `autoscaling of 2 services`."""
    found: dict[str, int] = {}
    for service in difference.services:
        for section in {part.section for part in service.parts if service.state != "removed"}:
            found[section] = found.get(section, 0) + 1
    quiet = ("slo", "service", "dashboard")
    return [
        f"{section.replace('_', ' ')} of {counted(found[section], 'service')}"
        for section in sorted(found)
        if section not in quiet
    ]


def brief(service: ServiceChange) -> str:
    """A service on one line: `SLO availability: objective 99.9% → 99.99%; autoscaling new`."""
    if service.state == "added":
        return f"new, with {counted(_slos(service), 'SLO')}"
    if service.state == "removed":
        return f"removed, with {counted(_slos(service), 'SLO')}"
    told = [f"renamed, was {service.was}"] if service.was else []
    return "; ".join([*told, *(_part(part) for part in service.parts)])


def _slos(service: ServiceChange) -> int:
    return sum(part.section == "slo" for part in service.parts)


def _part(part: Part) -> str:
    if part.state == "renamed":
        return f"{part.title}: renamed, was {part.was}"
    if part.state in ("added", "removed"):
        return f"{part.title} {'new' if part.state == 'added' else 'removed'}"
    figures = [
        f"{change.what} {value(change, change.before)} → {value(change, change.after)}"
        for change in part.changes
        if change.kind == "percent"
    ]
    others = _others(part)
    return f"{part.title}: " + ", ".join([*figures, *others])


def _others(part: Part) -> Sequence[str]:
    """What else of a part changes, in a word each, three at most."""
    left = [change.what.split(".")[0] for change in part.changes if change.kind != "percent"]
    names = list(dict.fromkeys(name for name in left if name != "budget"))
    names += ["alerts"] if part.tiers or part.alerts else []
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return names
