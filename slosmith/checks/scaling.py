"""Triggers that scale too late, too coarsely, or on what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from promql_parser import Expr

from slosmith.checks.queries import broad_names, counter_names, gauge_messages
from slosmith.checks.trees import tree
from slosmith.durations import format_duration
from slosmith.model import (
    Fleet,
    LatencyIndicator,
    LatencyTrigger,
    MetricTrigger,
    Service,
    TrafficTrigger,
    Trigger,
)
from slosmith.numbers import percent, plain
from slosmith.problems import At, Path, Problem
from slosmith.promql.constants import is_always_there

# KEDA rounds to thousandths: of a smaller threshold, half of one is more than 5 %, which is half
# of the tolerance within which an HPA does nothing.
_COARSE = Decimal("0.01")
_ROUNDING = Decimal("0.0005")
# A target from this many times the SLO's bound on is far above it.
_FAR = 2


def triggers(fleet: Fleet) -> Iterator[tuple[Service, Path, Trigger]]:
    """Every trigger of a fleet, with the model path of its fields."""
    for service in fleet.services:
        if service.autoscaling is None:
            continue
        for index, trigger in enumerate(service.autoscaling.triggers):
            at: Path = ("services", service.source, "autoscaling", "triggers", index)
            match trigger:
                case TrafficTrigger():
                    yield service, (*at, "traffic"), trigger
                case LatencyTrigger():
                    yield service, (*at, "latency"), trigger
                case MetricTrigger():
                    yield service, (*at, "metric"), trigger


def queries(fleet: Fleet) -> Iterator[tuple[Path, Expr]]:
    """What specs write in triggers, with its model path: `series` as the rate that is asked."""
    for _, at, trigger in triggers(fleet):
        if isinstance(trigger, TrafficTrigger):
            yield (*at, "series"), tree(f"rate({trigger.series.promql()}[5m])")
        elif isinstance(trigger, MetricTrigger):
            yield (*at, "query"), tree(trigger.query)


def late_targets(fleet: Fleet) -> Iterator[Problem]:
    """A latency target far above the bound of its SLO."""
    slos = {f"{service.name}/{slo.name}": slo for service in fleet.services for slo in service.slos}
    for _, at, trigger in triggers(fleet):
        if not isinstance(trigger, LatencyTrigger):
            continue
        indicator = slos[trigger.slo].indicator
        assert isinstance(indicator, LatencyIndicator), "resolved as one"
        if trigger.target < _FAR * indicator.below:
            continue
        message = (
            f"`target`: {format_duration(trigger.target)} is far above the "
            f"{format_duration(indicator.below)} of the SLO {trigger.slo}: no pod is added before "
            "that is long broken. Write a target at the SLO's bound or below"
        )
        yield Problem("trigger-late", message, At((*at, "target")), "warning")


def coarse_thresholds(fleet: Fleet) -> Iterator[Problem]:
    """A threshold of which KEDA's three decimals leave little."""
    for service, at, trigger in triggers(fleet):
        if service.autoscaling is not None and service.autoscaling.engine == "hpa":
            continue
        for field in ("per_replica", "target"):
            value = getattr(trigger, field, None)
            if isinstance(trigger, LatencyTrigger) or value is None or value >= _COARSE:
                continue
            share = (_ROUNDING / value).quantize(Decimal("0.001"))
            message = (
                f"`{field}`: KEDA rounds to thousandths, which are up to {percent(share)} of "
                f"{plain(value)}, so that replicas jump"
            )
            if isinstance(trigger, MetricTrigger):
                message += "; measure in a smaller unit, as in 1000 * …"
            yield Problem("trigger-coarse", message, At((*at, field)), "warning")


def hidden_absence(fleet: Fleet) -> Iterator[Problem]:
    """A value in place of missing data, which takes replicas away."""
    for _, at, trigger in triggers(fleet):
        if not isinstance(trigger, MetricTrigger) or not is_always_there(tree(trigger.query)):
            continue
        message = (
            "`query`: this has a value although its series are gone, so that missing data takes "
            "replicas away instead of being an error; leave the `or …` (or vector) out"
        )
        yield Problem("trigger-hidden", message, At((*at, "query")), "warning")


def unused_times(fleet: Fleet) -> Iterator[Problem]:
    """`polling` and `cooldown` where a workload never goes to zero."""
    for service in fleet.services:
        scaling = service.autoscaling
        if scaling is None or scaling.min_replicas == 0 or scaling.idle is not None:
            continue
        for field in ("polling", "cooldown"):
            if getattr(scaling, field) is None:
                continue
            message = (
                f"`{field}` matters only on the way to zero and back; here the cluster's HPA rules "
                "alone. Leave it out, or set `idle: 0` or `min: 0`"
            )
            path = ("services", service.source, "autoscaling", field)
            yield Problem("scaling-unused", message, At(path, key=True), "warning")


def names(fleet: Fleet) -> Iterator[Problem]:
    """What names suggest: everybody's series, rates of gauges, the bare value of counters."""
    for path, expression in queries(fleet):
        for check, message in (
            *(("selector-broad", message) for message in broad_names(expression)),
            *(("gauge-rate", message) for message in gauge_messages(expression)),
            *(("counter-value", message) for message in counter_names(expression)),
        ):
            yield Problem(check, f"`{path[-1]}`: {message}", At(path), "warning")
