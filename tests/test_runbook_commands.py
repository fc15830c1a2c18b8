"""The commands of a runbook, as they stand in it, on a real PostgreSQL and a real Redis."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slosmith import playbooks
from tests.databases import Database, needs_postgres, needs_redis, postgres, redis
from tests.markdown_documents import commonmark
from tests.runbook_models import make_dependency, make_full_service, runbook, section

pytestmark = pytest.mark.server

# What libpq, SQL and the shell each quote in their own way.
HOSTILE_DATABASE = 'it\'s \\ a=b "x"'


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with postgres() as server:
        quoted = '"' + HOSTILE_DATABASE.replace('"', '""') + '"'
        _sql(server, f"CREATE DATABASE {quoted}")
        _sql(server, "CREATE EXTENSION pg_stat_statements")
        _sql(server, "CREATE TABLE orders (id int, user_id int)")
        _sql(server, "INSERT INTO orders SELECT n, n FROM generate_series(1, 5000) AS n")
        _sql(server, "SELECT count(*) FROM orders WHERE user_id = 7")
        yield server


@pytest.fixture(scope="module")
def cache() -> Iterator[Database]:
    with redis() as server:
        yield server


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Tests have no log of requests."""


def _sql(server: Database, statement: str) -> str:
    command = ["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]
    command += ["-h", "127.0.0.1", "-p", str(server.port), "-c", statement]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _session(server: Database, statements: str) -> subprocess.Popen[str]:
    """A session that runs statements and stays open until its input is closed."""
    command = ["psql", "-X", "-q", "-U", "postgres", "-h", "127.0.0.1", "-p", str(server.port)]
    session = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert session.stdin is not None
    session.stdin.write(statements)
    session.stdin.flush()
    return session


def _chapter(kind: str, server: Database, **changes: object) -> dict[str, str]:
    """The commands of a dependency's chapter as they are rendered, by the titles of the checks."""
    dependency = make_dependency(
        kind, name="it", selector={}, host="127.0.0.1", port=server.port, **changes
    )
    text = section(runbook(make_full_service(dependencies=(dependency,))), "dependency_it")
    page = commonmark(text)
    titles = [re.sub(r"^\d+\. ", "", title) for title in page.headings[1:]]
    commands = [code for language, code in page.code if language == "sh"]
    assert len(titles) == len(commands) >= 3
    return dict(zip(titles, commands, strict=True))


def _output(command: str) -> str:
    """What a command says; it must not complain."""
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(r"ERROR|FATAL|[Uu]nknown|error", done.stderr), done.stderr
    return done.stdout


@needs_postgres
def test_connections_are_counted_by_state_against_the_limit(database: Database) -> None:
    command = _chapter("postgres", database)["Connections by state, against the limit"]
    rows = _rows(_output(command))
    assert rows["active"] == ["1", "30", "3.3"]
    assert rows["all"] == ["1", "30", "3.3"]


@needs_postgres
def test_a_real_lock_wait_shows_who_blocks_whom(database: Database) -> None:
    chapter = _chapter("postgres", database)
    assert "(0 rows)" in _output(chapter["Who blocks whom"])
    holder = _session(database, "BEGIN;\nUPDATE orders SET user_id = 1 WHERE id = 1;\n")
    _until(database, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'", "1")
    waiter = _session(database, "UPDATE orders SET user_id = 2 WHERE id = 1;\n")
    _until(database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "1")
    third = _session(database, "UPDATE orders SET user_id = 3 WHERE id = 1;\n")
    try:
        _until(
            database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "2"
        )
        head = _sql(database, "SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in%'")
        told = _output(chapter["Who blocks whom"])
        blocking = _rows(told)
        # The head holds up both; the others wait for it, and the last one for the second as well.
        assert list(blocking)[1] == head
        assert blocking[head][:4] == ["2", "", "", "idle in transaction"]
        second, last = (pid for pid in blocking if pid not in ("pid", head))
        assert [blocking[pid][2] for pid in (second, last)] == [head, head]
        assert blocking[second][1] == head
        assert second in blocking[last][1].split()
        assert "SET user_id = 3" in told
        longest = _output(chapter["Longest-running statements, and transactions left open"])
        first = longest.splitlines()[2]
        assert first.split("|")[0].strip() == head
        assert "idle in transaction" in first
        assert longest.count("| Lock ") == 2
        # What the text advises for the head of the chain ends the wait.
        assert _sql(database, f"SELECT pg_terminate_backend({head})") == "t"
        _until(
            database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", "0"
        )
    finally:
        for session in (holder, waiter, third):
            session.kill()
            session.communicate()


@needs_postgres
def test_a_long_queue_for_one_row_is_told_at_once(database: Database) -> None:
    """There are two to the power of its length ways through it."""
    count = 20
    sessions = [_session(database, "BEGIN;\nUPDATE orders SET user_id = 1 WHERE id = 2;\n")]
    _until(database, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'", "1")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    try:
        for _ in range(count):
            sessions.append(_session(database, "UPDATE orders SET user_id = 2 WHERE id = 2;\n"))
        _until(database, waiting, str(count))
        start = time.monotonic()
        rows = _rows(_output(_chapter("postgres", database)["Who blocks whom"]))
        assert time.monotonic() - start < 5
        assert len(rows) == 1 + 1 + count
        assert list(rows.values())[1][0] == str(count)
    finally:
        for session in sessions:
            session.kill()
            session.communicate()
        _until(database, waiting, "0")


@needs_postgres
def test_slow_statements_come_from_pg_stat_statements(database: Database) -> None:
    told = _output(_chapter("postgres", database)["Slowest statements"])
    assert "mean_ms" in told
    assert "SELECT count(*) FROM orders WHERE user_id = $1" in told
    assert " rows)" in told


@needs_postgres
def test_tables_that_are_read_from_end_to_end_are_found(database: Database) -> None:
    command = _chapter("postgres", database)["Tables read from end to end, and dead rows"]
    deadline = time.monotonic() + 30
    while "5000" not in (told := _output(command)):
        assert time.monotonic() < deadline, told  # statistics are gathered with a delay
        time.sleep(0.2)
    assert "public.orders" in told


@needs_postgres
def test_a_database_of_any_name_is_reached_and_no_other(database: Database) -> None:
    options = {"user": "postgres", "database": HOSTILE_DATABASE}
    command = _chapter("postgres", database, options=options)["Who blocks whom"]
    asked = command.replace("<<'SQL'\n", "<<'SQL'\nSELECT current_database();\n", 1)
    assert HOSTILE_DATABASE in _output(asked)


@needs_postgres
def test_statements_of_the_playbook_run(database: Database) -> None:
    """Those that are whole; the others have names or an ellipsis to fill in."""
    found = 0
    for entry in playbooks.LIBRARY.values():
        for statement in re.findall(r"`((?:SELECT|CREATE INDEX) [^`]*;)`", entry.steps):
            found += 1
            if "pg_" not in statement:
                continue
            _sql(database, statement)
    assert found >= 4
    _sql(database, "ALTER TABLE orders ADD status text, ADD created_at timestamptz")
    (index,) = re.findall(
        r"`(CREATE INDEX CONCURRENTLY [^`]*;)`", playbooks.LIBRARY["missing-index"].steps
    )
    _sql(database, index)
    assert "orders_user_status_created_idx" in _sql(
        database, "SELECT indexrelid::regclass FROM pg_index WHERE indisvalid"
    )


@needs_redis
def test_the_hit_ratio_is_that_of_just_now(cache: Database) -> None:
    _redis(cache, "SET", "key", "value")
    for _ in range(9):
        _redis(cache, "GET", "key")
    _redis(cache, "GET", "nothing")
    command = _chapter("redis", cache)["Hit ratio"]
    still = _output(command.replace("-i 5", "-i 0.1"))
    assert "since the start: 90.0% of 10 reads hit\n" in still
    assert "just now: no reads\n" in still
    reader = subprocess.Popen(
        ["bash", "-c", f"sleep 0.7; redis-cli -p {cache.port} -r 4 GET nothing"],
        stdout=subprocess.DEVNULL,
    )
    moving = _output(command.replace("-i 5", "-i 2"))
    reader.wait(10)
    assert "just now: 0.0% of 4 reads hit\n" in moving


@needs_redis
def test_memory_and_evictions_are_told(cache: Database) -> None:
    told = _output(_chapter("redis", cache)["Memory, evictions and clients"])
    for name in ("used_memory_human", "maxmemory_policy", "evicted_keys", "rejected_connections"):
        assert f"{name}:" in told
    assert "maxmemory_human:64.00M" in told


@needs_redis
def test_slow_log_commands_and_big_keys_are_told(cache: Database) -> None:
    _redis(cache, "RPUSH", "long", *map(str, range(500)))
    chapter = _chapter("redis", cache)
    assert "RPUSH" in _output(chapter["Slow log"])
    assert re.search(
        r"^ *[\d.]+ s +1 calls +[\d.]+ us each  cmdstat_rpush$",
        _output(chapter["Where the time goes, by command"]),
        re.MULTILINE,
    )
    assert re.search(r"Biggest +list found .*long.* has 500 items", _output(chapter["Big keys"]))


@needs_redis
def test_monitor_is_warned_of_and_never_run(cache: Database) -> None:
    text = runbook(make_full_service())
    assert "Do not run `MONITOR` here" in text
    assert not any("monitor" in command.lower() for command in _chapter("redis", cache).values())


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: http checks were not run")
def test_http_checks_tell_status_and_times(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("fine")
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        chapter = _chapter("http", Database(server.server_port))
        told = _output(chapter["Does it answer, and how fast"])
        assert re.findall(r"^(\d+)  name .* all [\d.]+s$", told, re.MULTILINE) == ["200"] * 5
        assert _output(chapter["What it says"]).startswith("HTTP/1.0 200")
        assert "127.0.0.1" in _output(chapter["Does its name resolve"])
        server.shutdown()


def _rows(table: str) -> dict[str, list[str]]:
    """The lines of psql's output by their first cell."""
    cells = [line.split("|") for line in table.splitlines() if "|" in line]
    return {first.strip(): [cell.strip() for cell in rest] for first, *rest in cells}


def _until(server: Database, statement: str, wanted: str) -> None:
    deadline = time.monotonic() + 30
    while _sql(server, statement) != wanted:
        assert time.monotonic() < deadline, statement
        time.sleep(0.05)


def _redis(server: Database, *arguments: str) -> None:
    command = ["redis-cli", "-h", "127.0.0.1", "-p", str(server.port), *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
