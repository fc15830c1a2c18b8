"""What a query yields while every series keeps its pace: counters grow at a steady rate, gauges
keep their value. Enough of PromQL for the queries of indicators; anything else is too free."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

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
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

from slosmith.probes.labels import NAME, takes
from slosmith.promql import syntax
from slosmith.promql.matching import Matcher, of_node

Nature = Literal["counter", "gauge"]
Key = frozenset[tuple[str, str]]
Vector = dict[Key, float]
Value = Vector | float


class TooFree(Exception):
    """A query whose value is not worked out here; the message says what is in it. `by_hand`:
    whether series that the spec gives would help."""

    def __init__(self, what: str, *, by_hand: bool = True) -> None:
        super().__init__(what)
        self.by_hand = by_hand


@dataclass(frozen=True)
class Steady:
    """One series: its labels with `__name__`, and its pace: a counter's growth per second or a
    gauge's value."""

    labels: Mapping[str, str]
    pace: float


@dataclass
class World:
    """All series, and the time in seconds for `time()`. `natures` is filled by evaluation: what
    each series was taken for."""

    series: Sequence[Steady]
    time: float = 0.0
    natures: dict[int, Nature] = field(default_factory=dict)


# Range functions of a steady counter per second, and of a steady gauge.
_PER_SECOND = frozenset({"rate", "irate"})
_SAME = frozenset({"avg_over_time", "max_over_time", "min_over_time", "last_over_time"})
_MATH: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": lambda value: math.ceil(value) if math.isfinite(value) else value,
    "floor": lambda value: math.floor(value) if math.isfinite(value) else value,
    "sqrt": lambda value: math.nan if value < 0 else math.sqrt(value),
    # NaN stays NaN: as the first argument, which Python's min and max keep unless they find less
    # or more.
    "clamp": lambda value, least, most: max(min(value, most), least),
    "clamp_min": lambda value, least: max(value, least),
    "clamp_max": lambda value, most: min(value, most),
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: _quotient(left, right),
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": lambda values: min(_numbers(values)),
    "max": lambda values: max(_numbers(values)),
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,
}


def selectors(expr: Expr) -> list[list[Matcher]]:
    """All vector selectors of a query, each with its name as a matcher. Raises TooFree."""
    found = []
    for node in syntax.walk(expr):
        if isinstance(node, MatrixSelector):
            found.append(_matchers(node.vector_selector))
        elif isinstance(node, VectorSelector):
            found.append(_matchers(node))
    return found


def evaluate(expr: Expr, world: World) -> Value:
    """The value of a query. Raises TooFree."""
    match expr:
        case NumberLiteral():
            return float(expr.val)
        case ParenExpr():
            return evaluate(expr.expr, world)
        case UnaryExpr():
            # The parser tells no minus from a plus: a plus would be pointless.
            return _map(evaluate(expr.expr, world), operator.neg)
        case VectorSelector():
            return _select(expr, world, "gauge")
        case AggregateExpr():
            return _aggregate(expr, world)
        case Call():
            return _call(expr, world)
        case BinaryExpr():
            return _binary(expr, world)
    raise TooFree(f"a {type(expr).__name__}")


def _matchers(node: VectorSelector) -> list[Matcher]:
    if node.offset is not None or node.at is not None:
        raise TooFree("an offset or @")
    if node.matchers.or_matchers:
        raise TooFree("matchers joined by or")
    name = [Matcher(NAME, "=", str(node.name))] if node.name else []
    return [*name, *of_node(node)]


def _select(node: VectorSelector, world: World, nature: Nature) -> Vector:
    wanted = _matchers(node)
    found: Vector = {}
    for index, series in enumerate(world.series):
        verdict = takes(wanted, series.labels)
        if verdict is None:
            raise TooFree("a pattern that cannot be tried")
        if not verdict:
            continue
        if world.natures.setdefault(index, nature) != nature:
            raise TooFree("a series that is both a counter and a gauge")
        key = frozenset(item for item in series.labels.items() if item[0] != NAME)
        if key in found:
            raise TooFree("series that differ in their name only")
        found[key] = series.pace
    return found


def _call(expr: Call, world: World) -> Value:
    name = syntax.function(expr)
    if name == "time":
        return world.time
    arguments = list(expr.args)
    if name == "vector":
        value = evaluate(arguments[0], world)
        return {frozenset(): value} if isinstance(value, float) else _fail("vector of a vector")
    if name == "scalar":
        value = evaluate(arguments[0], world)
        values = list(value.values()) if isinstance(value, dict) else []
        return values[0] if len(values) == 1 else math.nan
    if len(arguments) == 1 and syntax.is_range(arguments[0]):
        return _over_time(name, syntax.bare(arguments[0]), world)
    if name in _MATH and arguments:
        first = evaluate(arguments[0], world)
        rest = [evaluate(argument, world) for argument in arguments[1:]]
        if not all(isinstance(value, float) for value in rest):
            raise TooFree(f"{name} with a vector as its parameter")
        return _map(first, lambda value: float(_MATH[name](value, *rest)))
    raise TooFree(f"the function {name}")


