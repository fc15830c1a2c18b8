"""Triggers → the PromQL that a scaler asks: one series; 0 where idle, none where data is missing.

Missing data has to be an error and not 0, so that a fallback acts and no replica goes. KEDA asks
with `ignoreNullValues: "false"`, which makes no series an error, but takes NaN as a value before
its version 2.20, so no query may yield NaN.
"""

from __future__ import annotations

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    VectorSelector,
)

from slosmith.durations import format_duration
from slosmith.model import LatencyTrigger, MetricTrigger, TrafficTrigger
from slosmith.numbers import plain
from slosmith.promql import syntax
from slosmith.promql.matching import of_node
from slosmith.scaling.guards import held

# Of the latency quantile: short enough to follow the load, long enough to be steady.
_LATENCY_WINDOW = 300

# What keeps a number a number.
_SAFE_CALLS = frozenset(
    {
        *("abs", "ceil", "clamp", "clamp_max", "clamp_min", "floor", "round", "sgn", "sort"),
        *("rate", "irate", "increase", "delta", "idelta", "changes", "resets", "timestamp"),
        *("avg_over_time", "max_over_time", "min_over_time", "sum_over_time", "last_over_time"),
        *("count_over_time", "present_over_time", "time", "vector", "absent", "absent_over_time"),
        *("histogram_count", "histogram_sum", "label_replace", "label_join"),
    }
)
_SAFE_AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count", "group"})
_SAFE_OPERATORS = frozenset({"+", "-", "*", "and", "or", "unless", *syntax.COMPARISONS})


def traffic_window(scrape_interval: int) -> int:
    """Seconds over which traffic is measured: four scrapes in whole minutes, 2 minutes at least.

    A rate needs two samples, so that one lost scrape, or two, leave a value.
    """
    return max(120, -(-4 * scrape_interval // 60) * 60)


def traffic_query(trigger: TrafficTrigger, scrape_interval: int) -> str:
    """Events per second of the whole service: one series, none where there is no data."""
    window = format_duration(traffic_window(scrape_interval))
    return f"sum(rate({trigger.series.promql()}[{window}]))"


def latency_query(trigger: LatencyTrigger) -> str:
    """The quantile in milliseconds: one series; 0 for an idle service, nothing without data.

    KEDA keeps three decimals, which would be two digits of most latencies in seconds. Without
    requests the quantile is NaN, which `>= 0` drops. While a guard holds it is not above the
    target.
    """
    return held(_latency(trigger), trigger.target * 1000, trigger.hold_while)


def _latency(trigger: LatencyTrigger) -> str:
    if trigger.native:
        rate = f"sum(rate({trigger.histogram.promql()}[{format_duration(_LATENCY_WINDOW)}]))"
        quantile = f"histogram_quantile({plain(trigger.quantile)}, {rate})"
        scale = "1000 * " if trigger.unit == "s" else ""
        return f"{scale}({quantile} >= 0)\nor on ()\n0 * (histogram_count({rate}) == 0)"
    buckets = f"{trigger.histogram.promql('_bucket')}[{format_duration(_LATENCY_WINDOW)}]"
    count = f"{trigger.histogram.promql('_count')}[{format_duration(_LATENCY_WINDOW)}]"
    quantile = f"histogram_quantile({plain(trigger.quantile)}, sum by (le) (rate({buckets})))"
    scale = "1000 * " if trigger.unit == "s" else ""
    return f"{scale}({quantile} >= 0)\nor on ()\n0 * (sum(rate({count})) == 0)"


def metric_query(trigger: MetricTrigger) -> str:
    """The query of the spec, with NaN, which is what a ratio of an idle service gives, read as 0.

    Its value can be NaN only where it divides, or asks a quantile; elsewhere it stays as it is.
    While a guard holds it is not above the target.
    """
    if trigger.target is None:
        return _metric(trigger)
    return held(_metric(trigger), trigger.target, trigger.hold_while)


def _metric(trigger: MetricTrigger) -> str:
    expression, _, _ = syntax.parse(trigger.query)
    assert expression is not None, "a resolved query was parsed before"
    if _is_number(expression):
        return trigger.query
    # NaN is not above minus infinity, and `and` looks at series, not at values.
    return f"(({trigger.query}) >= -Inf)\nor on ()\n(vector(0) and on () ({trigger.query}))"


def _is_number(expression: Expr) -> bool:
    """Whether a query over series that are numbers cannot give NaN."""
    return all(_keeps_numbers(node) for node in syntax.walk(expression))


def _keeps_numbers(node: Expr) -> bool:
    match node:
        case Call():
            return syntax.function(node) in _SAFE_CALLS
        case AggregateExpr():
            return syntax.operator(node) in _SAFE_AGGREGATIONS
        case BinaryExpr():
            return syntax.operator(node) in _SAFE_OPERATORS
        case MatrixSelector():
            return _keeps_numbers(node.vector_selector)
        case VectorSelector():
            # A summary's quantile is NaN while nothing is observed.
            return all(matcher.label != "quantile" for matcher in of_node(node))
    return True
