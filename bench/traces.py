"""A month of traffic in several shapes, as integer counters of good and of bad events."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass

HOUR, DAY = 3600, 86400
BASE_ERRORS = 0.0002
INCIDENT_ERRORS = 0.5


@dataclass(frozen=True)
class Shape:
    """Events per second by hour of the day; the incident's hour of the day and length in hours.

    `counted`: what both counters have counted before the first scrape.
    """

    name: str
    rate: Callable[[float], float]
    incident: float
    length: float = 1.0
    counted: float = 0.0


def _diurnal(hour: float) -> float:
    """2 to 80 events per second: the trough at 4, the peak at 16."""
    return 41 - 39 * math.cos((hour - 4) * math.pi / 12)


def _burst(hour: float) -> float:
    return 50 if 12 <= hour < 12.25 else 0


SHAPES = (
    Shape("flat", lambda hour: 50, incident=12),
    Shape("diurnal 40:1, incident at the trough", _diurnal, incident=3.5),
    Shape("diurnal 40:1, incident at the peak", _diurnal, incident=15.5),
    Shape(
        "no traffic from 0 to 6, incident at the peak",
        lambda hour: _diurnal(hour) if hour >= 6 else 0,
        incident=15.5,
    ),
    Shape("15 minutes a day, incident in half of one", _burst, 12.0625, 0.125, counted=1e5),
)
# What no rule over `rate` can do, shown and not judged.
LIMITS = (
    # `rate` extrapolates no counter below zero. From an error counter that has hardly counted, it
    # sees a jump too late by up to a scrape interval: in the windows that begin before the jump,
    # s / 300 of what they hold, which adds up to s × 135 / 300 seconds of the incident's errors,
    # 13.5 s at 30 s. That is 3 % of 7.5 minutes.
    Shape("15 minutes a day, counters from 0", _burst, 12.0625, 0.125),
)


@dataclass(frozen=True)
class Trace:
    """Counters from `start` (Unix seconds) on, known every `step` seconds."""

    start: int
    step: int
    good: array[float]
    bad: array[float]

    def at(self, counts: array[float], time: int) -> float:
        """The whole events counted until a time that is a multiple of `step` after the start."""
        return math.floor(counts[(time - self.start) // self.step])

    def error_ratio(self, start: int, end: int) -> float:
        """The truth: the counters' own increments between two times."""
        bad, good = (self.at(c, end) - self.at(c, start) for c in (self.bad, self.good))
        return bad / (good + bad)


def trace(shape: Shape, start: int, end: int, step: int) -> Trace:
    """The counters of a shape from `start` to `end`. The incident is on the day in the
    middle, so that it is inside of every window."""
    middle = (end - start) // DAY // 2 * DAY
    since = middle + shape.incident * HOUR
    until = since + shape.length * HOUR
    good, bad = array("d", [shape.counted]), array("d", [shape.counted])
    for at in range(0, end - start, step):
        events = shape.rate(at % DAY / HOUR) * step
        share = INCIDENT_ERRORS if since <= at < until else BASE_ERRORS
        good.append(good[-1] + events * (1 - share))
        bad.append(bad[-1] + events * share)
    return Trace(start, step, good, bad)
