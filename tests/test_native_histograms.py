"""Latency SLOs over native histograms, on a real Prometheus that scrapes them: unit tests of
promtool 2.42 cannot write native histograms.

What was observed before the first scrape must not count. All bounds are powers of 2, which are
bounds of buckets in every schema, unless a test is about a bound inside a bucket.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from slosmith.model import LatencyTrigger, Selector
from slosmith.scaling.queries import latency_query
from tests.projects import OFF, run, write
from tests.prometheus_server import Server, needs_prometheus, serving
from tests.scrape_target import Target, listening

pytestmark = [pytest.mark.server, needs_prometheus]

PROJECT = """
version: slosmith/v1
prometheus: {scrape_interval: 1s, evaluation_interval: 1s, retention: 95d}
"""


def slo(name: str, histogram: str, below: str, unit: str = "s", more: str = "") -> str:
    """An SLO of the spec."""
    indicator = f"{{type: native, histogram: '{histogram}', below: {below}, unit: {unit}}}"
    return f"- {{name: {name}, objective: 99{more}, indicator: {{latency: {indicator}}}}}\n"


SPEC = (
    "version: slosmith/v1\nservice: api\nslos:\n"
    + slo("routes", 'http_seconds{job="api"}', "500ms", more=", by: [route]")
    + slo("all", 'http_seconds{job="api"}', "500ms")
    + slo("inside", 'http_seconds{job="api",route="/mixed"}', "300ms")
    + slo("ms", 'rpc_milliseconds{job="api"}', "256ms", "ms")
    + slo("ms-inside", 'rpc_milliseconds{job="api"}', "192ms", "ms")
    + slo("turning", 'queue_seconds{job="api"}', "500ms")
    + slo("unused", 'unused_seconds{job="api"}', "500ms")
    + slo("misspelt", 'http_secs{job="api"}', "500ms")
)
# The schema by histogram and route. Those of one histogram differ: sums take the coarsest.
HISTOGRAMS = {
    "http_seconds": {"/fast": 3, "/mixed": 0, "/down": 2, "/idle": 0},
    "rpc_milliseconds": {"": 0},
    "queue_seconds": {"": 0},
    "unused_seconds": {"": 0},
}
# What is observed while Prometheus looks: times of each value.
OBSERVED: dict[str, dict[str, dict[float, int]]] = {
    "http_seconds": {
        "/fast": {0: 5, 0.05: 50, 0.5: 10},
        "/mixed": {0.1: 50, 0.3: 40, 1.5: 10},
        "/down": {0.7: 30, 2: 30},
    },
    "rpc_milliseconds": {"": {200: 95, 300: 5}},
}
TOTAL, BAD = "slo:sli_total:rate5m", "slo:sli_bad:rate5m"
# One for each route of the first SLO and for all others but the last.
SERIES = 4 + 6
# Pages when its own test lets it.
TURNING = ("turning", "")


@dataclass(frozen=True)
class World:
    """`idle`: how many error ratios and burn-rate alerts there were before any observation."""

    server: Server
    target: Target
    idle: tuple[int, int]

    def is_soon(self, query: str, expected: float) -> None:
        """Rules of one evaluation see one scrape more, or not: asked until all saw the same."""
        self.server.wait(
            f"{query} = {expected}",
            lambda: self.server.value(query) == pytest.approx(expected, rel=1e-9, abs=1e-12),
        )


def firing(server: Server) -> set[tuple[str, str]]:
    """SLOs and routes that page for their burn rate."""
    return {
        (alert["labels"]["slo"], alert["labels"].get("route", ""))
        for alert in server.get("alerts")["alerts"]
        if alert["labels"]["alertname"] == "SLOErrorBudgetBurnFast" and alert["state"] == "firing"
    }


def generated(folder: Path) -> Path:
    """The rules of the spec, built as users build them; but nobody waits for the slow groups."""
    write(folder, {"slosmith.yaml": PROJECT, "specs/api.yaml": SPEC})
    result = run(folder, "build", *OFF)
    assert result.returncode == 0, result.stderr
    rules = folder / "out/prometheus/rules/api.yaml"
    rules.write_text(rules.read_text().replace('interval: "2m"', 'interval: "2s"'))
    return rules


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("native")
    rules, target = generated(folder), Target()
    for name, routes in HISTOGRAMS.items():
        for route, schema in routes.items():
            target.add(name, route, schema)
        if name != "unused_seconds":
            target.observe(name, {route: {0.1: 1000, 3000: 1000} for route in routes})
    with listening(target), serving(folder, rules, targets={"api": target.address}) as server:
        quiet = f"count({TOTAL} == 0 and {BAD} == 0)"
        server.wait("idle service", lambda: server.value(quiet) == SERIES)
        ratios = server.get("query", query='{__name__=~"slo:sli_error:.*"}')["result"]
        idle = len(ratios), len(firing(server))
        for name, observed in OBSERVED.items():
            target.observe(name, observed)
        yield World(server, target, idle)


def test_an_idle_service_has_no_error_ratio_and_no_alert(world: World) -> None:
    assert world.idle == (0, 0)


@pytest.mark.parametrize("matchers", ['slo="routes",route="/idle"', 'slo="unused"'])
def test_an_idle_histogram_has_no_error_ratio_beside_busy_ones(world: World, matchers: str) -> None:
    # By then others have ratios.
    world.is_soon('slo:sli_error:ratio_rate1h{slo="routes",route="/mixed"}', 0.1)
    world.is_soon(f"{TOTAL}{{{matchers}}}", 0)
    world.is_soon(f"{BAD}{{{matchers}}}", 0)
    world.is_soon(f"slo:error_budget_remaining:ratio{{{matchers}}}", 1)
    ratios = world.server.get("query", query=f'{{__name__=~"slo:sli_error:.*",{matchers}}}')
    assert ratios["result"] == []


@pytest.mark.parametrize(
    ("matchers", "ratio"),
    [
        ('slo="routes",route="/fast"', 0),
        ('slo="routes",route="/mixed"', 10 / 100),
        ('slo="routes",route="/down"', 1),
        ('slo="all"', 70 / 225),
        ('slo="ms"', 5 / 100),
    ],
)
def test_on_the_bound_of_a_bucket_the_ratio_is_exact(
    world: World, matchers: str, ratio: float
) -> None:
    world.is_soon(f"{BAD}{{{matchers}}} / {TOTAL}{{{matchers}}}", ratio)
    for window in ("5m", "15m", "30m", "1h"):
        world.is_soon(f"slo:sli_error:ratio_rate{window}{{{matchers}}}", ratio)


@pytest.mark.parametrize(
    ("slo", "below", "bucket", "lower", "bound", "upper"),
    [("inside", 50, 40, 0.25, 0.3, 0.5), ("ms-inside", 0, 95, 128, 192, 256)],
)
def test_inside_a_bucket_the_ratio_is_interpolated(
    world: World, slo: str, below: int, bucket: int, lower: float, bound: float, upper: float
) -> None:
    """`below` and `bucket`: observations of 100 below the bound's bucket, and in it."""
    version: str = world.server.get("status/buildinfo")["version"]
    if version.startswith("2."):
        share = (bound - lower) / (upper - lower)
    else:
        share = math.log(bound / lower) / math.log(upper / lower)
    for window in ("5m", "30m", "1h"):
        ratio = 1 - (below + bucket * share) / 100
        world.is_soon(f'slo:sli_error:ratio_rate{window}{{slo="{slo}"}}', ratio)


