"""What a check of one SLO says, and how it becomes a problem with a place."""

from __future__ import annotations

from dataclasses import dataclass

from slosmith.model import Service
from slosmith.problems import At, Path, Problem, Severity


@dataclass(frozen=True)
class Finding:
    """A finding about an SLO; `inside` is the path of what it is about, within the SLO."""

    check: str
    message: str
    inside: Path
    severity: Severity = "warning"


def slo_path(service: Service, index: int) -> Path:
    """Where the SLO at `index` of a service stands in the model."""
    return ("services", service.source, "slos", index)


def at_slo(finding: Finding, service: Service, index: int) -> Problem:
    where = At((*slo_path(service, index), *finding.inside))
    return Problem(finding.check, finding.message, where, finding.severity)
