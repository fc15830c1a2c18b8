"""The rules of dashboard-linter (github.com/grafana/dashboard-linter) that concern dashboards of
Prometheus, told anew: dashboard → findings as (rule, what is wrong).

Written from its documentation and behaviour. Its rules about Loki have nothing to look at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import promql_parser

from tests.dashboard_model import Json, panels
from tests.grafana_variables import expand, values_of

Finding = tuple[str, str]

# Those of Grafana's unit list that dashboards of ours may use; all are on the linter's.
UNITS = {"none", "short", "percent", "percentunit", "s", "ms", "dtdurations", "bytes"}
_WITH_TITLES = ("stat", "singlestat", "graph", "table", "timeseries", "gauge")
_WITH_UNITS = ("stat", "singlestat", "graph", "table", "timeseries", "gauge")
_WITH_SOURCE = ("singlestat", "graph", "table", "timeseries")
_VARIABLE_QUERIES = ("label_names", "label_values", "metrics", "query_result")
_STEP = 60
_MAGIC = 11277964


def lint(data: Json) -> Iterator[Finding]:
    """All findings, without regard to exclusions."""
    variables = data["templating"]["list"]
    yield from _variables(variables)
    if data.get("editable", True):
        yield "uneditable-dashboard", "is editable"
    sources = {f"${v['name']}" for v in variables if v["type"] == "datasource"}
    sources |= {f"${{{source[1:]}}}" for source in sources}
    values = values_of(data)
    for panel in panels(data):
        yield from _panel(panel, sources)
        for target in panel.get("targets", []):
            yield from _target(panel["title"], target, values)


def _variables(variables: list[Json]) -> Iterator[Finding]:
    sources = [v for v in variables if v["type"] == "datasource"]
    if len(sources) != 1:
        yield "template-datasource-rule", f"{len(sources)} data source variables"
    for source in sources:
        if source["name"] not in ("datasource", "prometheus_datasource"):
            yield "template-datasource-rule", f"is called {source['name']}"
        if source["label"] not in ("Data source", "Prometheus data source"):
            yield "template-datasource-rule", f"is labelled {source['label']}"
    names = [variable["name"] for variable in variables]
    for name in ("job", "instance"):
        if name not in names:
            yield f"template-{name}-rule", "is missing"
    for variable in variables:
        if variable["type"] != "query":
            continue
        query = variable["query"]["query"]
        match = re.fullmatch(r"(\w+)\((.+)\)", query, re.DOTALL)
        if match is None or match[1] not in _VARIABLE_QUERIES:
            yield "template-label-promql-rule", query
        if variable["refresh"] != 2:
            yield "template-on-time-change-reload-rule", variable["name"]


def _panel(panel: Json, sources: set[str]) -> Iterator[Finding]:
    kind = panel["type"]
    if kind in _WITH_SOURCE and panel["datasource"]["uid"] not in sources:
        yield "panel-datasource-rule", panel["title"]
    if kind in _WITH_TITLES and not (panel.get("title") and panel.get("description")):
        yield "panel-title-description-rule", str(panel["id"])
    if kind in _WITH_TITLES and not panel.get("targets"):
        yield "panel-no-targets-rule", panel["title"]
    if kind in _WITH_UNITS:
        units = [panel["fieldConfig"]["defaults"].get("unit")]
        units += [
            item["value"]
            for override in panel["fieldConfig"].get("overrides", [])
            for item in override["properties"]
            if item["id"] == "unit"
        ]
        for unit in units:
            if unit not in UNITS:
                yield "panel-units-rule", f"{panel['title']}: {unit}"


def _target(title: str, target: Json, values: dict[str, str]) -> Iterator[Finding]:
    # A range that nobody would write by hand stands for $__rate_interval.
    query = re.sub(r"\$__rate_interval\b", f"{_MAGIC}s", target["expr"])
    try:
        tree = promql_parser.parse(expand(query, values, step=_STEP))
    except ValueError as error:
        yield "target-promql-rule", f"{title}: {error}"
        return
    for node, above in _walk(tree, ()):
        if isinstance(node, promql_parser.VectorSelector):
            labels = {matcher.name for matcher in node.matchers.matchers}
            for name in ("job", "instance"):
                if name not in labels:
                    yield f"target-{name}-rule", f"{title}: {node.prettify()}"
            if (node.name or "").endswith("_total") and not _counted(above):
                yield "target-counter-agg-rule", f"{title}: {node.prettify()}"
        elif isinstance(node, promql_parser.MatrixSelector) and _counted((*above, node)):
            if node.range.total_seconds() == _MAGIC:
                continue
            yield "target-rate-interval-rule", f"{title}: {node.prettify()}"


def _counted(above: tuple[Any, ...]) -> bool:
    """Whether a range below these nodes is in a function for counters."""
    return (
        len(above) > 1
        and isinstance(above[-1], promql_parser.MatrixSelector)
        and isinstance(above[-2], promql_parser.Call)
        and above[-2].func.name in ("rate", "irate", "increase")
    )


def _walk(node: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    yield node, above
    for name in ("lhs", "rhs", "expr", "args", "param", "vector_selector"):
        part = getattr(node, name, None)
        for child in part if isinstance(part, list) else [part]:
            if child is not None:
                yield from _walk(child, (*above, node))
