"""What tests read off a generated dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser

from generators.dashboards import dashboard_json
from slosmith.model import Project, Service
from tests import grafana_variables
from tests.models import make_service

Json = dict[str, Any]

PROJECT = Project(runbooks_url="https://git.example.com/slos/out/runbooks/")


def dashboard(service: Service | None = None, project: Project = PROJECT) -> Json:
    """The dashboard of `service`, or of the usual one."""
    data = json.loads(dashboard_json(service or make_service(), project))
    assert isinstance(data, dict)
    return data


def panels(data: Json) -> list[Json]:
    """All panels, rows and those in closed rows too."""
    return [panel for outer in data["panels"] for panel in (outer, *outer.get("panels", []))]


def titled(data: Json, title: str) -> Json:
    [panel] = [panel for panel in panels(data) if panel["title"] == title]
    return panel


def queries(data: Json) -> Iterator[tuple[str, str]]:
    """Every query of a dashboard with the title of what asks it."""
    for panel in panels(data):
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for annotation in data["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]
        yield annotation["name"], annotation["target"]["expr"]
    for variable in data["templating"]["list"]:
        if variable["type"] == "query":
            match = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]["query"])
            assert match is not None
            yield variable["name"], match[1]


def expand(query: str, chosen: str = ".+") -> str:
    """A query as Grafana sends it: `chosen` is `.+` for all SLOs, or `(a|b)`."""
    names = set(re.findall(r"\$((?:by_)?\w+)", query)) - {"__rate_interval"}
    return grafana_variables.expand(query, dict.fromkeys(names, ".*") | {"slo": chosen})


def selectors(query: str) -> list[promql_parser.VectorSelector]:
    """The vector selectors of a query."""
    found: list[promql_parser.VectorSelector] = []
    _walk(promql_parser.parse(expand(query)), found)
    return found


def _walk(node: Any, found: list[promql_parser.VectorSelector]) -> None:
    if isinstance(node, promql_parser.VectorSelector):
        found.append(node)
        return
    for name in ("lhs", "rhs", "expr", "args", "param"):
        part = getattr(node, name, None)
        for child in part if isinstance(part, list) else [part]:
            if child is not None:
                _walk(child, found)
