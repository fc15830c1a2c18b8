"""What a count of events is made of: counted series, summed, scaled, added and subtracted.

| part | what is taken |
|---|---|
| functions over `$window` | rate; or increase, count_over_time, sum_over_time, changes, resets |
| the outermost aggregation | sum; or max or avg of sums, where replicas count the same events |
| below a sum | sum, max, min, avg |
| arithmetic | counts added and subtracted, or times (over) a number above zero |
| joins | `* on (…) group_left () last_over_time(…[$window])`, and the like |
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

from slosmith.promql import counting_advice as advice
from slosmith.promql import syntax
from slosmith.promql.constants import factor, is_measured, is_zero, number
from slosmith.promql.faults import Fault
from slosmith.promql.filters import is_filter, place
from slosmith.promql.lexical import outside_braces
from slosmith.promql.tokens import Token

# Range functions that count events in the window; rate gives events per second.
PER_WINDOW = frozenset({"increase", "count_over_time", "sum_over_time", "changes", "resets"})
_COUNTING = PER_WINDOW | {"rate"}
_LAST_TWO = frozenset({"irate", "idelta"})
# What a count may be multiplied with in a join: other series as they were in the window.
_JOINED = frozenset({"last_over_time", "max_over_time", "min_over_time", "present_over_time"})
_SAME_EVENTS = frozenset({"max", "avg"})
_OF_PARTS = frozenset({"max", "min", "avg"})
_LINEAR = frozenset(
    {"label_replace", "label_join", "sort", "sort_desc", "histogram_count", "histogram_sum"}
)


@dataclass
class Count:
    """`functions`: those that count, collected by `faults`."""

    tokens: list[Token]
    functions: set[str] = field(default_factory=set)

    def faults(self, expr: Expr, above: str = "") -> Iterator[Fault]:
        """What makes `expr` no count of events. `above`: `sum` if there is one around it, else
        the aggregation that is around it instead, or nothing."""
        root = syntax.bare(expr)
        match root:
            case AggregateExpr():
                yield from self._aggregation(root, above)
            case Call():
                yield from self._call(root, above)
            case BinaryExpr():
                yield from self._operation(root, above)
            case UnaryExpr():
                message = "no count of events is negative; leave the minus out"
                yield self._fault("promql-type", message, "-")
            case VectorSelector():
                yield self._whole("promql-window", advice.not_counted(root))
            case _:
                yield self._whole("promql-type", "takes a count of events, not a number")

    def _aggregation(self, expr: AggregateExpr, above: str) -> Iterator[Fault]:
        name = syntax.operator(expr)
        if name == "sum":
            yield from self.faults(expr.expr, "sum")
        elif name in _OF_PARTS if above == "sum" else name in _SAME_EVENTS:
            yield from self.faults(expr.expr, "sum" if above == "sum" else name)
        else:
            yield self._fault("promql-function", advice.no_sum(name), name)

    def _call(self, expr: Call, above: str) -> Iterator[Fault]:
        name = syntax.function(expr)
        if any(syntax.is_range(argument) for argument in expr.args):
            yield from self._over_window(expr, above)
        elif name in _LINEAR or (name == "clamp_min" and number(expr.args[1]) == 0):
            yield from self.faults(expr.args[0], above)
        elif name == "vector":
            message = "takes a count of events, not a number"
            yield self._fault("promql-type", message, name)
        else:
            yield self._fault("promql-function", advice.no_count(name), name)

    def _over_window(self, expr: Call, above: str) -> Iterator[Fault]:
        """A function over `$window`, and those in its subquery."""
        for node in syntax.walk(expr):
            if not isinstance(node, Call) or not any(map(syntax.is_range, node.args)):
                continue
            name = syntax.function(node)
            self.functions.add(name)
            if name in _LAST_TWO:
                message = f"{name} sees only the last two samples of a window; write rate"
                yield self._fault("promql-function", message, name)
            elif name not in _COUNTING:
                yield self._fault("promql-function", advice.no_count(name), name)
        if above in _SAME_EVENTS:
            yield self._fault("promql-function", advice.no_sum(above), above)
        if syntax.function(expr) != "count_over_time":
            # What it counts may be told by a comparison; all others lose samples by it.
            yield from self._comparisons(expr)

    def _operation(self, expr: BinaryExpr, above: str) -> Iterator[Fault]:
        sign = syntax.operator(expr)
        if sign in syntax.COMPARISONS:
            yield self._compared(expr)
        elif sign == "or":
            if is_zero(expr.lhs):
                message = "this is always 0: or takes its left side where it is there; swap them"
                yield self._fault("promql-type", message, sign)
            yield from self.faults(expr.lhs, above)
            # While there is no series, there were no events.
            if not is_zero(expr.rhs):
                yield from self.faults(expr.rhs, above)
        elif sign in ("and", "unless"):
            yield from self.faults(expr.lhs, above)
            yield from self._comparisons(expr.rhs)
            yield from self._instants(expr.rhs)
        elif sign in ("+", "-"):
            yield from self._sum(expr, sign, above)
        elif sign in ("*", "/"):
            yield from self._scaled(expr, sign, above)
        else:
            message = f"{sign} of a count is no count of events; leave it out"
            yield self._fault("promql-type", message, sign)

    def _sum(self, expr: BinaryExpr, sign: str, above: str) -> Iterator[Fault]:
        for side in (expr.lhs, expr.rhs):
            if syntax.is_scalar(side):
                message = f"{sign} a number counts events that never were; leave it out"
                yield self._fault("promql-type", message, sign)
            else:
                yield from self.faults(side, above)

    def _scaled(self, expr: BinaryExpr, sign: str, above: str) -> Iterator[Fault]:
        if sign == "*" and not syntax.is_scalar(expr.lhs) and not syntax.is_scalar(expr.rhs):
            yield from self._join(expr, above)
            return
        product = factor(expr) if sign == "*" else (number(expr.rhs) or 0.0, expr.lhs)
        if product is None or not (0 < product[0] < math.inf):
            message = f"{sign} takes a number above zero beside a count, such as 2"
            yield self._fault("promql-type", message, sign)
        else:
            yield from self.faults(product[1], above)

    def _join(self, expr: BinaryExpr, above: str) -> Iterator[Fault]:
        """One side counts, the other picks or weighs its series."""
        sides = [(expr.lhs, expr.rhs), (expr.rhs, expr.lhs)]
        joined = next((pair for pair in sides if _picks(pair[1])), None)
        if joined is None or expr.modifier is None or expr.modifier.matching is None:
            message = "a product of two counts is no count; a join has on (…) or ignoring (…)"
            yield self._fault("promql-type", message, "*")
            return
        yield from self.faults(joined[0], above)
        yield from self._comparisons(joined[1])
        yield from self._instants(joined[1])

    def _comparisons(self, expr: Expr) -> Iterator[Fault]:
        for node in syntax.walk(expr):
            if isinstance(node, BinaryExpr) and is_filter(node):
                yield self._compared(node)

    def _compared(self, node: BinaryExpr) -> Fault:
        sign = syntax.operator(node)
        if syntax.is_bool(node):
            message = f"{sign} bool gives 0 or 1, which is no count of events; leave it out"
            return self._fault("promql-type", message, sign)
        message = f"a comparison leaves no value while it is false; give the value without {sign}"
        token = place(node, self.tokens)
        return Fault("promql-comparison", message, token.start, token.end)

    def _instants(self, expr: Expr) -> Iterator[Fault]:
        """Selectors that stand outside any range."""
        if isinstance(expr, VectorSelector):
            yield self._whole("promql-window", advice.not_joined(expr))
        elif not isinstance(expr, SubqueryExpr):
            for child in syntax.children(expr):
                yield from self._instants(child)

    def _fault(self, check: str, message: str, text: str) -> Fault:
        found = (token for token in outside_braces(self.tokens) if token.text == text)
        token = next(found, self.tokens[0])
        return Fault(check, message, token.start, token.end)

    def _whole(self, check: str, message: str) -> Fault:
        return Fault(check, message, self.tokens[0].start, self.tokens[-1].end)


def _picks(expr: Expr) -> bool:
    """Whether an expression reads series, and no function in it counts."""
    return is_measured(expr) and all(
        syntax.function(node) in _JOINED
        for node in syntax.walk(expr)
        if isinstance(node, Call) and any(map(syntax.is_range, node.args))
    )
