"""What the autoscaling of a service may refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slosmith.model import Project, Slo
from slosmith.problems import Path
from slosmith.resolve.context import Context
from slosmith.shape.messages import suggestion

# The SLOs of all services, by `service/slo`; None where one is there but faulty.
SloIndex = Mapping[str, Slo | None]


@dataclass(frozen=True)
class Surroundings:
    """What a trigger may refer to."""

    context: Context
    project: Project
    service: str
    slos: SloIndex


def find_slo(around: Surroundings, named: str, at: Path) -> str | None:
    """`service/slo` of an SLO that a trigger names, at model path `at`; None with a problem."""
    full = named if "/" in named else f"{around.service}/{named}"
    if full in around.slos:
        return full
    service = full.partition("/")[0]
    names = [name for name in around.slos if name.startswith(f"{service}/")]
    own = service == around.service
    short = [name.partition("/")[2] if own else name for name in names]
    advice = suggestion(named, [*short, *around.slos])
    if not advice:
        whose = "this service" if own else f"`{service}`"
        advice = (
            f"; SLOs of {whose}: {', '.join(short)}" if names else f", nor a service `{service}`"
        )
    around.context.error("slo-unknown", f"there is no SLO `{named}`{advice}", at)
    return None
