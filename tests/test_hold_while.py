"""`hold_while` on a real Prometheus, through the queries that KEDA sends, with the autoscaler's
clock: p95 rises to 800 ms, cache hits fall to 10 %, the pool saturates, the CPU is idle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.prometheus_server import needs_prometheus
from tests.scaling_world import (
    CALM,
    HELD,
    INCIDENT,
    MINUTE,
    SLOW,
    SPEC,
    Life,
    World,
    scaled_object,
    world,
)

pytestmark = [pytest.mark.server, needs_prometheus]

HOUR = 3600
# When the incident begins, in different seconds of a scrape; each ends after ten minutes.
BEGINS = tuple(HOUR // 2 * number + phase for number, phase in enumerate((0, 2, 9, 16, 23, 29), 1))
LAST = 10 * MINUTE
# Dependencies recover after ten minutes, and requests stay slow for twenty more.
RECOVERY = 4 * HOUR
# Traffic doubles three minutes after the incident begins.
GROWTH = 5 * HOUR
# Slow requests, and nothing wrong with what they wait for.
OVERLOAD = 6 * HOUR
# The database's metrics are not there, and the cache is well.
NIGHT = 7 * HOUR
END = 8 * HOUR

LIFE = Life(
    (
        (0, CALM),
        *(item for begin in BEGINS for item in ((begin, INCIDENT), (begin + LAST, CALM))),
        (RECOVERY, INCIDENT),
        (RECOVERY + LAST, replace(CALM, took=SLOW)),
        (RECOVERY + 3 * LAST, CALM),
        (GROWTH, INCIDENT),
        (GROWTH + 3 * MINUTE, replace(INCIDENT, requests=1200)),
        (GROWTH + 3 * LAST, CALM),
        (OVERLOAD, replace(CALM, took=SLOW)),
        (OVERLOAD + 2 * LAST, CALM),
        (NIGHT, replace(CALM, requests=0)),
    )
)
# An SLO of series that nobody has.
BLIND = SPEC.replace(
    "- name: up\n",
    """\
- name: blind
  objective: 99
  indicator: {threshold: {query: 'max(queue_depth{job="nobody"})', below: 1}}
