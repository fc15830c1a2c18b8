"""What a reviewer of an SLO's change should know: history, budgets, alerts, routes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slosmith import series, slomath
from slosmith.diff.changes import Risk
from slosmith.diff.plain import quoted
from slosmith.diff.sides import Side
from slosmith.durations import format_duration
from slosmith.explain import wording
from slosmith.explain.times import counts_events
from slosmith.model import (
    Indicator,
    LatencyIndicator,
    SeverityKey,
    Slo,
    ThresholdIndicator,
    Tier,
    UptimeIndicator,
)
from slosmith.numbers import percent, plain

# From loose to strict.
_HEALTHY = ("any", "each", "all")
_LEVELS = ("off", "ticket", "page")
# Steady error ratios at which alerts are compared, beside the thresholds themselves.
_RATIOS = (Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("0.001"))


def removed(side: Side, slo: Slo) -> tuple[Risk, ...]:
    message = (
        "the SLO is removed: its alerts and recorded series end, and nothing takes their place"
    )
    return (Risk("slo-removed", f"{side.service.name}/{slo.name}", message),)


def changed(before: Side, old: Slo, after: Side, new: Slo) -> tuple[Risk, ...]:
    """In the order of what cannot be undone: history, budget, alerts, where they go."""
    about = f"{after.service.name}/{new.name}"
    found = (
        *_history(before, old, after, new),
        *_budget(before, old, new),
        *_alerting(old, new),
        *_names(old, new),
    )
    return tuple(Risk(note, about, message) for note, message in found)


def _history(before: Side, old: Slo, after: Side, new: Slo) -> Iterator[tuple[str, str]]:
    moved = before.service.name != after.service.name
    if old.name != new.name or old.by != new.by:
        why = (
            f"it was called {old.name}"
            if old.name != new.name
            else f"its budgets are split by {_by(new)}, before by {_by(old)}"
        )
        yield (
            "history-resets",
            f"history resets, because {why}: the budget starts full; "
            f"{_backfill(after.service.name)}. Silences and links with the old name are dead"
            if old.name != new.name
            else f"history resets, because {why}: budgets start full; "
            f"{_backfill(after.service.name)}",
        )
    elif not moved and old.indicator != new.indicator:
        unlike = counts_events(old) != counts_events(new)
        worse = (
            " Events and time are mixed, so the budget means little until then." if unlike else ""
        )
        yield (
            "history-mixed",
            "it measures something else under the same name: for "
            f"{format_duration(new.window)} its budget mixes the two.{worse} A new name starts "
            "afresh",
        )


def _by(slo: Slo) -> str:
    return " and ".join(slo.by) or "nothing"


def _backfill(service: str) -> str:
    return f"`slosmith explain {service} --backfill` gives it its past"


def _budget(before: Side, old: Slo, new: Slo) -> Iterator[tuple[str, str]]:
    minutes = [
        f"{wording.about(slo.budget * slo.window)} of {format_duration(slo.window)}"
        for slo in (old, new)
    ]
    both = f"{minutes[1]} may be bad (was {minutes[0]})"
    if new.budget > old.budget:
        yield (
            "budget-loosened",
            f"the budget is loosened by {_times(new.budget / old.budget)}: {both}",
        )
    elif new.budget < old.budget:
        ratio = series.error_ratio(old.window)
        labels = series.matchers(before.service.name, old.name)
        check = f"{ratio}{labels} > {plain(new.budget)}"
        yield (
            "budget-tightened",
            f"the budget is tightened by {_times(old.budget / new.budget)}: {both}. It is spent "
            f"from the start if Prometheus answers `{check}`",
        )
    if loosened := _looser(old.indicator, new.indicator):
        yield "indicator-loosened", f"less counts as bad: {loosened}"


def _times(factor: Decimal) -> str:
    return f"{plain(round(factor, 2))} times" if factor != 1 else "nothing"


def _looser(old: Indicator, new: Indicator) -> str:
    """What of an indicator of the same kind lets more pass; empty where nothing does."""
    match old, new:
        case LatencyIndicator(below=one), LatencyIndicator(below=other) if other > one:
            return f"requests may take {format_duration(other)} (was {format_duration(one)})"
        case ThresholdIndicator(below=one), ThresholdIndicator(below=other) if (
            one is not None and other is not None and other > one
        ):
            return f"the value may rise to {plain(other)} (was {plain(one)})"
        case ThresholdIndicator(above=one), ThresholdIndicator(above=other) if (
            one is not None and other is not None and other < one
        ):
            return f"the value may fall to {plain(other)} (was {plain(one)})"
        case UptimeIndicator(healthy=one), UptimeIndicator(healthy=other) if _HEALTHY.index(
            other
        ) < _HEALTHY.index(one):
            return f"healthy is `{other}` (was `{one}`)"
    return ""


def _alerting(old: Slo, new: Slo) -> Iterator[tuple[str, str]]:
    for severity in ("page", "ticket"):
        yield from _severity(old, new, severity)
    for field, what in (("absent", "missing-data-quieter"), ("exhausted", "exhausted-quieter")):
        one, other = (
            "off" if slo.alerting.disabled else str(getattr(slo.alerting, field))
            for slo in (old, new)
        )
        if _LEVELS.index(other) < _LEVELS.index(one):
            about = "missing data" if field == "absent" else "a spent budget"
            yield what, f"{about} is {_level(other)} (was {_level(one)})"


def _level(level: str) -> str:
    return "no alert" if level == "off" else f"a {level}"


def _severity(old: Slo, new: Slo, severity: SeverityKey) -> Iterator[tuple[str, str]]:
    one, other = _tiers(old, severity), _tiers(new, severity)
    if one and not other:
        yield f"{severity}-quieter", f"no burn of the budget is a {severity} any more"
    elif other and not one:
        yield f"{severity}-louder", f"a burn of the budget is a {severity} now; before, none was"
    elif one:
        later, sooner = _compared(one, other)
        few = _few(old, new)
        if later or few > 0:
            details = [*_details(one, other), *([_events(old, new)] if few > 0 else [])]
            yield f"{severity}-quieter", f"a {severity} became quieter: {'; '.join(details)}"
        # That a smaller budget alarms sooner goes without saying.
        if (sooner or few < 0) and new.budget >= old.budget:
            details = [*_details(one, other), *([_events(old, new)] if few < 0 else [])]
            yield f"{severity}-louder", f"a {severity} became louder: {'; '.join(details)}"


def _tiers(slo: Slo, severity: SeverityKey) -> list[Tier]:
    off = slo.burn_alert(severity) is None
    return [] if off else [tier for tier in slo.tiers if tier.severity == severity]


def _compared(one: list[Tier], other: list[Tier]) -> tuple[bool, bool]:
    """Whether any steady error ratio is found later (or never), and whether any is sooner."""
    # Just above a threshold its tier fires, and below it does not.
    edges = {tier.threshold * Decimal("1.001") for tier in [*one, *other]}
    ratios = [ratio for ratio in sorted({*_RATIOS, *edges}) if ratio <= 1]
    pairs = [(_first(one, ratio), _first(other, ratio)) for ratio in ratios]
    return any(new > old for old, new in pairs), any(new < old for old, new in pairs)


def _first(tiers: list[Tier], ratio: Decimal) -> Decimal:
    """Seconds until the first of the tiers fires; infinite if none does."""
    found = [slomath.detection(tier, ratio) for tier in tiers]
    return min((seconds for seconds in found if seconds is not None), default=Decimal("Infinity"))


def _details(one: list[Tier], other: list[Tier]) -> Iterator[str]:
    lows = [min(tier.threshold for tier in tiers) for tiers in (one, other)]
    if lows[0] != lows[1]:
        yield f"it needs more than {percent(lows[1])} of errors (was {percent(lows[0])})"
    for ratio, what in ((Decimal(1), "a total outage"), (Decimal("0.1"), "an error ratio of 10%")):
        times = [_first(tiers, ratio) for tiers in (one, other)]
        if times[0] != times[1]:
            yield f"{what} is found {_after(times[1])} (was {_after(times[0])})"


def _after(seconds: Decimal) -> str:
    return f"after {wording.about(seconds)}" if seconds.is_finite() else "never"


def _few(old: Slo, new: Slo) -> int:
    """By how many more bad events an alert waits for."""
    if not (counts_events(old) and counts_events(new)):
        return 0
    return new.alerting.min_bad_events - old.alerting.min_bad_events


def _events(old: Slo, new: Slo) -> str:
    least = new.alerting.min_bad_events
    return f"it waits for {least} bad events (was {old.alerting.min_bad_events})"


def _names(old: Slo, new: Slo) -> Iterator[tuple[str, str]]:
    if _labels(old) != _labels(new):
        yield (
            "routing-changed",
            "its alerts carry other labels: routes and silences that match the old ones pass "
            "them by",
        )
    for severity in ("page", "ticket"):
        one, other = old.burn_alert(severity), new.burn_alert(severity)
        if one and other and one.name != other.name:
            yield (
                "alert-renamed",
                f"the {severity} {quoted(one.name)} is called {quoted(other.name)} now: silences "
                "and routes that name it no longer match",
            )


def _labels(slo: Slo) -> list[object]:
    alerting = slo.alerting
    return [alerting.labels, alerting.page.labels, alerting.ticket.labels]
