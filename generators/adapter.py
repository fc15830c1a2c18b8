"""Metrics that HPAs ask for → values of prometheus-adapter's Helm chart that give them.

The adapter makes one query per rule from a Go template between `<<` and `>>`. It finds the pods
of a metric by the labels `namespace` and `pod` of its series.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slosmith.artifacts import Artifact
from slosmith.durations import format_duration
from slosmith.model import PodMetric, Project, ServiceSummary
from slosmith.scaling.queries import traffic_window
from slosmith.yamlout import Block, dump, header

PATH = "prometheus/adapter.yaml"


def generate(project: Project, services: Sequence[ServiceSummary]) -> list[Artifact]:
    """`prometheus/adapter.yaml` for all HPAs of the project, or nothing where none needs it."""
    window = format_duration(traffic_window(project.prometheus.scrape_interval))
    rules = [_rule(metric, window) for service in services for metric in service.pod_metrics]
    if not rules:
        return []
    return [Artifact(PATH, header("all specs") + dump({"rules": {"custom": rules}}))]


def _rule(metric: PodMetric, window: str) -> dict[str, Any]:
    name, matchers = metric.series.name, metric.series.matchers
    inside = ", ".join((*map(_literal, matchers), "<<.LabelMatchers>>"))
    return {
        "seriesQuery": Block(metric.series.promql(extra=('namespace!=""', 'pod!=""'))),
        "resources": {
            "overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}
        },
        "name": {"matches": f"^{name}$", "as": metric.name},
        "metricsQuery": Block(f"sum by (<<.GroupBy>>) (rate({name}{{{inside}}}[{window}]))"),
    }


def _literal(matcher: str) -> str:
    """A matcher as text of the template: what opens an action would be run."""
    return matcher.replace("<<", '<<"<<">>')
