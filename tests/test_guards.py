"""`hold_while`: what its query reads in every case, as promtool runs it; when a guard is late."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from slosmith import model
from slosmith.checks.guards import late
from slosmith.model import Guard, LatencyTrigger, MetricTrigger, Selector
from slosmith.numbers import plain
from slosmith.scaling.guard_times import first_replicas, guard_times, soonest
from slosmith.scaling.queries import latency_query, metric_query
from slosmith.validate.expressions import single_value_fault
from tests.models import INDICATORS, Kind, make_slo
from tests.projects import OFF, PROJECT, run, spec, write
from tests.test_keda import HOSTILE, needs_promtool, promtool_accepts

POOL = Guard("api/db-pool", Decimal(1), Decimal("0.01"))
CACHE = Guard("web/cache", Decimal(6), Decimal("0.6"))
LOAD = MetricTrigger(
    "load", 'max(load{job="api"})', target=Decimal("2.5"), hold_while=(POOL, CACHE)
)
LATENCY = LatencyTrigger(
    "api/latency",
    Selector("h_seconds", ('job="api"',)),
    Decimal("0.95"),
    Decimal("0.5"),
    hold_while=(POOL,),
)


def ratio(guard: Guard, more: str = "") -> str:
    service, slo = guard.slo.split("/")
    return f'slo:sli_error:ratio_rate5m{{service="{service}",slo="{slo}"{more}}}'


def constant(value: float | str) -> str:
    return " ".join([value] * 21) if isinstance(value, str) else f"{value}+0x20"


QUERY = """\
clamp_max(
  max(load{job="api"}),
  scalar(
    vector(2.5) and on () (
      slo:sli_error:ratio_rate5m{service="api",slo="db-pool"} > 0.01
      or slo:sli_error:ratio_rate5m{service="web",slo="cache"} > 0.6
    )
    or vector(Inf)
  )
)"""


def test_the_query() -> None:
    assert metric_query(LOAD) == QUERY
    assert not single_value_fault(QUERY)


def test_without_guards_a_query_is_as_it_was() -> None:
    assert metric_query(replace(LOAD, hold_while=())) == 'max(load{job="api"})'
    assert "clamp_max" not in latency_query(replace(LATENCY, hold_while=()))


@needs_promtool
@pytest.mark.parametrize(
    ("name", "load", "guards", "value"),
    [
        ("no guard burns", 7, {ratio(POOL): 0.0, ratio(CACHE): 0.0}, 7),
        ("at its budget a guard does not hold", 7, {ratio(POOL): 0.01, ratio(CACHE): 0.6}, 7),
        ("one holds", 7, {ratio(POOL): 0.011, ratio(CACHE): 0.0}, 2.5),
        ("the other holds, at its burn rate", 7, {ratio(POOL): 0.0, ratio(CACHE): 0.61}, 2.5),
        ("both hold", 7, {ratio(POOL): 1.0, ratio(CACHE): 1.0}, 2.5),
        ("one holds, the other has no data", 7, {ratio(POOL): 1.0}, 2.5),
        ("below its target a value stays", 1, {ratio(POOL): 1.0}, 1),
        ("at 0 it stays", 0, {ratio(POOL): 1.0}, 0),
        ("no data: no guard", 7, {}, 7),
        ("NaN: no guard", 7, {ratio(POOL): "NaN"}, 7),
        ("another SLO's ratio", 7, {ratio(Guard("api/up", Decimal(1), Decimal(0))): 1.0}, 7),
        ("another service's", 7, {ratio(Guard("web/db-pool", Decimal(1), Decimal(0))): 1.0}, 7),
        (
            "one value of its `by` holds",
            7,
            {ratio(POOL, ',shard="1"'): 0.0, ratio(POOL, ',shard="2"'): 0.5},
            2.5,
        ),
        (
            "all values of its `by` hold, and it is still one series",
            7,
            {ratio(POOL, ',shard="1"'): 0.3, ratio(POOL, ',shard="2"'): 0.5},
            2.5,
        ),
        (
            "no value of its `by` holds",
            7,
            {ratio(POOL, ',shard="1"'): 0.0, ratio(POOL, ',shard="2"'): 0.01},
            7,
        ),
        ("the value's data are missing while a guard holds", None, {ratio(POOL): 1.0}, None),
        ("and while none does", None, {ratio(POOL): 0.0}, None),
    ],
)
def test_a_held_value_is_at_most_its_target(
    tmp_path: Path,
    name: str,
    load: float | None,
    guards: dict[str, Any],
    value: float | None,
) -> None:
    series = {found: constant(number) for found, number in guards.items()}
    if load is not None:
        series['load{job="api"}'] = constant(load)
    assert promtool_accepts(tmp_path, metric_query(LOAD), series, value) == "", name


@needs_promtool
@pytest.mark.parametrize(("burns", "value"), [(0.0, 975), (0.02, 500)])
def test_a_held_latency_is_at_most_its_target(tmp_path: Path, burns: float, value: float) -> None:
    series = {
        'h_seconds_bucket{job="api",le="0.5"}': "0+0x20",
        'h_seconds_bucket{job="api",le="1"}': "0+10x20",
        'h_seconds_bucket{job="api",le="+Inf"}': "0+10x20",
        'h_seconds_count{job="api"}': "0+10x20",
        ratio(POOL): constant(burns),
    }
    assert promtool_accepts(tmp_path, latency_query(LATENCY), series, value) == ""
    # An idle service reads 0, missing data stay an error.
    idle = {name: "0+0x20" for name in series if name != ratio(POOL)}
    held = {ratio(POOL): constant(burns)}
    assert promtool_accepts(tmp_path, latency_query(LATENCY), idle | held, 0) == ""
    assert promtool_accepts(tmp_path, latency_query(LATENCY), held, None) == ""


@needs_promtool
@pytest.mark.parametrize("matcher", HOSTILE)
def test_prometheus_accepts_the_guarded_queries_of_hostile_selectors(
    tmp_path: Path, matcher: str
) -> None:
    trigger = replace(LATENCY, histogram=Selector("h", (matcher,)))
    assert promtool_accepts(tmp_path, latency_query(trigger), {}, None) == ""
    metric = replace(LOAD, query=f"max(h{{{matcher}}}) / 2")
    assert promtool_accepts(tmp_path, metric_query(metric), {}, None) == ""


@needs_promtool
def test_a_raw_string_with_lines_of_its_own_stays_as_it_is(tmp_path: Path) -> None:
    # A string of Prometheus in backticks may go on in the next line.
    query = "max(load{path=`a\nb`})"
    series = {r'load{path="a\nb"}': constant(7), ratio(POOL): constant(1.0)}
    assert promtool_accepts(tmp_path, metric_query(replace(LOAD, query=query)), series, 2.5) == ""


PROMETHEUS = model.Prometheus()


@pytest.mark.parametrize(
    ("kind", "objective", "holds"),
    [
        # 1 % of five minutes, a scrape and an evaluation.
        ("latency", "99", 3 + 30 + 30),
        ("good", "90", 30 + 30 + 30),
        # A counter of errors that begins with the first needs another scrape.
        ("ratio", "99", 3 + 60 + 30),
        ("expression", "50", 150 + 60 + 30),
        # A scrape, one bad step of ten, an evaluation; at 80 % three of them.
        ("threshold", "99", 30 + 30 + 30),
        ("threshold", "80", 30 + 90 + 30),
        ("uptime", "99.9", 30 + 30 + 30),
        ("targets", "99.9", 30 + 30),
    ],
)
def test_how_long_a_guard_may_take_to_hold(kind: Kind, objective: str, holds: int) -> None:
    slo = make_slo(indicator=INDICATORS[kind], objective=objective)
    times = guard_times(Guard("api/x", Decimal(1), slo.budget), slo, LATENCY, PROMETHEUS)
    assert times.holds == holds
    assert times.lets_go <= 300 + 60 + 30
    # Just enough: with less, replicas may come first.
    assert first_replicas(LATENCY, PROMETHEUS, times.stabilization) >= holds
    assert first_replicas(LATENCY, PROMETHEUS, times.stabilization - 10) < holds


@pytest.mark.parametrize(
    ("quantile", "scrape", "expected"),
    [
        ("0.95", 30, "13.5"),
        ("0.5", 30, "135"),
        ("0.99", 15, "2.85"),
        ("0.95", 45, "11.25"),
        ("0.95", 75, "11.25"),
    ],
)
def test_how_soon_a_quantile_may_ask_for_more(quantile: str, scrape: int, expected: str) -> None:
    trigger = replace(LATENCY, quantile=Decimal(quantile))
    assert soonest(trigger, model.Prometheus(scrape_interval=scrape)) == Decimal(expected)


def test_a_guard_that_holds_before_its_trigger_asks_needs_no_stabilization() -> None:
    slo = make_slo(indicator=INDICATORS["latency"], objective="99")
    median = replace(LATENCY, quantile=Decimal("0.5"))
    guard = Guard("api/x", Decimal(1), slo.budget)
    assert guard_times(guard, slo, median, PROMETHEUS).stabilization == 0
    # Of a metric nothing is known: it may ask at once.
    assert guard_times(guard, slo, LOAD, PROMETHEUS).stabilization == 80


def fleet(window: int | None, *guards: Guard) -> model.Fleet:
    slos = (
        make_slo("db-pool", indicator=INDICATORS["threshold"], objective="99"),
        make_slo("cache", indicator=INDICATORS["good"], objective="90"),
    )
    up = model.ScaleRule(window, 100, 15)
    triggers = (model.ResourceTrigger("cpu", 70), replace(LATENCY, hold_while=guards))
    scaling = model.Autoscaling(
        model.ScaleTarget("apps/v1", "Deployment", "api"), 3, 20, triggers, up
    )
    service = model.Service("api", "specs/api.yaml", slos, autoscaling=scaling)
    return model.Fleet(model.Project(), (service,))


API_CACHE = Guard("api/cache", Decimal(1), Decimal("0.1"))


def test_a_late_guard_is_told_with_the_stabilization_that_suffices() -> None:
    [problem] = late(fleet(60, POOL))
    assert problem.check == "guard-late"
    assert problem.severity == "warning"
    assert problem.message.endswith("behavior.scale_up.stabilization: 1m35s suffices")
    assert list(late(fleet(95, POOL))) == []
    assert list(late(fleet(94, POOL))) != []


def test_one_stabilization_suffices_for_all_late_guards() -> None:
    steep = replace(API_CACHE, burn=Decimal(5), threshold=Decimal("0.5"))
    found = [problem.message.partition("; ")[2] for problem in late(fleet(None, POOL, steep))]
    assert found == ["behavior.scale_up.stabilization: 3m35s suffices"] * 2


GUARDED = """
- name: db-pool
  objective: 99
  indicator: {{threshold: {{query: 'max(connections{{job="api"}})', below: 80}}}}
