"""A real Prometheus on loopback, fed with blocks of samples. Used by benchmarks and tests."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
# The longest that promtool's backfill makes of the block durations that Prometheus knows, within
# 60 days' retention: the server leaves such blocks as they are, and reads few of them.
BLOCK = 54 * 3600
# As long as Prometheus itself lets a query run.
QUERY_TIMEOUT = 120
T = TypeVar("T")


class ServerError(RuntimeError):
    """The server or promtool did not do what was asked; says what they wrote."""


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

    def value(self, query: str, at: int | None = None) -> float | None:
        """The value of a query that gives one series, now or at a Unix time; None without any."""
        when = {} if at is None else {"time": str(at)}
        result = self.get("query", query=query, **when)["result"]
        if len(result) > 1:
            raise ServerError(f"{query}: {len(result)} series, not one")
        return float(result[0]["value"][1]) if result else None

    def cpu(self) -> float:
        """Seconds that the server has computed so far, to the nanosecond. Linux alone tells."""
        threads = Path(f"/proc/{self.process}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def wait(self, what: str, found: Callable[[], T | None], seconds: float = 50) -> T:
        """What `found` gives as soon as it gives something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = found()
            if value:
                return value
            time.sleep(0.2)
        raise ServerError(f"{what}: not within {seconds} s\n{self.log.read_text()[-3000:]}")


@contextlib.contextmanager
def serving(folder: Path, *rule_files: Path) -> Iterator[Server]:
    """A server whose blocks are in `folder`/data, killed at the end whatever happens."""
    (folder / "data").mkdir(exist_ok=True)
    config = {"global": {"scrape_interval": "1h"}, "rule_files": [str(f) for f in rule_files]}
    (folder / "prometheus.yml").write_text(json.dumps(config))
    log = folder / "prometheus.log"
    address = f"127.0.0.1:{_free_port()}"
    with log.open("w") as out:
        process = subprocess.Popen(
            [
                str(PROMETHEUS),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=60d",
                f"--web.listen-address={address}",
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        server = Server(f"http://{address}", log, process.pid)
        server.wait("ready", lambda: _is_ready(server, process))
        yield server
    finally:
        process.kill()
        process.wait()


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


def backfill_rules(folder: Path, rules: Path, start: int, end: int, interval: int) -> None:
    """The recorded series of `rules` over a time, from the raw ones, as blocks of their own."""
    with serving(folder) as server:
        _promtool(
            "create-blocks-from",
            "rules",
            f"--url={server.url}",
            f"--start={start}",
            f"--end={end}",
            f"--eval-interval={interval}s",
            f"--output-dir={folder / 'recorded'}",
            rules,
        )
    for block in (folder / "recorded").iterdir():
        block.rename(folder / "data" / block.name)


def _promtool(*arguments: str | Path) -> None:
    run = subprocess.run(
        [str(PROMTOOL), "tsdb", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise ServerError(run.stdout + run.stderr)


def _is_ready(server: Server, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise ServerError(server.log.read_text()[-3000:])
    try:
        with urllib.request.urlopen(f"{server.url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
