"""What each rule is for, in one line."""

from __future__ import annotations

from slosmith import series
from slosmith.durations import format_duration
from slosmith.explain.wording import pair
from slosmith.model import (
    ErrorRatioIndicator,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)

_CONSTANTS = {
    series.HISTORY: "seconds since the first of these rates, at most the window",
    series.REMAINING: "error budget left: 1 at first, 0 when spent, below 0 beyond",
    series.OBJECTIVE: "the objective, for dashboards",
    series.BUDGET: "the error budget, for dashboards",
    series.PERIOD: "the window in seconds, for dashboards",
    series.INFO: "always 1, with all that describes the SLO as labels",
}


def of_record(slo: Slo, name: str) -> str:
    """What a recorded series is for."""
    if name in (series.TOTAL, series.BAD):
        return _base(slo, bad=name == series.BAD)
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    uses = []
    for size in ("long", "short"):
        tiers = [tier for tier in slo.tiers if series.error_ratio(getattr(tier, size)) == name]
        if tiers:
            uses.append(f"{size} window of {' and '.join(map(pair, tiers))}")
    if name == series.error_ratio(slo.window):
        uses.append("what the budget is counted from")
    return f"error ratio: {', '.join(uses) or 'for dashboards and messages'}"


def _base(slo: Slo, bad: bool) -> str:
    match slo.indicator:
        case UptimeIndicator(healthy="each"):
            return "targets that are down, mean over 5m" if bad else "targets, over 5m"
        case ThresholdIndicator() | UptimeIndicator():
            return "share of 5m that was bad" if bad else "share of 5m with data"
        case ErrorRatioIndicator():
            return (
                "error ratio over 5m" if bad else "1 while there is a ratio, 0 while there is none"
            )
        case _:
            return f"{'bad' if bad else 'all'} events per second, over 5m"


def of_alert(slo: Slo, name: str, expression: str) -> str:
    """What an alert tells."""
    if name == series.MISSING_ALERT:
        if "unless on ()" in expression:
            return "there never was any data, or its history is not recorded"
        if "and on ()" in expression:
            return "data that was there within a day is gone"
        return "there is no data, or its history is not recorded"
    if name == series.EXHAUSTED_ALERT:
        return f"the budget of {format_duration(slo.window)} is spent"
    severity = "page" if name == slo.alerting.page.name else "ticket"
    tiers = [tier for tier in slo.tiers if tier.severity == severity]
    pairs = " or ".join(
        dict.fromkeys(f"{format_duration(t.long)}/{format_duration(t.short)}" for t in tiers)
    )
    return f"both error ratios of {pairs} are above the threshold"
