"""Episodes that put one tier of an SLO to the proof, each ending at a moment of evaluation.

Before an episode's long window, traffic is a million times as busy for some minutes, all of it
good: longer windows, weighted by traffic, see nothing else, so that the tier is alone. Inside,
the error ratio is just below or just above the threshold.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from generators.rule_tests.life import MINUTE, Life, Part, events
from generators.rule_tests.oracle import Oracle, Terms
from slosmith.model import SeverityKey, Tier

# Minutes from one moment to the next. Not a day: the left end of a window of days is then never
# at a moment, where the rules would record a sample of their own.
STEP = 25 * 60
HOUR = 60
# Before a moment, all is recorded without a gap: the longest window of raw series, and a little.
TAIL = HOUR + 6
_WASH, _BUSY = 3, 1e6
# More than a day before, and nothing to the minutes above.
_LIVELY = 1e3
_ERRORS = 5
_LEFT = 30  # minutes at the left end of a long window that are recorded
_LONG_AGO = 200 * 24 * HOUR
_YOUNG = 4 * HOUR

Kind = Literal["long below", "short below", "few", "fires"]
KINDS: tuple[Kind, ...] = ("long below", "short below", "few", "fires")


@dataclass(frozen=True)
class Episode:
    """The last `steps` steps of a life so far; the minutes of `parts` count from their end (0)."""

    steps: int
    parts: Life


def calm() -> Episode:
    """A step of which no more is recorded than that all is well at its end."""
    return Episode(1, (Part(-TAIL, TAIL + 1, 1.0, 0.0),))


@functools.cache
def of_tier(terms: Terms, tier: Tier, kind: Kind) -> Episode | None:
    """An episode in which the tier, alone of its severity if that can be had, decides: it fires,
    or does not because of one condition. None where it has no such condition."""
    if kind == "few" and not terms.least_events:
        return None
    steps = -(-(tier.long // MINUTE + _WASH + _ERRORS + 1) // STEP)
    second_best = None
    for body in _bodies(terms, tier, kind):
        # What came before is washed away; only the history has to be long.
        oracle = Oracle(terms, [Part(-_LONG_AGO, 1, 1.0, 0.0), *body])
        if kind == "fires":
            shown = oracle.tier(tier, 0) is True
        else:
            shown = oracle.burning(tier.severity, 0) is False
        if shown and (kind != "fires" or _alone(oracle, tier)):
            return Episode(steps, tuple(body))
        if shown and second_best is None:
            second_best = Episode(steps, tuple(body))
    return second_best


def ripening(terms: Terms, severity: SeverityKey) -> Episode | None:
    """The second step of an SLO's life, so busy that it alone counts, with an error ratio just
    above what its short history asks of a long window; None where no window is longer."""
    history = (_YOUNG + STEP) * MINUTE
    guarded = [tier for tier in terms.tiers_of(severity) if tier.long > history]
    for tier, near in itertools.product(guarded, (0.05, 0.1, 0.2)):
        error = float(tier.threshold) * tier.long / history * (1 + near)
        if error >= 1:
            continue
        parts = (Part(-TAIL, TAIL + 1, _LIVELY, error),)
        oracle = Oracle(terms, [Part(-_YOUNG - STEP, 1, 1.0, 0.0), *parts])
        if oracle.tier(tier, 0) is True and _alone(oracle, tier):
            return Episode(1, parts)
    return None


@functools.cache
def rash(terms: Terms, tier: Tier) -> Episode | None:
    """The first hours of an SLO, burning just faster than its short history asks of a tier, alone
    of its severity; None where the history asks for nothing, or for more than can be had."""
    history = _YOUNG * MINUTE
    if tier.long <= max(history, HOUR * MINUTE):
        return None
    shorts = (t.short // MINUTE for t in terms.tiers_of(tier.severity))
    quiets = (0, *sorted({short for short in shorts if short < tier.short // MINUTE}))
    for near, quiet in itertools.product((0.05, 0.1, 0.2, 0.3), quiets):
        error = float(tier.threshold) * tier.long / history * (1 + near)
        if error >= 1:
            continue
        life = _first_hours(error, quiet)
        oracle = Oracle(terms, life)
        if oracle.tier(tier, 0) is True and _alone(oracle, tier):
            return Episode(1, life)
    return None


@functools.cache
def young(terms: Terms, severity: SeverityKey) -> Episode:
    """The first hours of an SLO, burning so that the short history alone keeps as many tiers of a
    severity as can be had from firing: what was not seen counts as free of errors."""
    tiers = terms.tiers_of(severity)
    thresholds = [float(tier.threshold) for tier in tiers]
    seen = _YOUNG * MINUTE
    raised = [float(tier.threshold) * max(tier.long / seen, 1) for tier in tiers]
    errors = sorted({t * factor for t in (*thresholds, *raised) for factor in (0.9, 1.1, 1.4, 1.9)})
    shorts = sorted({min(tier.short // MINUTE, HOUR) for tier in tiers})
    best, chosen = -1, _first_hours(0.0, 0)
    for error, quiet in itertools.product((e for e in errors if e < 1), (0, *shorts)):
        life = _first_hours(error, quiet)
        oracle = Oracle(terms, life)
        if oracle.burning(severity, 0) is not False:
            continue
        held = sum(_held_by_history(oracle, tier) for tier in tiers)
        if held >= best:
            best, chosen = held, life
    return Episode(1, chosen)


def _first_hours(error: float, quiet: int) -> tuple[Part, ...]:
    """A life that has just begun, with errors but for its last `quiet` minutes."""
    if not quiet:
        return (Part(-_YOUNG, _YOUNG + 1, 1.0, error),)
    return Part(-_YOUNG, _YOUNG - quiet, 1.0, error), Part(-quiet, quiet + 1, 1.0, 0.0)


def _held_by_history(oracle: Oracle, tier: Tier) -> bool:
    begin = Part(-oracle.terms.window // MINUTE, 1, 0.0, 0.0)
    old = Oracle(oracle.terms, [begin, *oracle.life])
    return oracle.tier(tier, 0) is False and old.tier(tier, 0) is True


def _alone(oracle: Oracle, tier: Tier) -> bool:
    others = [t for t in oracle.terms.tiers_of(tier.severity) if t != tier]
    return all(oracle.tier(other, 0) is False for other in others)


def _bodies(terms: Terms, tier: Tier, kind: Kind) -> Iterator[list[Part]]:
    """Lives to try, the most telling ones first: close to the threshold, then farther off."""
    threshold = float(tier.threshold)

    def above(share: float) -> float:
        return min(threshold * (1 + share), threshold + (1 - threshold) * 0.7)

    # Shorter pairs would fire as well: a clean end, or a clean stretch before the short window,
    # keeps them silent.
    others = terms.tiers_of(tier.severity)
    shorts = {t.short // MINUTE for t in others}
    longs = {t.long // MINUTE for t in others}
    quiets = (0, *sorted(short for short in shorts if short < tier.short // MINUTE))
    dips = (0, *sorted(w for w in longs if tier.short < w * MINUTE < tier.long))
    for near, dip, quiet in itertools.product((0.05, 0.1, 0.2, 0.4), dips, quiets):
        low, clean = threshold * (1 - near), Clean(quiet, dip)
        match kind:
            case "long below":
                short = above(2 * near)
                yield _body(tier, _before(tier, low, short, clean), short, clean)
            case "short below":
                yield _body(tier, above(3 * near + 0.1), low, clean)
            case _:
                high = above(near)
                before = _before(tier, high, high, clean) if dip else high
                body = _body(tier, before, high, clean)
                yield _scaled(terms, tier, body, 0.75 if kind == "few" else 1.3)


@dataclass(frozen=True)
class Clean:
    """Minutes without errors: the last `quiet` ones, and those from `dip` before the end to the
    beginning of the short window."""

    quiet: int
    dip: int


def _pieces(tier: Tier, clean: Clean) -> list[tuple[Part, bool]]:
    """What is recorded of a long window before its short one, without errors yet, and whether
    there may be any: all, or its two ends, which weigh alike, so that a window of another length
    would read something else."""
    long, short = tier.long // MINUTE, tier.short // MINUTE
    tail = max(2 * short, TAIL, clean.dip)
    dip = max(clean.dip, short)
    ends = long > tail + _LEFT
    begin = tail if ends else long
    pieces = [
        (Part(-begin, begin - dip, 1.0, 0.0), True),
        (Part(-dip, dip - short, 1.0, 0.0), False),
    ]
    if ends:
        pieces.insert(0, (Part(-long, _LEFT, (tail + 1) / _LEFT, 0.0), True))
    return [(part, may) for part, may in pieces if part.count]


def _before(tier: Tier, mean: float, short: float, clean: Clean) -> float:
    """The error ratio before the short window that gives the long one this mean."""
    pieces = [(part.count * part.total, may) for part, may in _pieces(tier, clean)]
    inside = tier.short // MINUTE + 1
    able = sum(weight for weight, may in pieces if may)
    every = sum(weight for weight, _ in pieces) + inside
    return max(0.0, (mean * every - short * inside) / able) if able else short


def _body(tier: Tier, before: float, short: float, clean: Clean) -> list[Part]:
    """A long window with error ratios before and in its short one. What is quiet of the short one
    the rest makes up for. Ahead of the busy minutes are so many errors that one who counts errors,
    but not events, over a longer time would see."""
    long, brief, quiet = tier.long // MINUTE, tier.short // MINUTE, clean.quiet
    loud = brief - quiet if quiet else brief + 1
    error = min(short * (brief + 1) / loud, 1.0) if loud > 0 else 0.0
    body = [
        replace(part, error=min(before, 1.0) if may else 0.0) for part, may in _pieces(tier, clean)
    ]
    body.append(Part(-brief, loud, 1.0, error))
    if quiet:
        body.append(Part(-quiet, quiet + 1, 1.0, 0.0))
    begin = min(-long - _WASH, -TAIL)
    errors = 10 * float(tier.threshold) * sum(part.count * part.total for part in body) / _ERRORS
    return [
        Part(begin - _ERRORS, _ERRORS, errors, 1.0),
        Part(begin, -long - begin, _BUSY, 0.0),
        *body,
    ]


def _scaled(terms: Terms, tier: Tier, body: list[Part], share: float) -> list[Part]:
    """The same at a traffic with `share` times the bad events that an alert needs."""
    seen = events(body, tier.long, 0, 1)
    if not terms.least_events or not seen:
        return body
    scale = share * terms.least_events / seen
    return [Part(p.start, p.count, p.total * scale, p.error) for p in body]
