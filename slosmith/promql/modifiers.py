"""`@` and `offset`: queries that look at another time than that of their evaluation."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from promql_parser import Expr, MatrixSelector, SubqueryExpr, VectorSelector

from slosmith.promql import syntax
from slosmith.promql.faults import Fault
from slosmith.promql.lexical import outside_braces
from slosmith.promql.tokens import Token


def faults(tokens: list[Token]) -> list[Fault]:
    """What a query of the present must not have: `@`, and any `offset`."""
    return _pinned(tokens) or _of_the_future(tokens) or _shifted(tokens)


def faults_of_value(root: Expr, tokens: list[Token]) -> list[Fault]:
    """As `faults`, but the past may be what the present is compared with."""
    found = _pinned(tokens) or _of_the_future(tokens)
    if not found and all(_shifts(root, shifted=False)):
        return _shifted(tokens)
    return found


def _pinned(tokens: list[Token]) -> list[Fault]:
    for token in outside_braces(tokens):
        if token.kind == "operator" and token.text == "@":
            message = "@ pins a query to one moment, so that no incident changes it; leave it out"
            return [Fault("promql-offset", message, token.start, token.end)]
    return []


def _of_the_future(tokens: list[Token]) -> list[Fault]:
    for token, following in itertools.pairwise(outside_braces(tokens)):
        if token.text == "offset" and following.text == "-":
            message = "a negative offset looks at samples that are not there yet; leave it out"
            return [Fault("promql-offset", message, token.start, following.end)]
    return []


def _shifted(tokens: list[Token]) -> list[Fault]:
    for token, following in itertools.pairwise(outside_braces(tokens)):
        if token.text == "offset" and following.kind == "duration":
            message = (
                f"with offset {following.text} this sees what happened that long ago, and alerts "
                "as much too late; leave it out"
            )
            return [Fault("promql-offset", message, token.start, following.end)]
    return []


def _shifts(expr: Expr, *, shifted: bool) -> Iterator[bool]:
    """For each selector, whether it looks at the past alone."""
    match expr:
        case VectorSelector():
            yield shifted or bool(expr.offset)
        case MatrixSelector():
            yield shifted or bool(expr.vector_selector.offset)
        case SubqueryExpr():
            yield from _shifts(expr.expr, shifted=shifted or bool(expr.offset))
        case _:
            for child in syntax.children(expr):
                yield from _shifts(child, shifted=shifted)
