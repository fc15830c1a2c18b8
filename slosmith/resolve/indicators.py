"""The indicator of an SLO: each kind's fields checked and made a model object."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from slosmith.model import (
    ErrorRatioIndicator,
    EventCount,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.problems import Path
from slosmith.promql import fields, identity
from slosmith.promql.faults import Fault
from slosmith.promql.syntax import Judge
from slosmith.resolve.context import Context, duration, mapping, no_duration, number

T = TypeVar("T")
_SUFFIXES = ("_bucket", "_count", "_sum")


def build(context: Context, value: Any, by: tuple[str, ...], at: Path) -> Indicator | None:
    """The indicator that stands at model path `at`, one series for each value of `by`; None
    after problems."""
    for kind, data in mapping(value).items():
        if isinstance(data, dict) and kind in _BUILDERS:
            return _BUILDERS[kind](context, data, by, (*at, kind))
    return None


def _ratio(
    context: Context, data: dict[str, Any], by: tuple[str, ...], at: Path
) -> Indicator | None:
    def count(key: str) -> EventCount | None:
        reader = functools.partial(fields.event_count, by=by)
        return _read(context, data.get(key), (*at, key), reader)

    total, bad, good = count("total"), count("bad"), count("good")
    if total is None or (bad is None) == (good is None):
        return None
    part, counted = ("good", good) if bad is None else ("bad", bad)
    assert counted is not None, "exactly one of them is given"
    if identity.same_events(counted, total, by):
        says = "never be an error" if part == "good" else "count every event as an error"
        message = f"`{part}` and `total` count the same events: this would {says}"
        context.error("ratio-same", message, (*at, part))
        return None
    return RatioIndicator(total=total, bad=bad, good=good)


def _latency(
    context: Context, data: dict[str, Any], by: tuple[str, ...], at: Path
) -> Indicator | None:
    histogram = _read(context, data.get("histogram"), (*at, "histogram"), fields.histogram)
    below = duration(data.get("below"))
    if histogram is not None:
        histogram = _base_name(context, histogram, by, (*at, "histogram"))
    no_duration(context, data, "below", at)
    unit = "ms" if data.get("unit") == "ms" else "s"
    if histogram is None or not below:
        return None
    bound = below * 1000 if unit == "ms" else below
    native = data.get("type") == "native"
    return LatencyIndicator(histogram, below, bound, unit, native)  # type: ignore[arg-type]


def _base_name(
    context: Context, histogram: Selector, by: tuple[str, ...], at: Path
) -> Selector | None:
    name = histogram.name
    if not name:
        message = "a histogram needs its base name before the matchers, such as "
        context.error("histogram-name", message + 'http_request_duration_seconds{job="api"}', at)
        return None
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            message = (
                f"takes the base name, {name.removesuffix(suffix)}; slosmith adds _bucket and "
                "_count itself"
            )
            context.error("histogram-name", message, at)
            return None
    if "le" in by:
        message = "`by`: `le` is the bound of a bucket, which slosmith sums over; leave it out"
        context.error("by-label", message, (*at[:-3], "by"))
        return None
    if any(matcher.startswith(("le=", "le!")) for matcher in histogram.matchers):
        message = "a histogram is given without le; the bucket comes from `below`"
        context.error("histogram-le", message, at)
        return None
    return histogram


def _threshold(
    context: Context, data: dict[str, Any], by: tuple[str, ...], at: Path
) -> Indicator | None:
    reader = functools.partial(fields.instant_value, by=by)
    query = _read(context, data.get("query"), (*at, "query"), reader)
    below, above = number(data.get("below")), number(data.get("above"))
    if query is None or (below is None) == (above is None):
        return None
    return ThresholdIndicator(query, below, above)


def _uptime(
    context: Context, data: dict[str, Any], by: tuple[str, ...], at: Path
) -> Indicator | None:
    series = _read(context, data.get("series"), (*at, "series"), fields.selector)
    healthy = data.get("healthy", "any")
    if series is None or healthy not in ("any", "all", "each"):
        return None
    return UptimeIndicator(series, healthy)


def _error_ratio(
    context: Context, data: dict[str, Any], by: tuple[str, ...], at: Path
) -> Indicator | None:
    reader = functools.partial(fields.error_ratio, by=by)
    query = _read(context, data.get("query"), (*at, "query"), reader)
    return ErrorRatioIndicator(query) if query is not None else None


_BUILDERS: dict[
    str, Callable[[Context, dict[str, Any], tuple[str, ...], Path], Indicator | None]
] = {
    "ratio": _ratio,
    "latency": _latency,
    "threshold": _threshold,
    "uptime": _uptime,
    "error_ratio": _error_ratio,
}


def _read(
    context: Context,
    value: Any,
    at: Path,
    reader: Callable[[str, Judge | None], tuple[T, list[Fault]]],
) -> T | None:
    """A query through the reader of its field; None for what was refused or is not there."""
    if not isinstance(value, str):
        return None
    found, faults = reader(value, context.judge)
    context.faults(faults, at)
    return found
