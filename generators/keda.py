"""A service's autoscaling → its KEDA ScaledObject."""

from __future__ import annotations

from typing import Any

from generators.scaling.behavior import behavior
from generators.scaling.common import metadata, target_ref
from generators.scaling.triggers import triggers
from slosmith.artifacts import Artifact
from slosmith.escape import one_line
from slosmith.model import Autoscaling, Fallback, Pause, Project, Service
from slosmith.yamlout import dump, header

# `fallback.behavior` is an unknown field before.
_FALLBACK_BEHAVIOR_SINCE = (2, 17)
_PAUSED = "autoscaling.keda.sh/paused"
_ONE_WAY = {"scale_up": f"{_PAUSED}-scale-out", "scale_down": f"{_PAUSED}-scale-in"}


def generate(service: Service, project: Project) -> list[Artifact]:
    """`kubernetes/<service>/scaledobject.yaml`, or nothing where KEDA does not scale a service."""
    scaling = service.autoscaling
    if scaling is None or scaling.engine != "keda":
        return []
    text = header(one_line(service.source)) + dump(_object(service, scaling, project))
    return [Artifact(f"kubernetes/{service.name}/scaledobject.yaml", text)]


def _object(service: Service, scaling: Autoscaling, project: Project) -> dict[str, Any]:
    about = metadata(service, custom=True)
    about["annotations"] |= _annotations(scaling)
    spec: dict[str, Any] = {"scaleTargetRef": target_ref(scaling.target)}
    # Without them KEDA takes its own defaults, which matter only for scaling to and from zero.
    if scaling.polling is not None:
        spec["pollingInterval"] = scaling.polling
    if scaling.cooldown is not None:
        spec["cooldownPeriod"] = scaling.cooldown
    if scaling.idle is not None:
        spec["idleReplicaCount"] = scaling.idle
    spec["minReplicaCount"] = scaling.min_replicas
    spec["maxReplicaCount"] = scaling.max_replicas
    if scaling.fallback is not None:
        spec["fallback"] = _fallback(scaling.fallback, project)
    config = _hpa_config(scaling)
    if config:
        spec["advanced"] = {"horizontalPodAutoscalerConfig": config}
    spec["triggers"] = triggers(scaling.triggers, project.prometheus)
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": about,
        "spec": spec,
    }


def _annotations(scaling: Autoscaling) -> dict[str, str]:
    data = _paused(scaling.pause)
    if scaling.transfer_hpa_ownership:
        data["scaledobject.keda.sh/transfer-hpa-ownership"] = "true"
    return data


def _paused(pause: Pause | None) -> dict[str, str]:
    if pause is None:
        return {}
    if isinstance(pause, int):
        return {f"{_PAUSED}-replicas": str(pause)}
    return {_ONE_WAY.get(pause, _PAUSED): "true"}


def _fallback(fallback: Fallback, project: Project) -> dict[str, Any]:
    data: dict[str, Any] = {"failureThreshold": fallback.after, "replicas": fallback.replicas}
    if fallback.behavior != "static" and project.keda_version >= _FALLBACK_BEHAVIOR_SINCE:
        data["behavior"] = fallback.behavior
    return data


def _hpa_config(scaling: Autoscaling) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if scaling.transfer_hpa_ownership:
        data["name"] = scaling.transfer_hpa_ownership
    rules = behavior(scaling)
    return data | ({"behavior": rules} if rules else {})
