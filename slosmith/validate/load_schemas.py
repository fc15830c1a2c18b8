"""The shapes of what a k6 script holds: closed, as in `schemas`."""

from __future__ import annotations

from slosmith.validate.schemas import _FILLED, _STRING
from slosmith.validate.schemas import _integer as integer
from slosmith.validate.schemas import _list as listed
from slosmith.validate.schemas import _map as mapped
from slosmith.validate.schemas import _object as closed
from slosmith.validate.schemas import _text as text

_TIME = text(r"(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?", "a duration of Go", 40)
_NAME = text(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", "a DNS label", 63)
_STATUS = integer(100, 599)

LOAD_TEST = closed(
    {
        "baseUrl": text(r"https?://[^\s?#@/]\S*", "an address", 1000),
        "pauseSeconds": {"type": "number", "exclusiveMinimum": 0},
        "requests": listed(
            closed(
                {
                    "name": _NAME,
                    "method": text(r"[A-Z]+", "a method", 10),
                    "path": text(r"/\S*", "a path", 2000),
                    "headers": mapped(text(r"[A-Za-z0-9_-]+", "a header", 100), _STRING),
                    "body": {"type": ["string", "null"]},
                    "statuses": listed(
                        {"anyOf": [_STATUS, closed({"min": _STATUS, "max": _STATUS})]}
                    ),
                }
            )
        ),
    }
)
_SCENARIOS = closed(
    {},
    {
        "users": closed(
            {
                "executor": {"const": "ramping-vus"},
                "exec": {"const": "user"},
                "startVUs": {"const": 0},
                "stages": listed(closed({"duration": _TIME, "target": integer(0)})),
                "gracefulRampDown": _TIME,
            }
        ),
        "arrivals": closed(
            {
                "executor": {"const": "constant-arrival-rate"},
                "exec": {"const": "arrival"},
                "rate": integer(1),
                "timeUnit": text(r"1[smh]", "a unit of time", 2),
                "duration": _TIME,
                "preAllocatedVUs": integer(1),
                "maxVUs": integer(1),
            },
            {"startTime": _TIME},
        ),
    },
) | {"minProperties": 1}
_THRESHOLD = {
    "anyOf": [
        _FILLED,
        closed({"threshold": _FILLED, "abortOnFail": {"const": True}, "delayAbortEval": _TIME}),
    ]
}
LOAD_OPTIONS = closed(
    {
        "discardResponseBodies": {"const": True},
        "summaryTrendStats": listed(_FILLED),
        "scenarios": _SCENARIOS,
        "thresholds": mapped(_FILLED, listed(_THRESHOLD)) | {"minProperties": 1},
    }
)
