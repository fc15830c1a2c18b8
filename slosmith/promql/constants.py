"""What a query yields whatever the series do: numbers, zeros, values that are always there."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from slosmith.promql import syntax

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": operator.pow,
}
_ABSENT = ("absent", "absent_over_time")


def number(expr: Expr) -> float | None:
    """The value of an expression of numbers alone; None for any other."""
    match syntax.bare(expr):
        case NumberLiteral() as literal:
            return float(literal.val)
        case UnaryExpr() as negated:
            inner = number(negated.expr)
            return None if inner is None else -inner
        case BinaryExpr() as binary if syntax.operator(binary) in _ARITHMETIC:
            left, right = number(binary.lhs), number(binary.rhs)
            if left is None or right is None:
                return None
            return _calculated(syntax.operator(binary), left, right)
    return None


def _calculated(sign: str, left: float, right: float) -> float:
    try:
        result = _ARITHMETIC[sign](left, right)
    except (ArithmeticError, ValueError):
        # A division by zero, or beyond the largest number: infinite or NaN, of no use in any case.
        return math.nan
    return result if isinstance(result, float) else math.nan


def factor(expr: Expr) -> tuple[float, Expr] | None:
    """The number and the rest of a product with a number."""
    root = syntax.bare(expr)
    if not isinstance(root, BinaryExpr) or syntax.operator(root) != "*":
        return None
    for one, other in ((root.lhs, root.rhs), (root.rhs, root.lhs)):
        value = number(one)
        if value is not None:
            return value, other
    return None


def is_zero(expr: Expr) -> bool:
    """`vector(0)`, or a product with 0: the usual stand-in for series that are not there."""
    root = syntax.bare(expr)
    if isinstance(root, Call) and syntax.function(root) == "vector":
        return number(root.args[0]) == 0
    product = factor(root)
    return product is not None and product[0] == 0


def is_measured(expr: Expr) -> bool:
    """Whether any series is read at all."""
    return any(isinstance(node, VectorSelector | MatrixSelector) for node in syntax.walk(expr))


def is_constant(expr: Expr) -> bool:
    """A product with 0, or arithmetic that gives NaN or infinity: no series changes the outcome."""
    product = factor(expr)
    return (product is not None and product[0] == 0) or any(
        isinstance(node, BinaryExpr) and _is_boundless(node) for node in syntax.walk(expr)
    )


def _is_boundless(node: BinaryExpr) -> bool:
    sign, values = syntax.operator(node), (number(node.lhs), number(node.rhs))
    if sign in ("/", "%") and values[1] == 0:
        return True
    return sign in _ARITHMETIC and any(
        value is not None and not math.isfinite(value) for value in values
    )


def is_always_there(expr: Expr) -> bool:
    """Whether there is a value although no series is: `… or vector(0)`."""
    match expr:
        case ParenExpr() | UnaryExpr() | AggregateExpr() | SubqueryExpr():
            return is_always_there(expr.expr)
        case Call():
            name = syntax.function(expr)
            if name in _ABSENT:
                return False
            return syntax.is_scalar(expr) or name == "vector" or _any_there(expr)
        case BinaryExpr():
            return _result_is_there(expr)
    return syntax.is_scalar(expr)


def _any_there(expr: Call) -> bool:
    return any(is_always_there(child) for child in expr.args if not syntax.is_scalar(child))


def _result_is_there(expr: BinaryExpr) -> bool:
    sign = syntax.operator(expr)
    if sign == "or":
        return fills(expr.lhs) or fills(expr.rhs)
    if sign == "unless" or (sign in syntax.COMPARISONS and not syntax.is_bool(expr)):
        return False
    return is_always_there(expr.lhs) and is_always_there(expr.rhs)


def fills(expr: Expr) -> bool:
    """Whether an operand of `or` gives a value where the other has none: it is always there, is a
    zero, or is there just while a series is absent."""
    if is_zero(expr) or is_always_there(expr):
        return True
    return any(
        isinstance(node, Call) and syntax.function(node) in _ABSENT for node in syntax.walk(expr)
    )
