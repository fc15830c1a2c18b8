"""Generated load tests, run by a real k6 against servers on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.answering import answering, unused_url
from tests.k6 import CROSSED, PASSED, fails, inspect, needs_k6, run
from tests.projects import PROJECT, built, spec, write

pytestmark = [needs_k6, pytest.mark.server]

LATENCY = (
    "- name: latency\n  objective: 95\n  indicator:\n"
    "    latency: {histogram: 'seconds{job=\"api\"}', below: 100ms}\n"
)
BASE = "load_test:\n  base_url: http://api.invalid\n"
REQUESTS = "  requests: [{name: user, path: /users/1}, {name: list, path: '/users?page=2'}]\n"
USERS = "  stages: [{duration: 1s, users: 6}, {duration: 2s, users: 6}]\n  pause: 100ms\n"
RATE = "  rate: 20/s\n  duration: 3s\n"
LOADS = pytest.mark.parametrize("load", [USERS, RATE], ids=["users", "rate"])


def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: str) -> Path:
    """The script of a service with availability of 99 % and 95 % within 100 ms."""
    text = spec(objective="99", more=LATENCY + BASE + load)
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": text})
    assert "k6/api.js" in built(tmp_path, monkeypatch)
    return tmp_path / "out/k6/api.js"


@LOADS
def test_a_fast_server_passes(load: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + load)
    with answering() as server:
        assert run(path, BASE_URL=server.url) == (PASSED, set())
    assert {(method, target) for method, target, _, _ in server.seen} == {
        ("GET", "/users/1"),
        ("GET", "/users?page=2"),
    }


@LOADS
def test_a_slow_server_fails_on_exactly_the_latency(
    load: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + load)
    with answering(seconds=0.4) as server:
        code, crossed = run(path, BASE_URL=server.url)
    assert code == CROSSED
    assert crossed == {
        "http_req_duration{name:user}: p(95)<100",
        "http_req_duration{name:list}: p(95)<100",
    }


@LOADS
def test_a_dead_server_fails_on_exactly_the_failures(
    load: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + load)
    code, crossed = run(path, BASE_URL=unused_url())
    assert code == CROSSED
    assert crossed == {
        "http_req_failed{name:user}: rate<=0.01",
        "http_req_failed{name:list}: rate<=0.01",
    }


def test_a_test_that_sends_nothing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + USERS)
    text = path.read_text()
    assert text.count("REQUESTS.forEach(send);") == 1
    path.write_text(text.replace("REQUESTS.forEach(send);", ""))
    code, crossed = run(path, BASE_URL=unused_url())
    assert code == CROSSED
    assert {name.split("{")[0] for name in crossed} == {"http_reqs"}
    assert len(crossed) == 2


def test_statuses_that_are_not_expected_are_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = "  requests: [{name: gone, path: /a, statuses: [404]}, {name: usual, path: /b}]\n"
    path = script(tmp_path, monkeypatch, requests + RATE)
    with answering(status=404) as server:
        code, crossed = run(path, BASE_URL=server.url)
    assert (code, crossed) == (CROSSED, {"http_req_failed{name:usual}: rate<=0.01"})


def test_a_rate_that_is_not_sustained_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + RATE)
    with answering(seconds=4) as server:
        code, crossed = run(path, BASE_URL=server.url)
    assert code == CROSSED
    assert "dropped_iterations{scenario:arrivals}: count<=1" in crossed


def test_a_long_test_of_a_dead_server_ends_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + "  rate: 50/s\n  duration: 1h\n")
    code, crossed = run(path, BASE_URL=unused_url())
    assert code == CROSSED
    assert "http_req_failed{name:user}: rate<=0.01" in crossed


def test_both_loads_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + USERS + RATE)
    with answering() as server:
        assert run(path, BASE_URL=server.url) == (PASSED, set())
    options = inspect(path)
    assert options["scenarios"]["arrivals"]["startTime"] == "3s"
    assert "http_req_duration{name:user,scenario:arrivals}" in options["thresholds"]


def test_hostile_text_arrives_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = '</script>`${process}` \\u2028 \\"quoted\\" שלום \\\\ \'\\n-- %0A'
    requests = (
        "  requests:\n  - name: make\n    method: POST\n"
        "    path: '/a/${b}/`c`/\"d\"/''e''/\\f?x=<script>&y=%22'\n"
        f'    body: "{body.replace(chr(92) + "u2028", "")}"\n'
        "    headers: {x-note: '`${x}`\" </script> \\ ''', content-type: text/plain}\n"
    )
    path = script(tmp_path, monkeypatch, requests + RATE)
    with answering() as server:
        headers = '{"Authorization": "Bearer \\"s`${ecret}"}'
        assert run(path, BASE_URL=server.url, HEADERS=headers)[0] == PASSED
    method, target, sent, got = server.seen[0]
    assert method == "POST"
    # Go sends what a path may not hold as %XX.
    assert target == "/a/$%7Bb%7D/%60c%60/%22d%22/%27e%27/%5Cf?x=<script>&y=%22"
    assert sent["x-note"] == "`${x}`\" </script> \\ '"
    assert sent["authorization"] == 'Bearer "s`${ecret}'
    assert got == '</script>`${process}`  "quoted" שלום \\ \'\n-- %0A'


@pytest.mark.parametrize("headers", ["{not json sesame", "[1]", "null", '"sesame"'])
def test_headers_that_are_none_are_refused_without_showing_them(
    headers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, monkeypatch, REQUESTS + RATE)
    said = fails(path, HEADERS=headers)
    assert "HEADERS must be a JSON object" in said
    assert "sesame" not in said
