"""The autoscaling of a service: its target, triggers and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from slosmith.durations import format_duration
from slosmith.model import (
    Autoscaling,
    Fallback,
    LatencyIndicator,
    LatencyTrigger,
    Project,
    ResourceTrigger,
    ScaleRule,
    ScaleTarget,
    Slo,
    TrafficTrigger,
    Trigger,
)
from slosmith.numbers import plain
from slosmith.problems import Path
from slosmith.promql import fields
from slosmith.resolve.context import (
    Context,
    duration,
    mapping,
    no_duration,
    number,
    text,
    whole_seconds,
)
from slosmith.shape.messages import suggestion

_KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet"}
# Kubernetes' limits of HPA behavior (autoscaling/v2 validation).
MAX_STABILIZATION = 3600
MAX_PERIOD = 1800
# KEDA hands a metric to the HPA in thousandths.
_LEAST = Decimal("0.001")
# KEDA versions that first had a field (its changelog).
_FALLBACK_BEHAVIOR = (2, 17)
_FALLBACK_VALUE = (2, 18)

# The SLOs of all services, by `service/slo`; None where one is there but faulty.
SloIndex = Mapping[str, Slo | None]


@dataclass(frozen=True)
class _Surroundings:
    context: Context
    project: Project
    service: str
    slos: SloIndex


def build(
    context: Context, value: Any, at: Path, project: Project, service: str, slos: SloIndex
) -> Autoscaling | None:
    """The autoscaling that stands at model path `at`; None after problems."""
    data = mapping(value)
    around = _Surroundings(context, project, service, slos)
    target = _target(context, data, at)
    replicas = _replicas(context, data, at)
    triggers = _triggers(around, data, at)
    behavior = mapping(data.get("behavior"))
    up = _rule(context, behavior.get("scale_up"), (*at, "behavior", "scale_up"))
    down = _rule(context, behavior.get("scale_down"), (*at, "behavior", "scale_down"))
    fallback = _fallback(around, data, triggers or (), at)
    if target is None or replicas is None or triggers is None:
        return None
    return Autoscaling(target, *replicas, triggers, up, down, fallback)


def _require(context: Context, data: dict[str, Any], key: str, what: str, at: Path) -> bool:
    if key in data:
        return True
    context.error("field-missing", f"`{key}` is missing: {what}", at, key=True)
    return False


def _target(context: Context, data: dict[str, Any], at: Path) -> ScaleTarget | None:
    if not _require(context, data, "target", "what to scale, such as deployment/api", at):
        return None
    value = data["target"]
    if isinstance(value, str):
        kind, _, name = value.partition("/")
        return ScaleTarget("apps/v1", _KINDS[kind], name)
    parts = [mapping(value).get(key) for key in ("apiVersion", "kind", "name")]
    if all(isinstance(part, str) for part in parts):
        return ScaleTarget(*map(text, parts))
    return None


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
    if least == 0:
        message = (
            "scaling to zero is not supported by this version of slosmith; write min: 1 or more"
        )
        context.error("not-supported", message, (*path, "min"))
        return None
    if least > most:
        message = f"min: {least} is more than max: {most}"
        context.error("replicas-range", message, (*path, "min"))
        return None
    return least, most


def _triggers(around: _Surroundings, data: dict[str, Any], at: Path) -> tuple[Trigger, ...] | None:
    if not _require(around.context, data, "triggers", "the signals to scale on", at):
        return None
    if not isinstance(data["triggers"], list):
        return None
    found: list[Trigger | None] = []
    resources: dict[str, Path] = {}
    for index, item in enumerate(data["triggers"]):
        path = (*at, "triggers", index)
        for kind in mapping(item):
            if kind in ("cpu", "memory") and resources.setdefault(kind, path) != path:
                where = around.context.origins.place((*resources[kind], kind))
                message = f"`{kind}` is given twice, first at {where}"
                around.context.error("trigger-twice", message, (*path, kind), key=True)
        found.append(_trigger(around, item, path))
    triggers = tuple(trigger for trigger in found if trigger is not None)
    return triggers if len(triggers) == len(found) else None


def _trigger(around: _Surroundings, item: Any, at: Path) -> Trigger | None:
    for kind, value in mapping(item).items():
        path = (*at, kind)
        if kind == "traffic" and isinstance(value, dict):
            return _traffic(around.context, value, path)
        if kind == "latency" and isinstance(value, dict):
            return _latency(around, value, path)
        if kind in ("cpu", "memory") and isinstance(value, int):
            return ResourceTrigger(kind, value)  # type: ignore[arg-type]
    return None


def _traffic(context: Context, data: dict[str, Any], at: Path) -> TrafficTrigger | None:
    series = None
    if isinstance(data.get("series"), str):
        series, faults = fields.selector(data["series"], context.judge)
        context.faults(faults, (*at, "series"))
    per_replica = number(data.get("per_replica"))
    if per_replica is not None and per_replica < _LEAST:
        message = f"per_replica: {plain(per_replica)} rounds to nothing; at least 0.001"
        context.error("trigger-precision", message, (*at, "per_replica"))
        return None
    if per_replica is not None and per_replica % _LEAST:
        message = f"per_replica: {plain(per_replica)} has more than three decimals, which KEDA cuts"
        context.error("trigger-precision", message, (*at, "per_replica"))
        return None
    if series is None or per_replica is None:
        return None
    return TrafficTrigger(series, per_replica)


def _latency(around: _Surroundings, data: dict[str, Any], at: Path) -> LatencyTrigger | None:
    quantile, target = number(data.get("quantile")), duration(data.get("target"))
    no_duration(around.context, data, "target", at)
    named = data.get("slo")
    if not isinstance(named, str):
        return None
    full = named if "/" in named else f"{around.service}/{named}"
    if full not in around.slos:
        own = [name.split("/")[1] for name in around.slos if name.startswith(f"{around.service}/")]
        near = suggestion(named, [*own, *around.slos])
        message = f"there is no SLO `{named}`{near or '; SLOs of this service: ' + ', '.join(own)}"
        around.context.error("slo-unknown", message, (*at, "slo"))
        return None
    slo = around.slos[full]
    if slo is None:
        return None
    if not isinstance(slo.indicator, LatencyIndicator):
        message = (
            f"`{named}` is an SLO of the kind {slo.indicator.kind}; a latency trigger needs one "
            "with a histogram (indicator latency)"
        )
        around.context.error("trigger-slo", message, (*at, "slo"))
        return None
    if quantile is None or not target:
        return None
    histogram = slo.indicator
    return LatencyTrigger(
        full, histogram.histogram, quantile, target, histogram.unit, histogram.native
    )


def _rule(context: Context, value: Any, at: Path) -> ScaleRule | None:
    data = mapping(value)
    if not data:
        return None
    stabilization = _at_most(context, data, "stabilization", 0, MAX_STABILIZATION, at)
    every = _at_most(context, data, "every", 1, MAX_PERIOD, at)
    percent = data.get("percent")
    if ("percent" in data) != ("every" in data):
        given, missing = ("percent", "every") if "percent" in data else ("every", "percent")
        context.error("field-missing", f"`{given}` needs `{missing}` beside it", at, key=True)
    return ScaleRule(stabilization, percent if isinstance(percent, int) else None, every)


def _at_most(
    context: Context, data: dict[str, Any], key: str, least: int, most: int, at: Path
) -> int | None:
    seconds = whole_seconds(context, data, key, at)
    if seconds is None or least <= seconds <= most:
        return seconds
    message = f"`{key}` must be {format_duration(least)} to {format_duration(most)}"
    context.error("behavior-range", message, (*at, key))
    return None


def _fallback(
    around: _Surroundings, data: dict[str, Any], triggers: tuple[Trigger, ...], at: Path
) -> Fallback | None:
    value, path = data.get("fallback"), (*at, "fallback")
    if not isinstance(value, dict) or not isinstance(value.get("replicas"), int):
        return None
    replicas, behavior = value["replicas"], text(value.get("behavior")) or "static"
    after = value["after"] if isinstance(value.get("after"), int) else 3
    version = around.project.keda_version
    shown = f"KEDA {version[0]}.{version[1]} (keda.version)"
    if triggers and all(isinstance(trigger, ResourceTrigger) for trigger in triggers):
        message = "KEDA never falls back for cpu and memory: leave `fallback` out"
        around.context.error("fallback-resources", message, path, key=True)
    if behavior != "static" and version < _FALLBACK_BEHAVIOR:
        message = f"`behavior: {behavior}` needs KEDA 2.17, and the output must serve {shown}"
        around.context.error("keda-version", message, (*path, "behavior"))
    has_latency = any(isinstance(trigger, LatencyTrigger) for trigger in triggers)
    if has_latency and version < _FALLBACK_VALUE:
        message = f"a fallback beside a latency trigger needs KEDA 2.18, not {shown}"
        around.context.error("keda-version", message, path, key=True)
    limits = mapping(data.get("replicas"))
    most = limits.get("max")
    if isinstance(most, int) and replicas > most:
        message = f"replicas: {replicas} is more than max: {most}"
        around.context.error("replicas-range", message, (*path, "replicas"))
    return Fallback(replicas, after, behavior)
