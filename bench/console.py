"""What the benchmarks share on the command line: a folder that goes away whatever happens,
progress on stderr, tables on stdout."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.prometheus import PROMETHEUS, PROMTOOL

_started = time.monotonic()


def parser(description: str) -> argparse.ArgumentParser:
    """The options of every benchmark. The defaults are those of docs/benchmarks.md; the limits
    are what the retention of the server and `rate` over 5 minutes allow."""
    found = argparse.ArgumentParser(description=description)
    days, scrape = range(1, 59), range(10, 76, 5)
    found.add_argument("--days", type=int, choices=days, metavar="1…58", default=31)
    found.add_argument(
        "--scrape",
        type=int,
        choices=scrape,
        metavar="10…75",
        default=30,
        help="seconds between scrapes, in fives",
    )
    return found


def progress(text: str) -> None:
    """A line on stderr, with the seconds since the start."""
    print(f"[{time.monotonic() - _started:5.0f} s] {text}", file=sys.stderr, flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@contextlib.contextmanager
def workspace(*, servers: bool = True) -> Iterator[Path]:
    """A temporary folder, for work with or without `servers`. Ctrl-C and a polite kill leave here
    too, so that the folder, and the server that works in it, do not outlive the benchmark."""
    if servers and not (PROMETHEUS and PROMTOOL):
        sys.exit("needs prometheus and promtool; `make tools` installs them on Debian")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="slosmith-bench-") as folder:
        yield Path(folder)
