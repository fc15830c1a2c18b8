"""What the autoscaling of a service may refer to."""

from __future__ import annotations

from dataclasses import dataclass

from slosmith.model import Project
from slosmith.problems import Path
from slosmith.resolve.context import Context
from slosmith.resolve.references import SloIndex, full_name


@dataclass(frozen=True)
class Surroundings:
    """What a trigger may refer to."""

    context: Context
    project: Project
    service: str
    slos: SloIndex

    def find_slo(self, named: str, at: Path) -> str | None:
        """`service/slo` of an SLO that a trigger names, at model path `at`; None with a problem."""
        return full_name(self.context, named, self.service, self.slos, at)
