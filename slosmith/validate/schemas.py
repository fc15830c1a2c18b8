"""The shapes of generated objects: closed, with the fields that slosmith writes and no others.

JSON Schemas as Python data, since their patterns are Python's (`\\Z` is the end of the text).
`description` says what a text has to be, for messages.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_INT32 = 2**31 - 1


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": required | (optional or {}),
    }


def _text(pattern: str, description: str, longest: int) -> Schema:
    return {
        "type": "string",
        "pattern": rf"\A(?:{pattern})\Z",
        "maxLength": longest,
        "description": f"{description} of at most {longest} characters",
    }


def _integer(least: int, most: int = _INT32) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _list(items: Schema, least: int = 1) -> Schema:
    return {"type": "array", "minItems": least, "items": items}


def _map(keys: Schema, values: Schema) -> Schema:
    return {"type": "object", "propertyNames": keys, "additionalProperties": values}


_DNS = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_STRING: Schema = {"type": "string"}
_FILLED = _text(r"(?s:.*\S.*)", "a text that is not blank", 1_000_000)
_DNS_LABEL = _text(_DNS, "a DNS label", 63)
_DNS_NAME = _text(rf"{_DNS}(?:\.{_DNS})*", "a DNS name", 253)
_KUBERNETES_KEY = _text(
    rf"(?:{_DNS}(?:\.{_DNS})*/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?",
    "a key of Kubernetes metadata",
    317,
)
_KUBERNETES_VALUE = _text(
    r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?", "a Kubernetes label value", 63
)
_LABEL_NAME = _text(r"(?!__)[A-Za-z_][A-Za-z0-9_]*", "a label name", 1000)
_METADATA = _object(
    {"name": _DNS_NAME, "namespace": _DNS_LABEL},
    {
        "labels": _map(_KUBERNETES_KEY, _KUBERNETES_VALUE),
        "annotations": _map(_KUBERNETES_KEY, _STRING),
    },
)


def _kubernetes(api_version: str, kind: str, rest: Schema) -> Schema:
    return _object(
        {"apiVersion": {"const": api_version}, "kind": {"const": kind}, "metadata": _METADATA}
        | rest
    )


RULE_FILE = _object({"groups": _list({"type": "object"})})
# The same groups again, which are checked one by one.
PROMETHEUS_RULE = _kubernetes("monitoring.coreos.com/v1", "PrometheusRule", {"spec": RULE_FILE})
GROUP = _object(
    {
        "name": _text(r"[\x20-\x7e]+", "a name in ASCII", 253),
        "interval": _STRING,
        "rules": _list({"type": "object"}),
    }
)
_RULE_LABELS = _map(_LABEL_NAME, _STRING)
RECORDING_RULE = _object(
    {"record": _text(r"[A-Za-z_:][A-Za-z0-9_:]*", "a metric name", 1000), "expr": _FILLED},
    {"labels": _RULE_LABELS},
)
ALERTING_RULE = _object(
    {"alert": _text(r"[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f]", "a name", 1000), "expr": _FILLED},
    {"for": _STRING, "labels": _RULE_LABELS, "annotations": _RULE_LABELS},
)

# Tests are checked one by one.
UNIT_TESTS = _object(
    {
        "rule_files": _list(_FILLED) | {"maxItems": 1},
        "evaluation_interval": _STRING,
        "group_eval_order": _list(_FILLED) | {"uniqueItems": True},
        "tests": _list({"type": "object"}),
    }
)
UNIT_TEST = _object(
    {
        "name": _FILLED,
        "interval": _STRING,
        # None where nothing was ever scraped.
        "input_series": _list(_object({"series": _FILLED, "values": _FILLED}), least=0),
        "promql_expr_test": _list(
            _object(
                {
                    "expr": _FILLED,
                    "eval_time": _STRING,
                    "exp_samples": _list(
                        _object({"labels": _FILLED, "value": {"type": "number"}}), least=0
                    ),
                }
            )
        ),
    }
)

_SCALE_RULE = _object(
    {},
    {
        "stabilizationWindowSeconds": _integer(0, 3600),
        "policies": _list(
            _object(
                {
                    "type": {"enum": ["Percent", "Pods"]},
                    "value": _integer(1),
                    "periodSeconds": _integer(1, 1800),
                }
            )
        ),
    },
)
_HPA_BEHAVIOR = _object({}, {"scaleUp": _SCALE_RULE, "scaleDown": _SCALE_RULE})
_FALLBACK = _object(
    {"failureThreshold": _integer(0), "replicas": _integer(0)},
    {"behavior": {"enum": [f"currentReplicas{case}" for case in ("", "IfHigher", "IfLower")]}},
)
_TARGET_REF = _object(
    {
        "apiVersion": _text(rf"(?:{_DNS}(?:\.{_DNS})*/)?v[0-9][a-z0-9]*", "an API version", 253),
        "kind": _text(r"[A-Z][A-Za-z0-9]*", "a kind", 63),
        "name": _DNS_NAME,
    }
)
_HPA_NAME = _text(rf"{_DNS}(?:\.{_DNS})*", "a DNS name", 63)
SCALED_OBJECT = _kubernetes(
    "keda.sh/v1alpha1",
    "ScaledObject",
    {
        "spec": _object(
            {
                "scaleTargetRef": _TARGET_REF,
                "minReplicaCount": _integer(0),
                "maxReplicaCount": _integer(1),
                "triggers": _list({"type": "object"}),
            },
            {
                "pollingInterval": _integer(1),
                "cooldownPeriod": _integer(0),
                "idleReplicaCount": {"const": 0},
                "fallback": _FALLBACK,
                "advanced": _object(
                    {
                        "horizontalPodAutoscalerConfig": _object(
                            {}, {"name": _HPA_NAME, "behavior": _HPA_BEHAVIOR}
                        )
                    }
                ),
            },
        )
    },
)
PROMETHEUS_TRIGGER = _object(
    {
        "type": {"const": "prometheus"},
        "name": _DNS_LABEL,
        "metricType": {"enum": ["AverageValue", "Value"]},
        "metadata": _object(
            {
                "serverAddress": _text(r"https?://\S*[^\s/]", "a URL without a / at its end", 2000),
                "query": _FILLED,
                "threshold": _STRING,
                "ignoreNullValues": {"const": "false"},
            },
            {
                "activationThreshold": _STRING,
                "customHeaders": _text(r"[A-Za-z-]+=[^=,\s]+", "one header, NAME=VALUE", 200),
                "namespace": _DNS_LABEL,
                "authModes": {"enum": ["bearer", "basic", "tls", "custom"]},
            },
        ),
    },
    {
        "authenticationRef": _object(
            {"name": _DNS_NAME}, {"kind": {"const": "ClusterTriggerAuthentication"}}
        )
    },
)
RESOURCE_TRIGGER = _object(
    {
        "type": {"enum": ["cpu", "memory"]},
        "metricType": {"const": "Utilization"},
        "metadata": _object({"value": _text(r"[1-9][0-9]*", "a whole number above 0", 9)}),
    }
)

HPA = _kubernetes(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    {
        "spec": _object(
            {
                "scaleTargetRef": _TARGET_REF,
                "minReplicas": _integer(1),
                "maxReplicas": _integer(1),
                "metrics": _list({"type": "object"}),
            },
            {"behavior": _HPA_BEHAVIOR},
        )
    },
)
HPA_RESOURCE = _object(
    {
        "type": {"const": "Resource"},
        "resource": _object(
            {
                "name": {"enum": ["cpu", "memory"]},
                "target": _object(
                    {"type": {"const": "Utilization"}, "averageUtilization": _integer(1)}
                ),
            }
        ),
    }
)
# A name that is one part of a path, in the API of metrics.
_METRIC_NAME = _text(r"[A-Za-z0-9_:-]+", "the name of a metric", 1000)
HPA_PODS = _object(
    {
        "type": {"const": "Pods"},
        "pods": _object(
            {
                "metric": _object({"name": _METRIC_NAME}),
                "target": _object(
                    {
                        "type": {"const": "AverageValue"},
                        "averageValue": _text(
                            r"[1-9][0-9]*[mkMGT]?", "a canonical quantity above 0", 20
                        ),
                    }
                ),
            }
        ),
    }
)
_BY_LABEL = _object({"resource": _FILLED})
ADAPTER = _object(
    {
        "rules": _object(
            {
                "custom": _list(
                    _object(
                        {
                            "seriesQuery": _FILLED,
                            "resources": _object(
                                {"overrides": _object({"namespace": _BY_LABEL, "pod": _BY_LABEL})}
                            ),
                            "name": _object({"matches": _FILLED, "as": _METRIC_NAME}),
                            "metricsQuery": _FILLED,
                        }
                    )
                )
            }
        )
    }
)

CONFIG_MAP = _kubernetes(
    "v1",
    "ConfigMap",
    {
        "data": _map(_text(r"[-A-Za-z0-9_.]+\.json", "a file name in .json", 253), _STRING)
        | {"minProperties": 1, "maxProperties": 1}
    },
)
KUSTOMIZATION = _object(
    {
        "apiVersion": {"const": "kustomize.config.k8s.io/v1beta1"},
        "kind": {"const": "Kustomization"},
        "resources": _list(
            _text(r"[A-Za-z0-9][-A-Za-z0-9_.]*", "a name in the same folder", 253), least=0
        )
        | {"uniqueItems": True},
    }
)

_MATCHERS = _list(
    _text(
        r'[A-Za-z_][A-Za-z0-9_]*(?:=|!=|=~|!~)"(?:[^"\\\n]|\\["\\n])*"',
        "a matcher with a value in quotes",
        5_000_000,
    )
)
_LABEL_NAMES = _list(_LABEL_NAME) | {"uniqueItems": True}
# Nothing but a name: what sends anything holds secrets, and is not ours to write.
_RECEIVER = _object({"name": _FILLED})
ALERTMANAGER = _object(
    {
        "inhibit_rules": _list(
            _object(
                {"source_matchers": _MATCHERS, "target_matchers": _MATCHERS, "equal": _LABEL_NAMES}
            ),
            least=0,
        ),
        # Routes are checked one by one.
        "route": {"type": "object"},
        "receivers": _list(_RECEIVER),
    }
)
ROUTE = _object(
    {"receiver": _FILLED},
    {
        "matchers": _MATCHERS,
        "group_by": _LABEL_NAMES,
        "group_wait": _STRING,
        "repeat_interval": _STRING,
        "routes": _list({"type": "object"}),
    },
)

_BOOLEAN: Schema = {"type": "boolean"}
PROVISIONING = _object(
    {
        "apiVersion": {"const": 1},
        "providers": _list(
            _object(
                {"name": _FILLED, "type": {"const": "file"}, "options": _object({"path": _FILLED})},
                {
                    "orgId": _integer(1),
                    "folder": _STRING,
                    "disableDeletion": _BOOLEAN,
                    "allowUiUpdates": _BOOLEAN,
                    "updateIntervalSeconds": _integer(1),
                },
            )
        ),
    }
)
# Open: what panels look like is between grafanalib and Grafana.
DASHBOARD: Schema = {
    "type": "object",
    "required": ["uid", "title", "panels", "schemaVersion"],
    "properties": {
        "uid": _text(r"[A-Za-z0-9_-]+", "a uid", 40),
        "id": {"type": "null"},
        "title": _FILLED,
        "schemaVersion": _integer(1),
        "panels": _list({"type": "object"}),
        # Filled in by hand when somebody imports a dashboard; provisioning cannot.
        "__inputs": {"type": "array", "maxItems": 0},
    },
}
_GRID = _object({"x": _integer(0, 23), "y": _integer(0), "w": _integer(1, 24), "h": _integer(1)})
PANEL: Schema = {
    "type": "object",
    "required": ["id", "type", "gridPos"],
    "properties": {
        "id": _integer(1),
        "type": _FILLED,
        "gridPos": _GRID,
        "panels": {"type": "array", "items": {"type": "object"}},
        "targets": {"type": "array", "items": {"type": "object"}},
    },
}