@pytest.mark.parametrize(
    ("matchers", "counter"),
    [
        ('slo="routes",route="/mixed"', 'http_seconds_observations_total{route="/mixed"}'),
        ('slo="all"', "http_seconds_observations_total"),
        ('slo="ms"', "rpc_milliseconds_observations_total"),
    ],
)
def test_the_total_is_the_rate_of_a_counter_of_the_observations(
    world: World, matchers: str, counter: str
) -> None:
    def agree() -> bool:
        recorded = world.server.get("query", query=f"{TOTAL}{{{matchers}}}[20s]")["result"]
        time, value = recorded[0]["values"][-1]
        truth = world.server.value(f"sum(rate({counter}[5m])) > 0", time=str(time))
        return truth is not None and float(value) == pytest.approx(truth, rel=1e-9)

    world.server.wait(f"{matchers} as {counter}", agree)


def test_exactly_what_burns_fast_pages_by_route(world: World) -> None:
    expected = {("routes", "/down"), ("all", ""), ("inside", ""), ("ms-inside", "")}
    world.server.wait("pages", lambda: firing(world.server) >= expected)
    assert firing(world.server) - {TURNING} == expected


def test_a_service_that_turns_slow_pages_then(world: World) -> None:
    world.target.observe("queue_seconds", {"": {0.1: 10}})
    world.server.wait("fast", lambda: world.server.value(f'{TOTAL}{{slo="turning"}} > 0'))
    world.is_soon('slo:sli_error:ratio_rate5m{slo="turning"}', 0)
    assert TURNING not in firing(world.server)
    world.target.observe("queue_seconds", {"": {2: 90}})
    world.server.wait("the page", lambda: TURNING in firing(world.server))
    world.is_soon('slo:sli_error:ratio_rate5m{slo="turning"}', 0.9)


def test_only_a_histogram_that_never_was_is_missing(world: World) -> None:
    def missing() -> set[str]:
        alerts = world.server.get("query", query='ALERTS{alertname="SLOIndicatorMissing"}')
        return {alert["metric"]["slo"] for alert in alerts["result"]}

    world.server.wait("misspelt alone", lambda: missing() == {"misspelt"})


def test_nothing_ever_recorded_is_nan_and_no_rule_fails(world: World) -> None:
    world.is_soon('slo:sli_error:ratio_rate6h{slo="routes",route="/down"}', 1)
    recorded = world.server.get("query", query='{__name__=~"slo.*"}[5m]')["result"]
    assert len(recorded) > 100
    assert not [each for each in recorded if any(value == "NaN" for _, value in each["values"])]
    groups = world.server.get("rules")["groups"]
    health = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert set(health.values()) == {"ok"}, health


@pytest.mark.parametrize(
    ("histogram", "unit", "quantile", "lowest", "highest"),
    [
        ('http_seconds{route="/mixed"}', "s", "0.7", 250, 500),
        ("rpc_milliseconds", "ms", "0.5", 128, 256),
        ("unused_seconds", "s", "0.9", 0, 0),
    ],
)
def test_autoscaling_reads_the_quantile_in_milliseconds(
    world: World,
    histogram: str,
    unit: Literal["s", "ms"],
    quantile: str,
    lowest: float,
    highest: float,
) -> None:
    """It is in the bucket of the observation in question, whichever way it is interpolated."""
    name, _, matchers = histogram.rstrip("}").partition("{")
    series = Selector(name, (matchers,) if matchers else ())
    trigger = LatencyTrigger("latency", series, Decimal(quantile), Decimal(1), unit, native=True)

    def reads() -> bool:
        value = world.server.value(latency_query(trigger))
        return value is not None and lowest <= value <= highest

    world.server.wait(f"{lowest} to {highest} ms", reads)
