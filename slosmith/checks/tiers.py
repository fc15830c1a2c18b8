"""Tiers whose threshold had to be lowered, and total outages that are found late."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slosmith import slomath
from slosmith.checks.findings import Finding
from slosmith.durations import format_duration
from slosmith.model import Project, Slo, Tier
from slosmith.numbers import percent, plain

# A page should come before the clients call.
_SOON = 15 * slomath.MINUTE


def clamped(slo: Slo, project: Project) -> Iterator[Finding]:
    """A burn rate that no error ratio reaches."""
    lowered = [tier for tier in _alerting(slo) if tier.clamped]
    if not lowered:
        return
    names = " and ".join(
        f"{format_duration(tier.long)} ({plain(tier.factor or Decimal(0))}x = "
        f"{percent((tier.factor or Decimal(0)) * slo.budget)})"
        for tier in lowered
    )
    message = (
        f"at {plain(slo.objective)}% the error ratio of {names} is out of reach or nearly so; "
        f"{'this tier alerts' if len(lowered) == 1 else 'these tiers alert'} above "
        f"{percent(lowered[0].threshold)}, half-way between the error budget and everything"
    )
    yield Finding("tier-clamped", message, ("objective",))


def slow_detection(slo: Slo, project: Project) -> Iterator[Finding]:
    """A policy of one's own that finds a total outage late, or pages for nothing."""
    if slo.alerting.disabled or slo.alerting.page.disabled:
        return
    pages = [tier for tier in slo.tiers if tier.severity == "page"]
    inside = ("alerting", "policy")
    if not pages:
        message = (
            "`policy`: no tier pages, so nobody is woken in a total outage; add one, or set "
            "alerting.page.disabled if that is meant"
        )
        yield Finding("outage-slow", message, inside)
        return
    times = [slomath.detection(tier) for tier in pages]
    soonest = min(time for time in times if time is not None)
    if soonest > _SOON:
        minutes = format_duration(round(soonest / 60) * 60)
        message = (
            f"`policy`: a total outage pages after {minutes}; a tier with a shorter long window, "
            "or a lower factor, finds it sooner"
        )
        yield Finding("outage-slow", message, inside)


def _alerting(slo: Slo) -> list[Tier]:
    if slo.alerting.disabled:
        return []
    off = {"page": slo.alerting.page.disabled, "ticket": slo.alerting.ticket.disabled}
    return [tier for tier in slo.tiers if not off[tier.severity]]
