"""What to write in place of what counts no events."""

from __future__ import annotations

from promql_parser import VectorSelector

_NO_SUMS = {
    **dict.fromkeys(("count", "group", "count_values"), "counts series, not events"),
    **dict.fromkeys(
        ("topk", "bottomk", "limitk", "limit_ratio"), "leaves out the events of all other series"
    ),
    "min": "leaves out the events of all series but one",
}


def not_counted(selector: VectorSelector) -> str:
    """For a selector in a count that stands outside any range."""
    name = selector.name or "the selector"
    return f"{name} is not counted over $window; write rate({name}[$window])"


def not_joined(selector: VectorSelector) -> str:
    """For a selector that only picks what is counted, outside any range."""
    name = selector.name or "the selector"
    return (
        f"{name} is looked at now, not over $window; pick events by labels of their own counter, "
        f"or write last_over_time({name}[$window])"
    )


def no_sum(aggregation: str) -> str:
    """For an aggregation in a count that adds no events up."""
    if aggregation in ("max", "avg"):
        return (
            f"{aggregation} of series that count different events is no count; write sum, or "
            f"{aggregation}(sum by (replica) (…)) where replicas all count the same events"
        )
    does = _NO_SUMS.get(aggregation, "tells how the series differ, which is no count of events")
    return f"{aggregation} {does}; write sum"


def no_count(function: str) -> str:
    """For a function in a count that counts nothing."""
    if function in ("absent", "absent_over_time", "present_over_time"):
        why = "tells whether there is data, which alerting.absent does"
    elif function in ("delta", "deriv", "predict_linear", "double_exponential_smoothing"):
        why = "is for gauges, and counts no events"
    elif function.endswith("_over_time"):
        why = "looks at values, and counts no events"
    else:
        return f"{function} of a count is no count of events; leave it out"
    return f"{function} {why}; write rate, or increase, count_over_time or sum_over_time"
