"""Days of samples in a Prometheus: scraped ones from functions of time, recorded ones from the
rules' own expressions."""

from __future__ import annotations

import json
import math
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.prometheus import BLOCK, Server, backfill

Sample = tuple[int, float]
# The samples of a series from one time up to, but not at, another (Unix seconds).
Series = Callable[[int, int], list[Sample]]
# Prometheus answers no range query with more points than this.
_POINTS = 11_000
_DAY = 86400


def last_midnight() -> int:
    """The end of a history: the last midnight (UTC), so that days begin at 0 h."""
    return int(time.time()) // _DAY * _DAY


def scraped(value: Callable[[int], float], interval: int, phase: int = 0) -> Series:
    """A series that is scraped every `interval` seconds, `phase` seconds after full ones."""

    def samples(start: int, end: int) -> list[Sample]:
        first = start + (phase - start) % interval
        return [(at, value(at)) for at in range(first, end, interval)]

    return samples


def recorded(server: Server, expression: str, start: int, end: int, interval: int) -> list[Sample]:
    """What a recording rule makes of `expression`, evaluated every `interval` seconds from
    `start` to `end`.

    A range query evaluates at each of its steps as a rule does: promtool's own backfill asks the
    same. Here the caller knows when, and so how late after a scrape.
    """
    found: list[Sample] = []
    for first in range(start, end + 1, interval * _POINTS):
        last = min(first + interval * (_POINTS - 1), end)
        times = {"start": str(first), "end": str(last), "step": str(interval)}
        result = server.get("query_range", query=expression, **times)["result"]
        if len(result) > 1:
            raise ValueError(f"{expression}: {len(result)} series, not one")
        found += [(int(at), float(value)) for one in result for at, value in one["values"]]
    return found


def known(samples: list[Sample]) -> Series:
    """A series of samples in order of time."""
    times = [at for at, _ in samples]
    return lambda start, end: samples[bisect_left(times, start) : bisect_left(times, end)]


def fill(folder: Path, series: Mapping[str, Series], start: int, end: int) -> Iterator[float]:
    """Writes the series between two times, ends included, as blocks of `folder`/data. Yields the
    share that is done, one block after the other: memory holds one."""
    first, last = start // BLOCK, end // BLOCK
    for number in range(first, last + 1):
        since, until = max(start, number * BLOCK), min(end + 1, (number + 1) * BLOCK)
        chunk = {name: samples(since, until) for name, samples in series.items()}
        backfill(folder, {name: samples for name, samples in chunk.items() if samples})
        yield (number - first + 1) / (last - first + 1)


def settled(folder: Path) -> bool:
    """Whether no two blocks of `folder`/data cover the same time. Blocks that were added do,
    until the server has compacted them."""
    try:
        metas = [json.loads(path.read_text()) for path in (folder / "data").glob("*/meta.json")]
    except FileNotFoundError:  # a block that has just been compacted
        return False
    ranges = sorted((meta["minTime"], meta["maxTime"]) for meta in metas)
    ends = [-math.inf, *(end for _, end in ranges)]
    return all(start >= end for (start, _), end in zip(ranges, ends, strict=False))
