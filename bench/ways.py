"""What the rules of an SLO cost in an hour, in several ways to the same SLO."""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3600
# How often rules are evaluated in a comparison: None is as generated.
INTERVALS = {"30 s, 2 m": None, "all 30 s": 30}
# From so many raw series on, the rules read so many times fewer samples than raw windows.
JUDGED, FEWER = 200, 10


@dataclass(frozen=True)
class Cost:
    """What queries cost: samples that the engine read, and seconds of CPU."""

    samples: float
    seconds: float

    def times(self, factor: float) -> Cost:
        return Cost(self.samples * factor, self.seconds * factor)


@dataclass(frozen=True)
class Way:
    """The rules of one SLO in one way, each with its interval in seconds and its cost."""

    evaluations: tuple[tuple[int, Cost], ...]

    def hourly(self, interval: int | None = None) -> Cost:
        """The cost of an hour: with every rule at its own interval, or all at `interval`."""
        costs = [cost.times(HOUR / (interval or own)) for own, cost in self.evaluations]
        return Cost(sum(cost.samples for cost in costs), sum(cost.seconds for cost in costs))


@dataclass(frozen=True)
class Result:
    """Three ways to one SLO over `count` raw series.

    `ours`: the generated rules, alerts and all. `raw`: the same windows on the raw series, and
    nothing else. `mean`: the same, but the longest as the mean of recorded 5-minute ratios.
    """

    count: int
    ours: Way
    raw: Way
    mean: Way

    def enough(self) -> bool:
        """Whether the rules read as few samples as is promised, however often all are
        evaluated."""
        compared = [
            self.raw.hourly(interval).samples / self.ours.hourly(interval).samples
            for interval in INTERVALS.values()
        ]
        return self.count < JUDGED or min(compared) >= FEWER
