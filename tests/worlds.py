"""The lives of services, told by the series that they show: what the behaviour tests live in.

A world is all series of one pod for every kind of indicator, so that one run of promtool can
put all of them through the same incident.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from slosmith.model import (
    ErrorRatioIndicator,
    ExpressionCount,
    Healthy,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    Service,
    ThresholdIndicator,
    UptimeIndicator,
)
from tests.models import INDICATORS, make_service, make_slo
from tests.promtest import counter, gauge

OBJECTIVES = (
    *("99.9999", "99.99", "99.95", "99.9", "99.5", "99", "95"),
    *("90", "80", "70", "50", "20", "5", "1"),
)

ERRORS = 'http_requests_total{job="api",status="503"}'
FINE = 'http_requests_total{job="api",status="200"}'
HITS = 'cache_hits_total{job="api"}'


def _latency(name: str, bound: str) -> LatencyIndicator:
    return LatencyIndicator(Selector(name), below=Decimal(1), bound=Decimal(bound))


def _uptime(healthy: Healthy) -> UptimeIndicator:
    return UptimeIndicator(Selector("up", ('job="api"',)), healthy)


EVENTS: dict[str, Indicator] = {
    "bad": INDICATORS["ratio"],
    "good": INDICATORS["good"],
    "expression": INDICATORS["expression"],
    "increase": RatioIndicator(
        total=ExpressionCount("sum(increase(jobs_total[$window]))", per_window=True),
        good=ExpressionCount("sum(increase(jobs_done_total[$window]))", per_window=True),
    ),
    "half": INDICATORS["latency"],
    "one": _latency("one_seconds", "1"),
    "one-point": _latency("point_seconds", "1"),
    "milliseconds": _latency("web_milliseconds", "1000"),
    "share": ErrorRatioIndicator(
        "1 - sum(rate(jobs_done_total[$window])) / sum(rate(jobs_total[$window]))"
    ),
}
STATES: dict[str, Indicator] = {
    "below": INDICATORS["threshold"],
    "above": ThresholdIndicator("min(disk_free_ratio)", above=Decimal("0.1")),
    "any": _uptime("any"),
    "all": _uptime("all"),
    "each": _uptime("each"),
}
KINDS = EVENTS | STATES
UNKNOWN_BOUND = _latency("one_seconds", "1.5")

# Name of the histogram, its labels, the spelling of its bound.
_HISTOGRAMS = (
    ("http_request_duration_seconds", 'job="api"', "0.5"),
    ("one_seconds", "", "1"),
    ("point_seconds", "", "1.0"),
    ("web_milliseconds", "", "1000"),
)


@dataclass(frozen=True)
class Phase:
    """Some seconds of a life: the share of bad requests, and requests per second. Where all
    requests are bad, states and targets are too."""

    seconds: int
    bad: float = 0
    rate: float = 10


def world(*phases: Phase, interval: int = 30, pod: str = "") -> dict[str, str]:
    """The series of all kinds, in promtool's notation."""
    every = counter(*((p.seconds, p.rate) for p in phases), interval=interval)
    fine = counter(*((p.seconds, p.rate * (1 - p.bad)) for p in phases), interval=interval)
    bad = counter(*((p.seconds, p.rate * p.bad) for p in phases), interval=interval)

    def state(well: float, ill: float) -> str:
        return gauge(*((p.seconds, ill if p.bad == 1 else well) for p in phases), interval=interval)

    series = {
        FINE: fine,
        ERRORS: bad,
        'cache_requests_total{job="api"}': every,
        HITS: fine,
        "jobs_total{}": every,
        "jobs_done_total{}": fine,
        "jobs_failed_total{}": bad,
        'db_connections_active{job="api"}': state(10, 90),
        'db_connections_max{job="api"}': state(100, 100),
        "disk_free_ratio{}": state(0.5, 0.01),
        'up{job="api",instance="a"}': state(1, 0),
        'up{job="api",instance="b"}': state(1, 0),
    }
    for name, labels, le in _HISTOGRAMS:
        series |= {
            f'{name}_bucket{{{labels},le="{le}"}}'.replace("{,", "{"): fine,
            f'{name}_bucket{{{labels},le="+Inf"}}'.replace("{,", "{"): every,
            f"{name}_count{{{labels}}}": every,
        }
    if not pod:
        return series
    return {f'{name[:-1]},pod="{pod}"}}'.replace("{,", "{"): series[name] for name in series}


def after(seconds: int, series: dict[str, str], interval: int = 30) -> dict[str, str]:
    """The same series, that many seconds later."""
    return {name: f"_x{seconds // interval} {values}" for name, values in series.items()}


def service(kinds: Iterable[str], *objectives: str) -> Service:
    """A service with an SLO of each kind and objective, named like `bad-99-9`."""
    slos = [
        make_slo(
            f"{kind}-{objective.replace('.', '-')}", objective=objective, indicator=KINDS[kind]
        )
        for kind in kinds
        for objective in objectives
    ]
    return make_service("api", *slos)


def together(*services: Service) -> Service:
    """One service with the SLOs of several."""
    return dataclasses.replace(
        services[0], slos=tuple(slo for service in services for slo in service.slos)
    )


def names(service: Service) -> list[str]:
    return [slo.name for slo in service.slos]
