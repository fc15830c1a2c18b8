"""The generated rules on a real Prometheus with a day of history: the alert fires, the error
budget has the right value, no rule fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from generators.rules import files
from generators.rules.groups import service_groups
from slosmith.explain.backfill import rule_file
from slosmith.model import Project, Prometheus, RatioIndicator, Selector, SelectorCount, Slo
from tests.models import make_service, make_slo
from tests.prometheus_server import Server, backfill, backfill_rules, needs_prometheus, serving

pytestmark = [pytest.mark.server, needs_prometheus]

ROOT = Path(__file__).parent.parent
MINUTE, DAY = 60, 86400
SCRAPE = 30
# The fast group's interval; its rules are backfilled at the same one.
EVALUATION = 15
PROJECT = Project(prometheus=Prometheus(evaluation_interval=EVALUATION))


def job(name: str) -> Slo:
    requests = Selector("http_requests_total", (f'job="{name}"',))
    failed = Selector("http_requests_total", (f'job="{name}"', 'status=~"5.."'))
    indicator = RatioIndicator(SelectorCount(requests), bad=SelectorCount(failed))
    return make_slo(name, objective="99", indicator=indicator)


SERVICE = make_service("api", job("down"), job("burnt"), job("fine"))


@dataclass(frozen=True)
class Trace:
    """Counters of one job: samples of good and bad requests."""

    fine: list[tuple[int, float]]
    bad: list[tuple[int, float]]

    @property
    def error_ratio(self) -> float:
        good, bad = (samples[-1][1] - samples[0][1] for samples in (self.fine, self.bad))
        return bad / (good + bad)


def trace(start: int, end: int, slo: str) -> Trace:
    """A day whose traffic follows the hours. `down` fails in its last 20 minutes; `burnt` failed
    for three hours in the morning."""
    found = Trace([], [])
    fine = bad = 0.0
    for at in range(start, end + 1, SCRAPE):
        found.fine.append((at, fine))
        found.bad.append((at, bad))
        hour = (at - start) / 3600
        rate = 2 + abs(12 - hour)
        share = {
            "down": 1.0 if at > end - 20 * MINUTE else 0.0,
            "burnt": 0.9 if 3 <= hour < 6 else 0.0001,
            "fine": 0.0001,
        }[slo]
        fine += rate * SCRAPE * (1 - share)
        bad += rate * SCRAPE * share
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, Trace]]]:
    """A server with a day of raw and recorded series and the generated rules; the truth."""
    folder = tmp_path_factory.mktemp("prometheus")
    text = files.generate(SERVICE, PROJECT)[0].text
    rules = folder / "rules.yaml"
    # Nobody waits two minutes for the slow groups.
    rules.write_text(text.replace('interval: "2m"', 'interval: "3s"'))
    base = rule_file(service_groups(SERVICE, PROJECT), SERVICE.name)
    (folder / "base.yaml").write_text(base)
    end = int(time.time())
    start = end - DAY
    truth = {slo.name: trace(start, end, slo.name) for slo in SERVICE.slos}
    series = {}
    for name, found in truth.items():
        series[f'http_requests_total{{job="{name}",status="200"}}'] = found.fine
        series[f'http_requests_total{{job="{name}",status="503"}}'] = found.bad
    backfill(folder, series)
    backfill_rules(folder, folder / "base.yaml", start, end)
    with serving(folder, rules) as server:
        yield server, truth


def firing(server: Server) -> set[tuple[str, str]]:
    return {
        (alert["labels"]["alertname"], alert["labels"]["slo"])
        for alert in server.get("alerts")["alerts"]
        if alert["state"] == "firing"
    }


def test_the_outage_pages_and_nothing_else_does(
    world: tuple[Server, dict[str, Trace]],
) -> None:
    server, _ = world
    server.wait("the page", lambda: ("SLOErrorBudgetBurnFast", "down") in firing(server))
    # By then the slow groups have run several times.
    tickets = {("SLOErrorBudgetBurnSlow", "burnt"), ("SLOErrorBudgetBurnSlow", "down")}
    assert firing(server) - tickets == {("SLOErrorBudgetBurnFast", "down")}


@pytest.mark.parametrize("slo", ["burnt", "fine"])
def test_the_error_budget_is_what_the_counters_say(
    world: tuple[Server, dict[str, Trace]], slo: str
) -> None:
    server, truth = world
    ratio = truth[slo].error_ratio
    left = 1 - ratio * (DAY / (30 * DAY)) / 0.01
    selector = f'{{slo="{slo}"}}'
    name = f"slo:error_budget_remaining:ratio{selector}"
    found = server.wait(name, lambda: server.value(name))
    assert found == pytest.approx(left, rel=0.005)
    measured = server.value(f"slo:sli_error:ratio_rate30d{selector}")
    assert measured == pytest.approx(ratio, rel=0.005)


def test_recorded_history_is_as_long_and_as_dense_as_if_the_rules_had_run(
    world: tuple[Server, dict[str, Trace]],
) -> None:
    server, _ = world
    history = 'slo:history:seconds{slo="fine"}'
    found = server.wait(history, lambda: server.value(history))
    # Its start is known to ten minutes.
    assert DAY - 11 * MINUTE <= found <= DAY + MINUTE
    for name in ("slo:sli_total:rate5m", "slo:sli_bad:rate5m"):
        samples = server.value(f'count_over_time({name}{{slo="fine"}}[6h] offset 6h)')
        # At the end of each of its blocks promtool leaves out one.
        assert 0 <= 6 * 60 * MINUTE / EVALUATION - (samples or 0) <= 4
        assert server.value(f"count(count_over_time({name}[12h]))") == len(SERVICE.slos)


def test_every_rule_is_evaluated_without_error(world: tuple[Server, dict[str, Trace]]) -> None:
    server, _ = world

    def rules() -> list[dict[str, str]]:
        return [rule for group in server.get("rules")["groups"] for rule in group["rules"]]

    server.wait("all evaluated", lambda: all(rule["health"] != "unknown" for rule in rules()))
    assert len(rules()) > 50
    assert {rule["health"] for rule in rules()} == {"ok"}, server.log.read_text()[-3000:]


def test_all_committed_rules_are_loaded(tmp_path: Path) -> None:
    paths = sorted((ROOT / "out/prometheus/rules").glob("*.yaml"))
    with serving(tmp_path, *paths) as server:
        groups = server.get("rules")["groups"]
    names = [group["name"] for group in groups]
    expected = [
        group["name"] for path in paths for group in yaml.safe_load(path.read_text())["groups"]
    ]
    assert sorted(names) == sorted(expected)
