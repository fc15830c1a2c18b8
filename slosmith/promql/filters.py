"""Comparisons without `bool`, and `absent`: values that are gone while something holds or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from promql_parser import AggregateExpr, BinaryExpr, Call, Expr, SubqueryExpr, VectorSelector

from slosmith.promql import syntax
from slosmith.promql.constants import fills, number
from slosmith.promql.faults import Fault
from slosmith.promql.lexical import outside_braces
from slosmith.promql.tokens import Token

# result: the value itself is gone; counted: so is a sum of what is left; some: series are left
# out, and the value is gone with the last of them; absent: it is gone while there is data.
Effect = Literal["result", "counted", "some", "absent"]
_COUNTING = frozenset({"count", "sum", "group", "count_values"})
_COUNTING_OVER_TIME = frozenset({"count_over_time", "sum_over_time"})


@dataclass(frozen=True)
class Filter:
    """`within`: the aggregation, or the function over time, that takes what is left; or empty."""

    node: BinaryExpr | Call
    effect: Effect
    within: str = ""


def filters(expr: Expr, effect: Effect = "result", within: str = "") -> Iterator[Filter]:
    """All that leaves out values, but for guards of a divisor, `a / (b > 0)`, and for what `or`
    stands in for."""
    match expr:
        case AggregateExpr():
            name = syntax.operator(expr)
            yield from filters(expr.expr, "counted" if name in _COUNTING else "some", name)
        case Call():
            yield from _of_call(expr, effect, within)
        case BinaryExpr():
            yield from _of_operation(expr, effect, within)
        case _:
            for child in syntax.children(expr):
                yield from filters(child, effect, within)


def _of_call(expr: Call, effect: Effect, within: str) -> Iterator[Filter]:
    name = syntax.function(expr)
    if name in ("absent", "absent_over_time"):
        yield Filter(expr, "absent", within)
        return
    for argument in expr.args:
        if name in _COUNTING_OVER_TIME and isinstance(syntax.bare(argument), SubqueryExpr):
            yield from filters(argument, "counted", name)
        else:
            yield from filters(argument, effect, within)


def _of_operation(expr: BinaryExpr, effect: Effect, within: str) -> Iterator[Filter]:
    sign = syntax.operator(expr)
    if sign in syntax.COMPARISONS and not syntax.is_bool(expr):
        yield Filter(expr, effect, within)
        return
    left, right = expr.lhs, expr.rhs
    if sign == "or":
        # One side stands in for the other: gone is only what both lack.
        if not fills(left) and not fills(right):
            yield from filters(right, effect, within)
        return
    yield from filters(left, effect, within)
    if sign == "/" and is_filter(right):
        return
    yield from filters(right, "some" if sign in ("and", "unless") else effect, within)


def is_filter(expr: Expr) -> bool:
    root = syntax.bare(expr)
    return (
        isinstance(root, BinaryExpr)
        and syntax.operator(root) in syntax.COMPARISONS
        and not syntax.is_bool(root)
    )


def fault_of_value(root: Expr, tokens: list[Token]) -> Fault | None:
    """A value of a threshold that is gone while all is well, or while all is bad."""
    return next(
        (_fault(item, tokens) for item in filters(root) if item.effect != "some"),
        None,
    )


def fault_of_ratio(root: Expr, tokens: list[Token]) -> Fault | None:
    """A ratio that leaves something out: without a value there were no events."""
    return next((_fault(item, tokens) for item in filters(root)), None)


def _fault(item: Filter, tokens: list[Token]) -> Fault:
    token = place(item.node, tokens)
    return Fault("promql-comparison", _message(item), token.start, token.end)


def place(node: BinaryExpr | Call, tokens: list[Token]) -> Token:
    """The sign or the name of a node, where it first stands."""
    text = syntax.function(node) if isinstance(node, Call) else syntax.operator(node)
    rest = list(outside_braces(tokens))
    found = [
        token
        for index, token in enumerate(rest)
        if token.text == text and [item.text for item in rest[index + 1 : index + 2]] != ["bool"]
    ]
    return found[0] if found else tokens[0]


def _message(item: Filter) -> str:
    node = item.node
    if isinstance(node, Call):
        return (
            f"{syntax.function(node)} has no value while there is data, so nothing is measured "
            "then; missing data is what alerting.absent is for"
        )
    sign = syntax.operator(node)
    if item.effect == "result":
        return f"a comparison leaves no value while it is false; give the value without {sign}"
    if item.effect == "some":
        return (
            f"a comparison leaves out the series for which it is false, and there is no value "
            f"when none is left; give the values without {sign}, or compare by {sign} bool"
        )
    return (
        f"{item.within} of a comparison has no value while it is false for all; write "
        f"{_with_bool(item)}, which counts those for which it is true, and is 0 then"
    )


def _with_bool(item: Filter) -> str:
    """What counts the series (or samples) for which a comparison holds, and can be 0."""
    node = item.node
    assert isinstance(node, BinaryExpr), "only comparisons are counted"
    left, right, sign = node.lhs, node.rhs, syntax.operator(node)
    function = "sum_over_time" if item.within.endswith("_over_time") else "sum"
    if not isinstance(left, VectorSelector) or number(right) is None:
        return f"{function}(… {sign} bool …)"
    if item.within == "count" and left.name == "up" and sign == "==" and number(right) == 1:
        return f"sum({_shown(left)})"
    compared = f"{_shown(left)} {sign} bool {_shown(right)}"
    return f"sum({compared})" if function == "sum" else f"sum_over_time(({compared})[…])"


def _shown(expr: Expr) -> str:
    return " ".join(str(expr.prettify()).split())
