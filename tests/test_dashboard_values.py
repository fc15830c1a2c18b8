"""What the queries of dashboards give, by value: the ideal line, the days seen, since when an alert
fires, the worst values of a `by`, and the overview."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generators.grafana import fleet_queries, queries
from slosmith.model import Project
from tests.dashboard_model import dashboard, expand, titled
from tests.grafana_variables import expand as put_in
from tests.grafana_variables import pattern
from tests.models import DAY, make_service, make_slo
from tests.promql_values import PROMTOOL, evaluate

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing")

LABELS = '{service="api",slo="x"}'
BY = make_service("api", make_slo("x", by=("route",)))


def named(name: str, labels: str = LABELS) -> str:
    return f"{name}{labels}"


# Days seen of 30, share of the budget of which the errors seen would take a whole window.
@pytest.mark.parametrize(
    ("days", "spent", "left"), [(3, 0.5, 0.95), (3, 1, 0.9), (15, 2, 0), (40, 0.5, 0.5)]
)
def test_more_than_the_ideal_line_is_left_exactly_while_the_objective_is_met(
    tmp_path: Path, days: int, spent: float, left: float
) -> None:
    series = {
        named("slo:history:seconds"): f"{days * DAY}x1",
        named("slo:period:seconds"): f"{30 * DAY}x1",
        named("slo:error_budget_remaining:ratio"): f"{left}x1",
    }
    service = make_service("api", make_slo("x"))
    remaining, ideal = (
        expand(target["expr"])
        for target in titled(dashboard(service), "Error budget left, last 30d")["targets"][:2]
    )
    wanted = round(1 - min(days / 30, 1), 6)
    evaluate(
        tmp_path,
        series,
        {
            f"round({ideal}, 0.000001)": [(LABELS, wanted)],
            # Rounded: a budget spent evenly is on the line.
            f"round({remaining} - ({ideal}), 0.000001) > bool 0": [(LABELS, float(spent < 1))],
        },
        0,
    )


@pytest.mark.parametrize(("days", "seen"), [(0.5, "0"), (3.9, "3"), (29.9, "29"), (30, None)])
def test_the_legend_tells_how_many_days_were_seen_until_the_window_is_whole(
    tmp_path: Path, days: float, seen: str | None
) -> None:
    series = {
        named("slo:history:seconds"): f"{days * DAY}x1",
        named("slo:period:seconds"): f"{30 * DAY}x1",
    }
    target = titled(dashboard(make_service("api", make_slo("x"))), "Error budget left, last 30d")[
        "targets"
    ][2]
    assert target["legendFormat"] == "{{slo}}: {{seen}} of 30 days seen"
    found = [] if seen is None else [(f'{{service="api",slo="x",seen="{seen}"}}', 1.0)]
    evaluate(tmp_path, series, {expand(target["expr"]): found}, 0)


def test_an_alert_tells_since_when_it_fires_and_a_pending_one_does_not(tmp_path: Path) -> None:
    alert = 'service="api",slo="{}",severity="page",alertname="{}"'
    series = {}
    for slo, name, state, since in (
        ("x", "Fast", "firing", 600),
        ("x", "Slow", "firing", 1200),
        ("x", "Gone", "pending", 60),
        ("y", "Fast", "pending", 60),
    ):
        labels = alert.format(slo, name)
        series[f'ALERTS{{{labels},alertstate="{state}"}}'] = "1x60"
        series[f"ALERTS_FOR_STATE{{{labels}}}"] = f"{since}x60"
    [target] = titled(dashboard(make_service("api", make_slo("x"))), "Alert firing for")["targets"]
    evaluate(tmp_path, series, {expand(target["expr"]): [('{slo="x"}', 3600.0 - 600)]}, 60)


def routes() -> dict[str, str]:
    """Routes of one SLO, the later the less budget, and the faster its burn."""
    series = {named("slo:error_budget:ratio"): "0.01x1"}
    for number in range(30):
        labels = f'{{service="api",slo="x",route="/{number}"}}'
        series[named("slo:error_budget_remaining:ratio", labels)] = f"{1 - number / 100}x1"
        series[named("slo:sli_error:ratio_rate1h", labels)] = f"{number / 1000}x1"
        series[named("slo:sli_total:rate5m", labels)] = f"{number}x1"
    return series


def test_the_table_of_a_by_has_its_worst_values_with_all_columns(tmp_path: Path) -> None:
    table = titled(dashboard(BY), "x: worst by route")
    left, burn, ratio, total = (expand(target["expr"]) for target in table["targets"])
    worst = range(10, 30)

    def found(value: float, unit: float) -> list[tuple[str, float]]:
        return [(f'{{route="/{number}"}}', round(value + number * unit, 6)) for number in worst]

    evaluate(
        tmp_path,
        routes(),
        {
            f"round({left}, 0.000001)": found(1, -0.01),
            f"round({burn}, 0.000001)": found(0, 0.1),
            ratio: found(0, 0.001),
            total: found(0, 1),
        },
        0,
    )


def test_graphs_of_a_by_show_what_burns_fastest_or_what_is_chosen(tmp_path: Path) -> None:
    [target] = titled(dashboard(BY), "x: burn rate")["targets"]
    chosen = put_in(target["expr"], {"by_route": pattern(["/3", "/20"])})
    evaluate(
        tmp_path,
        routes(),
        {
            f"count({expand(target['expr'])})": [("{}", float(queries.LINES))],
            f"round({chosen}, 0.000001)": [
                ('{service="api",slo="x",route="/3"}', 0.3),
                ('{service="api",slo="x",route="/20"}', 2.0),
            ],
        },
        0,
    )


@pytest.mark.parametrize(
    "value", ["/a.b", "a|b", 'quo"te', "back\\slash", "it's", "$slo ${x} [[y]]", "(a", "ü+*?^{}"]
)
def test_any_value_of_a_by_can_be_chosen(tmp_path: Path, value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    labels = f'{{service="api",slo="x",route="{quoted}"}}'
    series = {named("slo:error_budget_remaining:ratio", labels): "0.5x1", **routes()}
    [target, *_] = titled(dashboard(BY), "x: worst by route")["targets"]
    for chosen in ([value], [value, "/5"]):
        found = [(f'{{route="{quoted}"}}', 0.5), ('{route="/5"}', 0.95)][: len(chosen)]
        asked = put_in(target["expr"], {"by_route": pattern(chosen)})
        evaluate(tmp_path, series, {asked: found}, 0)


def fleet_series() -> dict[str, str]:
    """Services of two owners: one that burns in one of two clusters, one that pages and is spent,
    one at peace, and one without data."""
    series = {}
    for service, owner, cluster, left, burn in (
        ("a", "one", "east", 0.75, 0.5),
        ("a", "one", "west", 0.5, 2),
        ("b", "two", "east", -0.25, 20),
        ("c", "two", "east", 1, 0),
        ("d", "", "east", None, None),
    ):
        own = f'service="{service}",slo="x"'
        labels = f'{{{own},cluster="{cluster}"}}'
        info = f'{own},cluster="{cluster}"' + (f',owner="{owner}"' if owner else "")
        series[f"slosmith_slo_info{{{info}}}"] = "1x1"
        series[named("slo:objective:ratio", labels)] = "0.99x1"
        series[named("slo:error_budget:ratio", labels)] = "0.0078125x1"
        series[named("slo:period:seconds", labels)] = f"{30 * DAY}x1"
        if left is not None and burn is not None:
            series[named("slo:error_budget_remaining:ratio", labels)] = f"{left}x1"
            series[named("slo:sli_error:ratio_rate1h", labels)] = f"{burn * 0.0078125}x1"
            series[named("slo:sli_total:rate5m", labels)] = "1x1"
    for service, severity in (("b", "page"), ("b", "ticket"), ("a", "ticket")):
        series[
            f'ALERTS{{service="{service}",slo="x",severity="{severity}",alertstate="firing"}}'
        ] = "1x1"
    return series


def labels_of(**values: float) -> list[tuple[str, float]]:
    return [(f'{{service="{service}",slo="x"}}', value) for service, value in values.items()]


def overview(query: str, owner: str = ".*", service: str = ".+") -> str:
    expanded = put_in(query, {"owner": owner, "service": service})
    assert not re.search(r"\$|\[\[", expanded)
    return expanded


def test_the_overview_takes_the_worst_of_clusters(tmp_path: Path) -> None:
    project = Project()
    expected = {
        fleet_queries.budget_left(): labels_of(a=0.5, b=-0.25, c=1),
        fleet_queries.burn_rate(): labels_of(a=2, b=20, c=0),
        fleet_queries.time_left(): labels_of(a=0.5 * 30 * DAY / 2, b=0, c=queries.NEVER),
        fleet_queries.firing(project): labels_of(a=1, b=2),
        fleet_queries.silent(): labels_of(d=0.99),
        fleet_queries.count(fleet_queries.objective()): [("{}", 4.0)],
        fleet_queries.count(fleet_queries.firing(project, fleet_queries.PAGE)): [("{}", 1.0)],
        fleet_queries.count(f"({fleet_queries.burn_rate()} > 1)"): [("{}", 2.0)],
        fleet_queries.count(f"({fleet_queries.budget_left()} <= 0)"): [("{}", 1.0)],
        fleet_queries.count(f"({fleet_queries.silent()})"): [("{}", 1.0)],
    }
    asked = {overview(query): values for query, values in expected.items()}
    evaluate(tmp_path, fleet_series(), asked, 0)


def test_the_overview_is_of_the_chosen_owners_and_services(tmp_path: Path) -> None:
    burning = fleet_queries.count(f"({fleet_queries.burn_rate()} > 1)")
    left = fleet_queries.of_owners(fleet_queries.budget_left())
    evaluate(
        tmp_path,
        fleet_series(),
        {
            overview(burning, owner="one"): [("{}", 1.0)],
            overview(burning, service="c"): [("{}", 0.0)],
            overview(left, owner="two"): labels_of(b=-0.25, c=1),
            overview(left, owner="(one|two)", service="(a|d)"): labels_of(a=0.5),
        },
        0,
    )


def test_one_severity_for_both_is_told_as_one_alert() -> None:
    same = Project(severities={"page": "$slo", "ticket": "$slo"})
    assert fleet_queries.firing(same).count("ALERTS") == 1
    # What looks like a variable is none.
    assert 'severity="\\x24slo"' in fleet_queries.firing(same)
