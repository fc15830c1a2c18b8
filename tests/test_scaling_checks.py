"""Which triggers are about errors, and which of the neighbours are not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from generators import GENERATORS
from slosmith.checks.error_triggers import errors
from slosmith.model import (
    Autoscaling,
    Fleet,
    MetricTrigger,
    Project,
    RatioIndicator,
    ScaleTarget,
    SelectorCount,
    Service,
    TrafficTrigger,
    Trigger,
)
from slosmith.pipeline import Compilation, Options, compile_project
from slosmith.promql.fields import selector
from tests.models import make_slo
from tests.projects import PROJECT, write


def fleet(trigger: Trigger) -> Fleet:
    scaling = Autoscaling(ScaleTarget("apps/v1", "Deployment", "api"), 1, 5, (trigger,))
    return Fleet(Project(), (Service("api", "specs/api.yaml", (), autoscaling=scaling),))


def refused(query: str) -> bool:
    metric = MetricTrigger("m", f"sum({query})", target=Decimal(1))
    found = list(errors(fleet(metric)))
    parsed, _ = selector(query)
    if parsed is not None:
        traffic = list(errors(fleet(TrafficTrigger(parsed, Decimal(1)))))
        assert bool(traffic) == bool(found)
    assert all(problem.severity == "error" for problem in found)
    return bool(found)


@pytest.mark.parametrize(
    "query",
    [
        'http_requests_total{status="500"}',
        'http_requests_total{status=~"5.."}',
        'http_requests_total{code=~"4..|5.."}',
        'http_requests_total{code=~"[45].."}',
        'http_requests_total{code!~"2..|3.."}',
        'http_requests_total{status!~"2.."}',
        'http_requests_total{http_response_status_code!="200"}',
        'http_requests_total{status_class="5xx"}',
        'http_requests_total{outcome="SERVER_ERROR"}',
        'http_requests_total{outcome!="SUCCESS"}',
        'http_requests_total{result="error"}',
        'http_requests_total{success="false"}',
        'http_requests_total{exception!=""}',
        'grpc_server_handled_total{grpc_code!="OK"}',
        'grpc_server_handled_total{grpc_code=~"Unavailable|Internal"}',
        'rpc_server_total{rpc_grpc_status_code!="0"}',
        "http_errors_total",
        "requests_failed_total",
        "nginx_5xx_total",
        'slo:sli_error:ratio_rate5m{service="api"}',
        'slo:sli_bad:rate5m{service="api"}',
        'slo:error_budget_remaining:ratio{service="api"}',
        "api_burn_rate",
        '{__name__="http_errors_total"}',
    ],
)
def test_errors_are_refused(query: str) -> None:
    assert refused(query)


@pytest.mark.parametrize(
    "query",
    [
        "http_requests_total",
        'http_requests_total{job="errors"}',
        'http_requests_total{status=~"2.."}',
        'http_requests_total{status=~"2..|5.."}',
        'http_requests_total{status!~"5.."}',
        'http_requests_total{code!="404"}',
        'http_requests_total{status=~".+"}',
        'http_requests_total{success="true"}',
        'http_requests_total{outcome="SUCCESS"}',
        'http_requests_total{result=~"success|error"}',
        'grpc_server_handled_total{grpc_code="OK"}',
        'grpc_server_handled_total{grpc_code!="Unavailable"}',
        'queue_depth{class="gold"}',
        "queue_depth",
        'slo:sli_total:rate5m{service="api"}',
    ],
)
def test_what_there_is_to_do_is_not(query: str) -> None:
    assert not refused(query)


SPEC = """
version: slosmith/v1
service: api
slos:
- name: hits
  objective: 90
  indicator:
    ratio: {good: 'hits_total{job="api"}', total: 'reads_total{job="api"}'}
- name: latency
  objective: 99
  indicator:
    latency: {histogram: 'h_seconds{job="api"}', below: 500ms}
autoscaling:
  target: deployment/api
  replicas: {min: 1, max: 5}
  triggers:
  - metric: {name: m, query: 'QUERY', target: 0.5}
"""
HITS, READS = (f'sum(rate({name}_total{{job="api"}}[5m]))' for name in ("hits", "reads"))
FAST = 'sum(rate(h_seconds_bucket{job="api", le="0.5"}[5m]))'
ALL = 'sum(rate(h_seconds_count{job="api"}[5m]))'


def compiled(folder: Path, spec: str) -> Compilation:
    write(folder, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec})
    return compile_project(Options(folder / "slosmith.yaml", folder), GENERATORS, None)


@pytest.mark.parametrize(
    ("query", "refuses"),
    [
        (f"1 - {HITS} / {READS}", True),
        (f"{HITS} / {READS}", True),
        (f"1 - {FAST} / {ALL}", True),
        (HITS, False),
        (f"{READS} / 10", False),
        (f"{ALL} / 10", False),
    ],
)
def test_the_ratio_of_an_slo_is_refused_unless_a_reason_allows_it(
    tmp_path: Path, query: str, refuses: bool
) -> None:
    found = compiled(tmp_path, SPEC.replace("QUERY", query))
    assert ("trigger-errors" in {problem.check for problem in found.problems}) == refuses
    if not refuses:
        return
    assert not found.artifacts
    allow = "allow: [{check: trigger-errors, reason: each miss is work for a pod}]\n"
    answered = compiled(tmp_path, SPEC.replace("QUERY", query) + allow)
    assert "trigger-errors" not in {problem.check for problem in answered.problems}
    assert answered.artifacts
    [silenced] = [item for item in answered.silenced if item.problem.check == "trigger-errors"]
    assert silenced.reason == "each miss is work for a pod"


def test_bad_events_of_any_slo_are_refused() -> None:
    parsed, _ = selector('orders_lost_total{job="shop"}')
    assert parsed is not None
    slo = make_slo()
    trigger = fleet(TrafficTrigger(parsed, Decimal(1)))
    assert list(errors(trigger)) == []
    total, _ = selector('orders_total{job="shop"}')
    assert total is not None
    lost = replace(slo, indicator=RatioIndicator(SelectorCount(total), bad=SelectorCount(parsed)))
    (service,) = trigger.services
    other = Service("shop", "specs/shop.yaml", (lost,))
    assert len(list(errors(replace(trigger, services=(service, other))))) == 1
