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
    own = [name.split("/")[1] for name in slos if name.startswith(f"{service}/")]
    near = suggestion(named, [*own, *slos])
    message = f"there is no SLO `{named}`{near or '; SLOs of this service: ' + ', '.join(own)}"
    context.error("slo-unknown", message, at)
    return None
