"""Every query of every dashboard on a real Prometheus with the generated rules, over services of
which each SLO burns: what panels, variables and annotations ask, as Grafana would ask it."""

from __future__ import annotations

import json
import re
import time
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from generators.rules.files import generate as rules
from slosmith.durations import parse_seconds
from slosmith.model import Fleet
from tests import dashboard_data as data
from tests.dashboard_cases import committed, special, texts
from tests.dashboard_model import Json, panels
from tests.grafana_variables import expand, values_of
from tests.prometheus_server import Server, backfill, needs_prometheus, serving
from tests.scrape_target import listening

pytestmark = [pytest.mark.server, needs_prometheus]

HOUR = 3600
NAMES = ["api", "checkout", "gateway", "reports", "by", "gauge", "hostile", "twenty", "overview"]
# Within the time for which backfilled samples count as those of now.
PATIENCE = 100


@dataclass(frozen=True)
class Asked:
    """A query of a dashboard, and when it is asked: at one time, or over a time up to it. A
    variable asks for values of a label."""

    where: str
    query: str
    span: int | None = None
    step: int = 60
    label: str = ""


@dataclass(frozen=True)
class World:
    server: Server
    dashboards: dict[str, Json]
    empty: dict[str, list[Asked]]


def together(*fleets: Fleet) -> Fleet:
    services = sorted((s for fleet in fleets for s in fleet.services), key=lambda item: item.name)
    return replace(fleets[0], services=tuple(services))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("dashboards")
    fleet = together(committed(), special(folder / "special"))
    files = []
    for service in fleet.services:
        files.append(folder / f"{service.name}.yaml")
        text = rules(service, fleet.project)[0].text
        # Nobody waits for minutes.
        files[-1].write_text(re.sub(r'interval: "?\d+[ms]"?', "interval: 5s", text))
    backfill(folder, data.raw(fleet, int(time.time())))
    dashboards = {name: json.loads(text) for name, text in texts(fleet).items()}
    targets = data.native(fleet)
    [(job, target)] = targets.items()
    with listening(target), serving(folder, *files, targets={job: target.address}) as server:
        empty = still_empty(server, dashboards, lambda: data.observe(fleet, targets))
        yield World(server, dashboards, empty)


def asked(dashboard: Json, chosen: dict[str, list[str]] | None = None) -> Iterator[Asked]:
    """All that Grafana asks for a dashboard, variables filled in."""
    values = values_of(dashboard, chosen)
    for panel in panels(dashboard):
        span = int(parse_seconds(panel["timeFrom"]) or 0) if "timeFrom" in panel else HOUR
        step = max(60, span // 1000)
        for target in panel.get("targets", []):
            query = expand(target["expr"], values, step=step, target=target, time_range=span)
            where = f"{panel['title']} {target['refId']}"
            yield Asked(where, query) if "instant" in target else Asked(where, query, span, step)
    for annotation in dashboard["annotations"]["list"]:
        assert annotation["expr"] == annotation["target"]["expr"]
        yield Asked(annotation["name"], expand(annotation["expr"], values), HOUR)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert match is not None
            yield Asked(variable["name"], expand(match[1], values), label=match[2])


def answer(server: Server, item: Asked) -> list[dict[str, Any]]:
    """The series of a query's answer. What Prometheus refuses fails the test."""
    end = int(time.time())
    try:
        if item.span is None:
            found = server.get("query", query=item.query, time=str(end))
        else:
            # The last point is now, when there is most.
            start = end - item.span // item.step * item.step
            times = {"start": str(start), "end": str(end), "step": str(item.step)}
            found = server.get("query_range", query=item.query, **times)
    except urllib.error.HTTPError as error:
        pytest.fail(f"{item.where}: {item.query}\n{error.read().decode()}")
    return [one for one in found["result"] if not item.label or one["metric"].get(item.label)]


def still_empty(
    server: Server, dashboards: dict[str, Json], live: Callable[[], None]
) -> dict[str, list[Asked]]:
    """The queries of each dashboard that have no answer once they had time for it. `live`: what
    happens meanwhile."""
    empty = {name: list(asked(dashboard)) for name, dashboard in dashboards.items()}
    deadline = time.monotonic() + PATIENCE
    while any(empty.values()) and time.monotonic() < deadline:
        live()
        for name, items in empty.items():
            empty[name] = [item for item in items if not answer(server, item)]
    return empty


@pytest.mark.parametrize("name", NAMES)
def test_every_query_is_answered_and_none_is_empty(world: World, name: str) -> None:
    assert len(list(asked(world.dashboards[name]))) > 15
    assert [(item.where, item.query) for item in world.empty[name]] == []


def values(server: Server, selector: str, label: str) -> list[str]:
    found = server.get("query", query=f"count by ({label}) ({selector})")["result"]
    return sorted(one["metric"][label] for one in found)


def test_chosen_slos_and_values_of_a_by_are_all_that_is_shown(world: World) -> None:
    left = "slo:error_budget_remaining:ratio"
    for name, label in (("by", "route"), ("hostile", "datasource"), ("gateway", "route")):
        every = values(world.server, f'{left}{{service="{name}",{label}!=""}}', label)
        assert len(every) > 1
        for item in asked(world.dashboards[name], {f"by_{label}": every[:1]}):
            if f'{label}=~"' in item.query:
                for one in answer(world.server, item):
                    assert one["metric"].get(label) == every[0], (item.where, one["metric"])
    for item in asked(world.dashboards["api"], {"slo": ["latency", "db-pool"]}):
        if 'slo=~"' in item.query:
            shown = {one["metric"].get("slo") for one in answer(world.server, item)}
            assert shown <= {"latency", "db-pool"}, item.where


def test_the_overview_counts_what_the_alerts_say(world: World) -> None:
    items = {item.where: item for item in asked(world.dashboards["overview"])}

    def count(where: str) -> float:
        [one] = answer(world.server, items[where])
        return float(one["value"][1])

    def agree(where: str, query: str) -> None:
        """Rules are evaluated between two questions: asked until both saw the same."""

        def same() -> bool:
            counted = count(where)
            return bool(counted) and counted == world.server.value(query)

        world.server.wait(f"{where} = {query}", same)

    agree("SLOs A", "count(slo:objective:ratio)")
    firing = 'ALERTS{alertstate="firing",severity="page",slo!=""}'
    agree("SLOs that page A", f"count(count by (service, slo) ({firing}))")
    lines = items["SLOs by budget left A"]
    world.server.wait(
        "a line for each SLO", lambda: len(answer(world.server, lines)) == count("SLOs A")
    )


def test_recorded_series_that_nobody_records_would_be_noticed(world: World) -> None:
    item = Asked("x", 'slo:error_budget:rate{service="api"}')
    assert answer(world.server, item) == []
    with pytest.raises(pytest.fail.Exception, match="parse error"):
        answer(world.server, Asked("x", "sum("))
