"""A real Prometheus on loopback, fed with blocks of samples or by scraping. Used by
benchmarks and tests."""

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

from bench.servers import ServerError, free_address, running, wait

PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
# The longest that promtool's backfill makes of the block durations that Prometheus knows, within
# 60 days' retention: the server leaves such blocks as they are, and reads few of them.
BLOCK = 54 * 3600
# As long as Prometheus itself lets a query run.
QUERY_TIMEOUT = 120
T = TypeVar("T")


@dataclass(frozen=True)
class Server:
    """A running server; `log` is what it says, `process` its id."""

    url: str
    log: Path
    process: int

    def get(self, path: str, **parameters: str) -> Any:
        """The data of an answer of the HTTP API."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        url = f"{self.url}/api/v1/{path}{query}"
        with urllib.request.urlopen(url, timeout=QUERY_TIMEOUT) as answer:
            return json.load(answer)["data"]

    def value(self, query: str, **parameters: str) -> float | None:
        """The value of a query that gives one series; None without any."""
        result = self.get("query", query=query, **parameters)["result"]
        if len(result) > 1:
            raise ServerError(f"{query}: {len(result)} series, not one")
        return float(result[0]["value"][1]) if result else None

    def cpu(self) -> float:
        """Seconds that the server has computed so far, to the nanosecond. Linux alone tells."""
        threads = Path(f"/proc/{self.process}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

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
    with running(command, address, log) as server:
        yield Server(server.url, log, server.process)


def backfill(folder: Path, series: Mapping[str, list[tuple[int, float]]]) -> None:
    """Samples (Unix seconds, value) by series as blocks of `folder`/data."""
    families: dict[str, list[str]] = {}
    for name, samples in series.items():
        lines = families.setdefault(name.partition("{")[0], [])
        lines += [f"{name} {value:.12g} {at}" for at, value in samples]
    text = "".join(
        f"# TYPE {family.removesuffix('_total')} unknown\n" + "\n".join(families[family]) + "\n"
        for family in sorted(families)
    )
    file = folder / "samples.txt"
    file.write_text(text + "# EOF\n")
    (folder / "data").mkdir(exist_ok=True)
    # The flag is hidden from promtool's help.
    longest = f"--max-block-duration={BLOCK}s"
    _promtool("create-blocks-from", "openmetrics", longest, file, folder / "data")
    file.unlink()


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
    if run.returncode:
        raise ServerError(run.stdout + run.stderr)


def _native_histograms() -> dict[str, bool]:
    """What a scrape has to be told beside the feature flag, which is without effect from 3.9 on
    and the only way before 3.8."""
    run = subprocess.run([str(PROMETHEUS), "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)\.(\d+)", run.stdout + run.stderr)
    assert found, run.stdout + run.stderr
    new = (int(found[1]), int(found[2])) >= (3, 8)
    return {"scrape_native_histograms": True} if new else {}
