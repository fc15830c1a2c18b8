"""A tree of small artifacts in which nothing is wrong, and ways to break it."""

from __future__ import annotations

import json
from typing import Any

from slosmith.artifacts import Artifact
from slosmith.problems import Place, Problem
from slosmith.validate import check
from slosmith.yamlout import Block, dump

RULES = "prometheus/rules/api.yaml"
RULE_OBJECT = "kubernetes/api/prometheusrule.yaml"
SCALED_OBJECT = "kubernetes/api/scaledobject.yaml"
CONFIG_MAP = "kubernetes/api/dashboard.yaml"
KUSTOMIZATION = "kubernetes/api/kustomization.yaml"
ROOT = "kubernetes/kustomization.yaml"
DASHBOARD = "grafana/dashboards/api.json"
PROVISIONING = "grafana/provisioning.yaml"
ALERTMANAGER = "prometheus/alertmanager.yaml"
UNIT_TESTS = "prometheus/tests/native/api.native.yaml"

Tree = dict[str, Any]
GONE = object()


def groups() -> list[dict[str, Any]]:
    labels = {"service": "api", "slo": "availability"}
    return [
        {
            "name": "slosmith.api.availability.fast",
            "interval": "30s",
            "rules": [
                {
                    "record": "slo:sli_total:rate5m",
                    "expr": 'sum(rate(http_requests_total{job="api"}[5m]))',
                    "labels": labels,
                },
                {"record": "slo:sli_bad:rate5m", "expr": "vector(0)", "labels": labels},
                {
                    "alert": "SLOErrorBudgetBurnFast",
                    "expr": Block("slo:sli_bad:rate5m\n> 0.5"),
                    "for": "5m",
                    "labels": labels | {"severity": "page"},
                    "annotations": {"summary": "{{ $labels.slo }} at {{ $value | humanize }}"},
                },
            ],
        },
        {
            "name": "slosmith.api.availability.slow",
            "interval": "2m",
            "rules": [
                {"record": "slo:objective:ratio", "expr": "vector(0.999)"},
                {"alert": "SLOErrorBudgetBurnSlow", "expr": "slo:objective:ratio > 2"},
            ],
        },
    ]


def metadata(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": "prod",
        "labels": {"app.kubernetes.io/name": "api", "release": "no"},
        "annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"},
    }


def rule_object(name: str, of_groups: list[Any]) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata(name),
        "spec": {"groups": of_groups},
    }


def scaled_object() -> dict[str, Any]:
    rule = {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}],
    }
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata("api"),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"},
            "minReplicaCount": 3,
            "maxReplicaCount": 20,
            "fallback": {"failureThreshold": 3, "replicas": 6, "behavior": "currentReplicas"},
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleUp": rule}}},
            "triggers": [
                {
                    "type": "prometheus",
                    "name": "traffic",
                    "metricType": "AverageValue",
                    "metadata": {
                        "serverAddress": "http://prometheus:9090",
                        "query": "sum(rate(http_requests_total[2m]))",
                        "threshold": "100",
                        "ignoreNullValues": "false",
                    },
                },
                {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}},
                {"type": "memory", "metricType": "Utilization", "metadata": {"value": "80"}},
            ],
        },
    }


def panel(number: int, x: int, **more: Any) -> dict[str, Any]:
    grid = {"x": x, "y": 0, "w": 12, "h": 8}
    target = {"expr": 'rate(a{slo=~"$slo"}[$__rate_interval]) > ${slo:value}', "refId": "A"}
    return {"id": number, "type": "timeseries", "gridPos": grid, "targets": [target]} | more


def dashboard() -> dict[str, Any]:
    row_panel = panel(4, 0)
    row_grid = {"x": 0, "y": 8, "w": 24, "h": 1}
    return {
        "uid": "slo-api",
        "title": "SLO / api",
        "schemaVersion": 42,
        "tags": ["slosmith"],
        "panels": [
            panel(1, 0),
            panel(2, 12),
            {"id": 3, "type": "row", "gridPos": row_grid, "panels": [row_panel]},
            # What a later Grafana may write: no expression, or no target at all.
            panel(5, 0, gridPos={"x": 0, "y": 9, "w": 24, "h": 2}, targets=[{"refId": "A"}]),
        ],
        "templating": {
            "list": [
                {"type": "datasource", "name": "datasource", "query": "prometheus"},
                {"type": "query", "name": "slo", "query": 'label_values(up{job="api"}, slo)'},
                {"type": "query", "name": "owner", "query": "label_values(owner)"},
                {"type": "custom", "name": "range", "query": "5m 1h"},
            ]
        },
        "annotations": {"list": [{"name": "Alerts", "expr": "ALERTS"}, {"name": "Notes"}]},
    }


