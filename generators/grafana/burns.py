"""The tiers of an SLO's alerts as burn rates: lines to draw, colours, windows to show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from generators.grafana.fields import Number, Steps
from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import SeverityKey, Slo, Tier
from slosmith.numbers import plain

HOUR = 3600
SEVERITY_COLORS: dict[SeverityKey, str] = {"page": "red", "ticket": "orange"}


def alerting_tiers(slo: Slo) -> tuple[Tier, ...]:
    """The tiers whose alert exists: it can be turned off for an SLO, or for one severity."""
    if slo.alerting.disabled:
        return ()
    off = {"page": slo.alerting.page.disabled, "ticket": slo.alerting.ticket.disabled}
    return tuple(tier for tier in slo.tiers if not off[tier.severity])


def burn_rate(slo: Slo, tier: Tier) -> Decimal:
    """The burn rate above which a tier fires, to four decimals."""
    return round(tier.threshold / slo.budget, 4)


def lines(slo: Slo) -> Steps:
    """A step for each burn rate at which an alert fires. One that pages hides one that does not."""
    colors: dict[Decimal, str] = {}
    for tier in alerting_tiers(slo):
        rate = burn_rate(slo, tier)
        if tier.severity == "page" or rate not in colors:
            colors[rate] = SEVERITY_COLORS[tier.severity]
    return [(None, "green"), *sorted(colors.items())]


def reach(slo: Slo) -> Decimal | None:
    """The burn rate up to which a graph goes at least, so that a calm hour looks calm and the
    lines are in sight. The outage tier's would be hundreds away."""
    rates = [burn_rate(slo, tier) for tier in alerting_tiers(slo) if tier.factor is not None]
    return round(max(rates) * Decimal("1.1"), 1) if rates else None


def tile_steps(slo: Slo) -> Steps:
    """Colours of the burn rate of the last hour: yellow where the budget does not last for the
    window, orange where an hour more of it may page, red where the alert over an hour does."""
    pages = [tier for tier in alerting_tiers(slo) if tier.severity == "page"]
    steps: dict[Number | None, str] = {None: "green", Decimal(1): "yellow"}
    if pages:
        steps[max(min(burn_rate(slo, tier) for tier in pages), Decimal(1))] = "orange"
        hourly = [tier for tier in pages if tier.long == HOUR] or pages
        steps[max(min(burn_rate(slo, tier) for tier in hourly), Decimal(1))] = "red"
    return list(steps.items())


def windows(slo: Slo) -> list[int]:
    """The windows that alerts compare, the base window and an hour; all are recorded."""
    seen = {series.BASE_WINDOW, HOUR}
    for tier in slo.tiers:
        seen.update((tier.long, tier.short))
    return sorted(seen)


def legend(slo: Slo, window: int) -> str:
    """`1h, page above 14.4`: a window, and what its burn rate leads to."""
    parts = [format_duration(window)]
    for tier in alerting_tiers(slo):
        if tier.long == window:
            parts.append(f"{tier.severity} above {plain(round(burn_rate(slo, tier), 2))}")
    return ", ".join(parts)


def by_steps(slos: Sequence[Slo]) -> list[tuple[Steps, list[str]]]:
    """The SLOs' names by their tile steps, in the order of the spec."""
    groups: defaultdict[tuple[tuple[Number | None, str], ...], list[str]] = defaultdict(list)
    for slo in slos:
        groups[tuple(tile_steps(slo))].append(slo.name)
    return list(groups.items())
