"""Load tests: which SLOs judge which requests, from how many samples on, and what is refused."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generators import load_test
from slosmith.load import samples
from slosmith.load.gates import by_default, gates
from slosmith.model import ErrorRatioIndicator, ExpressionCount, Project, RatioIndicator, Slo
from slosmith.model_load_test import ArrivalRate, LoadTest, Request, Stage
from slosmith.validate import check
from tests.k6 import inspect, needs_k6
from tests.models import make_service, make_slo
from tests.projects import PROJECT, ROOT, built, invoke, spec, write

TEST = LoadTest(
    base_url="https://api.example.com",
    requests=(Request("user", "GET", "/users/1", ("availability", "latency")),),
    stages=(Stage(120, 100), Stage(300, 100)),
)
AVAILABILITY, LATENCY = make_slo(), make_slo("latency", "latency", "99")


def options(test: LoadTest, *slos: Slo) -> dict[str, Any]:
    service = make_service("api", *(slos or (AVAILABILITY, LATENCY)), load_test=test)
    [artifact] = load_test.generate(service, Project())
    assert check([artifact]) == []
    opening = "export const options = "
    start = artifact.text.index(opening) + len(opening)
    found: dict[str, Any] = json.JSONDecoder().raw_decode(artifact.text, start)[0]
    return found


def expressions(found: dict[str, Any]) -> dict[str, list[str]]:
    return {
        name: [item["threshold"] if isinstance(item, dict) else item for item in listed]
        for name, listed in found["thresholds"].items()
    }


def test_thresholds_are_the_objectives() -> None:
    assert expressions(options(TEST)) == {
        "http_req_duration{name:user}": ["p(99)<500"],
        "http_req_failed{name:user}": ["rate<=0.001"],
        "http_reqs{name:user}": ["count>=1000"],
    }
    stricter = make_slo(objective="99.995"), make_slo("latency", "latency", "99.9")
    assert expressions(options(TEST, *stricter)) == {
        "http_req_duration{name:user}": ["p(99.9)<500"],
        "http_req_failed{name:user}": ["rate<=0.00005"],
        "http_reqs{name:user}": ["count>=9600"],
    }


def test_a_test_is_stopped_only_once_there_are_samples_enough() -> None:
    found = options(TEST)
    stops = found["thresholds"]["http_req_failed{name:user}"][0]
    assert stops["abortOnFail"] is True
    # Answers of 2 s and a pause of 1 s: 3 s for each request of a user, and 1000 / 0.8 of them.
    assert stops["delayAbortEval"] == "1m35s"
    assert math.isclose(math.sqrt(1250 * 3 * 2 * 120 / 100), 94.9, abs_tol=0.05)
    quick = options(LoadTest(TEST.base_url, TEST.requests, arrival=ArrivalRate(1000, "s", 600)))
    stops = quick["thresholds"]["http_req_duration{name:user}"][0]
    assert stops["delayAbortEval"] == "10s"


def test_arrivals_do_not_wait_for_users_of_a_slow_server() -> None:
    found = options(LoadTest(TEST.base_url, TEST.requests, arrival=ArrivalRate(30, "m", 3600)))
    scenario = found["scenarios"]["arrivals"]
    assert (scenario["rate"], scenario["timeUnit"], scenario["duration"]) == (30, "1m", "1h")
    assert scenario["preAllocatedVUs"] == scenario["maxVUs"] == 2
    assert expressions(found)["dropped_iterations{scenario:arrivals}"] == ["count<=18"]


def test_each_request_is_judged_by_its_own_slos() -> None:
    quick = make_slo("quick", "latency", "50")
    requests = (
        Request("user", "GET", "/u", ("quick",)),
        Request("report", "GET", "/r", ("availability",)),
    )
    found = expressions(options(LoadTest("http://x", requests, TEST.stages), AVAILABILITY, quick))
    assert found["http_req_duration{name:user}"] == ["p(50)<500"]
    # A request that failed was not answered in time.
    assert found["http_req_failed{name:user}"] == ["rate<=0.5"]
    assert "http_req_duration{name:report}" not in found
    assert found["http_req_failed{name:report}"] == ["rate<=0.001"]


def test_by_default_latencies_and_failed_requests_count() -> None:
    total = ExpressionCount('sum(rate(http_requests_total{job="api"}[$window]))')
    good = ExpressionCount('sum(rate(http_requests_total{job="api",code!~"5.."}[$window]))')
    assert by_default(LATENCY)
    assert by_default(AVAILABILITY)
    assert by_default(make_slo(indicator=RatioIndicator(total, good=good)))
    assert not by_default(make_slo("cache-hits", "good"))
    assert not by_default(make_slo("db-pool", "threshold"))
    assert not by_default(make_slo("up", "uptime"))
    assert not by_default(make_slo(indicator=ErrorRatioIndicator("1 - probe_success[$window]")))
    assert gates([make_slo("up", "uptime")]) is None


def test_samples_are_those_that_a_slow_server_leaves() -> None:
    found = gates([AVAILABILITY, LATENCY])
    assert found is not None
    slow = samples.slow_answer([found])
    assert slow == 2
    short = LoadTest("http://x", TEST.requests, (Stage(30, 3), Stage(30, 3)))
    judgement = samples.of_users(short, found, slow)
    # 45 and 90 user-seconds at 3 s each, and four fifths of them are sure.
    assert (judgement.samples, judgement.wanted, judgement.delay) == (36, 1000, 60)
    for users in range(1, 200, 7):
        test = LoadTest("http://x", TEST.requests, (Stage(60, users), Stage(600, 2 * users)))
        judgement = samples.of_users(test, found, slow)
        t = judgement.delay - 60
        worked = 30 * users + (users * t + users * t * t / 1200) if t > 0 else 0
        if judgement.samples == 1000 and t > 0:
            assert worked / 3 * 0.8 >= 999.9


def test_without_the_section_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    assert not [path for path in built(tmp_path, monkeypatch) if "k6" in path]


def test_an_environment_has_another_address_and_the_load_of_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = (
        "load_test:\n  base_url: https://api.example.com/\n"
        "  requests: [{name: user, path: /u}]\n  rate: 50/s\n  duration: 5m\n"
    )
    project = PROJECT + "overrides: {load_test: {base_url: 'http://staging:8080/v1'}}\n"
    files = {"specs/api.yaml": spec(more=more), "specs/b.yaml": spec("b")}
    write(tmp_path, {"slosmith.yaml": project, **files})
    made = built(tmp_path, monkeypatch)
    assert [path for path in made if path.startswith("k6/")] == ["k6/api.js"]
    assert b'"baseUrl": "http://staging:8080/v1"' in made["k6/api.js"]
    assert b'"rate": 50' in made["k6/api.js"]


def test_a_family_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "load_test: {base_url: 'http://x', requests: [{name: u, path: /u}], rate: 9/s, "
    more += "duration: 5m}\n"
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec(more=more)})
    made = built(tmp_path, monkeypatch, "--only", "k6")
    assert [path for path in made if not path.startswith(".slosmith/")] == ["k6/api.js"]


def test_too_few_samples_are_a_warning_that_can_be_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "load_test: {base_url: 'http://x', requests: [{name: u, path: /u}], rate: 1/s, "
    more += "duration: 5m}\n"
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec(more=more)})
    monkeypatch.chdir(tmp_path)
    result = invoke("build", "--promtool", "off")
    assert result.exit_code == 0
    assert "[load-test-samples]" in result.output
    assert "240 requests `u`" in result.output
    assert "of fewer than 1,000" in result.output
    more += "allow: [{check: load-test-samples, reason: a smoke test}]\n"
    write(tmp_path, {"specs/api.yaml": spec(more=more)})
    result = invoke("build", "--promtool", "off")
    assert "load-test-samples" not in result.output


def test_what_keeps_a_script_from_judging_is_seen() -> None:
    service = make_service("api", AVAILABILITY, LATENCY, load_test=TEST)
    [artifact] = load_test.generate(service, Project())
    for old, new in (
        ("p(99)<500", "p99<500"),
        ("rate<=0.001", "rate<=0.1%"),
        ("count>=1000", "count>=0"),
        ('"http_reqs{name:user}"', '"http_reqs{name:users}"'),
        ('"thresholds"', '"threshold"'),
        ('"abortOnFail": true', '"abortOnfail": true'),
        ("};", "}"),
        ("GET", "g"),
        ("Do not edit", "Do nöt edit"),
        ('"requests"', '"requets"'),
    ):
        changed = artifact.text.replace(old, new, 1)
        assert changed != artifact.text
        problems = check([type(artifact)(artifact.path, changed)])
        assert problems, (old, new)
        assert {problem.check for problem in problems} <= {"artifact-load-test", "artifact-schema"}


def test_the_numbers_of_the_users_are_exact() -> None:
    slo = make_slo("latency", "latency", "99.95")
    test = LoadTest("http://x", (Request("u", "GET", "/", ("latency",)),), TEST.stages)
    found = expressions(options(test, slo))
    assert found["http_req_duration{name:u}"] == ["p(99.95)<500"]
    assert found["http_req_failed{name:u}"] == ["rate<=0.0005"]
    assert Decimal("0.0005") == slo.budget


@needs_k6
def test_k6_takes_the_load_test_of_the_running_example() -> None:
    found = inspect(ROOT / "out/k6/api.js")
    assert found["totalDuration"] == "26m30s"
    assert found["thresholds"]["http_req_duration{name:user,scenario:arrivals}"] == [
        {"threshold": threshold, "abortOnFail": True, "delayAbortEval": "16m10s"}
        for threshold in ("p(99)<500", "p(95)<100")
    ]
