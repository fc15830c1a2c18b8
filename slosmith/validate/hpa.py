"""HorizontalPodAutoscalers → what Kubernetes would refuse, or change.

Source: Kubernetes' pkg/apis/autoscaling/validation/validation.go.
"""

from __future__ import annotations

from typing import Any

from slosmith.validate import shapes
from slosmith.validate.findings import Finding, Keys


def check(data: Any) -> list[Finding]:
    """One HorizontalPodAutoscaler."""
    found = shapes.faults(data, "HPA")
    if found:
        return found
    spec = data["spec"]
    if spec["minReplicas"] > spec["maxReplicas"]:
        text = f"{spec['minReplicas']} is above maxReplicas, {spec['maxReplicas']}"
        found.append(_finding(("spec", "minReplicas"), text))
    names: set[str] = set()
    for index, metric in enumerate(spec["metrics"]):
        keys: Keys = ("spec", "metrics", index)
        shape = "HPA_PODS" if metric.get("type") == "Pods" else "HPA_RESOURCE"
        wrong = shapes.faults(metric, shape, keys)
        found += wrong
        if wrong:
            continue
        name = _name(metric)
        if name in names:
            found.append(_finding(keys, f"{name} is asked for twice"))
        names.add(name)
        if metric["type"] == "Pods":
            found += _quantity(metric["pods"]["target"]["averageValue"], keys)
    return found


def _name(metric: Any) -> str:
    name = (
        metric["pods"]["metric"]["name"] if metric["type"] == "Pods" else metric["resource"]["name"]
    )
    return str(name)


def _quantity(value: str, keys: Keys) -> list[Finding]:
    """The API server gives back the largest suffix that leaves a whole number."""
    digits = value.rstrip("mkMGT")
    if not digits.endswith("000"):
        return []
    text = f"{value} is not canonical: {digits[:-3]} with a larger suffix is the same"
    return [_finding((*keys, "pods", "target", "averageValue"), text)]


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-hpa", keys, text)
