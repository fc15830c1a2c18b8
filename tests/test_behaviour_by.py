"""Budgets and alerts of each value of `by`, run through incidents by promtool."""

from __future__ import annotations

from pathlib import Path

from slosmith.model import Service
from tests.models import make_service, make_slo
from tests.promtest import (
    GONE,
    HOUR,
    MINUTE,
    PAGE,
    Check,
    Scenario,
    counter,
    empty,
    fired,
    firing,
    gauge,
    needs_promtool,
    stale,
    true,
    verify,
)
from tests.worlds import KINDS

pytestmark = needs_promtool

START = 30 * MINUTE
END = 2 * HOUR
# As Prometheus reads it in promtool's notation, and as an alert tells it.
HOSTILE = r"/x\"}{{ $value }}%q\\"
SHOWN = '/x"}{{ $value }}%q\\'


def split(*kinds: str) -> Service:
    """SLOs of these kinds with one budget for each `route`."""
    slos = [
        make_slo(kind, objective="99.9", indicator=KINDS[kind], by=("route",)) for kind in kinds
    ]
    return make_service("api", *slos)


def requests(route: str, fine: str, bad: str = "") -> dict[str, str]:
    series = {f'http_requests_total{{job="api",route="{route}",status="200"}}': fine}
    if bad:
        series[f'http_requests_total{{job="api",route="{route}",status="503"}}'] = bad
    return series


def burning(at: int, *routes: str) -> Check:
    """Exactly these routes page."""
    query = f'count by (route) (ALERTS{{alertname="{PAGE[0]}",alertstate="firing"}})'
    return Check(query, at, {f'{{route="{route}"}}': 1 for route in routes})


def test_each_value_pages_for_itself(tmp_path: Path) -> None:
    life = {
        **requests("/down", counter((START, 10), (END, 0)), counter((START, 0), (END, 10))),
        **requests("/new", counter((END, 10)), counter((START, None), (END, 1))),
        **requests("/fine", counter((END, 10)), counter((END, 0))),
        **requests("/no-errors", counter((END, 10))),
        **requests("/idle", counter((END, 0)), counter((END, 0))),
        **requests(HOSTILE, counter((START, 10), (END, 0)), counter((START, 0), (END, 10))),
    }
    left = "slo:error_budget_remaining:ratio"
    checks = [
        fired(START - 30),
        burning(START + 10 * MINUTE, "/down", "/new", HOSTILE),
        true(f'{left}{{route=~"/(fine|no-errors|idle)"}} == bool 1', START + 10 * MINUTE),
        true(f'{left}{{route="/down"}} < bool 0.9', START + 10 * MINUTE),
        empty('slo:sli_error:ratio_rate5m{route="/idle"}', START + 10 * MINUTE),
    ]
    verify(tmp_path, split("bad"), Scenario("routes", life, checks))


def test_an_alert_tells_its_value_and_the_numbers_of_that_value(tmp_path: Path) -> None:
    # A steady ratio: where a range begins is told by no number, so all versions give the same.
    life = {
        **requests(HOSTILE, counter((END, 10)), counter((END, 2))),
        **requests("/fine", counter((END, 10))),
    }
    alert = {
        "eval_time": f"{START + 6 * MINUTE}s",
        "alertname": PAGE[0],
        "exp_alerts": [
            {
                "exp_labels": {
                    "service": "api",
                    "slo": "bad",
                    "route": SHOWN,
                    "severity": "page",
                    "namespace": "prod",
                    "owner": "team-platform",
                },
                "exp_annotations": {
                    "summary": f"api/bad (route {SHOWN}) spends its error budget fast enough to "
                    "page",
                    "description": "16.67% of events are bad; 99.9% over 30d allows 0.1%. "
                    "Burn rate over the last hour: 166.7. Error budget left: 90.16%. "
                    "0 of 30 days seen.",
                },
            }
        ],
    }
    verify(tmp_path, split("bad"), Scenario("hostile", life, alerts=[alert]))


def test_missing_data_is_told_once_for_the_slo(tmp_path: Path) -> None:
    of = split("bad", "half", "each", "any")
    up = 'up{job="api",instance="a"'
    life = {
        **requests("/a", counter((START, 10))),
        **requests("/b", counter((START, 10))),
        f'{up},route="/a"}}': gauge((START, 1)),
    }
    for route in "ab":
        for name, le in (("bucket", ',le="0.5"'), ("count", "")):
            life[f'http_request_duration_seconds_{name}{{job="api",route="/{route}"{le}}}'] = (
                counter((START, 10))
            )
    dead = {name: stale(values) for name, values in life.items()}
    gone = firing(START + 11 * MINUTE, {GONE: [slo.name for slo in of.slos]})
    # One value alone is not missing: routes come and go.
    half = dead | requests("/a", counter((END, 10)))
    checks = [firing(START + 11 * MINUTE, {GONE: ["half", "each", "any"]})]
    verify(tmp_path, of, Scenario("dead", dead, [gone]), Scenario("one is left", half, checks))


def test_a_target_of_one_cluster_does_not_stand_in_for_that_of_another(tmp_path: Path) -> None:
    of = split("any", "each")
    life = {
        'up{job="api",instance="a",route="/a"}': gauge((START, 1), (END, 0)),
        'up{job="api",instance="b",route="/b"}': gauge((END, 1)),
    }
    query = f'count by (slo, route) (ALERTS{{alertname="{PAGE[0]}",alertstate="firing"}})'
    pages = {f'{{slo="{slo.name}", route="/a"}}': 1.0 for slo in of.slos}
    checks = [fired(START - 30), Check(query, START + 3 * MINUTE, pages)]
    verify(tmp_path, of, Scenario("one cluster", life, checks))