def config_map() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata("slo-api"),
        "data": {"slo-api.json": json.dumps(dashboard())},
    }


def kustomization(*resources: str) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(resources),
    }


def alertmanager() -> dict[str, Any]:
    ours = ['service!=""', 'slo!=""']
    return {
        "inhibit_rules": [
            {
                "source_matchers": ['alertname=~"Fast|Faster"', *ours],
                "target_matchers": ['alertname="Slow"', *ours],
                "equal": ["service", "slo", "route"],
            },
            {
                "source_matchers": ['alertname="A"', 'service="api"', 'slo="x"'],
                "target_matchers": ['alertname="B"', 'service="api"', 'slo="x"'],
                "equal": ["service", "slo"],
            },
        ],
        "route": {
            "receiver": "all",
            "group_by": ["service", "slo"],
            "routes": [
                {
                    "matchers": ['owner="a \\"b\\" \\\\ \\n {{ c }}"'],
                    "receiver": "ticket",
                    "group_wait": "5m",
                    "routes": [{"matchers": ['severity="page"'], "receiver": "page"}],
                },
                {"matchers": ['severity="page"'], "receiver": "page", "repeat_interval": "4h"},
            ],
        },
        "receivers": [{"name": "all"}, {"name": "page"}, {"name": "ticket"}],
    }


def unit_tests() -> dict[str, Any]:
    queries = [
        {"expr": "ALERTS", "eval_time": "0s", "exp_samples": []},
        {
            "expr": "sum(a) or b",
            "eval_time": "1d1h",
            "exp_samples": [
                {"labels": "{}", "value": 1},
                {"labels": '{route="a \\"b\\""}', "value": 0.5},
            ],
        },
    ]
    return {
        "rule_files": ["../../rules/api.yaml"],
        "evaluation_interval": "1m",
        "group_eval_order": ["slosmith.api.availability.slow", "slosmith.api.availability.fast"],
        "tests": [
            {
                "name": "never any data",
                "interval": "30s",
                "input_series": [],
                "promql_expr_test": queries[:1],
            },
            {
                "name": "an outage",
                "interval": "30s",
                "input_series": [
                    {"series": 'up{job="api"}', "values": "1x9 _x3 0"},
                    {"series": 'up{job="web"}', "values": "1x9"},
                ],
                "promql_expr_test": queries,
            },
        ],
    }


def tree() -> Tree:
    """What is right; the two copies of the groups are one list, so that a change is in both."""
    both = groups()
    return {
        RULES: {"groups": both},
        RULE_OBJECT: rule_object("slo-api", both),
        SCALED_OBJECT: scaled_object(),
        CONFIG_MAP: config_map(),
        KUSTOMIZATION: kustomization("dashboard.yaml", "prometheusrule.yaml", "scaledobject.yaml"),
        ROOT: kustomization("api"),
        DASHBOARD: dashboard(),
        ALERTMANAGER: alertmanager(),
        UNIT_TESTS: unit_tests(),
        PROVISIONING: {
            "apiVersion": 1,
            "providers": [{"name": "slosmith", "type": "file", "options": {"path": "/x"}}],
        },
    }


def artifacts(files: Tree) -> list[Artifact]:
    made = []
    for path, data in files.items():
        if isinstance(data, str):
            text = data
        elif path.endswith(".json"):
            text = json.dumps(data, indent=1) + "\n"
        else:
            text = "# Generated\n" + dump(*(data if isinstance(data, tuple) else (data,)))
        made.append(Artifact(path, text))
    return made


def found(files: Tree) -> list[tuple[str, str]]:
    """The file and the id of each problem."""
    return [(place(problem).removeprefix("out/"), problem.check) for problem in run(files)]


def run(files: Tree) -> list[Problem]:
    return check(artifacts(files))


def place(problem: Problem) -> str:
    assert isinstance(problem.where, Place)
    return problem.where.file


def changed(file: str, path: str, value: object) -> Tree:
    """The tree with one value set, or taken away, at a path such as `spec.triggers.0.name`."""
    files = tree()
    data = files[file]
    *parents, last = [int(key) if key.isdigit() else key for key in path.split("|")]
    for key in parents:
        data = data[key]
    if value is GONE:
        del data[last]
    elif isinstance(data, list) and last == len(data):
        data.append(value)
    else:
        data[last] = value
    return files
