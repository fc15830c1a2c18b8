"""A service's autoscaling → its HorizontalPodAutoscaler."""

from __future__ import annotations

from typing import Any

from generators.scaling.behavior import behavior
from generators.scaling.common import metadata, target_ref
from slosmith.artifacts import Artifact
from slosmith.escape import one_line
from slosmith.model import (
    Autoscaling,
    PodMetric,
    Project,
    ResourceTrigger,
    Service,
    TrafficTrigger,
)
from slosmith.scaling.pod_metrics import pod_metrics
from slosmith.scaling.quantities import quantity
from slosmith.yamlout import dump, header


def generate(service: Service, project: Project) -> list[Artifact]:
    """`kubernetes/<service>/hpa.yaml`, or nothing where no HPA of ours scales a service."""
    scaling = service.autoscaling
    if scaling is None or scaling.engine != "hpa":
        return []
    text = header(one_line(service.source)) + dump(_object(service, scaling))
    return [Artifact(f"kubernetes/{service.name}/hpa.yaml", text)]


def _object(service: Service, scaling: Autoscaling) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "scaleTargetRef": target_ref(scaling.target),
        "minReplicas": scaling.min_replicas,
        "maxReplicas": scaling.max_replicas,
        "metrics": _metrics(service.name, scaling),
    }
    rules = behavior(scaling)
    if rules:
        spec["behavior"] = rules
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(service, custom=False),
        "spec": spec,
    }


def _metrics(service: str, scaling: Autoscaling) -> list[dict[str, Any]]:
    """In the spec's order, but cpu last: where the API server stores v1, that has a field of its
    own and comes back behind all others, which GitOps would show as a difference for ever."""
    names = iter(pod_metrics(service, scaling.triggers))
    found: list[tuple[bool, dict[str, Any]]] = []
    for trigger in scaling.triggers:
        if isinstance(trigger, ResourceTrigger):
            found.append((trigger.resource == "cpu", _resource(trigger)))
        elif isinstance(trigger, TrafficTrigger):
            found.append((False, _pods(next(names), trigger)))
    return [metric for _, metric in sorted(found, key=lambda item: item[0])]


def _resource(trigger: ResourceTrigger) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": trigger.percent}
    return {"type": "Resource", "resource": {"name": trigger.resource, "target": target}}


def _pods(metric: PodMetric, trigger: TrafficTrigger) -> dict[str, Any]:
    target = {"type": "AverageValue", "averageValue": quantity(trigger.per_replica)}
    return {"type": "Pods", "pods": {"metric": {"name": metric.name}, "target": target}}
