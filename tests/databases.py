"""A PostgreSQL and a Redis of Debian's packages, each on a free port of loopback, in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.servers import free_address


@dataclass(frozen=True)
class Database:
    """A server that listens on 127.0.0.1."""

    port: int


def postgres_bin() -> Path | None:
    """The folder of PostgreSQL's programs: Debian does not put them on PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    if versions:
        return versions[0].parent
    found = shutil.which("postgres")
    return Path(found).parent if found else None


needs_postgres = pytest.mark.skipif(
    postgres_bin() is None or shutil.which("psql") is None,
    reason="no PostgreSQL: that the commands of runbooks run on it was not tested",
)
needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None or shutil.which("redis-cli") is None,
    reason="no Redis: that the commands of runbooks run on it was not tested",
)


@contextmanager
def postgres() -> Iterator[Database]:
    """With pg_stat_statements. It refuses to run as root, so root hands it to its own user."""
    programs = postgres_bin()
    assert programs is not None
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    port = int(free_address().rpartition(":")[2])
    # Sockets have short paths, and its user must get there: no folder of pytest's.
    folder = Path(tempfile.mkdtemp(prefix="slosmith-pg-"))
    data = folder / "data"
    if as_user:
        shutil.chown(folder, "postgres")

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            [*as_user, *map(str, command)], cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "shared_preload_libraries": "pg_stat_statements",
        "fsync": "off",
        "max_connections": "30",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    control = programs / "pg_ctl"
    try:
        run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
        run(control, "-D", data, "-o", options, "-l", folder / "log", "-w", "-t", "60", "start")
        yield Database(port)
    finally:
        with suppress(AssertionError):
            run(control, "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[Database]:
    """Without persistence, with everything in its slow log and a limit on its memory."""
    port = int(free_address().rpartition(":")[2])
    with tempfile.TemporaryDirectory(prefix="slosmith-redis-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command += ["--save", "", "--slowlog-log-slower-than", "0", "--maxmemory", "64mb"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while not _answers(port):
                assert server.poll() is None, "redis-server ended"
                assert time.monotonic() < deadline, "redis-server does not answer"
                time.sleep(0.05)
            yield Database(port)
        finally:
            server.terminate()
            server.wait(10)


def _answers(port: int) -> bool:
    done = subprocess.run(
        ["redis-cli", "-h", "127.0.0.1", "-p", str(port), "PING"], capture_output=True, check=False
    )
    return done.stdout == b"PONG\n"
