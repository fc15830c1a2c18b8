"""A difference as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slosmith.diff import queries, wording
from slosmith.diff.changes import AlertChange, Change, Difference, Part, ServiceChange, TierChange
from slosmith.durations import format_duration
from slosmith.escape import one_line
from slosmith.explain import layout

_ARROW = "->"


def as_text(difference: Difference, *, color: bool = False) -> str:
    """A line that says how much, what to know before agreeing, then service by service."""
    first = f"Since {difference.told} ({difference.commit[:10]}): {wording.headline(difference)}."
    lines = layout.wrapped(first)
    lines += layout.wrapped(difference.note) if difference.note else []
    for risk in difference.risks:
        about = f"{risk.about}: " if risk.about else ""
        head, *rest = layout.wrapped(f"! {about}{risk.message} [{risk.note}]")
        lines += [layout.bold(head, color), *(f"  {line}" for line in rest)]
    for item in difference.unread:
        lines += layout.wrapped(f"? {item.spec} did not compile there: {item.message}")
    for spec in difference.same_meaning:
        lines += layout.wrapped(f"= {spec} has another text and means the same")
    if difference.project:
        lines += ["", layout.bold("slosmith.yaml", color), *_changes(difference.project)]
    for service in difference.services:
        lines += ["", *_service(service, color)]
    return "\n".join(lines) + "\n"


def _service(service: ServiceChange, color: bool) -> Iterator[str]:
    state = {"added": "new", "removed": "removed", "renamed": f"was {service.was}"}
    told = f", {state[service.state]}" if service.state in state else ""
    yield layout.bold(f"{service.name} ({one_line(service.spec)}){told}", color)
    for part in service.parts:
        yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    state = {"added": ", new", "removed": ", removed", "renamed": f", was {part.was}"}
    yield f"  {part.title}{state.get(part.state, '')}"
    yield from _changes(part.changes)
    yield from _alerts(part.alerts)
    yield from _tiers(part.tiers, new=part.state == "added")


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    lines = [change for change in changes if change.kind != "query"]
    rows = []
    for change in lines:
        before, after = (wording.value(change, given) for given in (change.before, change.after))
        one = after if change.before is None else before if change.after is None else ""
        rows.append((_signed(change), one or f"{before} {_ARROW} {after}"))
    if rows:
        yield from layout.table(("", ""), rows, indent=4)
    for change in changes:
        if change.kind == "query":
            yield f"    {change.what}"
            yield from (f"      {line}" for line in queries.lines(change.before, change.after))


def _signed(change: Change) -> str:
    sign = "+ " if change.before is None else "- " if change.after is None else ""
    return f"{sign}{change.what}"


def _alerts(alerts: Sequence[AlertChange]) -> Iterator[str]:
    rows = [
        ("+" if alert.state == "added" else "-", f"{alert.name} ({alert.severity})")
        for alert in alerts
    ]
    if rows:
        yield from layout.table(
            ("", ""), [(f"{sign} alert", name) for sign, name in rows], indent=4
        )


def _tiers(tiers: Sequence[TierChange], new: bool) -> list[str]:
    if not tiers:
        return []
    rows = [
        (
            tier.severity,
            format_duration(tier.long),
            format_duration(tier.short),
            *(_after_all(before, after, new) for before, after in wording.figures(tier)),
        )
        for tier in tiers
    ]
    head = ("alert", "long", "short", "threshold", "100% fail", "10% fail")
    return layout.table(head, rows, indent=4)


def _after_all(before: str, after: str, new: bool) -> str:
    return after if new or before == after else f"{before} {_ARROW} {after}"
