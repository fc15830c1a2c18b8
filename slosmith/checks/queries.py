"""Selectors and metric names that suggest another meaning than they are used with."""

from __future__ import annotations

from collections.abc import Iterator

from promql_parser import AggregateExpr, Call, Expr, MatrixSelector, VectorSelector

from slosmith.checks.findings import Finding
from slosmith.model import (
    ErrorRatioIndicator,
    EventCount,
    LatencyIndicator,
    Project,
    RatioIndicator,
    Selector,
    SelectorCount,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.problems import Path
from slosmith.promql import syntax

_COUNTER_SUFFIXES = ("_total", "_count", "_bucket", "_sum")
_GAUGE_SUFFIXES = (
    *("_ratio", "_percent", "_percentage", "_celsius", "_info", "_timestamp", "_created"),
    *("_timestamp_seconds", "_age_seconds", "_active", "_idle", "_current", "_size", "_length"),
    *("_max", "_min", "_limit", "_capacity", "_usage", "_utilization", "_utilisation", "_depth"),
    *("_pending", "_in_flight", "_inflight", "_connections", "_goroutines", "_threads", "_up"),
)
_COUNTING = ("rate", "increase", "irate")
# They look at which series there are, not at their values.
_PRESENCE = ("count", "group", "absent", "absent_over_time", "timestamp")


def broad_selectors(slo: Slo, project: Project) -> Iterator[Finding]:
    """A selector without any matcher takes what every job exposes under that name."""
    for inside, expression in _queries(slo):
        names = dict.fromkeys(
            node.name
            for node in _selectors(expression)
            if node.name and not node.matchers.matchers and not node.matchers.or_matchers
        )
        for name in names:
            message = (
                f"`{inside[-1]}`: `{name}` has no matcher, so every target that exposes it "
                f'counts; narrow it, as in {name}{{job="…"}}'
            )
            yield Finding("selector-broad", message, inside)


def gauges_as_counters(slo: Slo, project: Project) -> Iterator[Finding]:
    """A rate of something that reads like a gauge."""
    for inside, expression in _queries(slo):
        for node in syntax.walk(expression):
            if not isinstance(node, Call) or syntax.function(node) not in _COUNTING:
                continue
            for selector in _selectors(node):
                name = selector.name or ""
                if name.endswith(_GAUGE_SUFFIXES) or name == "up":
                    message = (
                        f"`{inside[-1]}`: `{name}` reads like a gauge, and "
                        f"{syntax.function(node)} takes each fall of its value for a restart; "
                        "write a counter, or an indicator of kind threshold"
                    )
                    yield Finding("gauge-rate", message, inside)


def counters_as_values(slo: Slo, project: Project) -> Iterator[Finding]:
    """The value of a counter, which only tells how long a process has run."""
    if not isinstance(slo.indicator, ThresholdIndicator):
        return
    inside: Path = ("indicator", "threshold", "query")
    for name in dict.fromkeys(_instant_names(_tree(slo.indicator.query))):
        if name.endswith(_COUNTER_SUFFIXES):
            message = (
                f"`query`: `{name}` reads like a counter, whose value grows until a restart; "
                f"write its rate, as in sum(rate({name}[5m]))"
            )
            yield Finding("counter-value", message, inside)


def _queries(slo: Slo) -> Iterator[tuple[Path, Expr]]:
    """Every query of the indicator as a tree, at its path within the SLO."""
    indicator = slo.indicator
    at: Path = ("indicator", indicator.kind)
    match indicator:
        case RatioIndicator():
            for part in ("bad", "good", "total"):
                count = getattr(indicator, part)
                if count is not None:
                    yield (*at, part), _tree(_counted(count))
        case LatencyIndicator():
            yield (*at, "histogram"), _tree(_rate(indicator.histogram))
        case UptimeIndicator():
            yield (*at, "series"), _tree(indicator.series.promql())
        case ThresholdIndicator() | ErrorRatioIndicator():
            yield (*at, "query"), _tree(indicator.query)


def _counted(count: EventCount) -> str:
    return _rate(count.selector) if isinstance(count, SelectorCount) else count.expression


def _rate(selector: Selector) -> str:
    return f"rate({selector.promql()}[5m])"


def _tree(query: str) -> Expr:
    expression, _, _ = syntax.parse(query)
    assert expression is not None, "a resolved query was parsed before"
    return expression


def _selectors(expression: Expr) -> Iterator[VectorSelector]:
    for node in syntax.walk(expression):
        if isinstance(node, MatrixSelector):
            yield node.vector_selector
        elif isinstance(node, VectorSelector):
            yield node


def _instant_names(expression: Expr) -> Iterator[str]:
    """The names of the selectors whose values at one moment count."""
    if isinstance(expression, VectorSelector):
        yield expression.name or ""
        return
    if isinstance(expression, AggregateExpr) and syntax.operator(expression) in _PRESENCE:
        return
    if isinstance(expression, Call) and syntax.function(expression) in _PRESENCE:
        return
    for child in syntax.children(expression):
        yield from _instant_names(child)
