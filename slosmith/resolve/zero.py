"""The way to zero replicas and back, which only KEDA knows, and only some signals can rule."""

from __future__ import annotations

from typing import Any

from slosmith.durations import format_duration
from slosmith.model import MetricTrigger, Project, ResourceTrigger, TrafficTrigger, Trigger
from slosmith.problems import Path
from slosmith.resolve.context import Context, mapping, whole_seconds

# KEDA's first version that takes a workload with cpu or memory among its triggers to zero.
_RESOURCES_SINCE = (2, 11)
_LONGEST = 365 * 86400


def check(
    context: Context,
    data: dict[str, Any],
    project: Project,
    triggers: tuple[Trigger, ...],
    at: Path,
) -> None:
    """Problems of `min: 0` and `idle: 0` in the autoscaling `data` at model path `at`."""
    least = mapping(data.get("replicas")).get("min")
    idle = data.get("idle")
    if isinstance(idle, int) and isinstance(least, int):
        if idle:
            message = f"idle: {idle}: KEDA takes an idle workload to 0 or leaves it alone; write 0"
            context.error("replicas-range", message, (*at, "idle"))
            return
        if least == 0:
            message = "idle: 0 is what min: 0 says already; leave it out, or set min above 0"
            context.error("replicas-range", message, (*at, "idle"))
            return
    if least != 0 and idle != 0:
        return
    where = (*at, "replicas", "min") if least == 0 else (*at, "idle")
    instead = "set min to 1 or more" if least == 0 else "leave `idle` out"
    if not triggers:
        return
    if all(isinstance(trigger, ResourceTrigger) for trigger in triggers):
        message = (
            f"cpu and memory cannot start a workload that has no pods: {instead}, or add a "
            "trigger with `wakes: true`"
        )
        context.error("zero-wakes", message, where)
    elif not any(_wakes(trigger) for trigger in triggers):
        message = (
            "nothing would start the workload again: the series of its own pods are gone with "
            f"them. {instead[0].upper()}{instead[1:]}, or say `wakes: true` in a traffic or "
            "metric trigger whose series outlive the pods (those of an ingress or a queue)"
        )
        context.error("zero-wakes", message, where)
    elif project.keda_version < _RESOURCES_SINCE and any(
        isinstance(trigger, ResourceTrigger) for trigger in triggers
    ):
        major, minor = project.keda_version
        message = (
            "zero replicas beside cpu or memory need KEDA 2.11, and the output must serve KEDA "
            f"{major}.{minor} (keda.version)"
        )
        context.error("keda-version", message, where)


def _wakes(trigger: Trigger) -> bool:
    return isinstance(trigger, TrafficTrigger | MetricTrigger) and trigger.wakes


def seconds(context: Context, data: dict[str, Any], key: str, least: int, at: Path) -> int | None:
    """`polling` or `cooldown` of the autoscaling at model path `at`; None where it is not set."""
    found = whole_seconds(context, data, key, at)
    if found is not None and not least <= found <= _LONGEST:
        message = f"`{key}` must be {least}s to {format_duration(_LONGEST)}"
        context.error("field-value", message, (*at, key))
        return None
    return found
