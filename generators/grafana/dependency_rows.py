"""The row of each dependency: the series of its exporter."""

from __future__ import annotations

import re

from generators.grafana import names
from generators.grafana.fields import Json
from generators.grafana.layout import Row
from generators.grafana.panels import COLUMNS, Panel, Query, Size, Unit, timeseries
from slosmith import anchors
from slosmith.dependencies import KINDS
from slosmith.dependencies.interface import Graph
from slosmith.model import Project, Service
from slosmith.model_dependencies import Dependency

HEIGHT = 8

# In a string of PromQL `$` may be written as an escape, and then is no variable of Grafana's.
# Strings in backquotes, which have no escapes, were written anew when the spec was read.
_QUOTED_OR_RANGE = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1|\[5m\]""", re.DOTALL)
_VARIABLE = re.compile(r"\$(?=[\w{])|\[(?=\[)", re.ASCII)


def rows(service: Service, project: Project) -> list[Row]:
    """A row for each dependency with `metrics`, in the order of the spec. They are closed: what
    burns is above, and the runbook leads here."""
    return [
        Row(f"{item.name} ({KINDS[item.kind].title})", _panels(service, item, project), closed=True)
        for item in service.dependencies
        if item.metrics is not None
    ]


def _panels(service: Service, dependency: Dependency, project: Project) -> list[Panel]:
    """The graphs of one row, side by side, each with a link to the chapter of the runbook."""
    graphs = KINDS[dependency.kind].graphs(dependency)
    size = Size(COLUMNS // len(graphs), HEIGHT)
    url, links = names.runbook_url(service.name, project), []
    if url:
        anchor = anchors.of_dependency(dependency.name)
        links = [{"title": "Runbook", "url": f"{url}#{anchor}", "targetBlank": True}]
    return [_panel(dependency, graph, size, links, project) for graph in graphs]


def _panel(
    dependency: Dependency, graph: Graph, size: Size, links: list[Json], project: Project
) -> Panel:
    scrape = project.prometheus.scrape_interval
    return timeseries(
        f"{dependency.name}: {graph.title}",
        f"{graph.description}\n\nWhat to ask it next is in the runbook, in the chapter about "
        f"{dependency.name}.",
        size,
        [Query(grafana_query(line.query), line.legend, scrape=scrape) for line in graph.lines],
        Unit(graph.unit),
        minimum=graph.minimum,
        maximum=graph.maximum,
        links=links,
    )


def grafana_query(query: str) -> str:
    """A query over as much time as there is between the points of a graph, in whose strings
    Grafana finds no variable: `$x`, `${x}` and `[[x]]` stay text."""
    return _QUOTED_OR_RANGE.sub(_for_grafana, query)


def _for_grafana(match: re.Match[str]) -> str:
    if match.group() == "[5m]":
        return "[$__rate_interval]"
    return _VARIABLE.sub(lambda sign: f"\\x{ord(sign.group()):x}", match.group())
