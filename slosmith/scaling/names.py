"""Names of the objects that scale."""

from __future__ import annotations

from slosmith.model import Autoscaling


def hpa_name(service: str, scaling: Autoscaling) -> str:
    """The HorizontalPodAutoscaler that scales a service, whoever makes it."""
    if scaling.engine == "hpa":
        return service
    return scaling.transfer_hpa_ownership or f"keda-hpa-{service}"
