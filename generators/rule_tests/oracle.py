"""What the alerts of an SLO must do at a moment of its life, from its objective and its tiers
alone: no PromQL is looked at.

A comparison that is too close to tell (rounding, and the two readings of a range's left end) is
None: then nothing is asserted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generators.rule_tests.life import EDGES, MINUTE, Life, at, events, first_minute, sums
from slosmith.model import LatencyIndicator, RatioIndicator, SeverityKey, Slo, Tier
from slosmith.series import BASE_WINDOW

HOUR = 3600
# How far from its bound a value has to be, as a share of it.
CLEAR = 0.002
# The history's step, in seconds: how exactly it is known.
HISTORY_STEP = 1800
Verdict = bool | None


@dataclass(frozen=True)
class Terms:
    """All of an SLO that its burn alerts depend on. `window` in seconds; `least_events`: so many
    bad events an alert waits for, 0 for none."""

    tiers: tuple[Tier, ...]
    window: int
    budget: float
    least_events: int

    @classmethod
    def of(cls, slo: Slo) -> Terms:
        counts = isinstance(slo.indicator, RatioIndicator | LatencyIndicator)
        least = max(slo.alerting.min_bad_events, 0) if counts else 0
        return cls(slo.tiers, slo.window, float(slo.budget), least)

    def tiers_of(self, severity: SeverityKey) -> list[Tier]:
        return [tier for tier in self.tiers if tier.severity == severity]


@dataclass(frozen=True)
class Oracle:
    """The answers for one life under an SLO's terms; times are minutes of the life."""

    terms: Terms
    life: Life

    def ratios(self, window: int, minute: int) -> list[float]:
        """The error ratio over a window, in both readings of its left end; empty without events."""
        if window == BASE_WINDOW:
            part = at(self.life, minute)
            return [part.error] if part and part.total else []
        # Counters tell the growth since the sample before: the first of a window has none.
        raw = 1 if window <= HOUR else 0
        found = []
        for edge in EDGES:
            bad, total = sums(self.life, window - raw * MINUTE, minute, edge)
            found += [bad / total] if total else []
        return found

    def tier(self, tier: Tier, minute: int) -> Verdict:
        """Whether one pair of windows fires."""
        threshold = float(tier.threshold)
        guard = self._guard(tier, minute)
        long = _above(self.ratios(tier.long, minute), [threshold * factor for factor in guard])
        if long is False:
            return False  # whatever the rest is
        short = _above(self.ratios(tier.short, minute), [threshold])
        if short is False:
            return False
        return _all([long, short, self._enough(tier, minute)])

    def burning(self, severity: SeverityKey, minute: int) -> Verdict:
        """Whether the burn alert of a severity fires."""
        return _any(self.tier(t, minute) for t in self.terms.tiers_of(severity))

    def history(self, minute: int) -> float:
        """Seconds since the first sample in the SLO's window."""
        return (minute - first_minute(self.life, minute - self.terms.window // MINUTE)) * MINUTE

    def remaining(self, minute: int) -> float | None:
        """The share of the error budget that is left."""
        if not (found := self.ratios(self.terms.window, minute)):
            return None
        seen = self.history(minute) / self.terms.window
        return 1 - found[0] / self.terms.budget * seen

    def _guard(self, tier: Tier, minute: int) -> list[float]:
        """What a threshold is multiplied by while history is short."""
        if tier.long <= HOUR:
            return [1.0]
        history = self.history(minute)
        least = max(history - HISTORY_STEP, MINUTE)
        return [max(tier.long / seconds, 1.0) for seconds in (least, history + MINUTE)]

    def _enough(self, tier: Tier, minute: int) -> Verdict:
        """Whether enough bad events were seen."""
        if not self.terms.least_events:
            return True
        part = at(self.life, minute)
        now = part.bad * BASE_WINDOW if part and tier.long <= HOUR else 0.0
        seen = [max(events(self.life, tier.long, minute, edge), now) for edge in EDGES]
        return _above(seen, [float(self.terms.least_events)])


def _above(values: list[float], bounds: list[float]) -> Verdict:
    """Whether all values are above all bounds; None where it depends, or is close."""
    if not values:
        return False
    verdicts = {
        None if abs(value - bound) < CLEAR * bound else value > bound
        for value in values
        for bound in bounds
    }
    return verdicts.pop() if len(verdicts) == 1 else None


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    found = list(verdicts)
    if False in found:
        return False
    return None if None in found else True


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    unsure = False
    for verdict in verdicts:
        if verdict:
            return True
        unsure = unsure or verdict is None
    return None if unsure else False
