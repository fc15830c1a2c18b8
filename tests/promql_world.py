"""Which series and labels there are, and which a query reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import promql_parser

from generators.rules.groups import service_groups
from slosmith.model import Fleet, LatencyIndicator, Service, Slo

# Kept by Prometheus itself for every alerting rule.
ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
# The exporters that dashboards may read beside what is recorded and what is in the spec.
_HPA = {"namespace", "horizontalpodautoscaler"}
_HPA_METRIC = _HPA | {"metric_name", "metric_target_type"}
EXPORTERS: dict[str, set[str]] = {
    # kube-state-metrics, docs/metrics/workload/horizontalpodautoscaler-metrics.md
    "kube_horizontalpodautoscaler_spec_max_replicas": _HPA,
    "kube_horizontalpodautoscaler_spec_min_replicas": _HPA,
    "kube_horizontalpodautoscaler_status_current_replicas": _HPA,
    "kube_horizontalpodautoscaler_status_desired_replicas": _HPA,
    "kube_horizontalpodautoscaler_spec_target_metric": _HPA_METRIC,
    "kube_horizontalpodautoscaler_status_target_metric": _HPA_METRIC,
    # KEDA, docs "Integrate with Prometheus"
    "keda_scaler_metrics_value": {"namespace", "exported_namespace", "scaledObject", "metric"},
}
# Those of dependencies, with the matchers of the spec. That the exporters have these series is
# tested with the real ones, in test_dependency_series.
DEPENDENCIES: dict[str, set[str]] = {
    "pg_stat_activity_count": {"state"},
    "pg_stat_activity_max_tx_duration": {"state"},
    "pg_settings_max_connections": set(),
    "pg_stat_database_xact_commit": set(),
    "pg_stat_database_xact_rollback": set(),
    "pg_stat_database_deadlocks": set(),
    "pg_stat_database_blks_hit": set(),
    "pg_stat_database_blks_read": set(),
    "redis_keyspace_hits_total": set(),
    "redis_keyspace_misses_total": set(),
    "redis_memory_used_bytes": set(),
    "redis_memory_max_bytes": set(),
    "redis_evicted_keys_total": set(),
    "redis_expired_keys_total": set(),
    "redis_rejected_connections_total": set(),
    "redis_commands_duration_seconds_total": {"cmd"},
    "probe_success": {"instance"},
    "probe_http_duration_seconds": {"phase"},
    "probe_http_status_code": {"instance"},
}


@dataclass
class Known:
    """The labels of every series that may be read, by SLO (`service/slo`) and name."""

    recorded: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    raw: dict[str, set[str]] = field(default_factory=dict)

    def names(self) -> set[str]:
        return {name for series in self.recorded.values() for name in series}

    def all_labels(self) -> set[str]:
        """The labels of all that is recorded."""
        return {label for name in self.names() for label in self.labels(name)}

    def labels(self, name: str) -> set[str]:
        """All labels that series of a name may have."""
        if name in EXPORTERS:
            return EXPORTERS[name]
        if name in self.raw:
            return self.raw[name]
        return {label for series in self.recorded.values() for label in series.get(name, ())}


def known(*services: Service, fleet: Fleet) -> Known:
    """What the emitted rules record and alert on, and what the specs of the services name."""
    found = Known()
    for service in services:
        for slo in service.slos:
            found.recorded[f"{service.name}/{slo.name}"] = {}
            _add_raw(found, slo)
        for dependency in service.dependencies:
            selector = promql_parser.parse(f"x{{{','.join(dependency.metrics or ())}}}")
            assert isinstance(selector, promql_parser.VectorSelector)
            own = {matcher.name for matcher in selector.matchers.matchers}
            for name, labels in DEPENDENCIES.items():
                found.raw[name] = found.raw.get(name, set()) | labels | own
        by = {slo.name: set(slo.by) for slo in service.slos}
        for group in service_groups(service, fleet.project):
            for rule in group["rules"]:
                slo_name = rule["labels"]["slo"]
                series = found.recorded[f"{service.name}/{slo_name}"]
                labels = set(rule["labels"])
                if "alert" in rule:
                    for name in ALERTS:
                        state = {"alertstate"} if name == "ALERTS" else set()
                        series[name] = (
                            series.get(name, set()) | labels | by[slo_name] | {"alertname"} | state
                        )
                else:
                    own = by[slo_name] if "vector(" not in rule["expr"] else set()
                    series[rule["record"]] = labels | own
    return found


def _add_raw(found: Known, slo: Slo) -> None:
    """Dashboards read histograms of the spec, as it selects them."""
    if not isinstance(slo.indicator, LatencyIndicator):
        return
    histogram = slo.indicator.histogram
    suffix, own = ("", set()) if slo.indicator.native else ("_bucket", {"le"})
    selector = promql_parser.parse(histogram.promql(suffix))
    assert isinstance(selector, promql_parser.VectorSelector)
    labels = {matcher.name for matcher in selector.matchers.matchers}
    found.raw[f"{histogram.name}{suffix}"] = labels | own | set(slo.by)


@dataclass
class Read:
    """What a query reads: its selectors, all labels that it groups or joins by, and those that
    it makes."""

    selectors: list[promql_parser.VectorSelector] = field(default_factory=list)
    grouped: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)


def read(query: str) -> Read:
    """What an expanded query reads."""
    found = Read()
    for node in _nodes(promql_parser.parse(query)):
        if isinstance(node, promql_parser.VectorSelector):
            found.selectors.append(node)
        elif isinstance(node, promql_parser.AggregateExpr):
            if node.modifier is not None:
                found.grouped |= set(node.modifier.labels)
            if str(node.op) == "count_values":
                assert isinstance(node.param, promql_parser.StringLiteral)
                found.made.add(node.param.val)
        elif isinstance(node, promql_parser.BinaryExpr) and node.modifier is not None:
            if node.modifier.matching is not None:
                found.grouped |= set(node.modifier.matching.labels)
            found.grouped |= set(node.modifier.group_labels or ())
    return found


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for name in ("lhs", "rhs", "expr", "args", "param", "vector_selector"):
        part = getattr(node, name, None)
        for child in part if isinstance(part, list) else [part]:
            if child is not None:
                yield from _nodes(child)
