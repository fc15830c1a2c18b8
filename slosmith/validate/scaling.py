"""ScaledObjects → what KEDA, or the HPA it makes, would refuse or misread."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from slosmith.validate import expressions, shapes
from slosmith.validate.findings import Finding, Keys

# The HPA is called `keda-hpa-<name>` and takes 63 characters.
MAX_NAME = 54
# KEDA keeps three decimals: what is smaller becomes 0, which an HPA refuses.
MIN_THRESHOLD = Decimal("0.001")

# KEDA reads numbers as JSON: no `.5`, `5.`, `+5`, `05`, `100m` or `50%`.
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?")
_PROMETHEUS = "prometheus"


def check(data: Any) -> list[Finding]:
    """One ScaledObject."""
    found = shapes.faults(data, "SCALED_OBJECT")
    if found:
        return found
    spec = data["spec"]
    if len(data["metadata"]["name"]) > MAX_NAME:
        text = f"a name of more than {MAX_NAME} characters makes that of KEDA's HPA too long"
        found.append(_finding(("metadata", "name"), text))
    if spec["minReplicaCount"] > spec["maxReplicaCount"]:
        text = f"{spec['minReplicaCount']} is above maxReplicaCount, {spec['maxReplicaCount']}"
        found.append(_finding(("spec", "minReplicaCount"), text))
    triggers = spec["triggers"]
    if "fallback" in spec and all(trigger.get("type") != _PROMETHEUS for trigger in triggers):
        text = "KEDA refuses a fallback where all triggers are cpu or memory"
        found.append(_finding(("spec", "fallback"), text))
    names: set[str] = set()
    for index, trigger in enumerate(triggers):
        keys: Keys = ("spec", "triggers", index)
        found += _trigger(trigger, keys)
        name = trigger.get("name")
        if isinstance(name, str):
            if name in names:
                found.append(_finding((*keys, "name"), f"{name} names two triggers"))
            names.add(name)
    return found


def _trigger(trigger: Any, keys: Keys) -> list[Finding]:
    if trigger.get("type") != _PROMETHEUS:
        return shapes.faults(trigger, "RESOURCE_TRIGGER", keys)
    found = shapes.faults(trigger, "PROMETHEUS_TRIGGER", keys)
    if found:
        return found
    metadata = trigger["metadata"]
    threshold = metadata["threshold"]
    if not _NUMBER.fullmatch(threshold) or Decimal(threshold) < MIN_THRESHOLD:
        text = f"{threshold!r} is no JSON number of at least {MIN_THRESHOLD}"
        found.append(_finding((*keys, "metadata", "threshold"), text))
    wrong = expressions.single_value_fault(metadata["query"])
    if wrong:
        found.append(Finding("artifact-promql", (*keys, "metadata", "query"), wrong))
    return found


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-scaledobject", keys, text)
