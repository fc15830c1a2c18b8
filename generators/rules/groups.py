"""The rule groups of a service: a fast and a slow one per SLO, each in dependency order."""

from __future__ import annotations

from typing import Any

from generators.rules import alerts, recording
from slosmith.durations import format_duration
from slosmith.model import Project, Service, Slo
from slosmith.series import slow_interval

FAST, SLOW = "fast", "slow"
Group = dict[str, Any]


def slo_groups(service: Service, slo: Slo, project: Project) -> list[Group]:
    """The two groups of one SLO."""
    fast = project.prometheus.evaluation_interval
    return [
        {
            "name": group_name(service, slo, FAST),
            "interval": format_duration(fast),
            "rules": recording.fast(service, slo, project) + alerts.fast(service, slo, project),
        },
        {
            "name": group_name(service, slo, SLOW),
            "interval": format_duration(slow_interval(fast)),
            "rules": recording.slow(service, slo, project) + alerts.slow(service, slo, project),
        },
    ]


def group_name(service: Service, slo: Slo, kind: str) -> str:
    """Names of services and SLOs are DNS labels, so the dots keep `a-b` + `c` and `a` + `b-c`
    apart."""
    return f"slosmith.{service.name}.{slo.name}.{kind}"


def service_groups(service: Service, project: Project) -> list[Group]:
    return [group for slo in service.slos for group in slo_groups(service, slo, project)]
