"""The benchmarks on a day of history: that they measure what they say, and clean up."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import accuracy, cost
from bench.history import last_midnight, settled
from bench.rules import Rule
from bench.traces import SHAPES
from bench.ways import Cost, Result, Way
from tests.prometheus_server import Server, backfill, needs_prometheus, serving

pytestmark = [
    pytest.mark.server,
    needs_prometheus,
    pytest.mark.skipif(
        not Path("/proc/self/schedstat").exists(),
        reason="no /proc/*/schedstat: the benchmarks measure on Linux alone, and were not tried",
    ),
]

ROOT = Path(__file__).parents[1]
DAY = 86400
FLAT, PEAK, NIGHTS = SHAPES[0], SHAPES[2], SHAPES[3]


@pytest.fixture(scope="module")
def ratios(tmp_path_factory: pytest.TempPathFactory) -> list[accuracy.Result]:
    folder = tmp_path_factory.mktemp("accuracy")
    return list(accuracy.measure(folder, 1, 30, [FLAT, PEAK, NIGHTS]))


def test_the_generated_ratio_is_the_truth_at_every_phase_of_the_scrapes(
    ratios: list[accuracy.Result],
) -> None:
    assert [result.case.phase for result in ratios] == [5, 15, 25] * 3
    for result in ratios:
        # An hour of a day at 50 % errors; at the peak it has more of the day's events.
        least = 0.5 / 24
        assert least < result.truth < 3 * least
        assert result.close, result
        assert result.raw == pytest.approx(result.truth, rel=0.005)


def test_the_mean_of_ratios_is_as_wrong_as_the_traffic_is_uneven(
    ratios: list[accuracy.Result],
) -> None:
    for result in ratios:
        if result.case.shape == FLAT:
            assert result.mean == pytest.approx(result.truth, rel=0.01)
        else:
            assert result.busy < 0.8 * result.truth
        assert math.isnan(result.mean) == (result.case.shape == NIGHTS)


def test_the_report_shows_what_is_farthest_off(ratios: list[accuracy.Result]) -> None:
    flat = [result for result in ratios if result.case.shape == FLAT]
    case, truth = flat[0].case, flat[0].truth
    wrong = accuracy.Result(case, truth, truth * 0.9, math.nan, truth, truth)
    assert not wrong.close
    assert not accuracy.Result(case, truth, math.nan, truth, truth, truth).close
    line = accuracy.report([*flat, wrong]).splitlines()[-1]
    assert "| -10.00% | NaN |" in line


@pytest.fixture(scope="module")
def rules_and_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[Rule], Server, int]]:
    folder = tmp_path_factory.mktemp("cost")
    end = last_midnight()
    rules = cost.fill_history(folder, end - DAY, end, 30, [2, 20])
    with serving(folder) as server:
        yield rules, server, end


def test_every_series_that_the_rules_read_is_there(
    rules_and_server: tuple[list[Rule], Server, int],
) -> None:
    rules, server, end = rules_and_server
    records = [rule for rule in rules if not rule.alert]
    assert len(records) > 20
    for rule in records:
        assert server.value(rule.series, time=str(end)) is not None, rule.series
    base = f'count_over_time(slo:sli_total:rate5m{{slo="series-2"}}[{DAY}s])'
    assert server.value(base, time=str(end)) == pytest.approx(DAY / 30, abs=10)


def test_the_cost_is_what_windows_hold_in_samples(
    rules_and_server: tuple[list[Rule], Server, int],
) -> None:
    rules, server, end = rules_and_server
    few, many = (cost.measure(server, count, rules, end, patience=0) for count in (2, 20))
    # Three raw series are read for two (bad, and all), twice a minute; a day is all there is.
    windows = (300, 1800, 3600, 7200, 21600, 86400, 86400, 86400)
    expected = sum(3 * seconds / 30 for seconds in windows)
    assert sum(cost.samples for _, cost in few.raw.evaluations) == pytest.approx(expected, rel=0.01)
    assert many.raw.hourly().samples == pytest.approx(10 * few.raw.hourly().samples, rel=0.01)
    assert many.ours.hourly().samples < 2 * few.ours.hourly().samples
    assert few.raw.hourly().samples > few.mean.hourly().samples
    assert "| 20 | all 30 s |" in cost.report([few, many])


def test_an_hour_costs_each_rule_as_often_as_it_is_evaluated() -> None:
    way = Way(((30, Cost(10, 0.5)), (120, Cost(100, 1))))
    assert way.hourly() == Cost(10 * 120 + 100 * 30, 0.5 * 120 + 1 * 30)
    assert way.hourly(30) == Cost(110 * 120, 1.5 * 120)


@pytest.mark.parametrize(
    ("count", "times", "enough"), [(200, 9, False), (200, 11, True), (20, 2, True)]
)
def test_ten_times_fewer_samples_are_promised_of_many_series(
    count: int, times: int, enough: bool
) -> None:
    ours, raw = (Way(((30, Cost(samples, 1)),)) for samples in (100, 100 * times))
    assert Result(count, ours, raw, raw).enough() is enough


def test_blocks_that_cover_the_same_time_are_seen(tmp_path: Path) -> None:
    now = last_midnight()
    backfill(tmp_path, {"one": [(now - 60, 1), (now, 1)]})
    assert settled(tmp_path)
    backfill(tmp_path, {"two": [(now - 90, 1), (now - 30, 1)]})
    assert not settled(tmp_path)


def processes(argument: str, program: str) -> list[str]:
    """The running programs that have a text in their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes().decode(errors="replace")
            if argument in command and Path(command.split("\0")[0]).name.startswith(program):
                found.append(command)
    return found


def serves(folder: Path) -> bool:
    """Whether a benchmark's server below a folder has come up."""
    return any("ready to receive" in log.read_text() for log in folder.glob("*/prometheus.log"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_benchmark_that_is_ended_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.accuracy", "--days", "1"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not serves(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert processes(str(tmp_path), "prometheus")
    finally:
        process.send_signal(number)
        code = process.wait(timeout=30)
    assert code == 128 + number
    assert not processes(str(tmp_path), "")
    assert list(tmp_path.iterdir()) == []
