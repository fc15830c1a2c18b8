"""Names of SLOs in other sections of a spec."""

from __future__ import annotations

from collections.abc import Mapping

from slosmith.model import Slo
from slosmith.problems import Path
from slosmith.resolve.context import Context
from slosmith.shape.messages import suggestion

# The SLOs of all services, by `service/slo`; None where one is there but faulty.
SloIndex = Mapping[str, Slo | None]


def full_name(context: Context, named: str, service: str, slos: SloIndex, at: Path) -> str | None:
    """`service/slo` for a name that may leave out its own service; None, with a problem at the
    model path `at`, where there is no such SLO."""
    full = named if "/" in named else f"{service}/{named}"
    if full in slos:
        return full
    whose = full.partition("/")[0]
    names = [name for name in slos if name.startswith(f"{whose}/")]
    own = whose == service
    short = [name.partition("/")[2] if own else name for name in names]
    advice = suggestion(named, [*short, *slos])
    if not advice:
        owner = "this service" if own else f"`{whose}`"
        advice = f"; SLOs of {owner}: {', '.join(short)}" if names else f", nor a service `{whose}`"
    context.error("slo-unknown", f"there is no SLO `{named}`{advice}", at)
    return None
