"""Scaling rules → `behavior` of a HorizontalPodAutoscaler, which KEDA hands on as it is."""

from __future__ import annotations

from typing import Any

from slosmith.model import Autoscaling, ScaleRule

# What the cluster does where a scaling rule gives only half of a policy.
_DEFAULT_PERCENT = 100
_DEFAULT_EVERY = 15


def behavior(scaling: Autoscaling) -> dict[str, Any]:
    """Both directions, as far as the spec sets them; empty where it sets none."""
    rules = {"scaleUp": scaling.scale_up, "scaleDown": scaling.scale_down}
    data = {direction: _rule(rule) for direction, rule in rules.items() if rule is not None}
    return {direction: rule for direction, rule in data.items() if rule}


def _rule(rule: ScaleRule) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if rule.stabilization is not None:
        data["stabilizationWindowSeconds"] = rule.stabilization
    amounts = {"Percent": rule.percent, "Pods": rule.pods}
    if rule.every is not None and rule.percent is None and rule.pods is None:
        amounts["Percent"] = _DEFAULT_PERCENT
    policies = [
        {"type": kind, "value": value, "periodSeconds": rule.every or _DEFAULT_EVERY}
        for kind, value in amounts.items()
        if value is not None
    ]
    return data | ({"policies": policies} if policies else {})
