"""Each kind of indicator as PromQL: the event rates that are recorded, and raw error ratios.

For ratio and latency `total` and `bad` are events per second; for threshold and uptime they are
shares of time (or numbers of targets), so that sums of either over a long window weigh alike.
Every expression yields one series without labels, or one for each value of the SLO's `by`, and
never NaN.
"""

from __future__ import annotations

from decimal import Decimal

from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import (
    ErrorRatioIndicator,
    EventCount,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    SelectorCount,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.numbers import plain


def total(slo: Slo, step: int) -> str:
    """All events per second over the base window. `step` is the resolution of subqueries in
    seconds."""
    window, indicator, by = series.BASE_WINDOW, slo.indicator, slo.by
    match indicator:
        case RatioIndicator():
            return _events(indicator.total, window, by)
        case LatencyIndicator():
            return _observations(indicator, window, by)
        case ErrorRatioIndicator():
            # Time with a ratio; 0 while there is none, as without any event.
            return f"{_ratio(indicator, window)} >= bool 0"
        case UptimeIndicator(healthy="each"):
            over = f"{indicator.series.promql()}[{_range(window)}]"
            return f"{_aggregate('count', by)}(avg_over_time({over}))"
        case ThresholdIndicator() | UptimeIndicator():
            value, _ = _condition(indicator, by)
            watched = f"{_aggregate('group', by)}({value})"
            return f"avg_over_time({watched}[{_range(window)}:{_range(step)}])"


def bad(slo: Slo, step: int) -> str:
    """Bad events per second over the base window; 0 where there are events and none is bad."""
    window, indicator, by = series.BASE_WINDOW, slo.indicator, slo.by
    everything = total(slo, step)
    match indicator:
        case RatioIndicator(bad=None, good=good):
            assert good is not None, "a ratio has bad or good"
            # Good series that vanish, or never were, mean that nothing was good.
            fine = f"({_events(good, window, by)} or 0 * {everything})"
            return f"clamp_min({everything} - {fine}, 0)"
        case RatioIndicator(bad=errors):
            assert errors is not None
            # Error series often appear with the first error: until then there are 0, not none.
            failed = _events(errors, window, by)
            if not _is_part(errors, indicator.total):
                # Errors of another metric may outlive the total; without it they mean nothing.
                failed = f"{failed} and {everything}"
            return f"{failed} or 0 * {everything}"
        case LatencyIndicator(native=True):
            # NaN without observations; the bound may be any, so it cannot be a mistyped bucket.
            slow = f"{_slow(indicator, window, by)} * {everything}"
            return f"{slow} >= 0\nor 0 * {everything}"
        case ErrorRatioIndicator():
            return f"{_ratio(indicator, window)} >= 0\nor 0 * ({everything})"
        case LatencyIndicator():
            # No `or 0`: a bound that is no bucket must be missing data, not a total outage.
            return f"clamp_min({everything} - {_fast(indicator, window, by)}, 0)"
        case UptimeIndicator(healthy="each"):
            over = f"{indicator.series.promql()}[{_range(window)}]"
            return f"{_aggregate('sum', by)}(1 - avg_over_time({over}))"
        case ThresholdIndicator() | UptimeIndicator():
            return f"avg_over_time({_bad_samples(indicator, window, step, by)})"


def error_ratio(slo: Slo, window: int, labels: str, step: int) -> str:
    """The error ratio over `window` seconds from the raw series, for windows up to an hour.

    Longer windows are sums of the recorded rates. `labels` are the matchers of the SLO's recorded
    series: they tell traffic without error series from no traffic. No traffic yields no series.
    """
    indicator, by = slo.indicator, slo.by
    match indicator:
        case RatioIndicator(bad=None, good=good):
            assert good is not None
            ratio = f"{_events(good, window, by)} / ({_events(indicator.total, window, by)} > 0)"
            nothing_good = f"({series.TOTAL}{labels} > bool 0) == 1"
            return f"clamp_min(1 - {ratio}, 0)\nor {_on(by)} ({nothing_good})"
        case RatioIndicator(bad=errors):
            assert errors is not None
            ratio = f"{_events(errors, window, by)} / ({_events(indicator.total, window, by)} > 0)"
            return f"{ratio}\nor {_on(by)} 0 * ({series.TOTAL}{labels} > 0)"
        case LatencyIndicator(native=True):
            return f"{_slow(indicator, window, by)} >= 0"
        case ErrorRatioIndicator():
            return f"{_ratio(indicator, window)} >= 0"
        case LatencyIndicator():
            requests = f"({_observations(indicator, window, by)} > 0)"
            return f"clamp_min(1 - {_fast(indicator, window, by)} / {requests}, 0)"
        case UptimeIndicator(healthy="each"):
            over = f"{indicator.series.promql()}[{_range(window)}]"
            sums = _aggregate("sum", by)
            return f"1 - {sums}(sum_over_time({over})) / {sums}(count_over_time({over}))"
        case ThresholdIndicator() | UptimeIndicator():
            # Of the whole window, not of what was seen of it: one bad scrape of a service that is
            # minutes old is not a page.
            bad_samples = f"sum_over_time({_bad_samples(indicator, window, step, by)})"
            return f"clamp_max({bad_samples} * {step} / {window}, 1)"


def _aggregate(function: str, by: tuple[str, ...]) -> str:
    """`sum`, or `sum by (route) `."""
    return f"{function} by ({', '.join(by)}) " if by else function


def _on(by: tuple[str, ...]) -> str:
    return f"on ({', '.join(by)})"


def _is_part(part: EventCount, whole: EventCount) -> bool:
    """Whether all series of `part` are among those of `whole`, as far as the selectors show."""
    return (
        isinstance(part, SelectorCount)
        and isinstance(whole, SelectorCount)
        and part.selector.name == whole.selector.name
        and set(whole.selector.matchers) <= set(part.selector.matchers)
    )


def _events(count: EventCount, window: int, by: tuple[str, ...]) -> str:
    """Events per second over a window, as one series without labels other than `by`."""
    if isinstance(count, SelectorCount):
        return _rate(count.selector, window, by)
    expression = f"({count.expression.replace('$window', _range(window))})"
    # Both counts of a ratio are per second, whichever way the spec counts them.
    return f"({expression} / {window})" if count.per_window else expression


def _rate(
    selector: Selector,
    window: int,
    by: tuple[str, ...],
    suffix: str = "",
    extra: tuple[str, ...] = (),
) -> str:
    return f"{_aggregate('sum', by)}(rate({selector.promql(suffix, extra)}[{_range(window)}]))"


def _ratio(indicator: ErrorRatioIndicator, window: int) -> str:
    """0…1, or NaN without events. Clamped: two rates extrapolate apart, so that a healthy ratio
    may be just below 0."""
    return f"clamp({indicator.query.replace('$window', _range(window))}, 0, 1)"


def _observations(indicator: LatencyIndicator, window: int, by: tuple[str, ...]) -> str:
    if indicator.native:
        return f"histogram_count({_rate(indicator.histogram, window, by)})"
    return _rate(indicator.histogram, window, by, "_count")


def _slow(indicator: LatencyIndicator, window: int, by: tuple[str, ...]) -> str:
    """The share of observations of a native histogram above the bound; NaN without any."""
    fast = (
        f"histogram_fraction(0, {plain(indicator.bound)}, {_rate(indicator.histogram, window, by)})"
    )
    # An interpolated fraction may be a rounding error above 1.
    return f"clamp_min(1 - {fast}, 0)"


def _fast(indicator: LatencyIndicator, window: int, by: tuple[str, ...]) -> str:
    bucket = (bucket_matcher(indicator.bound),)
    return _rate(indicator.histogram, window, by, "_bucket", bucket)


def bucket_matcher(bound: Decimal) -> str:
    """A matcher for the bucket bound in every spelling that a client or Prometheus may use.

    Prometheus 3 stores `le="1.0"` where a client of Prometheus 2 wrote `le="1"`; Go writes
    exponents from a million up and below 0.0001.
    """
    text = plain(bound)
    spellings = {text}
    if "." not in text:
        spellings.add(f"{text}.0")
    if bound >= 1_000_000 or bound < Decimal("0.0001"):
        spellings.add(_exponent(bound))
    if len(spellings) == 1:
        return f'le="{text}"'
    pattern = "|".join(
        spelling.replace(".", "\\\\.").replace("+", "\\\\+") for spelling in sorted(spellings)
    )
    return f'le=~"{pattern}"'


def _exponent(bound: Decimal) -> str:
    """Go's shortest %e form: 1e+06, 2.5e-05."""
    sign, digits, exponent = bound.normalize().as_tuple()
    assert sign == 0 and isinstance(exponent, int), "a bound is positive and finite"
    power = exponent + len(digits) - 1
    mantissa = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _condition(
    indicator: ThresholdIndicator | UptimeIndicator, by: tuple[str, ...]
) -> tuple[str, str]:
    """The watched value, and the comparison that is true while it is bad."""
    if isinstance(indicator, UptimeIndicator):
        # A 0-1 value; half-way, so that float noise does not matter.
        function = "max" if indicator.healthy == "any" else "min"
        return f"{_aggregate(function, by)}({indicator.series.promql()})", "< bool 0.5"
    if indicator.below is not None:
        return indicator.query, f">= bool {plain(indicator.below)}"
    assert indicator.above is not None, "a threshold has below or above"
    return indicator.query, f"<= bool {plain(indicator.above)}"


def _bad_samples(
    indicator: ThresholdIndicator | UptimeIndicator, window: int, step: int, by: tuple[str, ...]
) -> str:
    """A range of samples, 1 while the value is bad and 0 while it is not."""
    value, condition = _condition(indicator, by)
    if isinstance(indicator, ThresholdIndicator):
        value = f"({value})"
    return f"({value} {condition})[{_range(window)}:{_range(step)}]"


def _range(seconds: int) -> str:
    return format_duration(seconds)
