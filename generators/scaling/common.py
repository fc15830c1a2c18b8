"""What a ScaledObject and a HorizontalPodAutoscaler say alike."""

from __future__ import annotations

from typing import Any

from slosmith.model import ScaleTarget, Service


def metadata(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "namespace": service.namespace,
        "labels": {
            "app.kubernetes.io/name": service.name,
            "app.kubernetes.io/managed-by": "slosmith",
        },
        # A query or a name may hold `${…}`, which Flux would replace.
        "annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"},
    }


def target_ref(target: ScaleTarget) -> dict[str, Any]:
    return {"apiVersion": target.api_version, "kind": target.kind, "name": target.name}
