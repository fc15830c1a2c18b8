"""The row of a service that scales: its replicas, and what asks for more of them.

Read from kube-state-metrics, which tells of every HorizontalPodAutoscaler, and from KEDA's
operator. Either may run in several pods, or restart: `max` makes one line of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from generators.grafana.fields import line_override
from generators.grafana.layout import Row
from generators.grafana.panels import COLUMNS, Panel, Query, Size, Unit, timeseries
from slosmith.escape import promql_string
from slosmith.model import (
    Autoscaling,
    LatencyTrigger,
    Project,
    ResourceTrigger,
    Service,
    TrafficTrigger,
    Trigger,
)
from slosmith.numbers import plain

_HPA = "kube_horizontalpodautoscaler"
_VALUE = "keda_scaler_metrics_value"
_HEIGHT = 8


def rows(service: Service, _project: Project) -> list[Row]:
    """One row, or none where nothing scales the service."""
    scaling = service.autoscaling
    if scaling is None:
        return []
    measured = [
        (index, trigger)
        for index, trigger in enumerate(scaling.triggers)
        if not isinstance(trigger, ResourceTrigger)
    ]
    size = Size(COLUMNS // (3 if measured else 2), _HEIGHT)
    panels = [_replicas(service, scaling, size), _pressure(service, scaling, size)]
    if measured:
        panels.append(_values(service, measured, size))
    return [Row(f"Autoscaling of {scaling.target.kind} {scaling.target.name}", panels)]


def _replicas(service: Service, scaling: Autoscaling, size: Size) -> Panel:
    """How many there are, are wanted, and may be."""

    def query(name: str, legend: str) -> Query:
        return Query(f"max({_HPA}_{name}_replicas{_hpa(service)})", legend)

    return timeseries(
        "Replicas",
        "How many replicas there are, and how many the autoscaler wants, between its two limits: "
        f"{scaling.min_replicas} and {scaling.max_replicas} in the spec.\n\nAt the upper limit it "
        "cannot help any more: look for what is slow behind the service before you raise the "
        "limit. Wanted but not there: the cluster has no room, or pods do not start. No lines: "
        "kube-state-metrics is not scraped, or the autoscaler is gone.",
        size,
        [
            query("status_current", "there"),
            query("status_desired", "wanted"),
            query("spec_max", "at most"),
            query("spec_min", "at least"),
        ],
        Unit("none", 0),
        minimum=0,
        stepped=True,
        overrides=[
            line_override("at most", "red", dashed=True),
            line_override("at least", "text", dashed=True),
        ],
    )


def _pressure(service: Service, scaling: Autoscaling, size: Size) -> Panel:
    """What each trigger measures, as a share of its target, as the autoscaler sees it."""
    return timeseries(
        "Triggers, as a share of their targets",
        "What each trigger measures, over its target. Above the dashed line it asks for more "
        "replicas; the highest line decides.\n\nA line that stays above 100% while replicas are "
        "added is not helped by them: look behind the service, and follow the runbook. No line: "
        "the autoscaler gets no value from this trigger.",
        size,
        [
            Query(_share(service, _metric_name(index, trigger)), name(scaling.triggers, index))
            for index, trigger in enumerate(scaling.triggers)
        ],
        Unit("percentunit", 0),
        minimum=0,
        reach=1,
        steps=((None, "green"), (1, "orange")),
    )


def _share(service: Service, metric: str) -> str:
    """A metric of a HorizontalPodAutoscaler has a value of each kind, and a target of one."""
    labels = f"{_hpa(service)[:-1]},metric_name={promql_string(metric)}}}"
    now, target = (f"{_HPA}_{part}_target_metric{labels}" for part in ("status", "spec"))
    kinds = "max by (metric_target_type)"
    return f"max(\n  {kinds} ({now})\n  / {kinds} ({target})\n)"


def _values(service: Service, measured: Sequence[tuple[int, Trigger]], size: Size) -> Panel:
    """What KEDA measures, in the units of the triggers."""
    triggers = service.autoscaling.triggers if service.autoscaling else ()
    return timeseries(
        "Trigger values",
        "What KEDA last measured for each trigger, in its own unit; the target is beside the "
        "name.\n\nNo line: the query fails or gives no value, and the fallback counts if the spec "
        "has one; look at the events of the ScaledObject.",
        size,
        [
            Query(
                _measured(service, _metric_name(index, trigger)),
                f"{name(triggers, index)}, {_target(trigger)}",
            )
            for index, trigger in measured
        ],
        Unit("short"),
        minimum=0,
    )


def _measured(service: Service, metric: str) -> str:
    """A scrape puts the namespace of KEDA in place of the ScaledObject's, and this into
    `exported_namespace`, unless it is told to honour the labels of the exporter."""
    rest = f"scaledObject={promql_string(service.name)},metric={promql_string(metric)}}}"
    namespace = promql_string(service.namespace)
    return (
        f"max(\n  {_VALUE}{{exported_namespace={namespace},{rest}\n"
        f"  or {_VALUE}{{namespace={namespace},{rest}\n)"
    )


def _hpa(service: Service) -> str:
    """The service's own HorizontalPodAutoscaler, or the one that KEDA makes."""
    return (
        f"{{namespace={promql_string(service.namespace)},"
        f'horizontalpodautoscaler=~"(keda-hpa-)?{service.name}"}}'
    )


def _metric_name(index: int, trigger: Trigger) -> str:
    """As the HorizontalPodAutoscaler calls it. KEDA numbers its triggers."""
    return trigger.resource if isinstance(trigger, ResourceTrigger) else f"s{index}-prometheus"


def name(triggers: tuple[Trigger, ...], index: int) -> str:
    """`latency`, or `latency (2)` where it is the second one."""
    kinds = [_kind(trigger) for trigger in triggers[: index + 1]]
    earlier = kinds.count(kinds[-1])
    return kinds[-1] if earlier == 1 else f"{kinds[-1]} ({earlier})"


def _kind(trigger: Trigger) -> str:
    match trigger:
        case TrafficTrigger():
            return "traffic"
        case LatencyTrigger(quantile=quantile):
            return f"p{plain(quantile * 100)} latency"
        case ResourceTrigger(resource=resource):
            return resource


def _target(trigger: Trigger) -> str:
    match trigger:
        case TrafficTrigger(per_replica=events):
            return f"{plain(events)} events/s per replica"
        case LatencyTrigger(target=target):
            return f"target {plain(target * 1000)} ms"
        case ResourceTrigger(percent=share):
            return f"target {share}%"
