"""What real servers in tests and benchmarks have in common: loopback, a start, a wait with a
deadline, an end."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class ServerError(RuntimeError):
    """A server, or a tool that feeds it, did not do what was asked; says what it wrote."""


@dataclass(frozen=True)
class Running:
    """Where a server answers, and the id of its process."""

    url: str
    process: int


def free_address() -> str:
    """A free port of 127.0.0.1, as host:port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


@contextlib.contextmanager
def running(command: Sequence[str], address: str, log: Path) -> Iterator[Running]:
    """A server once it says that it is ready, killed at the end whatever happens.
    `log` gets what it says."""
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    url = f"http://{address}"
    try:
        wait("ready", lambda: _is_ready(url, process, log), log)
        yield Running(url, process.pid)
    finally:
        process.kill()
        process.wait()


def wait(what: str, found: Callable[[], T | None], log: Path, seconds: float = 50) -> T:
    """What `found` gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.2)
    raise ServerError(f"{what}: not within {seconds} s\n{log.read_text()[-3000:]}")


def _is_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        raise ServerError(log.read_text()[-3000:])
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
