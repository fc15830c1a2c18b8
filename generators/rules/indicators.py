"""Each kind of indicator as PromQL: the event rates that are recorded, and raw error ratios.

For ratio and latency `total` and `bad` are events per second; for threshold and uptime they are
shares of time (or numbers of targets), so that sums of either over a long window weigh alike.
Every expression yields one series without labels, and never NaN.
"""

from __future__ import annotations

from decimal import Decimal

from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import (
    EventCount,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    SelectorCount,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.numbers import plain


def total(indicator: Indicator, step: int) -> str:
    """All events per second over the base window. `step` is the resolution of subqueries in
    seconds."""
    window = series.BASE_WINDOW
    match indicator:
        case RatioIndicator():
            return _events(indicator.total, window)
        case LatencyIndicator():
            return _observations(indicator, window)
        case UptimeIndicator(healthy="each"):
            return f"count(avg_over_time({indicator.series.promql()}[{_range(window)}]))"
        case ThresholdIndicator() | UptimeIndicator():
            value, _ = _condition(indicator)
            return f"avg_over_time(group({value})[{_range(window)}:{_range(step)}])"


def bad(indicator: Indicator, step: int) -> str:
    """Bad events per second over the base window; 0 where there are events and none is bad."""
    window = series.BASE_WINDOW
    everything = total(indicator, step)
    match indicator:
        case RatioIndicator(bad=None, good=good):
            assert good is not None, "a ratio has bad or good"
            # Good series that vanish, or never were, mean that nothing was good.
            fine = f"({_events(good, window)} or 0 * {everything})"
            return f"clamp_min({everything} - {fine}, 0)"
        case RatioIndicator(bad=errors):
            assert errors is not None
            # Error series often appear with the first error: until then there are 0, not none.
            failed = _events(errors, window)
            if not _is_part(errors, indicator.total):
                # Errors of another metric may outlive the total; without it they mean nothing.
                failed = f"{failed} and {everything}"
            return f"{failed} or 0 * {everything}"
        case LatencyIndicator():
            # No `or 0`: a bound that is no bucket must be missing data, not a total outage.
            return f"clamp_min({everything} - {_fast(indicator, window)}, 0)"
        case UptimeIndicator(healthy="each"):
            return f"sum(1 - avg_over_time({indicator.series.promql()}[{_range(window)}]))"
        case ThresholdIndicator() | UptimeIndicator():
            return f"avg_over_time({_bad_samples(indicator, window, step)})"


def error_ratio(indicator: Indicator, window: int, labels: str, step: int) -> str:
    """The error ratio over `window` seconds from the raw series, for windows up to an hour.

    Longer windows are sums of the recorded rates. `labels` are the matchers of the SLO's recorded
    series: they tell traffic without error series from no traffic. No traffic yields no series.
    """
    match indicator:
        case RatioIndicator(bad=None, good=good):
            assert good is not None
            ratio = f"{_events(good, window)} / ({_events(indicator.total, window)} > 0)"
            nothing_good = f"({series.TOTAL}{labels} > bool 0) == 1"
            return f"clamp_min(1 - {ratio}, 0)\nor on () ({nothing_good})"
        case RatioIndicator(bad=errors):
            assert errors is not None
            ratio = f"{_events(errors, window)} / ({_events(indicator.total, window)} > 0)"
            return f"{ratio}\nor on () 0 * ({series.TOTAL}{labels} > 0)"
        case LatencyIndicator():
            requests = f"({_observations(indicator, window)} > 0)"
            return f"clamp_min(1 - {_fast(indicator, window)} / {requests}, 0)"
        case UptimeIndicator(healthy="each"):
            over = f"{indicator.series.promql()}[{_range(window)}]"
            return f"1 - sum(sum_over_time({over})) / sum(count_over_time({over}))"
        case ThresholdIndicator() | UptimeIndicator():
            # Of the whole window, not of what was seen of it: one bad scrape of a service that is
            # minutes old is not a page.
            bad_samples = f"sum_over_time({_bad_samples(indicator, window, step)})"
            return f"clamp_max({bad_samples} * {step} / {window}, 1)"


def _is_part(part: EventCount, whole: EventCount) -> bool:
    """Whether all series of `part` are among those of `whole`, as far as the selectors show."""
    return (
        isinstance(part, SelectorCount)
        and isinstance(whole, SelectorCount)
        and part.selector.name == whole.selector.name
        and set(whole.selector.matchers) <= set(part.selector.matchers)
    )


def _events(count: EventCount, window: int) -> str:
    """Events per second over a window, as one series without labels."""
    if isinstance(count, SelectorCount):
        return _rate(count.selector, window)
    expression = f"({count.expression.replace('$window', _range(window))})"
    # Both counts of a ratio are per second, whichever way the spec counts them.
    return f"({expression} / {window})" if count.per_window else expression


def _rate(selector: Selector, window: int, suffix: str = "", extra: tuple[str, ...] = ()) -> str:
    return f"sum(rate({selector.promql(suffix, extra)}[{_range(window)}]))"


def _observations(indicator: LatencyIndicator, window: int) -> str:
    return _rate(indicator.histogram, window, "_count")


def _fast(indicator: LatencyIndicator, window: int) -> str:
    return _rate(indicator.histogram, window, "_bucket", (bucket_matcher(indicator.bound),))


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


def _condition(indicator: ThresholdIndicator | UptimeIndicator) -> tuple[str, str]:
    """The watched value, and the comparison that is true while it is bad."""
    if isinstance(indicator, UptimeIndicator):
        # A 0-1 value; half-way, so that float noise does not matter.
        function = "max" if indicator.healthy == "any" else "min"
        return f"{function}({indicator.series.promql()})", "< bool 0.5"
    if indicator.below is not None:
        return indicator.query, f">= bool {plain(indicator.below)}"
    assert indicator.above is not None, "a threshold has below or above"
    return indicator.query, f"<= bool {plain(indicator.above)}"


def _bad_samples(indicator: ThresholdIndicator | UptimeIndicator, window: int, step: int) -> str:
    """A range of samples, 1 while the value is bad and 0 while it is not."""
    value, condition = _condition(indicator)
    if isinstance(indicator, ThresholdIndicator):
        value = f"({value})"
    return f"({value} {condition})[{_range(window)}:{_range(step)}]"


def _range(seconds: int) -> str:
    return format_duration(seconds)
