"""How many samples a load test can count on, and from when on it may be stopped for its numbers.

Users slow down with the service, so their samples are estimated for a service that is much slower
than promised: even then the test has to tell slow from untested. Times are whole seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slosmith.load.gates import Gates
from slosmith.model_load_test import LoadTest

# Of the longest latency promised; and never below so many seconds.
_SLOWNESS = 4
_SLOWEST = 2
# Of the estimated samples, what may be counted on.
_SURE = Fraction(4, 5)
# No judgement sooner: connections and caches warm up.
_SETTLE = 10


@dataclass(frozen=True)
class Judgement:
    """`samples`: fewest for a verdict. `wanted`: so many that one bad request is within every
    budget; more than `samples` where the test is too short for them. After `delay` seconds of its
    scenario the test may be stopped."""

    samples: int
    wanted: int
    delay: int


def slow_answer(gates: list[Gates]) -> Fraction:
    """The seconds that an answer of a slow service is taken to last."""
    bounds = [gate.below for item in gates for gate in item.latencies]
    return max([Fraction(_SLOWEST), *(_SLOWNESS * Fraction(bound) for bound in bounds)])


def of_users(test: LoadTest, gates: Gates, slow: Fraction) -> Judgement:
    """For one kind of request of the users in stages."""
    per_pass = slow * len(test.requests) + Fraction(test.pause)
    worked, before, passed = Fraction(0), 0, 0
    needed = gates.samples / _SURE * per_pass
    reached: int | None = None
    for stage in test.stages:
        more = Fraction(before + stage.users, 2) * stage.seconds
        if reached is None and worked + more >= needed:
            reached = passed + _into_stage(before, stage.users, stage.seconds, needed - worked)
        worked, before, passed = worked + more, stage.users, passed + stage.seconds
    return _judgement(gates.samples, int(worked / per_pass * _SURE), reached, passed)


def of_arrivals(test: LoadTest, gates: Gates) -> Judgement:
    """For one kind of request of a constant rate, whose kinds take turns."""
    assert test.arrival is not None, "the test has a rate"
    rate = Fraction(test.arrival.per_second) / len(test.requests)
    seconds = test.arrival.seconds
    needed = -(-gates.samples // (rate * _SURE))
    certain = int(rate * seconds * _SURE)
    return _judgement(gates.samples, certain, needed if needed <= seconds else None, seconds)


def _into_stage(first: int, last: int, seconds: int, needed: Fraction) -> int:
    """The whole second of a stage by which so many user-seconds were worked."""
    slope = Fraction(last - first, seconds)
    low, high = 0, seconds
    while low < high:
        middle = (low + high) // 2
        if first * middle + slope * middle * middle / 2 >= needed:
            high = middle
        else:
            low = middle + 1
    return low


def _judgement(wanted: int, certain: int, reached: int | None, length: int) -> Judgement:
    samples = max(1, min(wanted, certain))
    delay = length if reached is None else min(length, max(_SETTLE, reached))
    return Judgement(samples, wanted, delay)
