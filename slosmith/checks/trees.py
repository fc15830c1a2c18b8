"""The queries of an SLO as syntax trees, for checks."""

from __future__ import annotations

from collections.abc import Iterator

from promql_parser import Expr, MatrixSelector, VectorSelector

from slosmith.model import (
    ErrorRatioIndicator,
    LatencyIndicator,
    RatioIndicator,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.problems import Path
from slosmith.promql import syntax
from slosmith.promql.identity import tree as of_count


def queries(slo: Slo) -> Iterator[tuple[Path, Expr]]:
    """Every query of the indicator as a tree, at its path within the SLO."""
    indicator = slo.indicator
    at: Path = ("indicator", indicator.kind)
    match indicator:
        case RatioIndicator():
            for part in ("bad", "good", "total"):
                count = getattr(indicator, part)
                if count is not None:
                    yield (*at, part), of_count(count, slo.by)
        case LatencyIndicator():
            yield (*at, "histogram"), tree(f"rate({indicator.histogram.promql()}[5m])")
        case UptimeIndicator():
            yield (*at, "series"), tree(indicator.series.promql())
        case ThresholdIndicator() | ErrorRatioIndicator():
            yield (*at, "query"), tree(indicator.query)


def tree(query: str) -> Expr:
    expression, _, _ = syntax.parse(query)
    assert expression is not None, "a resolved query was parsed before"
    return expression


def selectors(expression: Expr) -> Iterator[VectorSelector]:
    for node in syntax.walk(expression):
        if isinstance(node, MatrixSelector):
            yield node.vector_selector
        elif isinstance(node, VectorSelector):
            yield node
