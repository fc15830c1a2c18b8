"""The probe of an SLO's indicator, worked out from its queries or given by the spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promql_parser import Expr

from slosmith.model import (
    ErrorRatioIndicator,
    EventCount,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    SelectorCount,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.numbers import plain
from slosmith.probes import labels, levels
from slosmith.probes.labels import NAME
from slosmith.probes.levels import Paces, Query, same
from slosmith.probes.limits import beyond_incidents
from slosmith.probes.probe import Probe, Raw
from slosmith.probes.steady import TooFree, selectors
from slosmith.promql import syntax
from slosmith.promql.matching import Matcher, matchers
from slosmith.series import BASE_WINDOW

_FAR = 1000.0  # seconds: to tell a value that moves with time from one that does not
_OF_BOUND = 0.1  # how far from its bound a good value keeps, as a share of the bound


Probes = list[tuple[dict[str, str], Probe]]


def probes(slo: Slo) -> Probes:
    """The probes of an SLO: for up to two values of its `by` labels, each with these values, or
    else one. As the spec gives them, else worked out from the queries.

    Raises TooFree with what stands in the way.
    """
    # A check asks for them and then a generator, of the very same object.
    known = _recent.pop(id(slo), None)
    found = known[1] if known and known[0] is slo else _probes(slo)
    _recent[id(slo)] = (slo, found)
    if len(_recent) > _RECENT:
        del _recent[next(iter(_recent))]
    if isinstance(found, TooFree):
        raise TooFree(*found.args, by_hand=found.by_hand)
    return found


_RECENT = 64
_recent: dict[int, tuple[Slo, Probes | TooFree]] = {}


def _probes(slo: Slo) -> Probes | TooFree:
    try:
        return _worked_out(slo)
    except TooFree as reason:
        return reason.with_traceback(None)


def _worked_out(slo: Slo) -> Probes:
    if what := beyond_incidents(slo):
        raise TooFree(what, by_hand=False)
    if slo.given:
        return _given(slo)
    return [(values, _probe(slo, values)) for values in _values_of_by(slo)]


def read_by(slo: Slo) -> list[list[Matcher]]:
    """Selectors of all raw series that the rules of an SLO read, as far as they can be told."""
    try:
        found = _selectors(slo)
    except TooFree:
        return []
    if not isinstance(slo.indicator, LatencyIndicator) or slo.indicator.native:
        return found
    name, own = slo.indicator.histogram.name, matchers(slo.indicator.histogram)
    bucket = [Matcher(NAME, "=", f"{name}_bucket"), Matcher("le", "=", plain(slo.indicator.bound))]
    return [[*bucket, *own], [Matcher(NAME, "=", f"{name}_count"), *own]]


def _given(slo: Slo) -> Probes:
    found: dict[tuple[str, ...], list[Raw]] = {}
    for series in slo.given:
        own = {matcher.label: matcher.value for matcher in matchers(series.selector)}
        raw = Raw(
            {NAME: series.selector.name, **own},
            float(series.good),
            float(series.bad),
            series.counter,
        )
        found.setdefault(tuple(own[label] for label in slo.by), []).append(raw)
    return [
        (dict(zip(slo.by, values, strict=True)), Probe(tuple(raws), partial=False, total=None))
        for values, raws in list(found.items())[:2]
    ]


def _probe(slo: Slo, by: Mapping[str, str]) -> Probe:
    indicator = slo.indicator
    match indicator:
        case RatioIndicator():
            return _ratio(indicator, by)
        case LatencyIndicator():
            return _latency(indicator, by)
        case ErrorRatioIndicator():
            return _error_ratio(indicator, by)
        case ThresholdIndicator():
            return _threshold(indicator, by)
        case UptimeIndicator():
            return _uptime(indicator, by)


def _values_of_by(slo: Slo) -> list[dict[str, str]]:
    """Up to two values of the labels of `by` that all queries take; one empty set without `by`.
    Raises TooFree."""
    if not slo.by:
        return [{}]
    taken = [*_selectors(slo)]
    choices = []
    for label in slo.by:
        found = labels.values(label, taken)
        if not found:
            raise TooFree(f"the label {label}, for which no value was found")
        choices.append([found[0], found[min(1, len(found) - 1)]])
    return [dict(zip(slo.by, (own[n] for own in choices), strict=True)) for n in _distinct(choices)]


def _distinct(choices: Sequence[Sequence[str]]) -> range:
    return range(2 if any(first != last for first, last in choices) else 1)


def _selectors(slo: Slo) -> list[list[Matcher]]:
    indicator = slo.indicator
    match indicator:
        case RatioIndicator(total=total, bad=bad, good=good):
            counts = [count for count in (total, bad, good) if count is not None]
            return [found for count in counts for found in selectors(_count(count, ()))]
        case LatencyIndicator(histogram=selector) | UptimeIndicator(series=selector):
            return [_named(selector)]
        case ErrorRatioIndicator(query=query) | ThresholdIndicator(query=query):
            return selectors(_parsed(query))


def _ratio(indicator: RatioIndicator, by: Mapping[str, str]) -> Probe:
    counts_bad = indicator.bad is not None
    chosen = indicator.bad if indicator.bad is not None else indicator.good
    assert chosen is not None, "a ratio has bad or good"
    part, total = _count(chosen, tuple(by)), _count(indicator.total, tuple(by))
    series = levels.candidates([*selectors(part), *selectors(total)], by)
    of_part, of_total = Query(part, series, by), Query(total, series, by)
    parts = {paces: (of_part(paces), of_total(paces)) for paces in levels.grid(len(series))}

    def only(wanted_bad: bool) -> Paces:
        # All that happens is bad, or good: the part is all, or nothing, of the total.
        share = 1.0 if wanted_bad == counts_bad else 0.0
        ways = [
            tuple(pace / everything for pace in paces)
            for paces, (some, everything) in parts.items()
            if everything > 0 and same(some, everything * share)
        ]
        if not ways:
            raise TooFree("counts that no series make all good and all bad")
        # A bit of each way, so that no counter of several goes untried.
        mean = tuple(sum(paces) / len(ways) for paces in zip(*ways, strict=True))
        fits = same(of_part(mean), share) and same(of_total(mean), 1)
        return mean if fits else ways[0]

    good, bad = only(False), only(True)
    for share in (0.25, 0.5):
        between = levels.mixed(good, bad, share)
        some = of_part(between)
        if not same(some, share if counts_bad else 1 - share) or not same(of_total(between), 1):
            raise TooFree("counts that are no sums of rates")
    return Probe(_raws(series, good, bad, [True] * len(series)), partial=True)


def _latency(indicator: LatencyIndicator, by: Mapping[str, str]) -> Probe:
    own = _labels(indicator.histogram, by)
    name = indicator.histogram.name
    if indicator.native:
        bound = float(indicator.bound)
        return Probe((Raw(own | {NAME: name}, 1, 1, True, slow_above=bound),), partial=True)
    bucket = own | {NAME: f"{name}_bucket"}
    return Probe(
        (
            Raw(bucket | {"le": plain(indicator.bound)}, 1, 0, True),
            Raw(bucket | {"le": "+Inf"}, 1, 1, True),
            Raw(own | {NAME: f"{name}_count"}, 1, 1, True),
        ),
        partial=True,
    )


def _error_ratio(indicator: ErrorRatioIndicator, by: Mapping[str, str]) -> Probe:
    expr = _parsed(indicator.query)
    series = levels.candidates(selectors(expr), by)
    query = Query(expr, series, by)
    good = levels.first(len(series), lambda paces: same(query(paces), 0))
    bad = levels.first(len(series), lambda paces: same(query(paces), 1))
    if good is None or bad is None:
        raise TooFree("a ratio that no series make 0 and 1")
    partial = all(same(query(levels.mixed(good, bad, x)), x) for x in (0.25, 0.5))
    return Probe(_raws(series, good, bad, query.counters), partial=partial)


def _threshold(indicator: ThresholdIndicator, by: Mapping[str, str]) -> Probe:
    expr = _parsed(indicator.query)
    series = levels.candidates(selectors(expr), by)
    query = Query(expr, series, by)
    bound = indicator.below if indicator.below is not None else indicator.above
    assert bound is not None, "a threshold has below or above"
    away = abs(float(bound)) * _OF_BOUND or _OF_BOUND
    sign = -1.0 if indicator.below is not None else 1.0
    for mover in range(len(series)):
        found = _moved(query, mover, len(series), float(bound), sign * away)
        if found is not None:
            good, bad, drift = found
            raws = _raws(series, good, bad, query.counters)
            moving = Raw(**{**vars(raws[mover]), "drift": drift})
            return Probe((*raws[:mover], moving, *raws[mover + 1 :]), partial=False)
    raise TooFree("a value that no single series moves over its bound")


def _moved(
    query: Query, mover: int, count: int, bound: float, away: float
) -> tuple[Paces, Paces, float] | None:
    """Paces that put the value `away` from its bound and at it (or beyond), by one series alone;
    and what that series moves by per second to keep it there."""

    def paces(value: float) -> Paces:
        # Not 1, by which a product and a quotient are the same.
        return tuple(value if index == mover else 2.0 for index in range(count))

    now = levels.affine(lambda value: query(paces(value)))
    later = levels.affine(lambda value: query(paces(value), _FAR))
    if now is None or later is None or not same(now[1], later[1]):
        return None

    def solved(target: float) -> float:
        return (target - now[0]) / now[1]

    good, bad = solved(bound + away), solved(bound)
    if query(paces(bad)) != bound:
        # Not exactly at the bound, where it already counts as bad.
        bad = solved(bound - away)
    drift = (now[0] - later[0]) / now[1] / _FAR
    if query.counters[mover] and (drift or good < 0 or bad < 0):
        return None
    return paces(good), paces(bad), drift if abs(drift) > 1e-12 else 0.0


def _uptime(indicator: UptimeIndicator, by: Mapping[str, str]) -> Probe:
    own = _named(indicator.series)
    targets = [
        found | {NAME: found.get(NAME, "up")}
        for instance in ("a", "b")
        if (found := labels.find([own], (), {**by, "instance": instance})) is not None
    ]
    if not targets:
        targets = [_labels(indicator.series, by) | {NAME: indicator.series.name or "up"}]
    raws = tuple(Raw(target, 1, 0, False) for target in targets)
    return Probe(raws, partial=False, total=len(raws) if indicator.healthy == "each" else 1.0)


def _raws(
    series: Sequence[labels.Labels], good: Paces, bad: Paces, counters: Sequence[bool]
) -> tuple[Raw, ...]:
    return tuple(Raw(*each) for each in zip(series, good, bad, counters, strict=True))


def _count(count: EventCount, by: Sequence[str]) -> Expr:
    """Events per second."""
    if isinstance(count, SelectorCount):
        grouping = f" by ({', '.join(by)}) " if by else ""
        return _parsed(f"sum{grouping}(rate({count.selector.promql()}[$window]))")
    if count.per_window:
        return _parsed(f"({count.expression}) / {BASE_WINDOW}")
    return _parsed(count.expression)


def _parsed(query: str) -> Expr:
    expr, _, faults = syntax.parse(query)
    if expr is None:
        raise TooFree(faults[0].message if faults else "no query")
    return expr


def _named(selector: Selector) -> list[Matcher]:
    name = [Matcher(NAME, "=", selector.name)] if selector.name else []
    return [*name, *matchers(selector)]


def _labels(selector: Selector, by: Mapping[str, str]) -> dict[str, str]:
    found = labels.find([matchers(selector)], (), by)
    if found is None:
        raise TooFree(f"{selector.promql()}, for which no series was found")
    return found
