"""Indicators, missing data and numbers in words for people."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import (
    ErrorRatioIndicator,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    Slo,
    ThresholdIndicator,
    Tier,
    UptimeIndicator,
)
from slosmith.numbers import plain


def about(seconds: Decimal) -> str:
    """A time at a glance: seconds below an hour, minutes below a day, hours above."""
    if seconds < 10:
        tenths = round(seconds, 1)
        return f"{plain(tenths)}s" if tenths else "<0.1s"
    unit = 1 if seconds < 3600 else 60 if seconds < 86400 else 3600
    return format_duration(round(seconds / unit) * unit)


def number(value: Decimal) -> str:
    """A count of events: `259,200`, `2.59`, `0.0026`."""
    if value >= 100:
        return f"{round(value):,}"
    return plain(round(value, 2) if value >= 1 else Decimal(f"{value:.2g}"))


def one_of(budget: Decimal) -> str:
    """The budget as `1 of 1,000`, exact."""
    share = Fraction(budget)
    return f"{share.numerator:,} of {share.denominator:,}"


def good(indicator: Indicator) -> str:
    """What an objective's percentage is of."""
    match indicator:
        case RatioIndicator():
            return "of events good"
        case LatencyIndicator(below=below):
            return f"of requests within {format_duration(below)}"
        case ErrorRatioIndicator():
            return "good, weighted by time"
        case UptimeIndicator(healthy="each"):
            return "of targets up, over time"
        case UptimeIndicator(healthy=healthy):
            return f"of the time with {healthy} target{'s' * (healthy == 'all')} up"
        case ThresholdIndicator(below=None):
            return "of the time above the bound"
        case ThresholdIndicator():
            return "of the time below the bound"


def measured(slo: Slo) -> str:
    """What the error ratio is a ratio of."""
    text = _measured(slo.indicator)
    return text + (f"; for each {' and '.join(slo.by)} by itself" if slo.by else "")


def _measured(indicator: Indicator) -> str:
    match indicator:
        case RatioIndicator(bad=None):
            return "events that are not counted as good, among all events"
        case RatioIndicator():
            return "events that are counted as bad, among all events"
        case LatencyIndicator(native=True, below=below):
            return f"requests slower than {format_duration(below)}, from a native histogram"
        case LatencyIndicator(below=below):
            return f"requests slower than {format_duration(below)}, from the buckets of a histogram"
        case ThresholdIndicator(below=None, above=above):
            assert above is not None, "a threshold has below or above"
            return f"time in which the value is {plain(above)} or less"
        case ThresholdIndicator(below=below):
            assert below is not None
            return f"time in which the value is {plain(below)} or more"
        case UptimeIndicator(healthy="any"):
            return "time in which no target is up"
        case UptimeIndicator(healthy="all"):
            return "time in which a target is down"
        case UptimeIndicator():
            return "targets that are down, over time"
        case ErrorRatioIndicator():
            return (
                "an error ratio as it comes; windows above an hour weigh it by time, not by events"
            )


def missing(slo: Slo, alerts: list[tuple[str, str]]) -> str:
    """What happens without data. `alerts`: severity and `for` of the SLO's alerts about it."""
    if len(alerts) == 2:
        (gone, gone_for), (never, never_for) = alerts
        told = (
            f"Gone for {gone_for} after it was there within a day: {series.MISSING_ALERT} "
            f"({gone}). Never there for {never_for}: {series.MISSING_ALERT} ({never})."
        )
    elif alerts:
        ((severity, wait),) = alerts
        told = f"None for {wait}: {series.MISSING_ALERT} ({severity})."
    else:
        told = "No alert tells."
    as_a_whole = " Data of any value counts for all." if slo.by else ""
    return (
        f"{told}{as_a_whole} Meanwhile no burn-rate alert starts, and the time counts neither way. "
        f"{_partly(slo.indicator)}"
    )


def _partly(indicator: Indicator) -> str:
    """What a part of the data that is missing does, or an idle service."""
    match indicator:
        case RatioIndicator(bad=None):
            return "No good series while there are events: all are bad. No events: no errors."
        case RatioIndicator():
            return "No bad series while there are events: none is bad. No events: no errors."
        case LatencyIndicator(native=True):
            return "No requests: no errors."
        case LatencyIndicator():
            return "A bound that is no bucket counts as missing data. No requests: no errors."
        case ThresholdIndicator():
            return "A value of NaN counts as good."
        case UptimeIndicator():
            return "A target that is no longer scraped does not count."
        case ErrorRatioIndicator():
            return "NaN counts as no data."


def pair(tier: Tier) -> str:
    """A pair of windows by its name: `page 1h/5m`."""
    return f"{tier.severity} {format_duration(tier.long)}/{format_duration(tier.short)}"
