"""A service's load test → its k6 script: scenarios from the spec, thresholds from the SLOs.

All that comes from a spec is in two JSON literals (`TEST`, `options`), which are data to
JavaScript whatever they hold; the template around them is the same for all.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slosmith.artifacts import Artifact
from slosmith.durations import format_duration, format_go
from slosmith.escape import javascript, one_line
from slosmith.load import samples
from slosmith.load.gates import Gates, gates
from slosmith.load.samples import Judgement
from slosmith.model import Project, Service
from slosmith.model_load_test import ArrivalRate, LoadTest, Request
from slosmith.numbers import percent, plain

USERS, ARRIVALS = "users", "arrivals"
# Of the planned arrivals, what may be lost before the rate counts as not sustained.
_LOST = Fraction(1, 100)
_DEFAULT_STATUSES = [{"min": 200, "max": 399}]

if TYPE_CHECKING:
    from jinja2 import Template

Named = list[tuple[Request, Gates]]


def generate(service: Service, project: Project) -> list[Artifact]:
    """`k6/<service>.js`, or nothing for a service without a load test."""
    test = service.load_test
    if test is None:
        return []
    path = f"k6/{service.name}.js"
    named = judged(service, test)
    text = _template().render(
        source=one_line(service.source),
        path=path,
        promises=list(_promises(service, named)),
        test=javascript(_test(test)),
        options=javascript(_options(test, named)),
        users=bool(test.stages),
        arrivals=test.arrival is not None,
    )
    return [Artifact(path, text)]


@functools.cache
def _template() -> Template:
    # Here, since most runs need none.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("generators"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # this is no HTML; `javascript` escapes
    )
    return environment.get_template("load_test.js.jinja")


def judged(service: Service, test: LoadTest) -> Named:
    """The requests with the limits of their SLOs."""
    slos = {slo.name: slo for slo in service.slos}
    found = [(item, gates([slos[name] for name in item.slos])) for item in test.requests]
    return [(item, limits) for item, limits in found if limits is not None]


def _promises(service: Service, named: Named) -> Iterator[str]:
    """For reviewers: which SLO gave which threshold. Names are DNS labels: nothing to escape."""
    for request, limits in named:
        for gate in limits.latencies:
            within = f"{plain(gate.percentile)}% in less than {format_duration(gate.below)}"
            yield f"{request.name}: {service.name}/{gate.slo}, {within}"
        few = f"at most {percent(limits.failures)} fail"
        yield f"{request.name}: {service.name}/{limits.failures_slo}, {few}"


def _test(test: LoadTest) -> dict[str, Any]:
    return {
        "baseUrl": test.base_url,
        "pauseSeconds": _number(test.pause),
        "requests": [
            {
                "name": request.name,
                "method": request.method,
                "path": request.path,
                "headers": dict(request.headers),
                "body": request.body or None,
                "statuses": list(request.statuses) or _DEFAULT_STATUSES,
            }
            for request in test.requests
        ],
    }


def _options(test: LoadTest, named: Named) -> dict[str, Any]:
    slow = samples.slow_answer([limits for _, limits in named])
    both = bool(test.stages) and test.arrival is not None
    scenarios: dict[str, Any] = {}
    thresholds: dict[str, Any] = {}
    if test.stages:
        scenarios[USERS] = _users(test)
        for request, limits in named:
            judgement = samples.of_users(test, limits, slow)
            tags = _tags(request, USERS if both else "")
            thresholds |= _thresholds(tags, limits, judgement, 0)
    if test.arrival is not None:
        start = test.ramp_seconds
        scenarios[ARRIVALS] = _arrivals(test.arrival, slow, start)
        for request, limits in named:
            judgement = samples.of_arrivals(test, limits)
            tags = _tags(request, ARRIVALS if both else "")
            thresholds |= _thresholds(tags, limits, judgement, start)
        lost = max(1, math.floor(test.arrival.planned * _LOST))
        thresholds[f"dropped_iterations{{scenario:{ARRIVALS}}}"] = [f"count<={lost}"]
    return {
        "discardResponseBodies": True,
        "summaryTrendStats": ["avg", "min", "med", "max", *_percentiles(named)],
        "scenarios": scenarios,
        "thresholds": thresholds,
    }


def _users(test: LoadTest) -> dict[str, Any]:
    return {
        "executor": "ramping-vus",
        "exec": "user",
        "startVUs": 0,
        "stages": [
            {"duration": format_go(stage.seconds), "target": stage.users} for stage in test.stages
        ],
        "gracefulRampDown": "30s",
    }


def _arrivals(arrival: ArrivalRate, slow: Fraction, start: int) -> dict[str, Any]:
    # As many as wait for answers of a slow service, all from the start: k6 loses arrivals while it
    # makes more.
    users = math.ceil(Fraction(arrival.per_second) * slow) + 1
    scenario = {
        "executor": "constant-arrival-rate",
        "exec": "arrival",
        "rate": arrival.count,
        "timeUnit": f"1{arrival.unit}",
        "duration": format_go(arrival.seconds),
        "preAllocatedVUs": users,
        "maxVUs": users,
    }
    return scenario | ({"startTime": format_go(start)} if start else {})


def _tags(request: Request, scenario: str) -> str:
    return f"{{name:{request.name}" + (f",scenario:{scenario}" if scenario else "") + "}"


def _thresholds(tags: str, limits: Gates, judgement: Judgement, start: int) -> dict[str, Any]:
    """Those of one kind of request in one scenario, which begins `start` seconds into the test."""
    delay = format_go(start + judgement.delay)

    def stops(threshold: str) -> dict[str, Any]:
        return {"threshold": threshold, "abortOnFail": True, "delayAbortEval": delay}

    found: dict[str, Any] = {}
    if limits.latencies:
        # k6 takes milliseconds.
        found[f"http_req_duration{tags}"] = [
            stops(f"p({plain(gate.percentile)})<{plain(gate.below * 1000)}")
            for gate in limits.latencies
        ]
    found[f"http_req_failed{tags}"] = [stops(f"rate<={plain(limits.failures)}")]
    found[f"http_reqs{tags}"] = [f"count>={judgement.samples}"]
    return found


def _percentiles(named: Named) -> list[str]:
    """Those that the summary shows: the objectives', once each."""
    wanted = {gate.percentile for _, limits in named for gate in limits.latencies}
    return [f"p({plain(item)})" for item in sorted(wanted)] or ["p(95)"]


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
