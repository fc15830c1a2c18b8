"""Tokens → syntax tree, and what can be read off the tree: labels, types, functions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any, Protocol

import promql_parser
from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    LabelModifierType,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    ValueType,
    VectorMatchCardinality,
    VectorSelector,
)

from slosmith.promql import lexical
from slosmith.promql.faults import Fault
from slosmith.promql.tokens import Token, canonical, tokenize

# The labels that a result may have at most; None: any.
Labels = frozenset[str] | None

_NONE: frozenset[str] = frozenset()
_KEEPING = ("topk", "bottomk", "limitk", "limit_ratio")
_SET_OPERATORS = ("and", "or", "unless")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")

# As long as `$window`, so that columns stay.
WINDOW = "$window"
WINDOW_STAND_IN = "000005m"

_UNKNOWN_FUNCTION = re.compile(r"unknown function with name '([a-zA-Z0-9_:]+)'")
# For "did you mean" only: the functions that queries in specs are likely to use.
# fmt: off
_FUNCTIONS = (
    "abs", "absent", "absent_over_time", "avg_over_time", "ceil", "changes", "clamp", "clamp_max",
    "clamp_min", "count_over_time", "delta", "deriv", "floor", "group", "histogram_quantile",
    "idelta", "increase", "irate", "label_join", "label_replace", "last_over_time",
    "max_over_time", "min_over_time", "predict_linear", "present_over_time", "quantile_over_time",
    "rate", "resets", "round", "scalar", "sqrt", "sum", "sum_over_time", "time", "timestamp",
    "vector",
)
# fmt: on


class Judge(Protocol):
    """Prometheus' own word on a query, where promtool is at hand."""

    def __call__(self, query: str) -> tuple[int, int, str] | None:
        """(line, column, message) of the first fault, from 1; None if the query is accepted."""


def parse(text: str, judge: Judge | None = None) -> tuple[Expr | None, list[Token], list[Fault]]:
    """The tree and tokens of a query, or its faults.

    promql_parser gives no positions, so the faults it finds take promtool's, if `judge` is given,
    and span the query otherwise.
    """
    tokens, faults = tokenize(text)
    faults = faults or lexical.faults(tokens)
    if faults:
        return None, tokens, faults
    if not tokens:
        return None, tokens, [Fault("promql-syntax", "the query is empty", 0, len(text))]
    # On one line with plain strings: the parser refuses backslashes in raw ones.
    plain = canonical(tokens).replace(WINDOW, WINDOW_STAND_IN)
    try:
        return promql_parser.parse(plain), tokens, []
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a Rust panic is no Exception
        return None, tokens, [_syntax_fault(text, tokens, str(error), judge)]


def _with_stand_in(text: str, tokens: list[Token]) -> str:
    """`$window` replaced where it is a token; inside a string it is text."""
    pieces, at = [], 0
    for token in tokens:
        if token.kind == "window":
            pieces += [text[at : token.start], WINDOW_STAND_IN]
            at = token.end
    return "".join([*pieces, text[at:]])