- name: up
""",
)


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world"), LIFE, END, offset=1) as found:
        yield found


def at(replicas: list[int]) -> list[int]:
    """After 1, 2, 5 and 10 minutes."""
    return [replicas[minute] for minute in (1, 2, 5, 10)]


def test_without_the_guard_replicas_run_to_the_maximum(incident: World, tmp_path: Path) -> None:
    assert HELD in SPEC
    unguarded = scaled_object(tmp_path, SPEC.replace(HELD, ""))
    for begin in BEGINS:
        one, two, five, ten = at(incident.replicas(unguarded, begin, 10))
        # Each step multiplies by 1.6, and waits for the stabilization of 95 s.
        assert one == 6
        assert two in (6, 10)
        assert (five, ten) == (16, 20)


def test_with_the_guides_stabilization_they_run_there_sooner(
    incident: World, tmp_path: Path
) -> None:
    spec = SPEC.replace(HELD, "").replace("stabilization: 95s", "stabilization: 60s")
    unguarded = scaled_object(tmp_path, spec)
    for begin in BEGINS[:2]:
        assert at(incident.replicas(unguarded, begin, 10)) == [6, 10, 20, 20]


@pytest.mark.parametrize("phase", [0, 8])
def test_with_the_guard_they_stay_where_they_were(
    incident: World, tmp_path: Path, phase: int
) -> None:
    guarded = scaled_object(tmp_path)
    for begin in BEGINS:
        assert incident.replicas(guarded, begin, 10, phase=phase) == [6] * 11


def test_with_too_short_a_stabilization_replicas_come_before_the_guard(
    incident: World, tmp_path: Path
) -> None:
    spec = SPEC.replace("stabilization: 95s", "stabilization: 0s").replace(
        HELD, ", hold_while: [db-pool]"
    )
    hasty = scaled_object(tmp_path, spec)
    grown = [incident.replicas(hasty, begin, 5)[-1] for begin in BEGINS]
    assert max(grown) > 6
    # The guard still ends it.
    assert max(grown) < 20


def test_when_traffic_really_grows_they_still_scale(incident: World, tmp_path: Path) -> None:
    after = incident.replicas(scaled_object(tmp_path), GROWTH, 10)
    # It grows three minutes later, over a window of two; from 11 to 12 is within the tolerance.
    assert at(after) == [6, 6, 6, 11]


def test_slow_requests_alone_still_scale(incident: World, tmp_path: Path) -> None:
    assert at(incident.replicas(scaled_object(tmp_path), OVERLOAD, 10)) == [6, 6, 16, 20]


def test_when_the_guard_clears_latency_counts_again(incident: World, tmp_path: Path) -> None:
    after = incident.replicas(scaled_object(tmp_path), RECOVERY, 25)
    assert after[:11] == [6] * 11
    guards = incident.explained["triggers"][1]["hold_while"]
    cleared = max(guard["lets_go_after_seconds"] for guard in guards)
    assert cleared < 7 * MINUTE
    # Ten minutes of incident, seven until the guard lets go, two of stabilization.
    assert after[10 + 9] > 6
    assert after[25] == 20


def test_a_held_trigger_still_lets_replicas_go(incident: World, tmp_path: Path) -> None:
    [_, latency, *_] = scaled_object(tmp_path)["spec"]["triggers"]
    unguarded = scaled_object(tmp_path, SPEC.replace(HELD, ""))["spec"]["triggers"][1]
    end = BEGINS[0] + LAST
    # Requests are fast again, and the guard still sees the incident.
    both = [
        second
        for second in range(end + 240, end + 360, 5)
        if (incident.read(unguarded, second) or 500) < 500
        and incident.first('slo:sli_error:ratio_rate5m{slo="db-pool"} > bool 0.01', second, second)
        == 0
    ]
    assert both
    for second in both:
        assert incident.read(latency, second) == incident.read(unguarded, second)


def test_a_guard_without_data_does_not_hold(tmp_path: Path) -> None:
    spec = BLIND.replace(HELD, ", hold_while: [blind]")
    life = Life(((0, CALM), (HOUR, INCIDENT)))
    with world(tmp_path / "blind", life, HOUR + 20 * MINUTE, offset=3, spec=spec) as blind:
        assert at(blind.replicas(scaled_object(tmp_path, spec), HOUR, 10))[3] == 20


def test_an_idle_service_reads_0_and_missing_data_stay_missing(
    incident: World, tmp_path: Path
) -> None:
    [_, latency, *_] = scaled_object(tmp_path)["spec"]["triggers"]
    assert incident.read(latency, NIGHT + 30 * MINUTE) == 0
    assert incident.read(latency, END + 30 * MINUTE) is None
    assert incident.read(latency, -30 * MINUTE) is None


def test_the_times_that_explain_tells_hold(incident: World) -> None:
    [_, trigger, *_] = incident.explained["triggers"]
    held, asks = [], []
    for begin in BEGINS:
        end = begin + LAST
        ask = incident.first(
            "histogram_quantile(0.95, sum by (le) "
            "(rate(http_request_duration_seconds_bucket[5m]))) > bool 0.5",
            begin,
            end,
        )
        assert ask is not None
        asks.append(ask)
        for guard in trigger["hold_while"]:
            ratio = f'slo:sli_error:ratio_rate5m{{slo="{guard["slo"].split("/")[1]}"}}'
            holds = incident.first(f"{ratio} > bool {guard['threshold']}", begin, end)
            assert holds is not None
            assert holds <= guard["holds_after_seconds"]
            held.append(holds)
            cleared = incident.first(f"{ratio} <= bool {guard['threshold']}", end, end + LAST)
            assert cleared is not None
            assert cleared <= guard["lets_go_after_seconds"]
    stabilization = incident.explained["scale_up"]["stabilization_seconds"]
    first = trigger["first_replicas_after_seconds"]
    # To half a second, as queries are asked for whole ones.
    assert min(asks) >= first - (stabilization - 15) - 0.5
    assert max(held) <= first
    # Bounds that are far from anything that happens would say nothing.
    assert max(held) >= 45
    assert min(asks) <= 45
