"""The course of an SLO's life: its episodes one after another, and what its alerts must do at the
moments between them. Depends on the SLO's terms alone, so SLOs with the same terms share one."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generators.rule_tests import episodes
from generators.rule_tests.episodes import STEP, TAIL, Episode
from generators.rule_tests.life import Part, within
from generators.rule_tests.oracle import Oracle, Terms, Verdict
from slosmith.model import SeverityKey

_SPENT = 1e12  # so busy that nothing else counts
_CLOSE = 0.02  # of the budget


@dataclass(frozen=True)
class Plan:
    """What a course is made for: the alerts of a severity, `steps` steps of episodes and of rest
    after them, then up to step `end` a budget that is spent (`exhausted`) or more rest. With `rash`
    it is one step, the first hours of an SLO that make the n-th of its guarded tiers fire."""

    terms: Terms
    severity: SeverityKey
    exhausted: bool
    steps: int
    end: int
    rash: int | None = None


@dataclass(frozen=True)
class Moment:
    """A minute at which an SLO is looked at: whether it must burn, and has no budget left."""

    minute: int
    burning: Verdict
    spent: Verdict


@dataclass(frozen=True)
class Course:
    """`life`, the `moments` in it, and the minute of the first episode that must fire."""

    terms: Terms
    life: tuple[Part, ...]
    moments: tuple[Moment, ...]
    first: int | None

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.terms, self.life)

    @property
    def minutes(self) -> list[int]:
        return [moment.minute for moment in self.moments]


def steps(terms: Terms, severity: SeverityKey) -> int:
    """How many steps the episodes of a severity take."""
    return sum(episode.steps for episode, _ in _episodes(terms, severity))


@functools.cache
def rash(terms: Terms, severity: SeverityKey) -> tuple[Episode, ...]:
    """First hours that must make an alert fire, one for each tier that a short history guards."""
    found = (episodes.rash(terms, tier) for tier in terms.tiers_of(severity))
    return tuple(episode for episode in found if episode)


@functools.cache
def course(plan: Plan) -> Course:
    """The course of a plan."""
    life: list[Part] = []
    first = None
    step = 0
    for episode, fires in _planned(plan):
        step += episode.steps
        life += _placed(episode, step)
        if fires and first is None:
            first = step * STEP
    while step < plan.end:
        if plan.exhausted and step == plan.steps:
            life.append(Part(step * STEP + 10 * TAIL, 3, _SPENT, 1.0))
        step += 1
        life += _placed(episodes.calm(), step)
    if plan.severity == "page" and plan.rash is None:
        # The end of all data, two hours after the last moment.
        life.append(Part(step * STEP + 1, 2 * TAIL, 1.0, 0.0))
    oracle = Oracle(plan.terms, life)
    times = [n * STEP for n in range(1, step + 1) if _whole(life, n * STEP)]
    moments = tuple(
        Moment(minute, oracle.burning(plan.severity, minute), _is_spent(oracle, minute))
        for minute in times
    )
    return Course(plan.terms, tuple(life), moments, first)


def _planned(plan: Plan) -> Iterator[tuple[Episode, bool]]:
    if plan.rash is None:
        yield from _episodes(plan.terms, plan.severity)
    else:
        yield rash(plan.terms, plan.severity)[plan.rash], True


def _episodes(terms: Terms, severity: SeverityKey) -> Iterator[tuple[Episode, bool]]:
    """The episodes of an SLO, and whether each must fire."""
    yield episodes.young(terms, severity), False
    if ripening := episodes.ripening(terms, severity):
        yield ripening, True
    for tier in terms.tiers_of(severity):
        for kind in episodes.KINDS:
            if episode := episodes.of_tier(terms, tier, kind):
                yield episode, kind == "fires"


def _placed(episode: Episode, step: int) -> list[Part]:
    """The parts of an episode that ends at a step. At the steps before, where it has nothing,
    there is data, but hardly any traffic, so that it weighs nothing."""
    end = step * STEP
    parts = [Part(end + p.start, p.count, p.total, p.error) for p in episode.parts]
    for between in range(end - (episode.steps - 1) * STEP, end, STEP):
        if not any(True for _ in within(parts, between - TAIL, between)):
            parts.append(Part(between - TAIL, TAIL + 1, 1e-9, 0.0))
    return sorted(parts, key=lambda part: part.start)


def _whole(life: Sequence[Part], moment: int) -> bool:
    """Whether the hour before a moment is recorded without a gap."""
    return sum(part.count for part in within(life, moment - TAIL, moment)) == TAIL + 1


def _is_spent(oracle: Oracle, minute: int) -> Verdict:
    """Whether no budget was left at this moment and the one before: that alert waits. None where
    it is too close to tell, as the history is known by half an hour only."""
    left = [oracle.remaining(at) for at in (minute - STEP, minute)]
    if any(value is None or value > _CLOSE for value in left):
        return False
    return True if all(value is not None and value < -_CLOSE for value in left) else None
