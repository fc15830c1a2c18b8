"""The benchmark of builds, on small projects: that it measures what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import build
from bench.build import Cost, Result

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(),
    reason="no /proc/*/smaps_rollup: the benchmark measures on Linux alone, and was not tried",
)
ROOT = Path(__file__).parents[1]


def test_it_builds_cold_warm_and_with_one_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "REPEATS", 1)
    said: list[str] = []
    real = build.measured

    def measured(command: list[str], folder: Path) -> Cost:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        said.append(done.stdout)
        return real(command, folder)

    monkeypatch.setattr(build, "measured", measured)
    result = build.measure(tmp_path / "2", 2)
    cold, warm, changed = (int(text.split()[1]) for text in said)
    assert warm == 0 < changed < cold
    assert 0 < result.cold.cpu < 60
    assert result.cold.memory > 20 << 20


def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    """A child that is as large as its parent."""
    script = (
        "import os, time; mine = b'x' * 60_000_000; child = os.fork()\n"
        "other = bytes(range(250)) * 200_000 if child == 0 else b''\n"
        "time.sleep(4)\n"
        "os.waitpid(child, 0) if child else None"
    )
    cost = build.measured([sys.executable, "-c", script], tmp_path)
    assert 110e6 < cost.memory < 160e6
    assert cost.time > 4


def test_broken_promises_are_told() -> None:
    fine = Cost(0.5, 10.0, 1 << 28)
    assert build.broken([Result(100, fine, fine, fine)]) == []
    slow, large = Cost(1.1, 10.0, 1 << 28), Cost(0.5, 10.0, 1 << 31)
    assert len(build.broken([Result(1_000, fine, fine, slow)])) == 1
    assert len(build.broken([Result(10_000, large, fine, fine)])) == 1
    more = Cost(0.5, 140.0, 1 << 28)
    assert len(build.broken([Result(100, fine, fine, fine), Result(1_000, more, fine, fine)])) == 1
