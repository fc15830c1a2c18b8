"""PromQL that a runbook asks: over recorded series where they tell, over raw ones for details."""

from __future__ import annotations

from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import (
    ErrorRatioIndicator,
    EventCount,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    SelectorCount,
    Service,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.numbers import plain

# The range of rates of raw series; also what `$window` becomes.
_RANGE = format_duration(series.BASE_WINDOW)
_HOUR = 3600


def error_ratio(service: Service, slo: Slo, window: int = series.BASE_WINDOW) -> str:
    return f"{series.error_ratio(window)}{series.matchers(service.name, slo.name)}"


def over_budget(service: Service, slo: Slo) -> str:
    """A value while the error ratio of the last 5 minutes is above what the objective allows."""
    return f"{error_ratio(service, slo)} > {plain(slo.budget)}"


def budget_left(service: Service, slo: Slo) -> str:
    return f"{series.REMAINING}{series.matchers(service.name, slo.name)}"


def time_left(service: Service, slo: Slo) -> str:
    """Seconds until the budget is spent at the pace of the last hour; nothing without errors."""
    pace = f"({error_ratio(service, slo, _HOUR)} / {plain(slo.budget)} > 0)"
    return f"{budget_left(service, slo)} * {slo.window} / {pace}"


def burn_rates(service: Service) -> str:
    """How fast each SLO of the service spends its budget now, the fastest first."""
    own = f'{{service="{service.name}"}}'
    ratio = f"max by (slo) ({series.error_ratio(series.BASE_WINDOW)}{own})"
    return f"sort_desc({ratio} / max by (slo) ({series.BUDGET}{own}))"


def details(slo: Slo) -> str:
    """Where the bad events, or the bad time, come from: by the labels of the raw series."""
    match slo.indicator:
        case RatioIndicator(bad=None, good=good, total=total):
            assert good is not None, "a ratio has bad or good"
            if isinstance(good, SelectorCount) and isinstance(total, SelectorCount):
                every, fine = _rate(total.selector), _rate(good.selector)
                if total.selector.name == good.selector.name:
                    # Its bad series have no partner in a subtraction.
                    return f"topk(10, ({every} unless {fine}) > 0)"
                return f"topk(10, {every} - {fine})"
            return f"{_counted(total)} - {_counted(good)}"
        case RatioIndicator(bad=SelectorCount(selector=selector)):
            return f"topk(10, {_rate(selector)} > 0)"
        case RatioIndicator(bad=bad):
            assert bad is not None
            return _counted(bad)
        case LatencyIndicator(native=True, histogram=histogram):
            return f"histogram_quantile(0.99, {_rate(histogram)})"
        case LatencyIndicator(histogram=histogram):
            buckets = _rate(histogram, "_bucket")
            return f"histogram_quantile(0.99, sum by (le) ({buckets}))"
        case ThresholdIndicator(query=query):
            return query
        case UptimeIndicator(series=selector):
            return f"{selector.promql()} == 0"
        case ErrorRatioIndicator(query=query):
            return query.replace("$window", _RANGE)


def raw(slo: Slo) -> tuple[str, ...]:
    """What the SLO reads, one query for each thing that may be gone."""
    match slo.indicator:
        case RatioIndicator(bad=bad, good=good, total=total):
            return tuple(_present(count) for count in (total, bad or good) if count)
        case LatencyIndicator(native=True, histogram=histogram):
            return (f"count({histogram.promql()})",)
        case LatencyIndicator(histogram=histogram):
            return (
                f"count({histogram.promql('_count')})",
                f"count by (le) ({histogram.promql('_bucket')})",
            )
        case ThresholdIndicator(query=query):
            return (query,)
        case UptimeIndicator(series=selector):
            return (selector.promql(),)
        case ErrorRatioIndicator(query=query):
            return (query.replace("$window", _RANGE),)


def _present(count: EventCount) -> str:
    if isinstance(count, SelectorCount):
        return f"count({count.selector.promql()})"
    return _counted(count)


def _counted(count: EventCount) -> str:
    if isinstance(count, SelectorCount):
        return f"sum({_rate(count.selector)})"
    return count.expression.replace("$window", _RANGE)


def _rate(selector: Selector, suffix: str = "") -> str:
    return f"rate({selector.promql(suffix)}[{_RANGE}])"
