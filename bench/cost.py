"""What the generated rules cost a Prometheus, against the same SLO with every window on the raw
series."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.console import parser, progress, table, workspace
from bench.history import Series, fill, known, last_midnight, recorded, scraped, settled
from bench.prometheus import Server, serving
from bench.rules import Rule, compiled
from bench.slos import raw_ratio, raw_series, spec
from bench.ways import FEWER, INTERVALS, Cost, Result, Way
from slosmith import series
from slosmith.durations import parse_milliseconds

DAY = 86400
EVALUATION = 30
# A query's CPU time is the least of so many runs, and of as many more as fit into a second: what
# else the machine does only adds to it.
REPEATS, PATIENCE = 3, 1.0
# A query that costs nothing but the answering.
NOTHING = "1"
# Twice as long as Prometheus looks back for the latest sample.
RECENT = 600


def fill_history(
    folder: Path, start: int, end: int, scrape: int, counts: Sequence[int]
) -> list[Rule]:
    """Fills a Prometheus' folder with an SLO's raw series for each of `counts`, and with all
    that its rules record. Gives the rules."""
    rules = compiled(folder, spec([_job(count) for count in counts]), scrape, EVALUATION)
    counters = dict(item for count in counts for item in _counters(count, start, scrape))
    progress(f"{len(counters)} series, {(end - start) // DAY} days every {scrape} s")
    for done in fill(folder, counters, start, end):
        progress(f"scrapes {done:.0%}")
    for layer, since in _layers(rules, start, end):
        progress(f"recording {', '.join(sorted({rule.name for rule in layer}))}")
        with serving(folder) as server:
            made = {
                rule.series: known(recorded(server, rule.expression, since, end, rule.interval))
                for rule in layer
            }
        for _ in fill(folder, made, since, end):
            pass
    return rules


def _job(count: int) -> str:
    return f"series-{count}"


def _counters(count: int, start: int, scrape: int) -> Iterator[tuple[str, Series]]:
    """Half of the series count good events, half bad ones: two per instance and route."""
    for number in range(count // 2):
        for status, rate in (("200", 7.3 + number / 10), ("500", 0.013 + number / 1e4)):
            where = f',instance="10.0.0.{number // 5}:8080",route="/{number % 5}"'
            value = partial(_count, rate, start)
            yield raw_series(_job(count), status, where), scraped(value, scrape)


def _count(rate: float, start: int, at: int) -> float:
    return int(rate * (at - start))


def _layers(rules: Sequence[Rule], start: int, end: int) -> Iterator[tuple[list[Rule], int]]:
    """The recording rules in the order in which they read each other, with the time from which
    each is read. Rules look back on the two base rates, and the common mean on the 5-minute
    ratio; of the others only the latest sample counts."""
    base, last = (series.TOTAL, series.BAD), (series.REMAINING,)
    ratio = (series.error_ratio(series.BASE_WINDOW),)
    records = [rule for rule in rules if not rule.alert]
    yield [rule for rule in records if rule.name in base], start
    yield [rule for rule in records if rule.name in ratio], start
    yield [rule for rule in records if rule.name not in base + ratio + last], end - RECENT
    yield [rule for rule in records if rule.name in last], end - RECENT


def measure(
    server: Server, count: int, rules: Sequence[Rule], at: int, patience: float = PATIENCE
) -> Result:
    """What the three ways to the SLO over `count` raw series cost, evaluated at a time. Each
    query is repeated for about `patience` seconds. Rules are not asked for over HTTP: what that
    costs is taken off."""
    progress(f"measuring at {count} raw series")
    answering = _cost(server, NOTHING, at, patience).seconds

    def cost(expression: str) -> Cost:
        found = _cost(server, expression, at, patience)
        return Cost(found.samples, max(found.seconds - answering, 0))

    mine = [rule for rule in rules if rule.slo == _job(count)]
    ratios = sorted((rule for rule in mine if rule.window), key=_seconds)
    ours = [(rule.interval, cost(rule.expression)) for rule in mine]
    raw = [(rule.interval, cost(raw_ratio(rule.slo, rule.window or ""))) for rule in ratios]
    shortest, longest = ratios[0], ratios[-1]
    ratio = f"{shortest.series}[{longest.window}]"
    mean = cost(f"sum_over_time({ratio}) / count_over_time({ratio})")
    means = [*raw[:-1], (longest.interval, mean)]
    return Result(count, Way(tuple(ours)), Way(tuple(raw)), Way(tuple(means)))


def _seconds(rule: Rule) -> int:
    return (parse_milliseconds(rule.window or "") or 0) // 1000


def _cost(server: Server, expression: str, at: int, patience: float) -> Cost:
    query = {"query": expression, "time": str(at), "stats": "all"}
    until = time.monotonic() + patience
    seconds: list[float] = []
    while len(seconds) < REPEATS or time.monotonic() < until:
        before = server.cpu()
        stats = server.get("query", **query)["stats"]
        seconds.append(server.cpu() - before)
    return Cost(stats["samples"]["totalQueryableSamples"], min(seconds))


def report(results: Sequence[Result]) -> str:
    """Two tables, per SLO and hour: samples read, and seconds of CPU."""
    samples = _table(results, "samples read", lambda cost: cost.samples / 1e6, "{:,.1f} M")
    seconds = _table(results, "CPU", lambda cost: cost.seconds, "{:,.2f} s")
    return f"{samples}\n\n{seconds}"


def _table(results: Sequence[Result], what: str, value: Callable[[Cost], float], text: str) -> str:
    rows = []
    for result in results:
        for name, interval in INTERVALS.items():
            ours, *others = (
                value(way.hourly(interval)) for way in (result.ours, result.raw, result.mean)
            )
            row = [str(result.count), name, text.format(ours)]
            for other in others:
                row += [text.format(other), f"{other / ours:.1f}×"]
            rows.append(row)
    head = [
        "raw series",
        "evaluated every",
        f"slosmith: {what} per hour",
        "every window on raw series",
        "÷ slosmith",
        "raw to 3d, 30d as mean of ratios",
        "÷ slosmith",
    ]
    return table(head, rows)


def _counts(text: str) -> list[int]:
    counts = [int(part) for part in text.split(",")]
    if any(count < 2 or count % 2 for count in counts):
        raise ValueError(text)
    return counts


def main() -> int:
    options = parser(str(__doc__))
    options.add_argument(
        "--series", type=_counts, default=[2, 20, 200], help="raw series, even numbers: 2,20,200"
    )
    arguments = options.parse_args()
    end = last_midnight()
    start = end - arguments.days * DAY
    with workspace() as folder:
        rules = fill_history(folder, start, end, arguments.scrape, arguments.series)
        with serving(folder) as server:
            progress("waiting for the server to compact what was added")
            server.wait("compaction", lambda: settled(folder), seconds=600)
            results = [measure(server, count, rules, end) for count in arguments.series]
    print(report(results))
    poor = [result for result in results if not result.enough()]
    for result in poor:
        print(f"{result.count} raw series: fewer than {FEWER}× fewer samples", file=sys.stderr)
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main())
