"""The load test of a service: what is sent, how often, and which SLOs judge it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from slosmith.load.gates import by_default, fits, gates
from slosmith.model import Slo
from slosmith.model_load_test import ArrivalRate, LoadTest, Request, Stage
from slosmith.numbers import plain
from slosmith.problems import Path
from slosmith.resolve.context import (
    Context,
    duration,
    mapping,
    no_duration,
    text,
    texts,
    whole_seconds,
)
from slosmith.shape.messages import suggestion

# A day of load is no test any more.
MAX_SECONDS = 86400
_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)/([smh])")
# Names of headers and of query parameters whose values nobody should commit.
_SECRET = re.compile(
    r"^(proxy-)?authorization$|^(set-)?cookie2?$|token|secret|passw|api[-_]?key|credential"
    r"|session|signature|^auth$|^key$",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"[?&;]([^=&;#]+)=")

# The SLOs of the service by their names; None where one is there but faulty.
Slos = Mapping[str, Slo | None]


def build(context: Context, value: Any, at: Path, slos: Slos) -> LoadTest | None:
    """The load test that stands at model path `at`; None after problems."""
    data = mapping(value)
    before = len(context.problems)
    required = (
        ("base_url", "where the requests go, such as https://api.example.com"),
        ("requests", "what is sent, [{name: user, path: /users/123}]"),
    )
    for key, what in required:
        if key not in data:
            context.error("field-missing", f"`{key}` is missing: {what}", at, key=True)
    stages = _stages(context, data, at)
    arrival = _arrival(context, data, at)
    if not any(key in data for key in ("stages", "rate", "duration")):
        message = "`load_test` has no load: `stages` of users, or `rate` and `duration`"
        context.error("field-missing", message, at, key=True)
    no_duration(context, data, "pause", at)
    pause = duration(data.get("pause", "1s")) or Decimal(1)
    requests = _requests(context, data, at, slos)
    if len(context.problems) > before or not requests:
        return None
    base_url = text(data.get("base_url")).rstrip("/")
    return LoadTest(base_url, requests, stages, arrival, pause) if base_url else None


def _stages(context: Context, data: dict[str, Any], at: Path) -> tuple[Stage, ...]:
    listed = data.get("stages")
    found = []
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        stage, path = mapping(item), (*at, "stages", index)
        seconds = _seconds(context, stage, path)
        users = stage.get("users")
        if seconds is not None and isinstance(users, int):
            found.append(Stage(seconds, users))
    if not isinstance(listed, list) or len(found) < len(listed):
        return ()
    if not any(stage.users for stage in found):
        context.error("load-test-idle", "`stages`: no stage has users", (*at, "stages"), key=True)
    if sum(stage.seconds for stage in found) > MAX_SECONDS:
        message = "`stages` last longer than a day in all"
        context.error("load-test-length", message, (*at, "stages"), key=True)
    return tuple(found)


def _arrival(context: Context, data: dict[str, Any], at: Path) -> ArrivalRate | None:
    if "rate" not in data and "duration" not in data:
        return None
    for key, other in (("rate", "duration"), ("duration", "rate")):
        if key not in data:
            context.error("field-missing", f"`{other}` needs `{key}` beside it", (*at, other), True)
    seconds = _seconds(context, data, at)
    match = _RATE.fullmatch(text(data.get("rate")))
    if match is None or seconds is None:
        return None
    count = Decimal(match[1])
    if not count or count != int(count):
        message = f"`rate`: {plain(count)} is no whole number above 0, which k6 wants; "
        message += "write so many in a longer time, as in 30/m for 0.5/s"
        context.error("load-test-rate", message, (*at, "rate"))
        return None
    arrival = ArrivalRate(int(count), match[2], seconds)  # type: ignore[arg-type]
    if seconds > MAX_SECONDS:
        context.error("load-test-length", "`duration` is longer than a day", (*at, "duration"))
    elif not arrival.planned:
        message = f"`duration`: no request arrives in it at {match[0]}"
        context.error("load-test-idle", message, (*at, "duration"))
    return arrival


def _seconds(context: Context, data: dict[str, Any], at: Path) -> int | None:
    seconds = whole_seconds(context, data, "duration", at)
    if seconds == 0:
        context.error("field-value", "`duration` must be above zero", (*at, "duration"))
        return None
    return seconds


def _requests(context: Context, data: dict[str, Any], at: Path, slos: Slos) -> tuple[Request, ...]:
    listed = data.get("requests")
    shared = _named(context, data, at, slos)
    places: dict[str, Path] = {}
    found = []
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        given, path = mapping(item), (*at, "requests", index)
        name = text(given.get("name"))
        first = places.setdefault(name, path) if name else path
        if first != path:
            where = context.origins.place((*first, "name"))
            message = f"the request `{name}` is there already, at {where}"
            context.error("load-test-twice", message, (*path, "name"))
        _no_secrets(context, given, path)
        own = _named(context, given, path, slos) if "slos" in given else shared
        judges = _judges(context, own, slos, path if "slos" in given else at)
        statuses = given.get("statuses")
        found.append(
            Request(
                name=name,
                method=text(given.get("method")) or "GET",
                path=text(given.get("path")),
                slos=judges,
                headers=texts(given.get("headers")),
                body=text(given.get("body")),
                statuses=tuple(statuses) if isinstance(statuses, list) else (),
            )
        )
    return tuple(found)


def _named(context: Context, data: dict[str, Any], at: Path, slos: Slos) -> Sequence[str] | None:
    """The names at `slos` of what stands at `at`, without unknown ones; None where none is."""
    listed = data.get("slos")
    if not isinstance(listed, list):
        return None
    found = []
    for index, name in enumerate(listed):
        path = (*at, "slos", index)
        if not isinstance(name, str):
            continue
        if name not in slos:
            near = suggestion(name, slos) or f"; SLOs of this service: {', '.join(slos)}"
            context.error("slo-unknown", f"there is no SLO `{name}`{near}", path)
            continue
        slo = slos[name]
        if slo is not None and not fits(slo):
            message = (
                f"`{name}` is an SLO of the kind {slo.indicator.kind}, which single requests "
                "cannot keep or break; a load test takes latency, ratio and error_ratio"
            )
            context.error("load-test-slo", message, path)
            continue
        found.append(name)
    return found


def _judges(context: Context, named: Sequence[str] | None, slos: Slos, at: Path) -> tuple[str, ...]:
    """The SLOs that judge a request, in the order of the service."""
    known = [slo for slo in slos.values() if slo is not None]
    chosen = [slo for slo in known if (slo.name in named if named is not None else by_default(slo))]
    if len(known) == len(slos) and gates(chosen) is None and named != []:
        message = (
            "no SLO of this service promises anything about requests (an indicator of kind "
            "latency, or a ratio with `bad`), so the test would pass whatever happens; add one, "
            "or name the SLOs that count in `slos`"
        )
        context.error("load-test-slo", message, at, key=True)
    return tuple(slo.name for slo in chosen)


def _no_secrets(context: Context, given: dict[str, Any], at: Path) -> None:
    advice = "is committed with what is generated; give it when the test runs, in HEADERS"
    for name in mapping(given.get("headers")):
        if _SECRET.search(name):
            message = f"`{name}` reads like a secret, which {advice}"
            context.error("load-test-secret", message, (*at, "headers", name), key=True)
    for name in _PARAMETER.findall(text(given.get("path"))):
        if _SECRET.search(name):
            message = f"`path`: `{name}` reads like a secret, which {advice}"
            context.error("load-test-secret", message, (*at, "path"))