def _over_time(name: str, over: Expr, world: World) -> Vector:
    if isinstance(over, SubqueryExpr):
        value = evaluate(over.expr, world)
        if name not in _SAME or not isinstance(value, dict):
            raise TooFree(f"{name} of a subquery")
        return value
    assert isinstance(over, MatrixSelector), "a range is one or the other"
    if name in _PER_SECOND:
        return _select(over.vector_selector, world, "counter")
    if name == "increase":
        seconds = over.range.total_seconds()
        found = _select(over.vector_selector, world, "counter")
        return {key: value * seconds for key, value in found.items()}
    if name in _SAME:
        return _select(over.vector_selector, world, "gauge")
    raise TooFree(f"the function {name}")


def _aggregate(expr: AggregateExpr, world: World) -> Vector:
    name = syntax.operator(expr)
    value = evaluate(expr.expr, world)
    if name not in _AGGREGATES or not isinstance(value, dict):
        raise TooFree(f"the aggregation {name}")
    groups: dict[Key, list[float]] = {}
    for key, number in value.items():
        groups.setdefault(_grouped(expr, key), []).append(number)
    return {key: float(_AGGREGATES[name](numbers)) for key, numbers in groups.items()}


def _numbers(values: list[float]) -> list[float]:
    """Without NaN, unless there is nothing else."""
    return [value for value in values if not math.isnan(value)] or values


def _grouped(expr: AggregateExpr, key: Key) -> Key:
    if expr.modifier is None:
        return frozenset()
    named = set(expr.modifier.labels)
    keeps = expr.modifier.type != AggModifierType.Without
    return frozenset(item for item in key if (item[0] in named) == keeps)


def _binary(expr: BinaryExpr, world: World) -> Value:
    sign = syntax.operator(expr)
    left, right = evaluate(expr.lhs, world), evaluate(expr.rhs, world)
    if sign in ("and", "or", "unless"):
        if isinstance(left, float) or isinstance(right, float):
            raise TooFree(f"{sign} with a number")
        return _set_operation(expr, sign, left, right)
    combine = _combination(expr, sign)
    if isinstance(left, float) and isinstance(right, float):
        value = combine(left, right)
        return math.nan if value is None else value
    if isinstance(left, dict) and isinstance(right, dict):
        return _joined(expr, combine, left, right)
    found: Vector = {}
    for key, number in (left if isinstance(left, dict) else _vector(right)).items():
        pair = (number, right) if isinstance(left, dict) else (left, number)
        value = combine(*pair)  # type: ignore[arg-type]
        if value is not None:
            # A comparison without `bool` keeps the vector's number, on whichever side it is.
            found[key] = number if _filters(expr, sign) else value
    return found


def _combination(expr: BinaryExpr, sign: str) -> Callable[[float, float], float | None]:
    if sign in _ARITHMETIC:
        return _ARITHMETIC[sign]
    if sign not in _COMPARE:
        raise TooFree(f"the operator {sign}")
    test = _COMPARE[sign]
    if not _filters(expr, sign):
        return lambda left, right: float(test(left, right))
    return lambda left, right: left if test(left, right) else None


def _filters(expr: BinaryExpr, sign: str) -> bool:
    """Whether an operator keeps or drops what is on its left: a comparison without `bool`."""
    return sign in _COMPARE and not (expr.modifier is not None and expr.modifier.return_bool)


def _joined(
    expr: BinaryExpr,
    combine: Callable[[float, float], float | None],
    left: Vector,
    right: Vector,
) -> Vector:
    card = expr.modifier.card if expr.modifier is not None else VectorMatchCardinality.OneToOne
    if card != VectorMatchCardinality.OneToOne:
        raise TooFree("group_left or group_right")
    partners = {_matched(expr, key): number for key, number in right.items()}
    if left and len(partners) < len(right):
        raise TooFree("a join of several series")
    found: Vector = {}
    for key, number in left.items():
        own = _matched(expr, key)
        if own in partners and own in found:
            raise TooFree("a join of several series")
        value = combine(number, partners[own]) if own in partners else None
        if value is not None:
            found[own] = value
    return found


def _set_operation(expr: BinaryExpr, sign: str, left: Vector, right: Vector) -> Vector:
    if sign == "or":
        known = {_matched(expr, key) for key in left}
        more = {key: value for key, value in right.items() if _matched(expr, key) not in known}
        return left | more
    known = {_matched(expr, key) for key in right}
    return {
        key: value
        for key, value in left.items()
        if (_matched(expr, key) in known) == (sign == "and")
    }


def _matched(expr: BinaryExpr, key: Key) -> Key:
    """The labels that both sides of an operator are matched by."""
    matching = expr.modifier.matching if expr.modifier is not None else None
    if matching is None:
        return key
    keeps = matching.type == LabelModifierType.Include
    return frozenset(item for item in key if (item[0] in matching.labels) == keeps)


def _map(value: Value, function: Callable[[float], float]) -> Value:
    if isinstance(value, float):
        return function(value)
    return {key: function(number) for key, number in value.items()}


def _vector(value: Value) -> Vector:
    return value if isinstance(value, dict) else {frozenset(): value}


def _quotient(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _fail(what: str) -> Vector:
    raise TooFree(what)
