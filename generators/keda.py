"""A service's autoscaling → its KEDA ScaledObject."""

from __future__ import annotations

from typing import Any

from generators import gitops
from slosmith.artifacts import Artifact
from slosmith.durations import format_duration
from slosmith.escape import one_line
from slosmith.model import (
    Autoscaling,
    Fallback,
    LatencyTrigger,
    Project,
    ResourceTrigger,
    ScaleRule,
    Service,
    TrafficTrigger,
    Trigger,
)
from slosmith.numbers import plain
from slosmith.yamlout import Block, dump, header

# `fallback.behavior` is an unknown field before.
_FALLBACK_BEHAVIOR_SINCE = (2, 17)

# Of the latency quantile: short enough to follow the load, long enough to be steady.
_LATENCY_WINDOW = 300

# What the cluster does where a scaling rule gives only half of a policy.
_DEFAULT_PERCENT = 100
_DEFAULT_EVERY = 15


def generate(service: Service, project: Project) -> list[Artifact]:
    """`kubernetes/<service>/scaledobject.yaml`, or nothing for a service that does not scale."""
    if service.autoscaling is None:
        return []
    text = header(one_line(service.source)) + dump(_object(service, service.autoscaling, project))
    return [Artifact(f"kubernetes/{service.name}/scaledobject.yaml", text)]


def traffic_window(scrape_interval: int) -> int:
    """Seconds over which traffic is measured: four scrapes in whole minutes, 2 minutes at least.

    A rate needs two samples, so that one lost scrape, or two, leave a value.
    """
    return max(120, -(-4 * scrape_interval // 60) * 60)


def traffic_query(trigger: TrafficTrigger, scrape_interval: int) -> str:
    """Events per second of the whole service: one series, none where there is no data."""
    window = format_duration(traffic_window(scrape_interval))
    return f"sum(rate({trigger.series.promql()}[{window}]))"


def latency_query(trigger: LatencyTrigger) -> str:
    """The quantile in milliseconds: one series; 0 for an idle service, nothing without data.

    KEDA keeps three decimals, which would be two digits of most latencies in seconds. Without
    requests the quantile is NaN, which `>= 0` drops. Missing data has to stay an error, so that
    the fallback acts.
    """
    if trigger.native:
        rate = f"sum(rate({trigger.histogram.promql()}[{format_duration(_LATENCY_WINDOW)}]))"
        quantile = f"histogram_quantile({plain(trigger.quantile)}, {rate})"
        scale = "1000 * " if trigger.unit == "s" else ""
        return f"{scale}({quantile} >= 0)\nor on ()\n0 * (histogram_count({rate}) == 0)"
    buckets = f"{trigger.histogram.promql('_bucket')}[{format_duration(_LATENCY_WINDOW)}]"
    count = f"{trigger.histogram.promql('_count')}[{format_duration(_LATENCY_WINDOW)}]"
    quantile = f"histogram_quantile({plain(trigger.quantile)}, sum by (le) (rate({buckets})))"
    scale = "1000 * " if trigger.unit == "s" else ""
    return f"{scale}({quantile} >= 0)\nor on ()\n0 * (sum(rate({count})) == 0)"


def _object(service: Service, scaling: Autoscaling, project: Project) -> dict[str, Any]:
    # No pollingInterval and no cooldownPeriod: they matter only for scaling to and from zero.
    spec: dict[str, Any] = {
        "scaleTargetRef": {
            "apiVersion": scaling.target.api_version,
            "kind": scaling.target.kind,
            "name": scaling.target.name,
        },
        "minReplicaCount": scaling.min_replicas,
        "maxReplicaCount": scaling.max_replicas,
    }
    if scaling.fallback is not None:
        spec["fallback"] = _fallback(scaling.fallback, project)
    behavior = _behavior(scaling)
    if behavior:
        spec["advanced"] = {"horizontalPodAutoscalerConfig": {"behavior": behavior}}
    spec["triggers"] = _triggers(scaling.triggers, project)
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": service.name,
            "namespace": service.namespace,
            "labels": {
                "app.kubernetes.io/name": service.name,
                "app.kubernetes.io/managed-by": "slosmith",
            },
            "annotations": gitops.object_annotations(custom=True),
        },
        "spec": spec,
    }


def _fallback(fallback: Fallback, project: Project) -> dict[str, Any]:
    data: dict[str, Any] = {"failureThreshold": fallback.after, "replicas": fallback.replicas}
    if fallback.behavior != "static" and project.keda_version >= _FALLBACK_BEHAVIOR_SINCE:
        data["behavior"] = fallback.behavior
    return data


def _behavior(scaling: Autoscaling) -> dict[str, Any]:
    rules = {"scaleUp": scaling.scale_up, "scaleDown": scaling.scale_down}
    data = {direction: _scale_rule(rule) for direction, rule in rules.items() if rule is not None}
    return {direction: rule for direction, rule in data.items() if rule}


def _scale_rule(rule: ScaleRule) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if rule.stabilization is not None:
        data["stabilizationWindowSeconds"] = rule.stabilization
    if rule.percent is not None or rule.every is not None:
        policy = {
            "type": "Percent",
            "value": _DEFAULT_PERCENT if rule.percent is None else rule.percent,
            "periodSeconds": _DEFAULT_EVERY if rule.every is None else rule.every,
        }
        data["policies"] = [policy]
    return data


def _triggers(triggers: tuple[Trigger, ...], project: Project) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    data: list[dict[str, Any]] = []
    for trigger in triggers:
        match trigger:
            case ResourceTrigger():
                data.append(_resource(trigger))
            case TrafficTrigger():
                # The sum over all replicas: KEDA divides it by the threshold to get replicas.
                query = traffic_query(trigger, project.prometheus.scrape_interval)
                name, threshold = _unique("traffic", counts), plain(trigger.per_replica)
                data.append(_prometheus(name, "AverageValue", query, threshold, project))
            case LatencyTrigger():
                # Every replica has it already: KEDA scales by its ratio to the threshold.
                query = latency_query(trigger)
                name, threshold = _unique("latency", counts), plain(trigger.target * 1000)
                data.append(_prometheus(name, "Value", query, threshold, project))
    return data


def _unique(name: str, counts: dict[str, int]) -> str:
    """`traffic`, then `traffic-2`: KEDA refuses two triggers of one name."""
    counts[name] = counts.get(name, 0) + 1
    return name if counts[name] == 1 else f"{name}-{counts[name]}"


def _prometheus(
    name: str, metric_type: str, query: str, threshold: str, project: Project
) -> dict[str, Any]:
    return {
        "type": "prometheus",
        "name": name,
        "metricType": metric_type,
        # KEDA reads strings only.
        "metadata": {
            "serverAddress": project.prometheus.url.rstrip("/"),
            "query": Block(query),
            "threshold": threshold,
            # Otherwise missing data reads as 0 and takes replicas away.
            "ignoreNullValues": "false",
        },
    }


def _resource(trigger: ResourceTrigger) -> dict[str, Any]:
    return {
        "type": trigger.resource,
        "metricType": "Utilization",
        "metadata": {"value": str(trigger.percent)},
    }
