"""The queries of dashboards on a real promtool: over what the real rules record, and by value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from generators.grafana import queries as promql
from generators.grafana.summary import TILES
from generators.rules.files import generate as rules
from slosmith.model import Service
from tests.dashboard_model import PROJECT, dashboard, expand, queries, titled
from tests.models import DAY, INDICATORS, make_service, make_slo
from tests.promql_values import PROMTOOL, evaluate

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing")

EVERY_KIND = make_service("api", *(make_slo(kind, kind) for kind in INDICATORS))
MINUTES = 65

# Every tenth event is bad, and every second target down.
RAW = {
    'http_requests_total{job="api",status="200"}': "0+540x65",
    'http_requests_total{job="api",status="500"}': "0+60x65",
    'cache_requests_total{job="api"}': "0+600x65",
    'cache_hits_total{job="api"}': "0+540x65",
    "jobs_total": "0+60x65",
    "jobs_failed_total": "0+6x65",
    'http_request_duration_seconds_count{job="api"}': "0+600x65",
    'http_request_duration_seconds_bucket{job="api",le="0.5"}': "0+540x65",
    'db_connections_active{job="api"}': "90x65",
    'db_connections_max{job="api"}': "100x65",
    'up{job="api",instance="a"}': "1x65",
    'up{job="api",instance="b"}': "0x65",
}


def chosen_by(title: str, query: str, service: Service, names: Sequence[str]) -> int:
    """How many SLOs' series the queries of a panel should give; tiles show the worst ones."""
    if re.search(rf"(?:top|bottom)k\({TILES},", query):
        return min(len(names), TILES)
    if "histogram_quantile" in query:
        return 1
    return 1 if title.split(":")[0] in {slo.name for slo in service.slos} else len(names)


@pytest.mark.parametrize("chosen", [".+", "(ratio|uptime)"])
def test_every_query_has_a_value_for_every_slo_from_what_the_rules_record(
    tmp_path: Path, chosen: str
) -> None:
    names = list(INDICATORS) if chosen == ".+" else ["ratio", "uptime"]
    rule_file = rules(EVERY_KIND, PROJECT)[0].text
    expected = {}
    for title, query in queries(dashboard(EVERY_KIND)):
        asked = f"count(\n{expand(query, chosen)}\n)"
        if title == "slo":  # asked for all names, whatever is chosen
            expected[asked] = [("{}", float(len(INDICATORS)))]
        elif "ALERTS" in query:
            expected[f"{asked} > bool 0"] = [("{}", 1.0)]
        else:
            expected[asked] = [("{}", float(chosen_by(title, query, EVERY_KIND, names)))]
    assert len(expected) > 60
    evaluate(tmp_path, RAW, expected, MINUTES, rule_file)


def test_the_window_of_each_slo_is_asked_where_they_differ(tmp_path: Path) -> None:
    service = make_service("api", make_slo("month"), make_slo("week", window=7 * DAY))
    month, week = ('{service="api",slo="month"}', '{service="api",slo="week"}')
    series = {
        f"slo:sli_error:ratio_rate7d{week}": "0.25x1",
        # As for an alert that compares seven days.
        f"slo:sli_error:ratio_rate7d{month}": "0.5x1",
        f"slo:sli_error:ratio_rate30d{month}": "0.125x1",
        f"slo:period:seconds{week}": f"{7 * DAY}x1",
        f"slo:period:seconds{month}": f"{30 * DAY}x1",
    }
    targets = titled(dashboard(service), "Attained over the window")["targets"]
    first, second = (expand(target["expr"]) for target in targets)
    evaluate(tmp_path, series, {first: [(week, 0.75)], second: [(month, 0.875)]}, 0)


# Budget left, burn rate of the last hour (None: no traffic), and the time that leaves.
BURNS: dict[str, tuple[float, float | None, float | None]] = {
    "steady": (0.5, 2, 0.5 * 30 * DAY / 2),
    "fast": (0.5, 500, 0.5 * 30 * DAY / 500),
    "spent": (0, 3, 0),
    "overspent": (-0.25, 0, 0),
    "overspent-idle": (-0.25, None, 0),
    "within": (0.5, 0.5, promql.NEVER),
    "even": (0.5, 1, promql.NEVER),
    "calm": (1, 0, promql.NEVER),
    "idle": (0.5, None, None),
}


def burning() -> dict[str, str]:
    series = {}
    for name, (left, rate, _) in BURNS.items():
        labels = f'{{service="api",slo="{name}"}}'
        series[f"slo:error_budget_remaining:ratio{labels}"] = f"{left}x1"
        series[f"slo:error_budget:ratio{labels}"] = "0.0009765625x1"
        series[f"slo:period:seconds{labels}"] = f"{30 * DAY}x1"
        if rate is not None:
            series[f"slo:sli_error:ratio_rate1h{labels}"] = f"{rate * 0.0009765625}x1"
    return series


def test_time_to_exhaustion_by_what_is_left_and_how_fast_it_goes(tmp_path: Path) -> None:
    [target] = titled(dashboard(), "Time to exhaustion")["targets"]
    wanted = [
        (f'{{service="api",slo="{name}"}}', float(time))
        for name, (_, _, time) in BURNS.items()
        if time is not None
    ]
    evaluate(tmp_path, burning(), {expand(target["expr"]): wanted}, 0)


def test_queries_keep_clusters_apart(tmp_path: Path) -> None:
    series = {}
    for name, values in burning().items():
        if 'slo="steady"' in name:
            for cluster in ("a", "b"):
                series[name.replace("{", f'{{cluster="{cluster}",', 1)] = values
    data = dashboard()
    expected = {}
    for title, value in (("Burn rate, last hour", 2.0), ("Time to exhaustion", 648000.0)):
        [target] = titled(data, title)["targets"]
        expected[expand(target["expr"])] = [
            (f'{{cluster="{cluster}",service="api",slo="steady"}}', value) for cluster in ("a", "b")
        ]
    evaluate(tmp_path, series, expected, 0)


def test_alert_states_tell_firing_from_pending_and_take_the_worst(tmp_path: Path) -> None:
    alert = 'service="api",slo="x",severity="{}",alertname="{}",alertstate="{}",owner="{}"'
    series = {
        f"ALERTS{{{alert.format('page', 'Fast', 'firing', 'a')}}}": "1x1",
        f"ALERTS{{{alert.format('ticket', 'Slow', 'pending', 'a')}}}": "1x1",
        f"ALERTS{{{alert.format('page', 'Gone', 'firing', 'a')}}}": "1x1",
        f"ALERTS{{{alert.format('ticket', 'Gone', 'pending', 'b')}}}": "1x1",
        f"ALERTS{{{alert.format('page', 'Fast', 'firing', 'a').replace('api', 'web')}}}": "1x1",
    }
    [target] = titled(dashboard(), "Alerts")["targets"]
    expected = {
        expand(target["expr"]): [
            ('{slo="x",alertname="Fast"}', 2.0),
            ('{slo="x",alertname="Slow"}', 1.0),
            ('{slo="x",alertname="Gone"}', 2.0),
        ],
        expand(promql.firing(make_service())): [
            ('{slo="x",alertname="Fast",severity="page"}', 1.0),
            ('{slo="x",alertname="Gone",severity="page"}', 1.0),
        ],
    }
    evaluate(tmp_path, series, expected, 0)
