"""The incident of docs/game-day.md on a real Prometheus, with the committed rules: which alerts
fire, where they lead, and what its runbook's queries show."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ROOT
from tests.prometheus_server import Server, backfill, needs_prometheus, serving

pytestmark = [needs_prometheus, pytest.mark.server]

STEP = 15
# The incident began so long ago, after an hour in which all was well.
INCIDENT, BEFORE = 12 * 60, 3600
RATE = 200
# Shares while all is well, and since: errors, answers within 100 ms and 500 ms, hits, pool in use.
WELL = {"errors": 0.0002, "0.1": 0.97, "0.5": 0.998, "hits": 0.96, "pool": 0.45}
SINCE = {"errors": 0.1, "0.1": 0.05, "0.5": 0.1, "hits": 0.08, "pool": 0.97}
JOB = 'job="api"'
RUNBOOK = ROOT / "out/runbooks/api.md"
RECOVERED = re.compile(r"slo:sli_error:ratio_rate5m\{[^}]*\} > [0-9.]+")
BROKEN = {"availability", "latency", "p95", "cache-hits", "db-pool"}
Samples = dict[str, list[tuple[int, float]]]


def incident(end: int, over: int = 0) -> Samples:
    """The raw series of api: 40 ms become 800 ms, a tenth of the requests fails, the cache hits
    less than one read in ten, the connection pool is full. It has been over for `over` seconds."""
    counts = dict.fromkeys(("200", "500", "0.1", "0.5", "hits", "all"), 0.0)
    found: Samples = {}

    def add(series: str, at: int, value: float) -> None:
        found.setdefault(series, []).append((at, value))

    for at in range(end - BEFORE - INCIDENT - over, end + 1, STEP):
        share = SINCE if end - INCIDENT < at + over <= end else WELL
        events = RATE * STEP
        counts["all"] += events
        counts["500"] += events * share["errors"]
        counts["200"] += events * (1 - share["errors"])
        for name in ("0.1", "0.5", "hits"):
            counts[name] += events * share[name]
        for status in ("200", "500"):
            add(f'http_requests_total{{{JOB},status="{status}"}}', at, counts[status])
        for bound in ("0.1", "0.5"):
            series = f'http_request_duration_seconds_bucket{{{JOB},le="{bound}"}}'
            add(series, at, counts[bound])
        add(f'http_request_duration_seconds_bucket{{{JOB},le="+Inf"}}', at, counts["all"])
        add(f"http_request_duration_seconds_count{{{JOB}}}", at, counts["all"])
        add(f"cache_hits_total{{{JOB}}}", at, counts["hits"])
        add(f"cache_requests_total{{{JOB}}}", at, counts["all"])
        add(f"db_connections_active{{{JOB}}}", at, 40 * share["pool"])
        add(f"db_connections_max{{{JOB}}}", at, 40)
        add(f"up{{{JOB}}}", at, 1)
    return found


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has just seen the incident, with the committed rules of api."""
    folder = tmp_path_factory.mktemp("game-day")
    backfill(folder, incident(int(time.time())))
    with serving(folder, rules(folder)) as server:
        server.wait("its pages", lambda: set(pages(server)) >= BROKEN or None, 120)
        server.wait("all SLOs", lambda: len(burns(server)) == 6 or None, 60)
        yield server


def rules(folder: Path) -> Path:
    """The committed rules, evaluated every second: nobody waits two minutes for the slow ones."""
    text = (ROOT / "out/prometheus/rules/api.yaml").read_text()
    path = folder / "rules.yaml"
    path.write_text(re.sub(r'interval: "?[0-9a-z]+"?', "interval: 1s", text))
    return path


def pages(server: Server) -> dict[str, dict[str, Any]]:
    """The alerts that fire with severity page, by their SLOs."""
    return {
        alert["labels"]["slo"]: alert
        for alert in server.get("alerts")["alerts"]
        if alert["state"] == "firing" and alert["labels"]["severity"] == "page"
    }


def burns(server: Server) -> dict[str, float]:
    """What the runbook asks in its first five minutes: how fast each SLO spends its budget."""
    query = next(
        line.strip()
        for line in RUNBOOK.read_text().splitlines()
        if line.strip().startswith("sort_desc(max by (slo)")
    )
    result = server.get("query", query=query)["result"]
    return {item["metric"]["slo"]: float(item["value"][1]) for item in result}


def test_every_promise_that_is_broken_pages(prometheus: Server) -> None:
    found = pages(prometheus)
    assert set(found) == BROKEN
    assert {alert["labels"]["alertname"] for alert in found.values()} == {"SLOErrorBudgetBurnFast"}


def test_each_page_leads_to_its_section_of_the_runbook(prometheus: Server) -> None:
    text = RUNBOOK.read_text()
    for alert in pages(prometheus).values():
        url, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        assert url.endswith("/out/runbooks/api.md")
        assert f'<a id="{anchor}"></a>' in text


def test_the_runbook_s_question_which_others_burn_is_answered(prometheus: Server) -> None:
    found = burns(prometheus)
    assert found["latency"] == pytest.approx(90, rel=0.05)
    assert found["availability"] == pytest.approx(100, rel=0.05)
    assert found["db-pool"] == pytest.approx(100, rel=0.05)
    assert found["p95"] == pytest.approx(19, rel=0.05)
    assert found["cache-hits"] == pytest.approx(9.2, rel=0.05)
    assert found["up"] == 0


def test_once_it_is_over_nothing_pages_and_the_runbook_s_test_finds_nothing(
    tmp_path: Path,
) -> None:
    backfill(tmp_path, incident(int(time.time()), over=360))
    with serving(tmp_path, rules(tmp_path)) as server:
        server.wait("all SLOs", lambda: len(burns(server)) == 6 or None, 90)
        assert pages(server) == {}
        queries = {line for line in RUNBOOK.read_text().splitlines() if RECOVERED.fullmatch(line)}
        assert len(queries) == 6
        for query in queries:
            assert server.get("query", query=query)["result"] == []
        # The budget has not come back, and the incident is still in the hour.
        spent = 'slo:sli_error:ratio_rate1h{service="api",slo="availability"}'
        assert server.value(spent) == pytest.approx(0.1 * 12 / 60, rel=0.1)


def test_the_page_of_the_docs_is_what_was_seen(prometheus: Server) -> None:
    docs = Path(ROOT / "docs/game-day.md").read_text()
    for alert in pages(prometheus).values():
        assert alert["annotations"]["summary"] in docs
    for name in ("database-failure", "slow-cache"):
        assert name in docs
