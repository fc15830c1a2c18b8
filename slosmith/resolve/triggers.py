"""The signals that a service scales on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slosmith.model import (
    LatencyIndicator,
    LatencyTrigger,
    MetricTrigger,
    ResourceTrigger,
    TrafficTrigger,
    Trigger,
)
from slosmith.numbers import plain
from slosmith.problems import Path
from slosmith.promql import fields
from slosmith.resolve import guards
from slosmith.resolve.context import Context, duration, mapping, no_duration, number, text
from slosmith.resolve.surroundings import Surroundings

# KEDA hands a metric to the HPA in thousandths.
_LEAST = Decimal("0.001")


def build(around: Surroundings, items: list[Any], at: Path) -> tuple[Trigger, ...] | None:
    """The triggers of a list that stands at model path `at`; None after problems."""
    found: list[Trigger | None] = []
    once: dict[str, Path] = {}
    for index, item in enumerate(items):
        path = (*at, index)
        for kind, value in mapping(item).items():
            _only_once(around.context, kind, value, (*path, kind), once)
        found.append(_trigger(around, item, path))
    triggers = tuple(trigger for trigger in found if trigger is not None)
    return triggers if len(triggers) == len(found) else None


def _only_once(context: Context, kind: str, value: Any, at: Path, once: dict[str, Path]) -> None:
    """Resources, and the names of metrics, are there once."""
    what, path = f"`{kind}`", at
    if kind == "metric":
        name = text(mapping(value).get("name"))
        what, path = f"the metric `{name}`", (*at, "name")
        if not name:
            return
    elif kind not in ("cpu", "memory"):
        return
    if once.setdefault(what, path) != path:
        message = f"{what} is given twice, first at {context.origins.place(once[what])}"
        context.error("trigger-twice", message, path, key=kind != "metric")


def _trigger(around: Surroundings, item: Any, at: Path) -> Trigger | None:
    for kind, value in mapping(item).items():
        path = (*at, kind)
        if kind == "traffic" and isinstance(value, dict):
            return _traffic(around.context, value, path)
        if kind == "latency" and isinstance(value, dict):
            return _latency(around, value, path)
        if kind == "metric" and isinstance(value, dict):
            return _metric(around, value, path)
        if kind in ("cpu", "memory") and isinstance(value, int):
            return ResourceTrigger(kind, value)  # type: ignore[arg-type]
    return None


def _traffic(context: Context, data: dict[str, Any], at: Path) -> TrafficTrigger | None:
    series = None
    if isinstance(data.get("series"), str):
        series, faults = fields.selector(data["series"], context.judge)
        context.faults(faults, (*at, "series"))
    per_replica = _threshold(context, data, "per_replica", at)
    activation = _activation(context, data, at)
    if series is None or per_replica is None or activation is None:
        return None
    return TrafficTrigger(series, per_replica, data.get("wakes") is True, activation)


def _metric(around: Surroundings, data: dict[str, Any], at: Path) -> MetricTrigger | None:
    context, query = around.context, None
    if isinstance(data.get("query"), str):
        query, faults = fields.instant_value(data["query"], context.judge)
        context.faults(faults, (*at, "query"))
    given = [key for key in ("per_replica", "target") if key in data]
    if len(given) != 1:
        has = f"it has {' and '.join(given)}" if given else "it has none of them"
        message = (
            "`metric` takes exactly one of per_replica (the value is a total, shared by the "
            f"replicas) and target (every replica has the value already); {has}"
        )
        context.error("field-union", message, at, key=True)
        return None
    threshold = _threshold(context, data, given[0], at)
    activation = _activation(context, data, at)
    name = text(data.get("name"))
    held = guards.build(around, data, at) if guards.of_target(context, data, at) else ()
    if query is None or threshold is None or activation is None or held is None or not name:
        return None
    return MetricTrigger(
        name,
        query,
        per_replica=threshold if given[0] == "per_replica" else None,
        target=threshold if given[0] == "target" else None,
        wakes=data.get("wakes") is True,
        activation=activation,
        hold_while=held,
    )


def _threshold(context: Context, data: dict[str, Any], key: str, at: Path) -> Decimal | None:
    value = number(data.get(key))
    if value is not None and value < _LEAST:
        message = f"{key}: {plain(value)} rounds to nothing; at least 0.001"
        context.error("trigger-precision", message, (*at, key))
        return None
    return _three_decimals(context, value, key, at)


def _activation(context: Context, data: dict[str, Any], at: Path) -> Decimal | None:
    if "activation" not in data:
        return Decimal(0)
    return _three_decimals(context, number(data["activation"]), "activation", at)


def _three_decimals(context: Context, value: Decimal | None, key: str, at: Path) -> Decimal | None:
    if value is not None and value % _LEAST:
        message = f"{key}: {plain(value)} has more than three decimals, which KEDA cuts"
        context.error("trigger-precision", message, (*at, key))
        return None
    return value


def _latency(around: Surroundings, data: dict[str, Any], at: Path) -> LatencyTrigger | None:
    quantile, target = number(data.get("quantile")), duration(data.get("target"))
    no_duration(around.context, data, "target", at)
    named, held = data.get("slo"), guards.build(around, data, at)
    if not isinstance(named, str):
        return None
    full = around.find_slo(named, (*at, "slo"))
    slo = around.slos[full] if full else None
    if slo is None:
        return None
    if not isinstance(slo.indicator, LatencyIndicator):
        message = (
            f"`{named}` is an SLO of the kind {slo.indicator.kind}; a latency trigger needs one "
            "with a histogram (indicator latency)"
        )
        around.context.error("trigger-slo", message, (*at, "slo"))
        return None
    if full is None or quantile is None or not target or held is None:
        return None
    histogram = slo.indicator
    trigger = LatencyTrigger(
        full, histogram.histogram, quantile, target, histogram.unit, histogram.native, held
    )
    guards.refuse_own(around.context, trigger, histogram.below, at)
    return trigger
