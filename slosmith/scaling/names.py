"""Names of the objects that scale, and of triggers."""

from __future__ import annotations

from collections.abc import Sequence

from slosmith.model import (
    Autoscaling,
    LatencyTrigger,
    MetricTrigger,
    ResourceTrigger,
    TrafficTrigger,
    Trigger,
)


def hpa_name(service: str, scaling: Autoscaling) -> str:
    """The HorizontalPodAutoscaler that scales a service, whoever makes it."""
    if scaling.engine == "hpa":
        return service
    return scaling.transfer_hpa_ownership or f"keda-hpa-{service}"


def trigger_names(triggers: Sequence[Trigger]) -> tuple[str, ...]:
    """One for each trigger: `traffic`, then `traffic-2`, as KEDA refuses two of one name; a
    metric's own; the resource of the rest, which KEDA does not ask names of."""
    taken = {trigger.name for trigger in triggers if isinstance(trigger, MetricTrigger)}
    counts: dict[str, int] = {}
    found = []
    for trigger in triggers:
        match trigger:
            case MetricTrigger():
                found.append(trigger.name)
            case ResourceTrigger():
                found.append(trigger.resource)
            case TrafficTrigger():
                found.append(_unique("traffic", counts, taken))
            case LatencyTrigger():
                found.append(_unique("latency", counts, taken))
    return tuple(found)


def _unique(name: str, counts: dict[str, int], taken: set[str]) -> str:
    while True:
        counts[name] = counts.get(name, 0) + 1
        found = name if counts[name] == 1 else f"{name}-{counts[name]}"
        if found not in taken:
            return found
