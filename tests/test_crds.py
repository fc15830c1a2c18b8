"""What is emitted for Kubernetes against the real CustomResourceDefinitions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators import keda
from generators.rules import files as rule_files
from slosmith import model
from slosmith.slomath import tiers
from tests.crds import crd_errors, needs_crds
from tests.projects import ROOT

HISTOGRAM = model.Selector("request_duration_seconds", ('job="api"', 'path="1e3 {{ ${x} }}"'))
REQUESTS = model.Selector("requests_total", ('job="api"',))


def slo(name: str, indicator: model.Indicator) -> model.Slo:
    objective = Decimal("99.9")
    alerting = model.Alerting(
        page=model.SeverityAlert("SLOErrorBudgetBurnFast", annotations={"note": "{{ 1e3"}),
        ticket=model.SeverityAlert("SLOErrorBudgetBurnSlow", labels={"tier": "1"}),
        exhausted="ticket",
    )
    return model.Slo(name, objective, 30 * 86400, indicator, alerting, tiers(objective))


def service() -> model.Service:
    total = model.SelectorCount(REQUESTS)
    latency = model.LatencyIndicator(HISTOGRAM, below=Decimal("0.5"), bound=Decimal("0.5"))
    triggers = (
        model.TrafficTrigger(REQUESTS, Decimal("0.5")),
        model.LatencyTrigger("api/latency", HISTOGRAM, Decimal("0.95"), Decimal("0.5")),
        model.ResourceTrigger("cpu", 70),
        model.ResourceTrigger("memory", 80),
        model.MetricTrigger("queue", "sum(q)", per_replica=Decimal("0.5"), wakes=True),
        model.MetricTrigger("load", "avg(l) / avg(m)", target=Decimal("0.7")),
    )
    rule = model.ScaleRule(stabilization=60, percent=100, every=15)
    return model.Service(
        name="api",
        source="specs/api.yaml",
        slos=(
            slo("availability", model.RatioIndicator(total, bad=total)),
            slo("latency", latency),
        ),
        owner="team",
        namespace="prod",
        autoscaling=model.Autoscaling(
            target=model.ScaleTarget("apps/v1", "Deployment", "1e3"),
            min_replicas=3,
            max_replicas=20,
            triggers=triggers,
            scale_up=rule,
            scale_down=rule,
            fallback=model.Fallback(replicas=6, behavior="currentReplicasIfHigher"),
            polling=15,
            cooldown=600,
            idle=0,
            pause="scale_down",
            transfer_hpa_ownership="api-hpa",
        ),
    )


PROJECT = model.Project(
    prometheus=model.Prometheus(
        rule_labels={"release": "08", "a/b": "no"},
        auth=model.Auth("bearer", "1e3", cluster=True),
        tenant=model.Tenant("mimir", "team-a"),
    )
)


def objects(kind: str) -> list[dict[str, Any]]:
    artifacts = keda.generate(service(), PROJECT) + rule_files.generate(service(), PROJECT)
    texts = [artifact.text for artifact in artifacts if artifact.family == "kubernetes"]
    documents = [data for text in texts for data in yaml.load_all(text, Loader=yaml.CSafeLoader)]
    return [data for data in documents if data["kind"] == kind]


@needs_crds
@pytest.mark.parametrize("kind", ["ScaledObject", "PrometheusRule"])
def test_the_api_server_would_take_it(kind: str) -> None:
    found = objects(kind)
    assert found
    assert [crd_errors(data) for data in found] == [[]] * len(found)


@needs_crds
def test_an_unknown_field_or_a_number_for_a_string_is_seen() -> None:
    [data] = objects("ScaledObject")
    data["spec"]["triggers"][0]["metadata"]["threshold"] = 5
    data["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behaviour"] = {}
    assert len(crd_errors(data)) == 2
    [data] = objects("PrometheusRule")
    data["spec"]["groups"][0]["intervall"] = "30s"
    data["spec"]["groups"][0]["rules"][-1]["labels"]["severity"] = 1
    assert len(crd_errors(data)) == 2


@needs_crds
@pytest.mark.parametrize(
    "kubernetes",
    [ROOT / "out/kubernetes", *sorted((ROOT / "tests/cases").glob("*/out/kubernetes"))],
    ids=lambda path: path.parents[1].name,
)
def test_the_api_server_would_take_all_that_is_committed(kubernetes: Path) -> None:
    files = [*kubernetes.glob("*/*.yaml"), *kubernetes.parent.glob("chaos/*/*.yaml")]
    documents = [yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader) for file in files]
    ours = [data for data in documents if not _is_built_in(data["apiVersion"])]
    assert ours
    assert {error for data in ours for error in crd_errors(data)} == set()


def _is_built_in(version: str) -> bool:
    return "." not in version.partition("/")[0] or version.startswith("kustomize.config.k8s.io/")
