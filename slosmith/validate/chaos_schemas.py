"""The shapes of Chaos Mesh objects: closed, as in `schemas`, and bounded."""

from __future__ import annotations

from typing import Any

from slosmith.validate.schemas import (
    _DNS_LABEL,
    _KUBERNETES_KEY,
    _KUBERNETES_VALUE,
    Schema,
    _kubernetes,
)
from slosmith.validate.schemas import _integer as integer
from slosmith.validate.schemas import _list as listed
from slosmith.validate.schemas import _map as mapped
from slosmith.validate.schemas import _object as closed
from slosmith.validate.schemas import _text as text

_TIME = text(r"(?=[0-9])(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?", "a duration of Go", 40)
_MILLISECONDS = text(r"[1-9][0-9]*ms", "milliseconds", 20)
# One namespace and at least one label: nothing else keeps an experiment from the others' pods.
_SELECTOR = closed(
    {
        "namespaces": listed(_DNS_LABEL) | {"maxItems": 1},
        "labelSelectors": mapped(_KUBERNETES_KEY, _KUBERNETES_VALUE) | {"minProperties": 1},
    }
)


def _fault(required: Schema, optional: Schema | None = None) -> Schema:
    """A fault that lasts for a while and does not hit all pods."""
    common = {
        "selector": _SELECTOR,
        "mode": {"enum": ["one", "fixed", "fixed-percent"]},
        "duration": _TIME,
    }
    value = {"value": text(r"[1-9][0-9]{0,3}", "a number above 0 as text", 4)}
    bounded = {
        "oneOf": [
            {"properties": {"mode": {"const": "one"}, "value": False}},
            {"properties": {"mode": {"const": "fixed"}}, "required": ["value"]},
            {
                "properties": {
                    "mode": {"const": "fixed-percent"},
                    "value": {"pattern": r"\A[0-9]{1,2}\Z"},
                },
                "required": ["value"],
            },
        ]
    }
    return closed(common | required, value | (optional or {})) | bounded


_POD = _fault({"action": {"enum": ["pod-failure", "pod-kill"]}})
_TOWARDS: dict[str, Any] = {
    "direction": {"const": "to"},
    "externalTargets": listed(text(r"[A-Za-z0-9_.:\[\]-]+", "an address", 300)),
}
_NETWORK = {
    "oneOf": [
        _fault(
            {
                "action": {"const": "delay"},
                **_TOWARDS,
                "delay": closed({"latency": _MILLISECONDS}, {"jitter": _MILLISECONDS}),
            }
        ),
        _fault(
            {
                "action": {"const": "loss"},
                **_TOWARDS,
                "loss": closed({"loss": text(r"[0-9]+(?:\.[0-9]+)?", "percent as text", 10)}),
            }
        ),
    ]
}
_STRESS = _fault(
    {
        "stressors": closed(
            {},
            {
                "cpu": closed({"workers": integer(1, 8192), "load": integer(1, 100)}),
                "memory": closed(
                    {
                        "workers": integer(1, 8192),
                        "size": text(r"[1-9][0-9]*(?:B|KB|MB|GB|%)", "a size", 20),
                    }
                ),
            },
        )
        | {"minProperties": 1}
    },
    {"containerNames": listed(_DNS_LABEL)},
)


def _schedule(kind: str, key: str, fault: Schema) -> Schema:
    return closed(
        {
            "schedule": text(r"[ -~]+", "a schedule", 200),
            "startingDeadlineSeconds": integer(1),
            "concurrencyPolicy": {"const": "Forbid"},
            "historyLimit": integer(1),
            "type": {"const": kind},
            key: fault,
        }
    )


SCHEDULE = _kubernetes("chaos-mesh.org/v1alpha1", "Schedule", {"spec": {"type": "object"}})
SCHEDULES = {
    "PodChaos": _schedule("PodChaos", "podChaos", _POD),
    "NetworkChaos": _schedule("NetworkChaos", "networkChaos", _NETWORK),
    "StressChaos": _schedule("StressChaos", "stressChaos", _STRESS),
}
POD_CHAOS, NETWORK_CHAOS, STRESS_CHAOS = SCHEDULES.values()
