"""Faults of dashboards, found in their files and in their ConfigMaps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slosmith.validate import check
from slosmith.validate.expressions import expand
from tests.artifact_tree import (
    CONFIG_MAP,
    DASHBOARD,
    GONE,
    artifacts,
    changed,
    config_map,
    dashboard,
    place,
)

BROKEN_DASHBOARDS: list[tuple[str, Any, str, str]] = [
    ("uid", "a" * 41, "schema", "is not a uid of at most 40 characters"),
    ("uid", "a.b", "schema", "'a.b' is not a uid"),
    ("uid", GONE, "schema", "'uid' is a required property"),
    ("id", 7, "schema", "id: 7 is not of type null"),
    ("title", " ", "schema", "title: ' ' is not a text that is not blank"),
    ("dashboard", {}, "dashboard", "is wrapped as for Grafana's API"),
    ("__inputs", [{}], "schema", "__inputs"),
    ("panels|0|id", 2, "dashboard", "panels[1].id: 2 is the id of an earlier panel"),
    ("panels|0|id", 4, "dashboard", "panels[2].panels[0].id: 4 is the id of an earlier"),
    ("panels|0|id", GONE, "schema", "panels[0]: 'id' is a required property"),
    ("panels|0|gridPos|x", 1, "dashboard", "panels[1].gridPos: overlaps an earlier panel"),
    ("panels|1|gridPos|w", 13, "dashboard", "panels[1].gridPos: ends in column 25 of 24"),
    ("panels|0|gridPos|h", 101, "dashboard", "panels[0].gridPos: is 101 rows high"),
    ("panels|0|gridPos|h", 0, "schema", "panels[0].gridPos.h: 0 is less than the minimum"),
    ("panels|0|gridPos|y", GONE, "schema", "panels[0].gridPos: 'y' is a required property"),
    ("panels|0|targets|0|expr", "sum(", "promql", "panels[0].targets[0].expr: is not PromQL"),
    ("panels|2|panels|0|targets|0|expr", "sum(", "promql", "panels[2].panels[0].targets[0].expr"),
    ("panels|2|panels|0", 5, "schema", "panels[2].panels[0]: 5 is not of type object"),
    ("panels|0|targets|0", 5, "schema", "panels[0].targets[0]: 5 is not of type object"),
    ("templating|list|1|query", "label_values(up{, slo)", "promql", "templating.list[1].query"),
    ("templating|list|1|query", {"query": "a b"}, "promql", "templating.list[1].query"),
    ("annotations|list|0|expr", "a b", "promql", "annotations.list[0].expr: is not PromQL"),
]


@pytest.mark.parametrize(("path", "value", "rule", "message"), BROKEN_DASHBOARDS)
def test_a_broken_dashboard_is_found_in_its_file_and_in_its_config_map(
    path: str, value: object, rule: str, message: str
) -> None:
    files = changed(DASHBOARD, path, value)
    [problem] = check(artifacts({DASHBOARD: files[DASHBOARD]}))
    assert (place(problem), problem.check) == (f"out/{DASHBOARD}", f"artifact-{rule}")
    assert message in problem.message

    data = config_map() | {"data": {"slo-api.json": json.dumps(files[DASHBOARD])}}
    [problem] = check(artifacts({CONFIG_MAP: data}))
    assert (place(problem), problem.check) == (f"out/{CONFIG_MAP}", f"artifact-{rule}")
    assert message.split(": ", 1)[-1] in problem.message
    assert problem.message.startswith('data["slo-api.json"]')


@pytest.mark.parametrize("field", ["templating", "annotations"])
@pytest.mark.parametrize("value", [5, None, [], {}, {"list": 5}, {"list": [5, {}]}])
def test_what_holds_no_queries_is_passed_over(field: str, value: object) -> None:
    assert check(artifacts({DASHBOARD: dashboard() | {field: value}})) == []


def test_the_variables_of_grafana_are_expanded() -> None:
    text = 'rate(a{b=~"$b",c="${c:regex}",d="[[d]]",e=~"x.$"}[$__rate_interval]) * $__range_s'
    assert expand(text) == 'rate(a{b=~"x",c="x",d="x",e=~"x.$"}[5m]) * 300'
