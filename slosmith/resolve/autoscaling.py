"""The autoscaling of a service: its target, triggers and limits."""

from __future__ import annotations

from typing import Any

from slosmith.model import Autoscaling, Project
from slosmith.problems import Path
from slosmith.resolve import behavior, engines, fallback, scale_target, triggers, zero
from slosmith.resolve.context import Context, mapping
from slosmith.resolve.references import SloIndex
from slosmith.resolve.surroundings import Surroundings


def build(
    context: Context, value: Any, at: Path, project: Project, service: str, slos: SloIndex
) -> Autoscaling | None:
    """The autoscaling that stands at model path `at`; None after problems."""
    data = mapping(value)
    around = Surroundings(context, project, service, slos)
    target = None
    if _require(context, data, "target", "what to scale, such as deployment/api", at):
        target = scale_target.build(context, data["target"], (*at, "target"))
    replicas = _replicas(context, data, at)
    signals = None
    if _require(context, data, "triggers", "the signals to scale on", at) and isinstance(
        data["triggers"], list
    ):
        signals = triggers.build(around, data["triggers"], (*at, "triggers"))
    rules = mapping(data.get("behavior"))
    up, down = (
        behavior.rule(context, rules.get(key), (*at, "behavior", key))
        for key in ("scale_up", "scale_down")
    )
    engine = engines.engine(context, data, at)
    if engine == "keda":
        zero.check(context, data, project, signals or (), at)
    held = fallback.build(context, data, project, signals or (), at) if engine == "keda" else None
    if engine == "hpa":
        engines.pod_series(context, signals or (), (*at, "triggers"))
    polling = zero.seconds(context, data, "polling", 1, at)
    cooldown = zero.seconds(context, data, "cooldown", 0, at)
    pause = engines.pause(context, data.get("pause"), project, at)
    taken = engines.transfer(context, data.get("transfer_hpa_ownership"), project, at)
    if target is None or replicas is None or signals is None:
        return None
    return Autoscaling(
        target,
        *replicas,
        signals,
        up,
        down,
        held,
        engine,
        polling,
        cooldown,
        0 if data.get("idle") == 0 else None,
        pause,
        taken,
    )


def _require(context: Context, data: dict[str, Any], key: str, what: str, at: Path) -> bool:
    if key in data:
        return True
    context.error("field-missing", f"`{key}` is missing: {what}", at, key=True)
    return False


def _replicas(context: Context, data: dict[str, Any], at: Path) -> tuple[int, int] | None:
    if not _require(context, data, "replicas", "fewest and most, {min: 3, max: 20}", at):
        return None
    replicas, path = mapping(data["replicas"]), (*at, "replicas")
    if not isinstance(data["replicas"], dict):
        return None
    given = [
        _require(context, replicas, key, f"the {word} replicas", path)
        for key, word in (("min", "fewest"), ("max", "most"))
    ]
    least, most = replicas.get("min"), replicas.get("max")
    if not all(given) or not isinstance(least, int) or not isinstance(most, int):
        return None
    if least > most:
        message = f"min: {least} is more than max: {most}"
        context.error("replicas-range", message, (*path, "min"))
        return None
    return least, most
