"""Selectors and metric names that suggest another meaning than they are used with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promql_parser import AggregateExpr, Call, Expr, VectorSelector

from slosmith.checks.findings import Finding
from slosmith.checks.trees import queries, selectors, tree
from slosmith.model import Project, Slo, ThresholdIndicator
from slosmith.problems import Path
from slosmith.promql import syntax
from slosmith.promql.identity import named

_COUNTER_SUFFIXES = ("_total", "_count", "_bucket", "_sum")
_GAUGE_SUFFIXES = (
    *("_ratio", "_percent", "_percentage", "_celsius", "_info", "_timestamp", "_created"),
    *("_timestamp_seconds", "_age_seconds", "_active", "_idle", "_current", "_size", "_length"),
    *("_max", "_min", "_limit", "_capacity", "_usage", "_utilization", "_utilisation", "_depth"),
    *("_pending", "_in_flight", "_inflight", "_connections", "_goroutines", "_threads", "_up"),
)
# level:metric:operations, with a rate as the operation.
_RECORDED = re.compile(r":(?:[^:]*_)?(?:i?rate|increase|ratio)(?:[0-9_][^:]*)?$")
_COUNTING = ("rate", "increase", "irate")
# They look at which series there are, not at their values.
_PRESENCE = ("count", "group", "absent", "absent_over_time", "timestamp")


def broad_selectors(slo: Slo, project: Project) -> Iterator[Finding]:
    """A selector without any matcher takes what every job exposes under that name."""
    for inside, expression in queries(slo):
        for message in broad_names(expression):
            yield Finding("selector-broad", f"`{inside[-1]}`: {message}", inside)


def broad_names(expression: Expr) -> Iterator[str]:
    """What to say of each selector without a matcher."""
    found = [named(node) for node in selectors(expression) if not node.matchers.or_matchers]
    for name in dict.fromkeys(name for name, matchers in found if name and not matchers):
        yield (
            f"`{name}` has no matcher, so every target that exposes it "
            f'counts; narrow it, as in {name}{{job="…"}}'
        )


def gauges_as_counters(slo: Slo, project: Project) -> Iterator[Finding]:
    """A rate of something that reads like a gauge."""
    for inside, expression in queries(slo):
        for message in gauge_messages(expression, ", or an indicator of kind threshold"):
            yield Finding("gauge-rate", f"`{inside[-1]}`: {message}", inside)


def gauge_messages(expression: Expr, instead: str = "") -> Iterator[str]:
    """What to say of each rate of a gauge; `instead`: what else a value that rises and falls
    could be written as."""
    for node in syntax.walk(expression):
        if not isinstance(node, Call) or syntax.function(node) not in _COUNTING:
            continue
        for name in (named(selector)[0] for selector in selectors(node)):
            if message := _no_counter(name, syntax.function(node)):
                yield message + ("" if ":" in name else instead)


def _no_counter(name: str, function: str) -> str:
    """Why a name is hardly that of a counter; empty if it may be."""
    if _RECORDED.search(name):
        return (
            f"`{name}` reads like a rate that a rule recorded, and {function} of a rate counts "
            "nothing; write the counter that it was made from"
        )
    if name.endswith(_GAUGE_SUFFIXES) or name == "up":
        return (
            f"`{name}` reads like a gauge, and {function} takes each fall of its value for a "
            "restart; write a counter"
        )
    return ""


def counters_as_values(slo: Slo, project: Project) -> Iterator[Finding]:
    """The value of a counter, which only tells how long a process has run."""
    if not isinstance(slo.indicator, ThresholdIndicator):
        return
    inside: Path = ("indicator", "threshold", "query")
    for message in counter_names(tree(slo.indicator.query)):
        yield Finding("counter-value", f"`query`: {message}", inside)


def counter_names(expression: Expr) -> Iterator[str]:
    """What to say of each counter whose bare value counts."""
    for name in dict.fromkeys(_instant_names(expression)):
        if name.endswith(_COUNTER_SUFFIXES):
            yield (
                f"`{name}` reads like a counter, whose value grows until a restart; "
                f"write its rate, as in sum(rate({name}[5m]))"
            )


def _instant_names(expression: Expr) -> Iterator[str]:
    """The names of the selectors whose values at one moment count."""
    if isinstance(expression, VectorSelector):
        yield named(expression)[0]
        return
    if isinstance(expression, AggregateExpr) and syntax.operator(expression) in _PRESENCE:
        return
    if isinstance(expression, Call) and syntax.function(expression) in _PRESENCE:
        return
    for child in syntax.children(expression):
        yield from _instant_names(child)
