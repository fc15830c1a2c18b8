"""The row of one dependency: the series of its exporter."""

from __future__ import annotations

import re

from generators.grafana.panels import COLUMNS, Box, Panel, Query, Unit, row, timeseries
from slosmith.dependencies import KINDS
from slosmith.model_dependencies import Dependency

HEIGHT = 8

# In a string of PromQL `$` may be written as an escape, and then is no variable of Grafana's.
# Strings in backquotes, which have no escapes, were written anew when the spec was read.
_QUOTED = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1""", re.DOTALL)
_VARIABLE = re.compile(r"\$(?=[\w{])|\[(?=\[)", re.ASCII)


def panels(dependency: Dependency, y: int, closed: bool) -> list[Panel]:
    """The row at line `y` and the panels below it; in it where it is `closed`. Nothing without
    `metrics`."""
    if dependency.metrics is None:
        return []
    kind = KINDS[dependency.kind]
    graphs = kind.graphs(dependency)
    width = COLUMNS // len(graphs)
    content = [
        timeseries(
            f"{dependency.name}: {graph.title}",
            graph.description,
            Box(index * width, y + 1, width, HEIGHT),
            [Query(literal(line.query), line.legend) for line in graph.lines],
            Unit(graph.unit),
            minimum=graph.minimum,
            maximum=graph.maximum,
        )
        for index, graph in enumerate(graphs)
    ]
    title = f"{dependency.name} ({kind.title})"
    return [row(title, y, content)] if closed else [row(title, y), *content]


def literal(query: str) -> str:
    """A query in whose strings Grafana finds no variable: `$x`, `${x}` and `[[x]]` stay text."""
    return _QUOTED.sub(_without_variables, query)


def _without_variables(match: re.Match[str]) -> str:
    return _VARIABLE.sub(lambda sign: f"\\x{ord(sign.group()):x}", match.group())
