"""Queries compared by what they mean: syntax trees in one normal form, and the counter that a
count of events reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from slosmith.model import EventCount, SelectorCount
from slosmith.promql import syntax
from slosmith.promql.constants import is_zero, number
from slosmith.promql.matching import Matcher, of_node

Normal = tuple[Any, ...]
_NAME = "__name__"
_LITERAL = re.compile(r"[\w -]+", re.ASCII)


def same_events(one: EventCount, other: EventCount, by: Sequence[str]) -> bool:
    """Whether two counts of an SLO with `by` count the same, in whatever spelling."""
    return normal(tree(one, by)) == normal(tree(other, by))


def tree(count: EventCount, by: Sequence[str] = ()) -> Expr:
    """A count as its query."""
    if isinstance(count, SelectorCount):
        query = f"sum by ({', '.join(by)}) (rate({count.selector.promql()}[$window]))"
    else:
        query = count.expression
    expression, _, _ = syntax.parse(query)
    assert expression is not None, "a count was parsed before"
    return expression


def counter(count: EventCount) -> tuple[str, list[Matcher]] | None:
    """The name and matchers of the counter that a count reads, if it is a sum of one alone."""
    root = syntax.bare(tree(count))
    if isinstance(root, BinaryExpr) and syntax.operator(root) == "or" and is_zero(root.rhs):
        root = syntax.bare(root.lhs)
    if not isinstance(root, AggregateExpr) or syntax.operator(root) != "sum":
        return None
    inner = syntax.bare(root.expr)
    if not isinstance(inner, Call) or syntax.function(inner) not in ("rate", "increase"):
        return None
    ranged = syntax.bare(inner.args[0])
    return named(ranged.vector_selector) if isinstance(ranged, MatrixSelector) else None


def named(selector: VectorSelector) -> tuple[str, list[Matcher]]:
    """The name of a selector, also where it is written as a matcher, and its other matchers."""
    found = list(dict.fromkeys(_plain(matcher) for matcher in of_node(selector)))
    names = [m.value for m in found if m.label == _NAME and m.op == "="]
    name = selector.name or (names[0] if len(names) == 1 else "")
    return name, [m for m in found if not (m.label == _NAME and m.op == "=" and m.value == name)]


def _plain(matcher: Matcher) -> Matcher:
    """A pattern that takes one text alone as that text."""
    if matcher.op in ("=~", "!~") and _LITERAL.fullmatch(matcher.value):
        return Matcher(matcher.label, "=" if matcher.op == "=~" else "!=", matcher.value)
    return matcher


def normal(expr: Expr) -> Normal:
    """The tree without brackets, order and other matters of spelling. Events per window are the
    same as events per second, to which the rules bring them."""
    value = number(expr)
    if value is not None:
        return ("number", value)
    match root := syntax.bare(expr):
        case VectorSelector():
            name, matchers = named(root)
            found = sorted((m.label, m.op, m.value) for m in matchers)
            return ("series", name, tuple(found), str(root.offset))
        case MatrixSelector():
            return ("range", str(root.range), normal(root.vector_selector))
        case SubqueryExpr():
            return ("subquery", str(root.range), str(root.step), normal(root.expr))
        case StringLiteral():
            return ("text", root.val)
        case UnaryExpr():
            return ("minus", normal(root.expr))
        case Call():
            return _call(root)
        case AggregateExpr():
            return _aggregation(root)
        case BinaryExpr():
            return _operation(root)
    raise AssertionError(f"no such node: {root}")


def _call(expr: Call) -> Normal:
    name = syntax.function(expr)
    if name == "clamp_min" and number(expr.args[1]) == 0:
        return normal(expr.args[0])
    return ("rate" if name == "increase" else name, *map(normal, expr.args))


def _aggregation(expr: AggregateExpr) -> Normal:
    inner = normal(expr.expr)
    kind, labels = "by", list[str]()
    if expr.modifier is not None:
        kind = "without" if expr.modifier.type == AggModifierType.Without else "by"
        labels = sorted(set(expr.modifier.labels))
    name = syntax.operator(expr)
    # A sum of sums is one.
    if (name, kind) == inner[:2] == ("sum", "by") and set(labels) <= set(inner[2]):
        inner = inner[4]
    parameter = normal(expr.param) if isinstance(expr.param, Expr) else ()
    return (name, kind, tuple(labels), parameter, inner)


def _operation(expr: BinaryExpr) -> Normal:
    sign, modifier = syntax.operator(expr), expr.modifier
    if sign == "or" and is_zero(expr.rhs):
        return normal(expr.lhs)
    left, right = normal(expr.lhs), normal(expr.rhs)
    if sign in ("*", "/") and right == ("number", 1.0):
        return left
    if sign == "*" and left == ("number", 1.0):
        return right
    if modifier is None:
        if sign in ("+", "*"):
            left, right = sorted((left, right), key=repr)
        return (sign, left, right)
    matching = (str(modifier.card), str(modifier.matching), modifier.group_labels or ())
    return (sign, left, right, str(modifier.return_bool), *map(str, matching))
