"""Parts of dashboards by themselves: places of panels, links into Explore, selectors of a spec, and
the row of autoscaling."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import promql_parser
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generators.grafana import explore
from generators.grafana.layout import Row, arrange
from generators.grafana.panels import Panel, Query, Size, Unit, stat
from generators.grafana.text import literal
from generators.hpa import generate as hpa
from slosmith.escape import promql_string
from slosmith.model import (
    Autoscaling,
    Indicator,
    LatencyIndicator,
    LatencyTrigger,
    MetricTrigger,
    Project,
    ResourceTrigger,
    ScaleTarget,
    Selector,
    ThresholdIndicator,
    TrafficTrigger,
    Trigger,
)
from tests.dashboard_model import dashboard, panels, titled
from tests.grafana_variables import VARIABLE, expand
from tests.models import INDICATORS, make_service, make_slo


def box(width: int, height: int) -> Panel:
    return stat("x", "x", Size(width, height), [Query("x", "x")], Unit("none"))


def place(panel: Panel) -> tuple[int, int, int]:
    return panel.gridPos.x, panel.gridPos.y, panel.id


def test_a_panel_that_does_not_fit_the_line_starts_the_next_one() -> None:
    head = [box(12, 3), box(12, 5), box(14, 2), box(11, 2)]
    arrange(head, [])
    assert [place(panel) for panel in head] == [(0, 0, 1), (12, 0, 2), (0, 5, 3), (0, 7, 4)]


def test_closed_rows_take_a_line_and_open_ones_what_is_in_them() -> None:
    rows = [Row("a", [box(24, 4)], closed=True), Row("b", [box(24, 2), box(3, 3)]), Row("c", [])]
    found = arrange([box(24, 6)], rows)
    assert [place(panel) for panel in found] == [
        (0, 0, 1),
        (0, 6, 100),
        (0, 7, 200),
        (0, 8, 201),
        (0, 10, 202),
        (0, 13, 300),
    ]
    assert [place(panel) for panel in rows[0].panels] == [(0, 7, 101)]
    assert [panel.collapsed for panel in found if hasattr(panel, "collapsed")] == [
        True,
        False,
        False,
    ]


def pane(indicator: Indicator) -> dict[str, object]:
    """What Explore opens, once Grafana has put in the data source and the time."""
    url = expand(
        explore.url(indicator), {"datasource": "P1", "__from": "1000", "__to": "2000", "slo": "x"}
    )
    assert not VARIABLE.search(url)
    query = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert query["schemaVersion"] == ["1"]
    found = json.loads(query["panes"][0])["slo"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("kind", INDICATORS)
def test_explore_opens_queries_that_are_promql(kind: str) -> None:
    found = pane(INDICATORS[kind])  # type: ignore[index]
    assert (found["datasource"], found["range"]) == ("P1", {"from": "1000", "to": "2000"})
    queries = found["queries"]
    assert isinstance(queries, list) and queries
    for query in queries:
        assert "$window" not in query["expr"]
        promql_parser.parse(query["expr"])


@given(st.text(max_size=30) | st.sampled_from(["$slo", "${slo}", "[[slo]]", '"$datasource"']))
def test_explore_opens_the_query_of_the_spec_as_it_is(text: str) -> None:
    found = pane(ThresholdIndicator(f"x{{a={text}}}", below=Decimal(1)))
    queries = found["queries"]
    assert isinstance(queries, list)
    if not re.search(r"\"\$(?:datasource|__from|__to)\"", text):
        assert queries[0]["expr"] == f"x{{a={text}}}".encode(errors="replace").decode()


@given(st.text("$[]{}slo:\"'`\\ aü", max_size=15), st.sampled_from('"`'))
def test_a_selector_keeps_its_meaning_and_holds_no_variable(value: str, sign: str) -> None:
    # The embedded parser reads escapes between backquotes, where Prometheus has none.
    raw = value.replace("`", "").replace("\\", "")
    matcher = f"a=`{raw}`" if sign == "`" else f"a={promql_string(value)}"
    was = promql_parser.parse(Selector("x", (matcher,)).promql())
    text = literal(Selector("x", (matcher,))).promql()
    assert not VARIABLE.search(text)
    now = promql_parser.parse(text)
    assert isinstance(was, promql_parser.VectorSelector)
    assert isinstance(now, promql_parser.VectorSelector)
    assert now.matchers.matchers[0].value == was.matchers.matchers[0].value


def test_a_selector_without_variables_stays_as_it_is_written() -> None:
    selector = Selector("x", ("a='b'", 'c=~"d$"', "e=`f`"))
    assert literal(selector) == selector


def latency(objective: str, **changes: object) -> LatencyIndicator:
    fields = {
        "histogram": Selector("h"),
        "below": Decimal("0.25"),
        "bound": Decimal("0.25"),
        **changes,
    }
    return LatencyIndicator(**fields)  # type: ignore[arg-type]


def test_latency_shows_the_percentile_of_the_objective_against_the_bound() -> None:
    slo = make_slo("x", objective="99.5", indicator=latency("99.5"))
    panel = titled(dashboard(make_service("api", slo)), "x: latency")
    legends = [target["legendFormat"] for target in panel["targets"]]
    assert legends == ["p50", "p90", "p99", "p99.5"]
    assert all(target["exemplar"] and target["interval"] == "30s" for target in panel["targets"])
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["thresholds"]["steps"][1] == {"color": "red", "value": 0.25}
    assert (defaults["unit"], defaults["custom"]["axisSoftMax"]) == ("s", 0.3)


def test_latency_of_a_histogram_in_milliseconds_is_in_these() -> None:
    indicator = latency("99", unit="ms", bound=Decimal(250))
    panel = titled(dashboard(make_service("api", make_slo("x", indicator=indicator))), "x: latency")
    defaults = panel["fieldConfig"]["defaults"]
    assert (defaults["unit"], defaults["thresholds"]["steps"][1]["value"]) == ("ms", 250)


def test_latency_of_native_histograms_has_no_buckets() -> None:
    slo = make_slo("x", indicator=latency("99", native=True), by=("route",))
    [target] = titled(dashboard(make_service("api", slo)), "x: latency")["targets"]
    assert target["expr"] == (
        'topk(10, histogram_quantile(0.999, sum by (route) (rate(h{route=~"$by_route"}'
        "[$__rate_interval]))))"
    )
    assert target["legendFormat"] == "{{route}}, p99.9"


def scaled(*triggers: Trigger) -> Autoscaling:
    return Autoscaling(ScaleTarget("apps/v1", "Deployment", "api-pods"), 2, 9, triggers)


TRAFFIC = TrafficTrigger(Selector("x_total"), Decimal("12.5"))
SLOW = LatencyTrigger("api/x", Selector("h"), Decimal("0.95"), Decimal("0.5"))


def test_a_service_that_does_not_scale_has_no_such_row() -> None:
    assert not [p for p in panels(dashboard(make_service())) if "utoscaling" in p["title"]]


def test_triggers_are_called_by_their_kind_and_told_by_their_number() -> None:
    cpu = ResourceTrigger("cpu", 70)
    scaling = scaled(TRAFFIC, cpu, SLOW, TRAFFIC)
    data = dashboard(make_service("api", make_slo(), autoscaling=scaling))
    assert "Autoscaling of Deployment api-pods" in {panel["title"] for panel in panels(data)}
    shares = titled(data, "Triggers, as a share of their targets")["targets"]
    assert [target["legendFormat"] for target in shares] == [
        "traffic",
        "cpu",
        "p95 latency",
        "traffic (2)",
    ]
    names = [re.findall(r'metric_name="([^"]+)"', target["expr"]) for target in shares]
    assert names == [
        [name] * 2 for name in ("s0-prometheus", "cpu", "s2-prometheus", "s3-prometheus")
    ]
    values = titled(data, "Trigger values")["targets"]
    assert [target["legendFormat"] for target in values] == [
        "traffic, 12.5 events/s per replica",
        "p95 latency, target 500 ms",
        "traffic (2), 12.5 events/s per replica",
    ]


def test_the_metrics_of_a_plain_hpa_are_those_of_its_object() -> None:
    scaling = replace(scaled(TRAFFIC, ResourceTrigger("cpu", 70), TRAFFIC), engine="hpa")
    service = make_service("api", make_slo(), autoscaling=scaling)
    [made] = hpa(service, Project())
    metrics = yaml.safe_load(made.text)["spec"]["metrics"]
    expected = {
        metric["pods"]["metric"]["name"] if "pods" in metric else metric["resource"]["name"]
        for metric in metrics
    }
    data = dashboard(service)
    shown: set[str] = set()
    for target in titled(data, "Triggers, as a share of their targets")["targets"]:
        shown |= set(re.findall(r'metric_name="([^"]+)"', target["expr"]))
        assert 'horizontalpodautoscaler="api"' in target["expr"]
    assert shown == expected and len(shown) > 1
    assert "Trigger values" not in {panel["title"] for panel in panels(data)}


def test_an_hpa_that_keda_takes_over_keeps_its_name() -> None:
    scaling = replace(scaled(TRAFFIC), transfer_hpa_ownership="old-one")
    data = dashboard(make_service("api", make_slo(), autoscaling=scaling))
    for target in titled(data, "Replicas")["targets"]:
        assert 'horizontalpodautoscaler="old-one"' in target["expr"]


def test_a_metric_trigger_is_called_by_its_own_name() -> None:
    scaling = scaled(
        MetricTrigger("queue", "x", per_replica=Decimal(30)),
        MetricTrigger("lag", "y", target=Decimal("0.5")),
    )
    data = dashboard(make_service("api", make_slo(), autoscaling=scaling))
    legends = [target["legendFormat"] for target in titled(data, "Trigger values")["targets"]]
    assert legends == ["queue, 30 per replica", "lag, target 0.5"]


def test_without_measured_triggers_there_are_no_values_of_keda() -> None:
    scaling = scaled(ResourceTrigger("memory", 80))
    data = dashboard(make_service("api", make_slo(), autoscaling=scaling))
    assert "Trigger values" not in {panel["title"] for panel in panels(data)}
    assert titled(data, "Replicas")["gridPos"]["w"] == 12
