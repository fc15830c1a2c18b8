"""The recorded life of one SLO, minute by minute, and what windows over it hold.

A life is islands of samples: between them nothing was recorded. That keeps promtool within its
limit of samples for one query, and changes nothing for the rules, which only add samples up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MINUTE = 60
# How long PromQL takes a sample for the present one.
LOOKBACK = 5  # minutes


@dataclass(frozen=True)
class Part:
    """Some minutes of even traffic: `total` events per second, of which the share `error` is bad.

    `start` is the minute of its first sample, `count` the number of samples.
    """

    start: int
    count: int
    total: float
    error: float

    @property
    def end(self) -> int:
        """The minute after its last sample."""
        return self.start + self.count

    @property
    def bad(self) -> float:
        return self.total * self.error


Life = Sequence[Part]
# Whether the sample at the left end of a range counts: it did before Prometheus 3.
EDGES = (0, 1)


def at(life: Life, minute: int) -> Part | None:
    return next((part for part in life if part.start <= minute < part.end), None)


def sums(life: Life, window: int, minute: int, edge: int) -> tuple[float, float]:
    """All samples of bad and total rates in the `window` seconds before and at a minute."""
    first = minute - window // MINUTE + edge
    bad = total = 0.0
    last = minute + 1
    for part in life:
        # This is where most of the time of all tests goes, so without `end` and `bad`.
        start = part.start
        end = start + part.count
        if end <= first or start >= last:
            continue
        count = (end if end < last else last) - (start if start > first else first)
        if count > 0:
            bad += count * (part.total * part.error)
            total += count * part.total
    return bad, total


def events(life: Life, window: int, minute: int, edge: int) -> float:
    """Bad events in a window, as samples of the recorded rate a minute apart add up to."""
    first = minute - window // MINUTE + edge
    tail = LOOKBACK - edge
    found = 0.0
    for part, upcoming in zip(life, [*life[1:], None], strict=True):
        end = min(part.end + tail, upcoming.start if upcoming else part.end + tail, minute + 1)
        found += max(0, end - max(part.start, first)) * part.bad * MINUTE
    return found


def first_minute(life: Life, since: int) -> int:
    """The first minute that is recorded, from `since` on."""
    return next(max(part.start, since) for part in life if part.end > since)


def within(life: Life, first: int, last: int) -> Iterator[Part]:
    """What of a life is in the minutes `first` to `last`, both with."""
    for part in life:
        start, end = max(part.start, first), min(part.end, last + 1)
        if start < end:
            yield Part(start, end - start, part.total, part.error)
