"""Queries and the series that they select → paces at which a query takes the value asked for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from promql_parser import Expr

from slosmith.probes import labels
from slosmith.probes.labels import NAME, Labels
from slosmith.probes.steady import Steady, TooFree, Value, World, evaluate
from slosmith.promql.matching import Matcher

Paces = tuple[float, ...]
_MOST_SERIES = 7
_TINY = 1e-9


def candidates(selectors: Sequence[Sequence[Matcher]], fixed: Mapping[str, str]) -> list[Labels]:
    """Series to try: for each selector one that it alone takes, and one that others take as well,
    where they can be had. Raises TooFree where a selector takes none."""
    distinct = list(dict.fromkeys(tuple(selector) for selector in selectors))
    found: list[Labels] = []
    for selector in distinct:
        others = [other for other in distinct if other != selector]
        own = [labels.find([selector], others, fixed)]
        own += [labels.find([selector, other], (), fixed) for other in others]
        if not any(own):
            own = [labels.find([selector], (), fixed)]
        if not any(own):
            raise TooFree(f"{_shown(selector)}, for which no series was found")
        for series in own:
            if series is not None and series not in found:
                found.append(series)
    found = [{NAME: "series", **series} if NAME not in series else series for series in found]
    if len(found) > _MOST_SERIES:
        raise TooFree(f"more than {_MOST_SERIES} series")
    return found


def _shown(selector: Sequence[Matcher]) -> str:
    return "{" + ", ".join(f'{m.label}{m.op}"{m.value}"' for m in selector) + "}"


class Query:
    """A query over fixed series, as a function of their paces. `by` are the labels of its one
    result."""

    def __init__(self, expr: Expr, series: Sequence[Labels], by: Mapping[str, str]) -> None:
        self._expr = expr
        self._series = series
        self._key = frozenset(by.items())
        self.counters: list[bool] = []

    def __call__(self, paces: Sequence[float], time: float = 0.0) -> float:
        """The one value, NaN without any. Raises TooFree."""
        steady = [Steady(own, pace) for own, pace in zip(self._series, paces, strict=True)]
        world = World(steady, time)
        value: Value = evaluate(self._expr, world)
        self.counters = [world.natures.get(i) == "counter" for i in range(len(steady))]
        self.touched = frozenset(world.natures)
        if isinstance(value, float):
            return value
        if set(value) - {self._key}:
            raise TooFree("labels other than those of `by`")
        return value.get(self._key, math.nan)


def grid(count: int) -> Iterator[Paces]:
    """All choices of 0 and 1, those with few ones first."""
    every = itertools.product((0.0, 1.0), repeat=count)
    return iter(sorted(every, key=lambda paces: (sum(paces), tuple(-pace for pace in paces))))


def first(count: int, fits: Callable[[Paces], bool]) -> Paces | None:
    return next((paces for paces in grid(count) if fits(paces)), None)


def same(left: float, right: float) -> bool:
    close = abs(left - right) <= _TINY * max(1.0, abs(left), abs(right))
    return close and math.isfinite(left) and math.isfinite(right)


def mixed(good: Paces, bad: Paces, share: float) -> Paces:
    """The paces while `share` of all is bad."""
    return tuple(g + (b - g) * share for g, b in zip(good, bad, strict=True))


def affine(value: Callable[[float], float]) -> tuple[float, float] | None:
    """`a` and `b` of a function a + b x; None where it is no such function, or is constant."""
    at = [value(x) for x in (0.0, 1.0, 2.0, 50.0)]
    if not all(math.isfinite(y) for y in at):
        return None
    start, slope = at[0], at[1] - at[0]
    straight = all(same(y, start + slope * x) for x, y in zip((2.0, 50.0), at[2:], strict=True))
    return (start, slope) if straight and abs(slope) > _TINY else None
