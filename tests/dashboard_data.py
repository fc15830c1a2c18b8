"""Raw series that make every SLO of a fleet burn, and those of exporters that dashboards read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slosmith.dependencies import KINDS
from slosmith.model import Fleet, ResourceTrigger, Service, Slo
from slosmith.probes.build import probes
from slosmith.probes.labels import NAME
from slosmith.probes.probe import Raw
from slosmith.scaling.pod_metrics import pod_metrics
from tests.promql_world import read
from tests.scrape_target import Target

Samples = list[tuple[int, float]]

SCRAPE = 30
# Each second; bad for the last half hour.
EVENTS = 10
BAD_FOR = 1800
HISTORY = 3 * 3600


def raw(fleet: Fleet, end: int) -> dict[str, Samples]:
    """The samples of all series but native histograms, up to `end`."""
    found: dict[str, Samples] = {}
    for service in fleet.services:
        for slo in service.slos:
            for series, partial in _series(slo):
                if series.slow_above is None:
                    found[series.text] = _samples(series, 0.6 if partial else 1.0, end)
                    if series.labels[NAME].endswith("_count"):
                        found[_every_bucket(series)] = found[series.text]
        found |= _exporters(service, end) | _dependencies(service, end)
    return found


def native(fleet: Fleet) -> dict[str, Target]:
    """A target to scrape for each job that has native histograms, slow ones among its requests."""
    found: dict[str, Target] = {}
    for service in fleet.services:
        for slo in service.slos:
            for series, _ in _series(slo):
                if series.slow_above is not None:
                    target = found.setdefault(series.labels["job"], Target())
                    target.add(series.labels[NAME], "")
    return found


def observe(fleet: Fleet, targets: dict[str, Target]) -> None:
    """More requests, half of them slow, in each native histogram."""
    for service in fleet.services:
        for slo in service.slos:
            for series, _ in _series(slo):
                if series.slow_above is not None:
                    values = {series.slow_above / 2: 500, series.slow_above * 4: 500}
                    targets[series.labels["job"]].observe(series.labels[NAME], {"": values})


def _series(slo: Slo) -> Iterator[tuple[Raw, bool]]:
    for _, probe in probes(slo):
        for series in probe.series:
            yield series, probe.partial


def _samples(series: Raw, error: float, end: int) -> Samples:
    found: Samples = []
    count = 0.0
    for at in range(end - HISTORY, end + 1, SCRAPE):
        share = error if at > end - BAD_FOR else 0.0
        pace = series.good + (series.bad - series.good) * share
        count += pace * EVENTS * SCRAPE
        drift = series.drift * (at - end)
        found.append((at, count if series.counter else pace + drift))
    return found


def _every_bucket(series: Raw) -> str:
    """The last bucket of a histogram, which holds all that it counts."""
    labels = dict(series.labels) | {"le": "+Inf"}
    labels[NAME] = f"{labels[NAME].removesuffix('_count')}_bucket"
    return Raw(labels, series.good, series.bad, counter=True).text


def _exporters(service: Service, end: int) -> dict[str, Samples]:
    """What kube-state-metrics and KEDA would show of a service that scales."""
    if service.autoscaling is None:
        return {}
    times = range(end - 3600, end + 1, SCRAPE)
    keda = service.autoscaling.engine == "keda"
    owner = f"keda-hpa-{service.name}" if keda else service.name
    hpa = f'namespace="{service.namespace}",horizontalpodautoscaler="{owner}"'
    pods = iter(pod_metrics(service.name, service.autoscaling.triggers))
    values = {
        f"kube_horizontalpodautoscaler_{name}_replicas{{{hpa}}}": float(value)
        for name, value in (
            ("spec_max", service.autoscaling.max_replicas),
            ("spec_min", service.autoscaling.min_replicas),
            ("status_current", 2),
            ("status_desired", 3),
        )
    }
    for index, trigger in enumerate(service.autoscaling.triggers):
        resource = isinstance(trigger, ResourceTrigger)
        name = f"s{index}-prometheus"
        if isinstance(trigger, ResourceTrigger):
            name = trigger.resource
        elif not keda:
            name = next(pods).name
        kinds: Iterable[str] = ("utilization", "average") if resource else ("value",)
        for kind in kinds:
            labels = f'{{{hpa},metric_name="{name}",metric_target_type="{kind}"}}'
            values[f"kube_horizontalpodautoscaler_status_target_metric{labels}"] = 90
        labels = f'{{{hpa},metric_name="{name}",metric_target_type="{next(iter(kinds))}"}}'
        values[f"kube_horizontalpodautoscaler_spec_target_metric{labels}"] = 60
        if keda and not resource:
            own = f'scaledObject="{service.name}",metric="{name}"'
            where = f'exported_namespace="{service.namespace}",namespace="keda"'
            values[f"keda_scaler_metrics_value{{{where},{own}}}"] = 42
    return {name: [(at, value) for at in times] for name, value in values.items()}


def _dependencies(service: Service, end: int) -> dict[str, Samples]:
    """What the exporters of a service's dependencies would show: all series that grow."""
    found: dict[str, Samples] = {}
    for dependency in service.dependencies:
        graphs = KINDS[dependency.kind].graphs(dependency) if dependency.metrics else ()
        for query in (line.query for graph in graphs for line in graph.lines):
            for selector in read(query).selectors:
                matchers = selector.matchers.matchers
                labels = {matcher.name: matcher.value for matcher in matchers}
                labels |= {"instance": "a", "state": "active", "cmd": "get", "phase": "connect"}
                labels[NAME] = str(selector.name)
                series = Raw(labels, 1.0, 1.0, counter=True)
                found[series.text] = _samples(series, 0, end)
    return found
