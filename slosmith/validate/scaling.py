"""ScaledObjects → what KEDA, its webhook, or the HPA it makes, would refuse or misread.

Source: KEDA's apis/keda/v1alpha1/scaledobject_webhook.go and pkg/scalers/prometheus_scaler.go.
"""

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
_TRANSFER = "scaledobject.keda.sh/transfer-hpa-ownership"
_PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"


def check(data: Any) -> list[Finding]:
    """One ScaledObject."""
    found = shapes.faults(data, "SCALED_OBJECT")
    if found:
        return found
    config = data["spec"].get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
    if len(data["metadata"]["name"]) > MAX_NAME and "name" not in config:
        text = f"a name of more than {MAX_NAME} characters makes that of KEDA's HPA too long"
        found.append(_finding(("metadata", "name"), text))
    found += _replicas(data["spec"])
    found += _annotations(data["metadata"].get("annotations", {}), config)
    triggers = data["spec"]["triggers"]
    if "fallback" in data["spec"] and not any(map(_is_external, triggers)):
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


def _replicas(spec: Any) -> list[Finding]:
    found = []
    least, most = spec["minReplicaCount"], spec["maxReplicaCount"]
    if least > most:
        text = f"{least} is above maxReplicaCount, {most}"
        found.append(_finding(("spec", "minReplicaCount"), text))
    if spec.get("idleReplicaCount", -1) >= least:
        text = "has to be below minReplicaCount"
        found.append(_finding(("spec", "idleReplicaCount"), text))
    if least == 0 and not any(map(_is_external, spec["triggers"])):
        text = "cpu and memory cannot start a workload that has no pods"
        found.append(_finding(("spec", "minReplicaCount"), text))
    return found


def _annotations(annotations: Any, config: Any) -> list[Finding]:
    found = []
    keys: Keys = ("metadata", "annotations")
    if _TRANSFER in annotations and "name" not in config:
        text = "needs the name of the HPA in horizontalPodAutoscalerConfig"
        found.append(_finding((*keys, _TRANSFER), text))
    replicas = annotations.get(_PAUSED_REPLICAS)
    if replicas is not None and not re.fullmatch(r"0|[1-9][0-9]*", replicas):
        found.append(_finding((*keys, _PAUSED_REPLICAS), f"{replicas!r} is no number of replicas"))
    return found


def _is_external(trigger: Any) -> bool:
    return bool(trigger.get("type") == _PROMETHEUS)


def _trigger(trigger: Any, keys: Keys) -> list[Finding]:
    if not _is_external(trigger):
        return shapes.faults(trigger, "RESOURCE_TRIGGER", keys)
    found = shapes.faults(trigger, "PROMETHEUS_TRIGGER", keys)
    if found:
        return found
    metadata = trigger["metadata"]
    for field, least in (("threshold", MIN_THRESHOLD), ("activationThreshold", Decimal(0))):
        number = metadata.get(field)
        if number is not None and (not _NUMBER.fullmatch(number) or Decimal(number) < least):
            text = f"{number!r} is no JSON number of at least {least}"
            found.append(_finding((*keys, "metadata", field), text))
    if ("authModes" in metadata) != ("authenticationRef" in trigger):
        text = "authModes and authenticationRef do nothing, or fail, without each other"
        found.append(_finding((*keys, "metadata"), text))
    wrong = expressions.single_value_fault(metadata["query"])
    if wrong:
        found.append(Finding("artifact-promql", (*keys, "metadata", "query"), wrong))
    return found


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-scaledobject", keys, text)
