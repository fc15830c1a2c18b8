"""What specs say about scaling, as the model has it, and who may scale what in one project."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from slosmith.model import (
    Auth,
    MetricTrigger,
    Project,
    ScaleRule,
    ScaleTarget,
    Selector,
    Tenant,
    TrafficTrigger,
)
from tests.projects import PROJECT, spec
from tests.test_resolve import compiled, scaling

WHOLE = """autoscaling:
  target: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: api}
  replicas: {min: 2, max: 9}
  triggers:
  - traffic: {series: 'requests_total{job="ingress"}', per_replica: 0.5, wakes: true, activation: 2}
  - metric: {name: queue, query: 'sum(  q{a="b"} ) # all', per_replica: 30}
  - metric: {name: load, query: 'max(load{a="b"})', target: 0.70, activation: 0.125}
  behavior:
    scale_up: {percent: 50, pods: 4, every: 30s}
  idle: 0
  polling: 15s
  cooldown: 10m
  pause: scale_down
  transfer_hpa_ownership: api-hpa
"""


def test_every_field_arrives_in_the_model(tmp_path: Path) -> None:
    found = scaling(tmp_path, PROJECT, api=spec(more=WHOLE))
    assert found.target == ScaleTarget("argoproj.io/v1alpha1", "Rollout", "api")
    assert found.triggers == (
        TrafficTrigger(
            Selector("requests_total", ('job="ingress"',)), Decimal("0.5"), True, Decimal(2)
        ),
        MetricTrigger("queue", 'sum(q{a="b"})', per_replica=Decimal(30)),
        MetricTrigger(
            "load", 'max(load{a="b"})', target=Decimal("0.7"), activation=Decimal("0.125")
        ),
    )
    assert found.scale_up == ScaleRule(percent=50, pods=4, every=30)
    assert (found.idle, found.polling, found.cooldown) == (0, 15, 600)
    assert (found.engine, found.pause, found.transfer_hpa_ownership) == (
        *("keda", "scale_down", "api-hpa"),
    )


@pytest.mark.parametrize(
    ("written", "pause"),
    [("true", "all"), ("false", None), ("0", 0), ("1", 1), ("7", 7), ("scale_up", "scale_up")],
)
def test_a_pause_is_a_switch_a_number_or_a_direction(
    tmp_path: Path, written: str, pause: Any
) -> None:
    more = WHOLE.replace("pause: scale_down", f"pause: {written}")
    found = scaling(tmp_path, PROJECT, api=spec(more=more)).pause
    assert found == pause
    assert type(found) is type(pause)


@pytest.mark.parametrize(
    ("written", "auth", "tenant"),
    [
        ("auth: none", None, None),
        ("auth: {bearer: a}", Auth("bearer", "a"), None),
        ("auth: {basic: {cluster: a.b}}", Auth("basic", "a.b", cluster=True), None),
        ("auth: {tls: a}", Auth("tls", "a"), None),
        ("auth: {header: a}, tenant: {mimir: a|b}", Auth("header", "a"), Tenant("mimir", "a|b")),
        ("tenant: {thanos: a}", None, Tenant("thanos", "a")),
        ("tenant: {namespace: prod}", None, Tenant("namespace", "prod")),
    ],
)
def test_how_prometheus_is_asked(
    tmp_path: Path, written: str, auth: Auth | None, tenant: Tenant | None
) -> None:
    project = f"version: slosmith/v1\nprometheus: {{retention: 95d, {written}}}\n"
    compilation = compiled(tmp_path, project, api=spec())
    assert compilation.problems == []
    assert compilation.fleet is not None
    found: Project = compilation.fleet.project
    assert (found.prometheus.auth, found.prometheus.tenant) == (auth, tenant)


ONE = "autoscaling: {target: TARGET, replicas: {min: 1, max: 2}, triggers: [{cpu: 70}]}\n"
ROLLOUT = "{apiVersion: argoproj.io/VERSION, kind: Rollout, name: x}"


@pytest.mark.parametrize(
    ("first", "second", "twice"),
    [
        ("deployment/x", "deployment/x", True),
        ("deployment/x", "{apiVersion: apps/v1, kind: Deployment, name: x}", True),
        (ROLLOUT.replace("VERSION", "v1alpha1"), ROLLOUT.replace("VERSION", "v1beta1"), True),
        ("deployment/x", "statefulset/x", False),
        ("deployment/x", "deployment/y", False),
        ("deployment/x", ROLLOUT.replace("VERSION", "v1alpha1"), False),
    ],
)
@pytest.mark.parametrize("engine", ["", "engine: hpa, "])
def test_one_workload_has_one_scaler_whoever_it_is(
    tmp_path: Path, first: str, second: str, engine: str, twice: bool
) -> None:
    other = ONE.replace("{target", f"{{{engine}target").replace("TARGET", second)
    compilation = compiled(
        tmp_path,
        PROJECT,
        api=spec(more=ONE.replace("TARGET", first)),
        web=spec("web", more=other),
    )
    found = ["scaler-twice"] if twice else []
    assert [problem.check for problem in compilation.problems] == found


def test_workloads_of_one_name_in_two_namespaces_are_two(tmp_path: Path) -> None:
    one = ONE.replace("TARGET", "deployment/x")
    compilation = compiled(
        tmp_path, PROJECT, api=spec(more=one), web=spec("web", more=one + "namespace: other\n")
    )
    assert compilation.problems == []
