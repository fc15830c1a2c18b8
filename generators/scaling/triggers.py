"""Triggers → those of a ScaledObject.

A total, which the replicas share, is an `AverageValue`: KEDA divides it by the threshold. What
every replica has already is a `Value`: the replicas are multiplied by its ratio to the threshold.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slosmith.model import (
    Auth,
    LatencyTrigger,
    MetricTrigger,
    Prometheus,
    ResourceTrigger,
    Tenant,
    TrafficTrigger,
    Trigger,
)
from slosmith.numbers import plain
from slosmith.scaling.names import trigger_names
from slosmith.scaling.queries import latency_query, metric_query, traffic_query
from slosmith.yamlout import Block

_AUTH_MODES = {"bearer": "bearer", "basic": "basic", "tls": "tls", "header": "custom"}
_TENANT_HEADERS = {"mimir": "X-Scope-OrgID", "thanos": "THANOS-TENANT"}


def triggers(found: tuple[Trigger, ...], prometheus: Prometheus) -> list[dict[str, Any]]:
    """All triggers of a service, in their order."""
    data: list[dict[str, Any]] = []
    for trigger, name in zip(found, trigger_names(found), strict=True):
        match trigger:
            case ResourceTrigger():
                data.append(_resource(trigger))
            case TrafficTrigger():
                query = traffic_query(trigger, prometheus.scrape_interval)
                item = _prometheus(query, trigger.per_replica, "AverageValue", prometheus)
                _activation(item, trigger.activation)
                data.append({"name": name} | item)
            case LatencyTrigger():
                item = _prometheus(
                    latency_query(trigger), trigger.target * 1000, "Value", prometheus
                )
                data.append({"name": name} | item)
            case MetricTrigger():
                total = trigger.per_replica is not None
                threshold = trigger.per_replica if total else trigger.target
                assert threshold is not None, "a metric has one of both"
                kind = "AverageValue" if total else "Value"
                item = _prometheus(metric_query(trigger), threshold, kind, prometheus)
                _activation(item, trigger.activation)
                data.append({"name": name} | item)
    return [{"type": item.pop("type")} | item for item in data]


def _prometheus(
    query: str, threshold: Decimal, metric_type: str, prometheus: Prometheus
) -> dict[str, Any]:
    # KEDA reads strings only.
    metadata: dict[str, str] = {
        "serverAddress": prometheus.url.rstrip("/"),
        "query": Block(query),
        "threshold": plain(threshold),
        # Otherwise missing data reads as 0 and takes replicas away.
        "ignoreNullValues": "false",
    }
    data: dict[str, Any] = {"type": "prometheus", "metricType": metric_type, "metadata": metadata}
    if prometheus.tenant is not None:
        metadata |= _tenant(prometheus.tenant)
    if prometheus.auth is not None:
        metadata["authModes"] = _AUTH_MODES[prometheus.auth.mode]
        data["authenticationRef"] = _reference(prometheus.auth)
    return data


def _tenant(tenant: Tenant) -> dict[str, str]:
    if tenant.of == "namespace":
        return {"namespace": tenant.name}
    return {"customHeaders": f"{_TENANT_HEADERS[tenant.of]}={tenant.name}"}


def _reference(auth: Auth) -> dict[str, str]:
    data = {"name": auth.name}
    return data | ({"kind": "ClusterTriggerAuthentication"} if auth.cluster else {})


def _activation(item: dict[str, Any], activation: Decimal) -> None:
    if activation:
        item["metadata"]["activationThreshold"] = plain(activation)


def _resource(trigger: ResourceTrigger) -> dict[str, Any]:
    return {
        "type": trigger.resource,
        "metricType": "Utilization",
        "metadata": {"value": str(trigger.percent)},
    }
