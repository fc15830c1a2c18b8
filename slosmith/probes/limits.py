"""Indicators that incidents cannot be told of in minutes, however well their series are known."""

from __future__ import annotations

from collections.abc import Iterator

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from slosmith.model import (
    ErrorRatioIndicator,
    ExpressionCount,
    RatioIndicator,
    Slo,
    ThresholdIndicator,
)
from slosmith.promql import syntax

# Functions that yield a value of their own where there is nothing.
_FROM_NOTHING = frozenset({"absent", "absent_over_time", "scalar", "time", "vector"})


def beyond_incidents(slo: Slo) -> str:
    """What keeps an SLO from being put through incidents even where its series are known; empty
    if nothing does."""
    if answers_alone(slo):
        return "a value even where there are no series"
    for expr in _queries(slo):
        for node in syntax.walk(expr):
            selector = node.vector_selector if isinstance(node, MatrixSelector) else node
            if isinstance(selector, VectorSelector) and (selector.offset or selector.at):
                return "an offset or @, so that it tells of another time"
            if isinstance(node, MatrixSelector | SubqueryExpr) and isinstance(
                slo.indicator, ThresholdIndicator
            ):
                return "a range, so that its value follows late"
    return ""


def answers_alone(slo: Slo) -> bool:
    """Whether the rules of an SLO record something where there are no raw series, as with
    `or vector(0)`: recorded series can then not be fed to them."""
    match slo.indicator:
        case RatioIndicator(total=ExpressionCount(expression=query)):
            return _from_nothing(_parsed(query))
        case ErrorRatioIndicator(query=query) | ThresholdIndicator(query=query):
            return _from_nothing(_parsed(query))
    return False


def _queries(slo: Slo) -> Iterator[Expr]:
    """Those that the spec gives as expressions."""
    match slo.indicator:
        case RatioIndicator(total=total, bad=bad, good=good):
            for count in (total, bad, good):
                if isinstance(count, ExpressionCount):
                    yield _parsed(count.expression)
        case ErrorRatioIndicator(query=query) | ThresholdIndicator(query=query):
            yield _parsed(query)


def _parsed(query: str) -> Expr:
    expr, _, _ = syntax.parse(query)
    assert expr is not None, "it was parsed before"
    return expr


def _from_nothing(expr: Expr) -> bool:
    match expr:
        case VectorSelector() | MatrixSelector():
            return False
        case ParenExpr() | UnaryExpr() | SubqueryExpr() | AggregateExpr():
            return _from_nothing(expr.expr)
        case Call():
            return syntax.function(expr) in _FROM_NOTHING or all(map(_from_nothing, expr.args))
        case BinaryExpr():
            sides = (_from_nothing(expr.lhs), _from_nothing(expr.rhs))
            match syntax.operator(expr):
                case "or":
                    return any(sides)
                case "unless":
                    return sides[0]
            return all(sides)
    return True
