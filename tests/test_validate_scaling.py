"""Objects that scale, broken in one place each: what KEDA's webhook or Kubernetes would refuse."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from slosmith.validate import adapter, hpa, scaling
from tests.artifact_tree import metadata, scaled_object


def broken(data: Any, path: str, value: Any) -> Any:
    """A copy with `value` at a path such as `spec|triggers|0|type`; None removes."""
    found = copy.deepcopy(data)
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("|"))
    place = found
    for part in parents:
        place = place[part] if isinstance(part, int) else place.setdefault(part, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return found


def said(findings: list[Any]) -> str:
    return "\n".join(finding.message for finding in findings)


METADATA = "spec|triggers|0|metadata"
CONFIG = "spec|advanced|horizontalPodAutoscalerConfig"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec|pollingInterval", 1),
        ("spec|cooldownPeriod", 0),
        ("spec|idleReplicaCount", 0),
        ("spec|minReplicaCount", 0),
        (f"{METADATA}|activationThreshold", "0.5"),
        (f"{METADATA}|namespace", "prod"),
        (f"{METADATA}|customHeaders", "X-Scope-OrgID=team-a"),
        (f"{CONFIG}|name", "api-hpa"),
    ],
)
def test_what_keda_takes_is_right(path: str, value: Any) -> None:
    assert scaling.check(broken(scaled_object(), path, value)) == []


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("spec|pollingInterval", 0, "0 is less than the minimum of 1"),
        ("spec|cooldownPeriod", -1, "-1 is less than the minimum of 0"),
        ("spec|idleReplicaCount", 1, "0 was expected"),
        (f"{METADATA}|activationThreshold", "-1", "no JSON number of at least 0"),
        (f"{METADATA}|activationThreshold", ".5", "no JSON number of at least 0"),
        (f"{METADATA}|authModes", "bearer", "do nothing, or fail, without each other"),
        (f"{METADATA}|authModes", "bearer,basic", "'bearer,basic' is not one of"),
        (f"{METADATA}|customHeaders", "a=b=", "is not one header"),
        (f"{METADATA}|customHeaders", "a=b,c", "is not one header"),
        (f"{METADATA}|namespace", "a&x=y", "is not a DNS label"),
        ("spec|triggers|0|authenticationRef", {"name": "x"}, "without each other"),
        ("spec|triggers|0|authenticationRef", {}, "'name' is a required property"),
        (f"{CONFIG}|name", "a" * 64, "is not a DNS name"),
        (
            "metadata|annotations",
            {"scaledobject.keda.sh/transfer-hpa-ownership": "true"},
            "needs the name of the HPA",
        ),
        (
            "metadata|annotations",
            {"autoscaling.keda.sh/paused-replicas": "many"},
            "'many' is no number of replicas",
        ),
    ],
)
def test_what_keda_refuses_is_found(path: str, value: Any, text: str) -> None:
    assert text in said(scaling.check(broken(scaled_object(), path, value)))


def test_zero_needs_a_signal_from_outside() -> None:
    data = broken(scaled_object(), "spec|minReplicaCount", 0)
    data["spec"].pop("fallback")
    data["spec"]["triggers"] = data["spec"]["triggers"][1:]
    assert "cannot start a workload" in said(scaling.check(data))
    data["spec"] |= {"minReplicaCount": 0, "idleReplicaCount": 0}
    assert "has to be below minReplicaCount" in said(scaling.check(data))


def an_hpa() -> dict[str, Any]:
    pods = {
        "metric": {"name": "api-x_per_second"},
        "target": {"type": "AverageValue", "averageValue": "500m"},
    }
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata("api"),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"},
            "minReplicas": 3,
            "maxReplicas": 20,
            "metrics": [{"type": "Pods", "pods": pods}, {"type": "Resource", "resource": cpu}],
            "behavior": {"scaleUp": {"stabilizationWindowSeconds": 60}},
        },
    }


def test_an_hpa_is_right() -> None:
    assert hpa.check(an_hpa()) == []


TARGET = "spec|metrics|0|pods|target"


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("apiVersion", "autoscaling/v2beta2", "'autoscaling/v2' was expected"),
        ("spec|minReplicas", 0, "0 is less than the minimum of 1"),
        ("spec|minReplicas", 21, "21 is above maxReplicas, 20"),
        ("spec|metrics", [], "should be non-empty"),
        ("spec|metrics|0|type", "External", "spec.metrics[0]"),
        (f"{TARGET}|type", "Value", "'AverageValue' was expected"),
        (f"{TARGET}|averageValue", "0", "is not a canonical quantity above 0"),
        (f"{TARGET}|averageValue", "0.5", "is not a canonical quantity above 0"),
        (f"{TARGET}|averageValue", "1000", "1000 is not canonical"),
        (f"{TARGET}|averageValue", "2000m", "2000m is not canonical"),
        ("spec|metrics|0|pods|metric|name", "a/b", "is not the name of a metric"),
        ("spec|metrics|0", an_hpa()["spec"]["metrics"][1], "cpu is asked for twice"),
        ("spec|metrics|1|resource|target|averageUtilization", 0, "minimum of 1"),
        ("spec|behavior|scaleUp|policies", [], "should be non-empty"),
        ("spec|behavior|scaleUp|stabilizationWindowSeconds", 3601, "maximum of 3600"),
        ("spec|fallback", {}, "holds fallback"),
    ],
)
def test_what_kubernetes_refuses_is_found(path: str, value: Any, text: str) -> None:
    assert text in said(hpa.check(broken(an_hpa(), path, value)))


def values() -> dict[str, Any]:
    rule = {
        "seriesQuery": 'x_total{namespace!="",pod!=""}',
        "resources": {
            "overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}
        },
        "name": {"matches": "^x_total$", "as": "api-x_per_second"},
        "metricsQuery": "sum by (<<.GroupBy>>) (rate(x_total{<<.LabelMatchers>>}[2m]))",
    }
    return {"rules": {"custom": [rule]}}


RULE = "rules|custom|0"


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("rules|custom", [], "should be non-empty"),
        ("rules|default", False, "holds default"),
        (f"{RULE}|seriesQuery", "x_total{", "is not PromQL"),
        (f"{RULE}|metricsQuery", "sum(<<.Evil>>)", "is not PromQL"),
        (f"{RULE}|metricsQuery", "sum(<<.LabelMatchers>>)", "is not PromQL"),
        (f"{RULE}|name|as", "a/b", "is not the name of a metric"),
        (f"{RULE}|resources|overrides|pod", None, "'pod' is a required property"),
        ("rules|custom", values()["rules"]["custom"] * 2, "api-x_per_second is made by two rules"),
    ],
)
def test_what_the_adapter_could_not_use_is_found(path: str, value: Any, text: str) -> None:
    assert adapter.check(values()) == []
    assert text in said(adapter.check(broken(values(), path, value)))