- name: latency
  objective: 99
  indicator: {{latency: {{histogram: 'h_seconds{{job="api"}}', below: 500ms}}}}
autoscaling:
  target: deployment/api
  replicas: {{min: 3, max: 20}}
  triggers:
  - latency: {{slo: latency, quantile: 0.95, target: 500ms, hold_while: [{guard}]}}
  behavior: {{scale_up: {{stabilization: {window}, percent: 100, every: 15s}}}}
"""
ALLOWED = "allow: [{check: guard-late, reason: The pool fails slowly.}]\n"


@pytest.mark.parametrize(
    ("window", "more", "code"), [("60s", "", 1), ("95s", "", 0), ("60s", ALLOWED, 0)]
)
def test_check_warns_of_a_late_guard(tmp_path: Path, window: str, more: str, code: int) -> None:
    text = spec(more=GUARDED.format(guard="db-pool", window=window) + more)
    write(tmp_path, {"specs/api.yaml": text, "slosmith.yaml": PROJECT})
    run(tmp_path, "build", *OFF)
    found = run(tmp_path, "check", "--strict", "--tests", "none", *OFF)
    assert found.returncode == code, found.stdout
    assert ("[guard-late]" in found.stdout) == bool(code)
    if code:
        assert "specs/api.yaml:19:73: warning" in found.stdout


@pytest.mark.parametrize(
    ("guard", "threshold"),
    [
        ("db-pool", "0.01"),
        ("api/db-pool", "0.01"),
        ("{slo: db-pool, burn: 6}", "0.06"),
        ("{slo: api/db-pool, burn: 0.5}", "0.005"),
        ("{slo: db-pool}", "0.01"),
    ],
)
def test_a_guard_as_a_spec_writes_it(tmp_path: Path, guard: str, threshold: str) -> None:
    text = spec(more=GUARDED.format(guard=guard, window="3m"))
    write(tmp_path, {"specs/api.yaml": text, "slosmith.yaml": PROJECT})
    result = run(tmp_path, "build", *OFF)
    assert result.returncode == 0, result.stderr
    emitted = yaml.safe_load((tmp_path / "out/kubernetes/api/scaledobject.yaml").read_text())
    [trigger] = emitted["spec"]["triggers"]
    query = trigger["metadata"]["query"]
    assert f'{{service="api",slo="db-pool"}} > {threshold}\n' in query
    assert f"vector({trigger['metadata']['threshold']})" in query
    # What is asked for is recorded.
    recorded = (tmp_path / "out/prometheus/rules/api.yaml").read_text()
    assert "record: slo:sli_error:ratio_rate5m" in recorded


@pytest.mark.parametrize("objective", ["99.9999", "1", "50"])
def test_a_threshold_is_exact(objective: str) -> None:
    slo = make_slo(objective=objective)
    trigger = replace(LOAD, hold_while=(Guard("api/x", Decimal(1), slo.budget),))
    assert f"> {plain(slo.budget)}\n" in metric_query(trigger)
