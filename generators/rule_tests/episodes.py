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


def calm(total: float = 1.0) -> Episode:
    """A step of which no more is recorded than that all is well at its end."""
    return Episode(1, (Part(-TAIL, TAIL + 1, total, 0.0),))


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
def young(terms: Terms, severity: SeverityKey) -> Episode:
    """The first hours of an SLO, burning so that the short history alone keeps as many tiers of a
    severity as can be had from firing: what was not seen counts as free of errors."""
    tiers = terms.tiers_of(severity)
    thresholds = [float(tier.threshold) for tier in tiers]
    errors = sorted({t * factor for t in thresholds for factor in (0.9, 1.1, 1.4, 1.9)})
    shorts = sorted({min(tier.short // MINUTE, HOUR) for tier in tiers})
    best = -1
    chosen: tuple[Part, ...] = (Part(-_YOUNG, _YOUNG + 1, 1.0, 0.0),)
    for error, quiet in itertools.product((e for e in errors if e < 1), (0, *shorts)):
        life: tuple[Part, ...] = (Part(-_YOUNG, _YOUNG + 1, 1.0, error),)
        if quiet:
            clean = Part(-quiet, quiet + 1, 1.0, 0.0)
            life = (Part(-_YOUNG, _YOUNG - quiet, 1.0, error), clean)
        oracle = Oracle(terms, life)
        if oracle.burning(severity, 0) is not False:
            continue
        held = sum(_held_by_history(oracle, tier) for tier in tiers)
        if held >= best:
            best, chosen = held, life
    return Episode(1, chosen)


def _held_by_history(oracle: Oracle, tier: Tier) -> bool:
    old = Oracle(oracle.terms, [Part(-_LONG_AGO, 1, 0.0, 0.0), *oracle.life])
    return oracle.tier(tier, 0) is False and old.tier(tier, 0) is True


def _alone(oracle: Oracle, tier: Tier) -> bool:
    others = [t for t in oracle.terms.tiers_of(tier.severity) if t != tier]
    return all(oracle.tier(other, 0) is False for other in others)


def _bodies(terms: Terms, tier: Tier, kind: Kind) -> Iterator[list[Part]]:
    """Lives to try, the most telling ones first: close to the threshold, then farther off."""
    threshold = float(tier.threshold)

    def above(share: float) -> float:
        return min(threshold * (1 + share), threshold + (1 - threshold) * 0.7)

    # Pairs with a shorter short window would fire as well: a clean end keeps them silent.
    shorts = {t.short // MINUTE for t in terms.tiers_of(tier.severity)}
    quiets = (0, *sorted(short for short in shorts if short < tier.short // MINUTE))
    for near, quiet in itertools.product((0.05, 0.1, 0.2, 0.4), quiets):
        low = threshold * (1 - near)
        match kind:
            case "long below":
                yield _body(tier, _before(tier, low, above(2 * near)), above(2 * near), quiet)
            case "short below":
                yield _body(tier, above(3 * near + 0.1), low, quiet)
            case _:
                body = _body(tier, above(near), above(near), quiet)
                yield _scaled(terms, tier, body, 0.75 if kind == "few" else 1.3)


def _pieces(tier: Tier) -> list[Part]:
    """What is recorded of a long window before its short one, without errors: all, or its two
    ends, which weigh alike, so that a window of another length would read something else."""
    long, short = tier.long // MINUTE, tier.short // MINUTE
    tail = max(short, TAIL)
    if long <= tail + _LEFT:
        pieces = [Part(-long, long - short, 1.0, 0.0)]
    else:
        left = Part(-long, _LEFT, (tail + 1) / _LEFT, 0.0)
        pieces = [left, Part(-tail, tail - short, 1.0, 0.0)]
    return [part for part in pieces if part.count]


def _before(tier: Tier, mean: float, short: float) -> float:
    """The error ratio before the short window that gives the long one this mean."""
    outside = sum(part.count * part.total for part in _pieces(tier))
    inside = tier.short // MINUTE + 1
    return max(0.0, (mean * (outside + inside) - short * inside) / outside) if outside else short


def _body(tier: Tier, before: float, short: float, quiet: int) -> list[Part]:
    """A long window with error ratios before and in its short one. In the last `quiet` minutes
    nothing is bad; the rest of the short window makes up for it. Ahead of the busy minutes are so
    many errors that one who counts errors, but not events, over a longer time would see."""
    long, brief = tier.long // MINUTE, tier.short // MINUTE
    loud = brief - quiet if quiet else brief + 1
    error = min(short * (brief + 1) / loud, 1.0) if loud > 0 else 0.0
    body = [replace(part, error=min(before, 1.0)) for part in _pieces(tier)]
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
