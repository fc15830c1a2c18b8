"""How far the 30-day error ratio of the generated rules is from the counters' truth."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.console import parser, progress, table, workspace
from bench.history import Series, fill, known, last_midnight, recorded, scraped
from bench.prometheus import Server, serving
from bench.rules import Rule, compiled
from bench.slos import raw_ratio, raw_series, spec
from bench.traces import DAY, LIMITS, SHAPES, Shape, Trace, trace
from slosmith import series

WINDOW = 30 * DAY
EVALUATION = 30
# Scrapes are a multiple of these seconds after evaluations: soon, half-way and late.
GRID = 5
BASE = (series.TOTAL, series.BAD)
TOLERANCE = 0.005
MEAN = "bench:error:ratio_rate5m"


@dataclass(frozen=True)
class Case:
    """One shape of traffic, scraped `phase` seconds after each evaluation."""

    slo: str
    shape: Shape
    phase: int
    trace: Trace


@dataclass(frozen=True)
class Result:
    """The error ratios of one case: the counters' own, and the answers of a real Prometheus.

    `ours` is of the generated rule, `mean` the mean of all 5-minute ratios, `busy` the mean of
    those in which there was traffic, `raw` from the counters over the whole window.
    """

    case: Case
    truth: float
    ours: float
    mean: float
    busy: float
    raw: float

    def off(self, value: float) -> float:
        """By which share of the truth a value misses it."""
        return value / self.truth - 1

    @property
    def close(self) -> bool:
        """Whether the generated rule is as near to the truth as it must be. NaN is not."""
        return abs(self.off(self.ours)) <= TOLERANCE


def measure(folder: Path, days: int, scrape: int, shapes: Sequence[Shape]) -> Iterator[Result]:
    """Replays `days` days of the shapes and asks for the ratios at their end."""
    end = last_midnight()
    start = end - days * DAY
    cases = [
        Case(f"trace-{number}-{phase}", shape, phase, made)
        for number, shape in enumerate(shapes)
        for made in [trace(shape, start, end, GRID)]
        for phase in sorted({GRID, scrape // (2 * GRID) * GRID, scrape - GRID})
    ]
    rules = compiled(folder, spec([case.slo for case in cases]), scrape, EVALUATION)
    progress(f"{len(cases)} SLOs, {days} days: scrapes")
    for done in fill(folder, _counters(cases, scrape), start, end):
        progress(f"scrapes {done:.0%}")
    with serving(folder) as server:
        history = dict(_recorded(server, cases, rules, start, end))
    for done in fill(folder, history, start, end):
        progress(f"recorded series {done:.0%}")
    with serving(folder) as server:
        for case in cases:
            yield _ask(server, case, rules, max(start, end - WINDOW), end)


def _counters(cases: Sequence[Case], scrape: int) -> dict[str, Series]:
    found = {}
    for case in cases:
        for status, counts in (("200", case.trace.good), ("500", case.trace.bad)):
            value = partial(case.trace.at, counts)
            found[raw_series(case.slo, status)] = scraped(value, scrape, case.phase)
    return found


def _recorded(
    server: Server, cases: Sequence[Case], rules: Sequence[Rule], start: int, end: int
) -> Iterator[tuple[str, Series]]:
    """The two base series of each SLO, and the 5-minute ratio that the common formula averages."""
    for case in cases:
        progress(f"recording {case.slo} ({case.shape.name})")
        base = [rule for rule in rules if rule.slo == case.slo and rule.name in BASE]
        for rule in base:
            samples = recorded(server, rule.expression, start, end, rule.interval)
            yield rule.series, known(samples)
        samples = recorded(server, raw_ratio(case.slo, "5m"), start, end, EVALUATION)
        yield f'{MEAN}{{slo="{case.slo}"}}', known(samples)


def _ask(server: Server, case: Case, rules: Sequence[Rule], start: int, end: int) -> Result:
    def value(query: str) -> float:
        found = server.value(query, time=str(end))
        return float("nan") if found is None else found

    name = series.error_ratio(WINDOW)
    ours = next(rule.expression for rule in rules if rule.slo == case.slo and rule.name == name)
    ratio = f'{MEAN}{{slo="{case.slo}"}}'
    return Result(
        case,
        truth=case.trace.error_ratio(start, end),
        ours=value(ours),
        mean=value(f"sum_over_time({ratio}[30d]) / count_over_time({ratio}[30d])"),
        # No comparison holds for NaN, the ratio of 0 to 0.
        busy=value(f"avg_over_time(({ratio} >= 0)[30d:{EVALUATION}s])"),
        raw=value(raw_ratio(case.slo, "30d")),
    )


def report(results: Sequence[Result]) -> str:
    """One line per shape, each formula at the phase in which it is farthest off."""
    rows = []
    for shape in dict.fromkeys(result.case.shape for result in results):
        mine = [result for result in results if result.case.shape == shape]
        answers = [(result.ours, result.mean, result.busy, result.raw) for result in mine]
        worst = [
            max((mine[0].off(value) for value in values), key=_badness)
            for values in zip(*answers, strict=True)
        ]
        rows.append([shape.name, f"{mine[0].truth:.4%}", *map(_percent, worst)])
    head = [
        "traffic",
        "true error ratio",
        "slosmith",
        "mean of 5m ratios",
        "the same, idle time left out",
        "raw counters [30d]",
    ]
    return table(head, rows)


def _badness(off: float) -> tuple[bool, float]:
    return math.isnan(off), abs(off)


def _percent(off: float) -> str:
    return "NaN" if math.isnan(off) else f"{off:+.2%}"


def main() -> int:
    arguments = parser(str(__doc__)).parse_args()
    with workspace() as folder:
        shapes = (*SHAPES, *LIMITS)
        results = list(measure(folder, arguments.days, arguments.scrape, shapes))
    judged = [result for result in results if result.case.shape in SHAPES]
    print(report(judged))
    print("\nA limit of `rate`, not judged:\n")
    print(report([result for result in results if result not in judged]))
    wrong = [result for result in judged if not result.close]
    for result in wrong:
        off = result.off(result.ours)
        where = f"{result.case.shape.name}, scraped {result.case.phase} s after evaluations"
        print(f"{where}: {off:+.3%} is beyond ±{TOLERANCE:.1%}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
