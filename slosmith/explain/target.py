"""SERVICE or SERVICE/SLO → the SLOs that are meant."""

from __future__ import annotations

from dataclasses import dataclass

from slosmith.model import Fleet, Service
from slosmith.problems import Problem
from slosmith.shape.messages import suggestion


@dataclass(frozen=True)
class Target:
    """A service, and which of its SLOs (by their places in it) are meant."""

    service: Service
    indices: tuple[int, ...]


def find(fleet: Fleet, name: str | None) -> tuple[list[Target], list[Problem]]:
    """What `name` means; without one, everything. Unknown names are problems."""
    if name is None:
        return [_whole(service) for service in fleet.services], []
    service_name, slash, slo_name = name.partition("/")
    services = {service.name: service for service in fleet.services}
    service = services.get(service_name)
    if service is None:
        message = f"there is no service `{service_name}`" + _advice(service_name, list(services))
        return [], [Problem("service-unknown", message)]
    if not slash:
        return [_whole(service)], []
    names = [slo.name for slo in service.slos]
    if slo_name not in names:
        message = f"the service `{service_name}` has no SLO `{slo_name}`"
        return [], [Problem("slo-unknown", message + _advice(slo_name, names))]
    return [Target(service, (names.index(slo_name),))], []


def _whole(service: Service) -> Target:
    return Target(service, tuple(range(len(service.slos))))


def _advice(word: str, known: list[str]) -> str:
    listed = ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
    return suggestion(word, known) or f"; there is {listed}"
