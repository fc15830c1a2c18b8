"""What scales in the whole project: one scaler for one workload, one HPA for one name."""

from __future__ import annotations

from collections.abc import Iterable

from slosmith.model import Service
from slosmith.problems import Path
from slosmith.resolve.context import Context
from slosmith.scaling.names import hpa_name


def check(context: Context, services: Iterable[tuple[Path, Service | None]]) -> None:
    """Problems of all services, each with the model path of its autoscaling."""
    workloads: dict[object, tuple[str, Path]] = {}
    names: dict[object, tuple[str, Path]] = {}
    for at, service in services:
        if service is None or service.autoscaling is None:
            continue
        if _workload_twice(context, service, at, workloads):
            continue
        name = hpa_name(service.name, service.autoscaling)
        key = (service.namespace, name)
        other, first = names.setdefault(key, (service.name, at))
        if first != at:
            taken = bool(service.autoscaling.transfer_hpa_ownership)
            message = (
                f"the HorizontalPodAutoscaler {name} in namespace {service.namespace} is that of "
                f"`{other}` already ({context.origins.place(first)})"
            )
            where = (*at, "transfer_hpa_ownership") if taken else at
            context.error("hpa-twice", message, where, key=not taken)


def _workload_twice(
    context: Context, service: Service, at: Path, places: dict[object, tuple[str, Path]]
) -> bool:
    """Whether another service scales the workload of this one: two scalers fight over it."""
    assert service.autoscaling is not None
    target, path = service.autoscaling.target, (*at, "target")
    key = (service.namespace, target.api_version.rpartition("/")[0], target.kind, target.name)
    other, first = places.setdefault(key, (service.name, path))
    if first == path:
        return False
    message = (
        f"{target.kind} {target.name} in namespace {service.namespace} is scaled by "
        f"`{other}` already ({context.origins.place(first)}); two scalers on one "
        "workload fight over its replicas"
    )
    context.error("scaler-twice", message, path)
    return True
