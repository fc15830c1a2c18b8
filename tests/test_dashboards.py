"""What holds for every dashboard: of the committed specs, of 20 SLOs, of one with a `by`, of one
with only a gauge, of hostile names, and of the fleet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from generators.overview import generate
from slosmith.model import Fleet, ServiceSummary
from slosmith.validate import dashboards as validation
from tests.dashboard_cases import committed, special, texts
from tests.dashboard_model import Json, panels
from tests.grafana_variables import expand, values_of
from tests.promql_world import ALERTS, EXPORTERS, Known, known, read

SPECIAL = ["by", "gauge", "hostile", "twenty"]
NAMES = ["api", "checkout", "gateway", "reports", "overview", *SPECIAL]


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fleet]:
    """The fleet of each dashboard; the overview is that of the special cases."""
    cases = special(tmp_path_factory.mktemp("cases") / "special")
    found = {service.name: committed() for service in committed().services}
    return found | dict.fromkeys([*SPECIAL, "overview"], cases)


@pytest.fixture(scope="module")
def dashboards(fleets: dict[str, Fleet]) -> dict[str, Json]:
    made: dict[str, str] = {}
    for fleet in (fleets["api"], fleets["twenty"]):
        made |= texts(fleet)
    assert sorted(made) == sorted(NAMES)
    return {name: json.loads(text) for name, text in made.items()}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def data(dashboards: dict[str, Json], name: str) -> Json:
    return dashboards[name]


@pytest.fixture
def world(fleets: dict[str, Fleet], name: str) -> Known:
    """What the rules of that service record, of all services for the overview."""
    fleet = fleets[name]
    chosen = [s for s in fleet.services if name in (s.name, "overview")]
    return known(*chosen, fleet=fleet)


def queries(data: Json) -> Iterator[tuple[str, str, str]]:
    """Every query of panels, annotations and variables: what asks it, the query as Grafana sends
    it, and its legend."""
    values = values_of(data)
    for panel in panels(data):
        for target in panel.get("targets", []):
            asked = expand(target["expr"], values, target=target)
            yield panel["title"], asked, target.get("legendFormat", "")
    for annotation in data["annotations"]["list"]:
        legend = annotation["titleFormat"] + annotation["textFormat"]
        yield annotation["name"], expand(annotation["expr"], values), legend
    for variable in data["templating"]["list"]:
        if variable["type"] == "query":
            match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert match is not None
            yield variable["name"], expand(match[1], values), f"{{{{{match[2]}}}}}"


def test_the_world_is_closed(data: Json, world: Known) -> None:
    """Every metric is recorded by the emitted rules, in the spec, or of a named exporter, and so
    is every label in a matcher, a grouping, a join or a legend."""
    names = world.names() | set(world.raw) | set(EXPORTERS)
    count = 0
    for title, query, legend in queries(data):
        count += 1
        found = read(query)
        assert found.selectors, title
        there = set(found.made)
        for selector in found.selectors:
            assert selector.name in names, (title, selector.name)
            labels = world.labels(selector.name)
            for matcher in selector.matchers.matchers:
                assert matcher.name in labels, (title, selector.name, matcher.name)
            there |= labels
        # Those of all SLOs of the service: some have a `by`, and some windows are of others.
        assert found.grouped <= there | world.all_labels(), (title, found.grouped - there)
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= there, (title, legend)
    assert count > 15


def test_queries_of_one_slo_read_what_is_recorded_for_that_slo(data: Json, world: Known) -> None:
    for title, query, _ in queries(data):
        for selector in read(query).selectors:
            if selector.name in EXPORTERS or selector.name in world.raw:
                continue
            matchers = {item.name: item.value for item in selector.matchers.matchers}
            slo, service = matchers.get("slo", ""), matchers.get("service", "")
            if re.fullmatch(r"[a-z0-9-]+", slo):
                assert selector.name in world.recorded[f"{service}/{slo}"], (title, query)
            elif selector.name not in ALERTS:
                assert any(selector.name in series for series in world.recorded.values())


def test_ids_and_places_are_unique_and_within_24_columns(data: Json) -> None:
    ids = [panel["id"] for panel in panels(data)]
    assert len(set(ids)) == len(ids) and all(0 < number < 2**31 for number in ids)
    assert validation.check(data) == []
    for outer in (data, *data["panels"]):
        cells = [cell for panel in outer.get("panels", []) for cell in _cells(panel["gridPos"])]
        assert len(set(cells)) == len(cells)
        assert all(0 <= x < 24 for x, _ in cells)


def _cells(grid: Json) -> Iterator[tuple[int, int]]:
    for x in range(grid["x"], grid["x"] + grid["w"]):
        for y in range(grid["y"], grid["y"] + grid["h"]):
            yield x, y


def test_uids_fit_and_are_what_links_lead_to(dashboards: dict[str, Json]) -> None:
    for name, data in dashboards.items():
        assert data["uid"] == f"slo-{name}"
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", data["uid"])
        led = {link["url"] for link in data.get("links", []) if link["url"].startswith("/d/")}
        assert led == (set() if name == "overview" else {"/d/slo-overview"})


def test_the_first_screen_answers_what_an_engineer_asks(data: Json, name: str) -> None:
    """On 1080 lines: which SLO burns, how fast, since when, what is left, until when."""
    screen = [p for p in panels(data) if p["gridPos"]["y"] < 18 and p["type"] != "row"]
    words = " ".join(panel["title"] for panel in screen)
    if name == "overview":
        assert {"SLOs that page", "SLOs by budget left", "Pages"} <= {p["title"] for p in screen}
        return
    for part in ("Burn rate", "Alert firing for", "Error budget left", "Time to exhaustion"):
        assert part in words
    assert "Alerts" in {panel["title"] for panel in screen}
    assert all("{{slo}}" in target["legendFormat"] for p in screen[:4] for target in p["targets"])


def test_every_panel_says_what_to_do(data: Json) -> None:
    for panel in panels(data):
        if panel["type"] == "row":
            continue
        shown, _, advice = panel["description"].partition("\n\n")
        states_a_fact = panel["title"] in ("Objective", "SLOs") and panel["type"] == "stat"
        assert advice or states_a_fact or "so stop risky changes" in shown, panel["title"]


def test_colours_of_overrides_are_those_of_columns_that_are_there(data: Json) -> None:
    for panel in panels(data):
        if panel["type"] == "table":
            organize = panel["transformations"][1]["options"]
            shown = set(organize["renameByName"].values())
            assert organize["indexByName"].keys() == organize["renameByName"].keys()
            named = {item["matcher"]["options"] for item in panel["fieldConfig"]["overrides"]}
            assert named <= shown
            assert {item["displayName"] for item in panel["options"]["sortBy"]} <= shown
            labels = [field for field in organize["indexByName"] if not field.startswith("Value")]
            for target in panel["targets"]:
                # No other label may tell lines apart that belong together.
                assert target["format"] == "table"
                assert _outer_labels(target["expr"]) == set(labels), panel["title"]


def _outer_labels(query: str) -> set[str]:
    """The labels that remain after the outermost `by` of each part of a query."""
    return set(re.findall(r"\w+", re.search(r"by \(([\w, ]+)\)", query)[1]))  # type: ignore[index]


def test_the_overview_is_the_same_for_one_service_and_for_a_thousand() -> None:
    one = ServiceSummary("svc", "team", "prod", ("a", "b"), "", ())
    many = [replace(one, name=f"svc-{index}", owner=f"team-{index % 9}") for index in range(1000)]
    project = committed().project
    assert generate(project, [one]) == generate(project, many)
    assert generate(project, []) == []


def test_the_same_specs_give_the_same_bytes(fleets: dict[str, Fleet]) -> None:
    for fleet in (fleets["api"], fleets["twenty"]):
        again = replace(fleet, services=tuple(reversed(fleet.services)))
        assert texts(fleet) == texts(again)


# What Grafana's models do not have, though its Prometheus data source reads it.
UNMODELLED = {"target.expr", "target.refId", "textFormat", "titleFormat"}


def test_grafanas_own_models_know_every_key(data: Json) -> None:
    pytest.importorskip("grafana_foundation_sdk", reason="Grafana's models for Python are missing")
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(data)))
    lost = set(_lost(data, again, ""))
    assert lost == {f".annotations.list[0].{key}" for key in UNMODELLED}


def _lost(wanted: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            if key in found:
                yield from _lost(value, found[key], f"{path}.{key}")
            else:
                yield from _leaves(value, f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _lost(one, other, f"{path}[{index}]")
    elif wanted != found:
        yield path


def _leaves(item: Any, path: str) -> Iterator[str]:
    if not isinstance(item, dict):
        yield path
        return
    for key, value in item.items():
        yield from _leaves(value, f"{path}.{key}")
