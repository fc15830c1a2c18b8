"""What a ScaledObject and a HorizontalPodAutoscaler say alike."""

from __future__ import annotations

from typing import Any

from generators import gitops
from slosmith.model import ScaleTarget, Service


def metadata(service: Service, *, custom: bool) -> dict[str, Any]:
    """`custom`: whether the kind is one of a CustomResourceDefinition."""
    return {
        "name": service.name,
        "namespace": service.namespace,
        "labels": {
            "app.kubernetes.io/name": service.name,
            "app.kubernetes.io/managed-by": "slosmith",
        },
        "annotations": gitops.object_annotations(custom=custom),
    }


def target_ref(target: ScaleTarget) -> dict[str, Any]:
    return {"apiVersion": target.api_version, "kind": target.kind, "name": target.name}
