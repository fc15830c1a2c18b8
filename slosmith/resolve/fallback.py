"""What holds when a query fails, within what KEDA's versions can do."""

from __future__ import annotations

from typing import Any

from slosmith.model import (
    Fallback,
    LatencyTrigger,
    MetricTrigger,
    Project,
    ResourceTrigger,
    TrafficTrigger,
    Trigger,
)
from slosmith.problems import Path
from slosmith.resolve.context import Context, mapping, text

# KEDA versions that first had a field (its changelog).
_BEHAVIOR = (2, 17)
_VALUE = (2, 18)


def build(
    context: Context,
    data: dict[str, Any],
    project: Project,
    triggers: tuple[Trigger, ...],
    at: Path,
) -> Fallback | None:
    """The fallback of the autoscaling `data`, which stands at model path `at`; None where there
    is none. Its limits come from `triggers` (those without problems) and keda.version."""
    value, path = data.get("fallback"), (*at, "fallback")
    if not isinstance(value, dict) or not isinstance(value.get("replicas"), int):
        return None
    replicas, behavior = value["replicas"], text(value.get("behavior")) or "static"
    after = value["after"] if isinstance(value.get("after"), int) else 3
    version = project.keda_version
    shown = f"KEDA {version[0]}.{version[1]} (keda.version)"
    if triggers and all(isinstance(trigger, ResourceTrigger) for trigger in triggers):
        message = "KEDA never falls back for cpu and memory: leave `fallback` out"
        context.error("fallback-resources", message, path, key=True)
    if behavior != "static" and version < _BEHAVIOR:
        message = f"`behavior: {behavior}` needs KEDA 2.17, and the output must serve {shown}"
        context.error("keda-version", message, (*path, "behavior"))
    kinds = sorted({kind for trigger in triggers if (kind := _compared(trigger))})
    if kinds and version < _VALUE:
        message = f"a fallback beside a {' and a '.join(kinds)} needs KEDA 2.18, not {shown}"
        context.error("keda-version", message, path, key=True)
    if _to_zero(data) and any(_goes_with_pods(trigger) for trigger in triggers):
        message = (
            "at zero replicas the series of triggers without `wakes: true` are gone, their "
            "queries fail, and the fallback would start the workload again; leave `fallback` "
            "out, or keep min above 0 without `idle`"
        )
        context.error("fallback-zero", message, path, key=True)
    limits = mapping(data.get("replicas"))
    most = limits.get("max")
    if isinstance(most, int) and replicas > most:
        message = f"replicas: {replicas} is more than max: {most}"
        context.error("replicas-range", message, (*path, "replicas"))
    return Fallback(replicas, after, behavior)


def _compared(trigger: Trigger) -> str:
    """The trigger whose value is compared with a target (`Value`), not divided; or nothing."""
    if isinstance(trigger, LatencyTrigger):
        return "latency trigger"
    if isinstance(trigger, MetricTrigger) and trigger.target is not None:
        return "metric with a target"
    return ""


def _to_zero(data: dict[str, Any]) -> bool:
    return mapping(data.get("replicas")).get("min") == 0 or data.get("idle") == 0


def _goes_with_pods(trigger: Trigger) -> bool:
    if isinstance(trigger, TrafficTrigger | MetricTrigger):
        return not trigger.wakes
    return isinstance(trigger, LatencyTrigger)
