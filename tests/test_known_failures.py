"""The failures of neighbouring tools that docs/known-failures.md lists, by their numbers there."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.rules import files
from slosmith.checks.ratios import subset
from slosmith.model import Project, RatioIndicator, Selector, SelectorCount, Service
from slosmith.promql import fields
from tests.alertmanager_server import configured, needs_alertmanager, serving
from tests.models import make_service, make_slo
from tests.promtest import (
    HOUR,
    MINUTE,
    PAGE,
    Scenario,
    counter,
    empty,
    fired,
    firing,
    needs_promtool,
    true,
    verify,
)
from tests.worlds import ERRORS, FINE, KINDS, OBJECTIVES, Phase, service, world

HERE = Path(__file__).parent
RAW_RANGE = re.compile(r"\[(\d+)([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def rules(of: Service) -> list[dict[str, Any]]:
    text = files.generate(of, Project())[0].text
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def recorded(of: Service) -> list[dict[str, Any]]:
    return [rule for rule in rules(of) if "record" in rule]


@needs_promtool
def test_01_an_idle_stretch_poisons_nothing(tmp_path: Path) -> None:
    of = service(["bad", "good", "half"], "99.9")
    life = world(Phase(HOUR), Phase(30 * MINUTE, rate=0), Phase(2 * HOUR, bad=0.0001))
    at = 3 * HOUR
    numbers = [
        true("count(slo:error_budget_remaining:ratio > 0.5 < 1) == bool 3", at),
        true("count(slo:sli_error:ratio_rate30d > 0 < 0.001) == bool 3", at),
    ]
    verify(tmp_path, of, Scenario("idle", life, numbers), evaluate=60)


@needs_promtool
def test_02_no_error_series_is_no_error(tmp_path: Path) -> None:
    of = service(["bad"], "99.9")
    checks = [
        true("slo:sli_error:ratio_rate5m == bool 0", HOUR),
        true("slo:sli_error:ratio_rate1h == bool 0", HOUR),
        true("slo:sli_error:ratio_rate30d == bool 0", HOUR),
        true("slo:error_budget_remaining:ratio == bool 1", HOUR),
    ]
    verify(tmp_path, of, Scenario("no errors", {FINE: counter((2 * HOUR, 10))}, checks))


@needs_promtool
def test_03_the_ratio_of_the_window_is_weighted_by_traffic(tmp_path: Path) -> None:
    of = service(["bad"], "99.9")
    busy, quiet = 2000 / 60, 1 / 60
    life = world(Phase(HOUR, bad=0.5, rate=busy), Phase(25 * HOUR, rate=quiet), interval=60)
    ratio = "slo:sli_error:ratio_rate30d"
    checks = [true(f"{ratio} > bool 0.485", 25 * HOUR), true(f"{ratio} < bool 0.5", 25 * HOUR)]
    verify(tmp_path, of, Scenario("night", life, checks, 60), evaluate=60)


def test_04_numbers_are_exact() -> None:
    of = make_service("api", *(make_slo(f"o{n}", objective=o) for n, o in enumerate(OBJECTIVES)))
    for rule in rules(of):
        for digits in re.findall(r"\d+\.\d+", str(rule["expr"])):
            assert len(digits.split(".")[1]) <= 8, rule["expr"]
    budget = next(rule for rule in rules(of) if rule.get("record") == "slo:error_budget:ratio")
    assert budget["expr"] == "vector(0.000001)"


def test_05_an_objective_of_100_is_refused() -> None:
    assert "objective-range" in (HERE / "wrong/objective-100/expected.txt").read_text()


def test_06_every_threshold_can_be_reached_and_is_above_the_budget() -> None:
    for objective in OBJECTIVES:
        slo = make_slo(objective=objective)
        for tier in slo.tiers:
            assert slo.budget <= tier.threshold < 1
        pages = [tier for tier in slo.tiers if tier.severity == "page"]
        assert min(tier.threshold * tier.long for tier in pages) <= 9 * MINUTE


def test_07_one_document_in_and_one_out() -> None:
    assert "yaml-documents" in (HERE / "wrong/yaml-faults/expected.txt").read_text()
    text = files.generate(make_service(), Project())[0].text
    assert len(list(yaml.safe_load_all(text))) == 1


def test_08_labels_of_people_are_on_no_recorded_series() -> None:
    of = make_service("api", make_slo(by=("route",)), labels={"tier": "1"}, owner="me")
    for rule in recorded(of):
        if rule["record"] != "slosmith_slo_info":
            assert rule["labels"] == {"service": "api", "slo": "availability"}


def test_09_names_that_join_alike_stay_apart() -> None:
    one, other = make_service("a-b", make_slo("c")), make_service("a", make_slo("b-c"))
    names = [
        {group["name"] for group in yaml.safe_load(files.generate(of, Project())[0].text)["groups"]}
        for of in (one, other)
    ]
    assert not names[0] & names[1]
    series = [{tuple(rule["labels"].items()) for rule in recorded(of)} for of in (one, other)]
    assert not series[0] & series[1]


def test_10_unknown_keys_are_refused_with_the_right_one() -> None:
    text = (HERE / "wrong/misspelt-fields/expected.txt").read_text()
    assert "field-unknown" in text
    assert "did you mean" in text


def test_11_every_wrong_spec_has_its_exact_answer() -> None:
    folders = [path for path in (HERE / "wrong").iterdir() if path.is_dir()]
    assert len(folders) > 80
    for folder in folders:
        assert (folder / "expected.txt").read_text(encoding="utf-8").startswith("exit 1\n")


def test_12_no_rule_reads_raw_series_over_more_than_an_hour() -> None:
    of = service(KINDS, "99.9")
    for rule in recorded(of):
        expression = str(rule["expr"])
        if "slo:sli_" in expression and "rate(" not in expression:
            continue
        for count, unit in RAW_RANGE.findall(expression):
            if "slo:sli_total:rate5m" not in expression:
                assert int(count) * UNITS[unit] <= HOUR, expression


@needs_promtool
def test_13_a_healthy_service_without_error_metrics_misses_nothing(tmp_path: Path) -> None:
    of = service(["bad", "expression"], "99.9")
    life = world(Phase(2 * HOUR))
    life = {name: life[name] for name in life if name not in (ERRORS, "jobs_failed_total{}")}
    verify(tmp_path, of, Scenario("never an error", life, [fired(HOUR)]), evaluate=60)


@needs_promtool
def test_14_a_weeks_window_at_a_scrape_a_minute_pages(tmp_path: Path) -> None:
    slos = [
        make_slo(
            f"{kind}-{objective}", objective=objective, window=7 * 86400, indicator=KINDS[kind]
        )
        for kind in ("bad", "half")
        for objective in ("99", "50")
    ]
    of = make_service("api", *slos)
    start = HOUR
    life = world(Phase(start), Phase(HOUR, bad=1), interval=60)
    pages = firing(start + 10 * MINUTE, {PAGE: [slo.name for slo in slos]}, only=PAGE)
    verify(tmp_path, of, Scenario("60 s", life, [fired(start), pages], 60), evaluate=60)


def test_15_burn_alerts_do_not_wait() -> None:
    alerts = [rule for rule in rules(make_service()) if "BurnFast" in rule.get("alert", "")]
    assert alerts
    assert all("for" not in rule for rule in alerts)


def test_16_only_the_labels_of_by_are_kept() -> None:
    slo = make_slo(indicator=KINDS["bad"], by=("route",))
    base = recorded(make_service("api", slo))[0]["expr"]
    assert base == 'sum by (route) (rate(http_requests_total{job="api"}[5m]))'


def test_17_a_success_that_the_total_leaves_out_is_told() -> None:
    good = Selector("request_seconds_bucket", ('job="x"', 'le="0.2"'))
    total = Selector("request_seconds_count", ('job="x"', 'status!~"5.."'))
    indicator = RatioIndicator(SelectorCount(total), good=SelectorCount(good))
    found = list(subset(make_slo(indicator=indicator), Project()))
    assert [finding.check for finding in found] == ["ratio-subset"]


@needs_alertmanager
def test_18_a_page_silences_the_ticket_about_the_same_incident(tmp_path: Path) -> None:
    of = make_service()
    sent = {
        rule["alert"]: {"alertname": rule["alert"], **rule["labels"]}
        for rule in rules(of)
        if "Burn" in rule.get("alert", "") and rule["labels"]["slo"] == "availability"
    }
    assert len(sent) == 2
    with serving(tmp_path, configured([of], Project())) as server:
        server.send(*sent.values())
        found = server.silenced(sent)
    assert found == {"SLOErrorBudgetBurnSlow": {"SLOErrorBudgetBurnFast"}}


@needs_promtool
def test_19_no_data_is_no_number_and_more_good_than_all_is_no_error(tmp_path: Path) -> None:
    of = service(["good"], "99.9")
    life = {
        'cache_requests_total{job="api"}': counter((2 * HOUR, 10)),
        'cache_hits_total{job="api"}': counter((2 * HOUR, 11)),
    }
    fine = [fired(HOUR), true("slo:sli_error:ratio_rate5m == bool 0", HOUR)]
    nothing = [empty('{__name__=~"slo:sli_.+|slo:error_budget_remaining:ratio"}', HOUR)]
    verify(
        tmp_path,
        of,
        Scenario("more good than all", life, fine),
        Scenario("nothing", {"other": "0x200"}, nothing),
        evaluate=60,
    )


@pytest.mark.parametrize(
    "query",
    [
        "sum(rate(fail_total[$window])) + sum(rate(success_total[$window]))",
        "sum(increase(fail_total[$window])) + sum(increase(success_total[$window]))",
    ],
)
def test_20_a_count_may_be_a_sum(query: str) -> None:
    found, faults = fields.event_count(query)
    assert found is not None
    assert faults == []


def test_all_that_apply_are_in_the_docs() -> None:
    text = (HERE.parent / "docs/known-failures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|", text, re.MULTILINE)
    assert [Decimal(row) for row in rows] == list(range(1, 21))
