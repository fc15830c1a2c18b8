"""`hold_while` of a trigger: the SLOs that keep it from adding replicas while they burn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slosmith.durations import format_duration
from slosmith.model import Guard, LatencyTrigger
from slosmith.numbers import percent, plain
from slosmith.problems import Path
from slosmith.resolve.context import Context, number
from slosmith.resolve.surroundings import Surroundings

_KEY = "hold_while"


def build(around: Surroundings, data: dict[str, Any], at: Path) -> tuple[Guard, ...] | None:
    """The guards of the trigger `data` at model path `at`; none where it has no `hold_while`, None
    after problems."""
    items = data.get(_KEY, [])
    if not isinstance(items, list):
        return None
    found: list[Guard | None] = []
    places: dict[str, Path] = {}
    for index, item in enumerate(items):
        path = (*at, _KEY, index)
        guard = _guard(around, item, path)
        if guard and places.setdefault(guard.slo, path) != path:
            first = around.context.origins.place(places[guard.slo])
            message = f"`{guard.slo}` holds this trigger already ({first}); name it once"
            around.context.error("guard-twice", message, path)
        found.append(guard)
    guards = tuple(guard for guard in found if guard)
    return guards if len(guards) == len(found) else None


def _guard(around: Surroundings, item: Any, at: Path) -> Guard | None:
    burn: Decimal | None = Decimal(1)
    named, path = item, at
    if isinstance(item, dict):
        named, path = item.get("slo"), (*at, "slo")
        burn = number(item.get("burn", 1))
    if not isinstance(named, str) or burn is None:
        return None
    full = around.find_slo(named, path)
    slo = around.slos[full] if full else None
    if full is None or slo is None:
        return None
    threshold = slo.budget * burn
    if threshold >= 1:
        message = (
            f"`burn`: {plain(burn)} times the budget of {percent(slo.budget)} is "
            f"{percent(threshold)}, and an error ratio is never above 100%: this guard would never "
            f"hold. Write less than {plain(round(1 / slo.budget, 2))}"
        )
        around.context.error("guard-never", message, (*at, "burn"))
        return None
    return Guard(full, burn, threshold)


def of_target(context: Context, data: dict[str, Any], at: Path) -> bool:
    """Whether the metric trigger `data` may be held. One that shares a total may not: the most
    that asks for no more replicas is a total of the present replicas, which no query knows."""
    if _KEY not in data or "per_replica" not in data:
        return True
    message = (
        "`hold_while` needs `target`: a total, which per_replica divides, is work that is there "
        "and asks for a number of replicas, whatever there are now. Leave it out, or scale by a "
        "value that every replica has"
    )
    context.error("guard-total", message, (*at, _KEY), key=True)
    return False


def refuse_own(context: Context, trigger: LatencyTrigger, below: Decimal, at: Path) -> None:
    """A problem for a guard that holds whenever the trigger, at model path `at`, would act.

    A quantile q above a target that is not below the SLO's bound means that more than 1 - q of the
    requests are too slow for the SLO.
    """
    for index, guard in enumerate(trigger.hold_while):
        slow = 1 - trigger.quantile
        if guard.slo != trigger.slo or trigger.target < below or guard.threshold > slow:
            continue
        message = (
            f"while the latency is above {format_duration(trigger.target)}, more than "
            f"{percent(slow)} of the requests are too slow for `{guard.slo}`, which holds above "
            f"{percent(guard.threshold)}: this trigger would never add a replica. Name the SLOs of "
            "what this service waits for"
        )
        context.error("guard-always", message, (*at, _KEY, index))
