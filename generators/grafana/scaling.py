"""The row of a service that scales: its replicas, and what asks for more of them.

Read from kube-state-metrics, which tells of every HorizontalPodAutoscaler, and from KEDA's
operator. Either may run in several pods, or restart: `max` makes one line of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from generators.grafana.fields import line_override
from generators.grafana.layout import Row
from generators.grafana.panels import COLUMNS, Panel, Query, Size, Unit, timeseries
from generators.grafana.text import title
from slosmith.escape import promql_string
from slosmith.model import (
    Autoscaling,
    LatencyTrigger,
    MetricTrigger,
    Project,
    ResourceTrigger,
    Service,
    TrafficTrigger,
    Trigger,
)
from slosmith.numbers import plain
from slosmith.scaling.pod_metrics import pod_metrics

_HPA = "kube_horizontalpodautoscaler"
_VALUE = "keda_scaler_metrics_value"
_HEIGHT = 8


def rows(service: Service, _project: Project) -> list[Row]:
    """One row, or none where nothing scales the service."""
    scaling = service.autoscaling
    if scaling is None:
        return []
    # KEDA alone tells the values that it measured.
    measured = [
        (index, trigger)
        for index, trigger in enumerate(scaling.triggers)
        if scaling.engine == "keda" and not isinstance(trigger, ResourceTrigger)
    ]
    size = Size(COLUMNS // (3 if measured else 2), _HEIGHT)
    panels = [_replicas(service, scaling, size), _pressure(service, scaling, size)]
    if measured:
        panels.append(_values(service, scaling, measured, size))
    return [Row(f"Autoscaling of {scaling.target.kind} {scaling.target.name}", panels)]


def _replicas(service: Service, scaling: Autoscaling, size: Size) -> Panel:
    """How many there are, are wanted, and may be."""

    def query(name: str, legend: str) -> Query:
        return Query(f"max({_HPA}_{name}_replicas{_hpa(service, scaling)})", legend)

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
            Query(_share(service, scaling, metric), name(scaling.triggers, index))
            for index, metric in enumerate(_metric_names(service, scaling))
        ],
        Unit("percentunit", 0),
        minimum=0,
        reach=1,
        steps=((None, "green"), (1, "orange")),
    )


def _share(service: Service, scaling: Autoscaling, metric: str) -> str:
    """A metric of a HorizontalPodAutoscaler has a value of each kind, and a target of one."""
    labels = f"{_hpa(service, scaling)[:-1]},metric_name={promql_string(metric)}}}"
    now, target = (f"{_HPA}_{part}_target_metric{labels}" for part in ("status", "spec"))
    kinds = "max by (metric_target_type)"
    return f"max(\n  {kinds} ({now})\n  / {kinds} ({target})\n)"


def _values(
    service: Service, scaling: Autoscaling, measured: Sequence[tuple[int, Trigger]], size: Size
) -> Panel:
    """What KEDA measures, in the units of the triggers."""
    return timeseries(
        "Trigger values",
        "What KEDA last measured for each trigger, in its own unit; the target is beside the "
        "name.\n\nNo line: the query fails or gives no value, and the fallback counts if the spec "
        "has one; look at the events of the ScaledObject.",
        size,
        [
            Query(
                _measured(service, _external(index)),
                f"{name(scaling.triggers, index)}, {_target(trigger)}",
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


def _hpa(service: Service, scaling: Autoscaling) -> str:
    """The service's own HorizontalPodAutoscaler; the one that KEDA makes, or takes over."""
    found = service.name
    if scaling.engine == "keda":
        found = scaling.transfer_hpa_ownership or f"keda-hpa-{service.name}"
    return (
        f"{{namespace={promql_string(service.namespace)},"
        f"horizontalpodautoscaler={promql_string(found)}}}"
    )


def _metric_names(service: Service, scaling: Autoscaling) -> list[str]:
    """What the HorizontalPodAutoscaler calls each trigger's metric."""
    pods = iter(pod_metrics(service.name, scaling.triggers))
    found: list[str] = []
    for index, trigger in enumerate(scaling.triggers):
        if isinstance(trigger, ResourceTrigger):
            found.append(trigger.resource)
        else:
            found.append(_external(index) if scaling.engine == "keda" else next(pods).name)
    return found


def _external(index: int) -> str:
    """KEDA numbers its triggers."""
    return f"s{index}-prometheus"


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
        case MetricTrigger(name=name):
            return title(name)
        case ResourceTrigger(resource=resource):
            return resource


def _target(trigger: Trigger) -> str:
    match trigger:
        case TrafficTrigger(per_replica=events):
            return f"{plain(events)} events/s per replica"
        case LatencyTrigger(target=target):
            return f"target {plain(target * 1000)} ms"
        case MetricTrigger(per_replica=total) if total is not None:
            return f"{plain(total)} per replica"
        case MetricTrigger(target=target):
            return f"target {plain(target or 0)}"
        case ResourceTrigger(percent=share):
            return f"target {share}%"
