"""A real Prometheus on loopback, fed with blocks of samples or by scraping."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.servers import free_address, running, wait

PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
needs_prometheus = pytest.mark.skipif(
    PROMETHEUS is None or PROMTOOL is None,
    reason="no prometheus or no promtool: the rules were not tried on a live server",
)
T = TypeVar("T")


@dataclass(frozen=True)
class Server:
    """A running server; `log` is what it says."""

    url: str
    log: Path

    def get(self, path: str, **parameters: str) -> Any:
        """The data of an answer of the HTTP API."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}{query}", timeout=30) as answer:
            return json.load(answer)["data"]

    def value(self, query: str, **parameters: str) -> float | None:
        """The value of a query that gives one series; None without any."""
        result = self.get("query", query=query, **parameters)["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def wait(self, what: str, found: Callable[[], T | None], seconds: float = 50) -> T:
        """What `found` gives as soon as it gives something."""
        return wait(what, found, self.log, seconds)


@contextlib.contextmanager
def serving(
    folder: Path, *rule_files: Path, targets: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server whose blocks are in `folder`/data, killed at the end whatever happens.

    `targets` are addresses by job, scraped every second, native histograms included.
    """
    (folder / "data").mkdir(exist_ok=True)
    config = {
        "global": {"scrape_interval": "1s"},
        "rule_files": [str(file) for file in rule_files],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [address]}], **_native_histograms()}
            for job, address in (targets or {}).items()
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    log = folder / "prometheus.log"
    address = free_address()
    command = [
        str(PROMETHEUS),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=60d",
        "--enable-feature=native-histograms",
        f"--web.listen-address={address}",
    ]
    with running(command, address, log) as url:
        yield Server(url, log)


def backfill(folder: Path, series: Mapping[str, list[tuple[int, float]]]) -> None:
    """Samples (Unix seconds, value) by series as blocks of `folder`/data."""
    families: dict[str, list[str]] = {}
    for name, samples in series.items():
        lines = families.setdefault(name.partition("{")[0], [])
        lines += [f"{name} {value:.12g} {at}" for at, value in samples]
    text = "".join(
        f"# TYPE {family.removesuffix('_total')} counter\n" + "\n".join(families[family]) + "\n"
        for family in sorted(families)
    )
    (folder / "samples.txt").write_text(text + "# EOF\n")
    (folder / "data").mkdir(exist_ok=True)
    _promtool("create-blocks-from", "openmetrics", folder / "samples.txt", folder / "data")


def backfill_rules(folder: Path, rules: Path, start: int, end: int) -> None:
    """The recorded series of `rules` over a time, from the raw ones, as blocks of their own."""
    with serving(folder) as server:
        _promtool(
            "create-blocks-from",
            "rules",
            f"--url={server.url}",
            f"--start={start}",
            f"--end={end}",
            f"--output-dir={folder / 'recorded'}",
            rules,
        )
    add_blocks(folder, folder / "recorded")


def add_blocks(folder: Path, made: Path) -> None:
    """Moves blocks into the data of the server in `folder`, which does not run."""
    for block in made.iterdir():
        block.rename(folder / "data" / block.name)


def _promtool(*arguments: str | Path) -> None:
    run = subprocess.run(
        [str(PROMTOOL), "tsdb", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def _native_histograms() -> dict[str, bool]:
    """What a scrape has to be told beside the feature flag, which is without effect from 3.9 on
    and the only way before 3.8."""
    run = subprocess.run([str(PROMETHEUS), "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)\.(\d+)", run.stdout + run.stderr)
    assert found, run.stdout + run.stderr
    new = (int(found[1]), int(found[2])) >= (3, 8)
    return {"scrape_native_histograms": True} if new else {}