def _syntax_fault(text: str, tokens: list[Token], message: str, judge: Judge | None) -> Fault:
    unknown = _UNKNOWN_FUNCTION.search(message)
    for token in tokens if unknown else ():
        if unknown and token.text == unknown.group(1):
            near = difflib.get_close_matches(token.text, _FUNCTIONS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            said = f"PromQL has no function {token.text}{hint}"
            return Fault("promql-syntax", said, token.start, token.end)
    verdict = judge(_with_stand_in(text, tokens)) if judge else None
    if verdict is None:
        said = message.replace(WINDOW_STAND_IN, WINDOW)
        return Fault("promql-syntax", f"not PromQL: {said}", 0, len(text))
    line, column, said = verdict
    start = min(sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1, len(text))
    end = next((token.end for token in tokens if token.start <= start < token.end), len(text))
    said = said.replace(WINDOW_STAND_IN, WINDOW)
    return Fault("promql-syntax", f"not PromQL: {said}", start, max(start + 1, end))


def children(expr: Expr) -> list[Expr]:
    match expr:
        case AggregateExpr():
            return [expr.expr] + ([expr.param] if isinstance(expr.param, Expr) else [])
        case BinaryExpr():
            return [expr.lhs, expr.rhs]
        case Call():
            return list(expr.args)
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return [expr.expr]
    return []


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and all below it. Depth is bounded by the limits of `tokenize`."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def bare(expr: Expr) -> Expr:
    """The expression without parentheses around it."""
    while isinstance(expr, ParenExpr):
        expr = expr.expr
    return expr


def operator(expr: BinaryExpr | AggregateExpr) -> str:
    return str(expr.op)


def is_bool(expr: BinaryExpr) -> bool:
    """A comparison that gives 0 and 1, rather than leave out what it is false for."""
    return expr.modifier is not None and bool(expr.modifier.return_bool)


def function(expr: Call) -> str:
    name: Any = expr.func.name
    return str(name)


def is_scalar(expr: Expr) -> bool:
    match expr:
        case NumberLiteral():
            return True
        case ParenExpr() | UnaryExpr():
            return is_scalar(expr.expr)
        case BinaryExpr():
            return is_scalar(expr.lhs) and is_scalar(expr.rhs)
        case Call():
            return bool(expr.func.return_type == ValueType.Scalar)
    return False


def is_range(expr: Expr) -> bool:
    return isinstance(bare(expr), MatrixSelector | SubqueryExpr)


def labels(expr: Expr) -> Labels:
    """The labels that the result may have at most: an empty set means at most one series."""
    match expr:
        case VectorSelector() | MatrixSelector():
            return None
        case ParenExpr() | UnaryExpr() | SubqueryExpr():
            return labels(expr.expr)
        case NumberLiteral() | StringLiteral():
            return _NONE
        case AggregateExpr():
            return _aggregate_labels(expr)
        case Call():
            return _call_labels(expr)
        case BinaryExpr():
            return _binary_labels(expr)
    return None


def _aggregate_labels(expr: AggregateExpr) -> Labels:
    inner = labels(expr.expr)
    if operator(expr) in _KEEPING:
        return inner
    added = _NONE
    if operator(expr) == "count_values" and isinstance(expr.param, StringLiteral):
        added = frozenset({expr.param.val})
    if expr.modifier is None:
        return added
    named = frozenset(expr.modifier.labels)
    if expr.modifier.type == AggModifierType.Without:
        return None if inner is None else (inner - named) | added
    return (named if inner is None else named & inner) | added


def _call_labels(expr: Call) -> Labels:
    name = function(expr)
    arguments = [argument for argument in expr.args if not isinstance(argument, StringLiteral)]
    if is_scalar(expr):
        return _NONE
    if name in ("absent", "absent_over_time"):
        return None  # those of the selector's equality matchers
    if name in ("histogram_quantile", "histogram_fraction"):
        inner = labels(arguments[-1]) if arguments else None
        return None if inner is None else inner - {"le"}
    vectors = [argument for argument in arguments if not is_scalar(argument)]
    if not vectors:
        return _NONE
    inner = labels(vectors[0])
    if name in ("label_replace", "label_join") and inner is not None:
        target = [argument for argument in expr.args if isinstance(argument, StringLiteral)][:1]
        return inner | {literal.val for literal in target}
    return inner


def _binary_labels(expr: BinaryExpr) -> Labels:
    if is_scalar(expr.lhs):
        return labels(expr.rhs)
    if is_scalar(expr.rhs):
        return labels(expr.lhs)
    left, right = labels(expr.lhs), labels(expr.rhs)
    if operator(expr) == "or":
        return None if left is None or right is None else left | right
    modifier = expr.modifier
    if operator(expr) in _SET_OPERATORS or modifier is None:
        if operator(expr) in _SET_OPERATORS:
            return left
        return None if left is None or right is None else left & right
    if modifier.card == VectorMatchCardinality.ManyToOne:
        return None if left is None else left | frozenset(modifier.group_labels or ())
    if modifier.card == VectorMatchCardinality.OneToMany:
        return None if right is None else right | frozenset(modifier.group_labels or ())
    if modifier.matching is not None:
        named = frozenset(modifier.matching.labels)
        if modifier.matching.type == LabelModifierType.Include:
            return named
        return None if left is None else left - named
    return None if left is None or right is None else left & right
