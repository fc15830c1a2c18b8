"""Panels and dashboards as Grafana 10 and later write them, from grafanalib's classes.

The only module that imports grafanalib. 0.7.1 is its last release and writes for Grafana 4 to 8:
an old schema, defaults that mislead, thresholds that start at the text "null". That is put right
here; keys that nothing reads any more go in `trim`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Literal

from grafanalib import core

from generators.grafana.fields import Json, Number, Steps, number, thresholds, value_mapping

# No braces: nothing that Flux would substitute.
DATASOURCE = {"type": "prometheus", "uid": "$datasource"}

COLUMNS = 24

# What Grafana 13 writes. Older ones leave a dashboard of a newer schema as it is.
_SCHEMA_VERSION = 42
_SHARED_CROSSHAIR = 1
_ON_TIME_RANGE_CHANGE = 2
_NO_STEPS: Steps = ((None, "green"),)

Panel = Any  # grafanalib has no types
Variable = Any
Link = Any


@dataclass(frozen=True)
class Box:
    """Place and size of a panel in grid units: 24 columns; a unit is 38 pixels high."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Query:
    """PromQL, and the name of its series with `{{label}}` for a label's value. `instant`: only
    its value now."""

    expression: str
    legend: str
    instant: bool = False


@dataclass(frozen=True)
class Unit:
    """A unit of Grafana's, such as `percentunit`, and the decimals to show; None: as fits."""

    name: str
    decimals: int | None = None


def stat(
    title: str,
    description: str,
    box: Box,
    queries: Sequence[Query],
    unit: Unit,
    *,
    steps: Steps = (),
    mappings: Sequence[Json] = (),
    overrides: Sequence[Json] = (),
) -> Panel:
    """A tile for each series, one below the other. With `steps` the tiles have their colours."""
    return core.Stat(
        **_common(title, description, box, queries, steps),
        color={"mode": "thresholds"} if steps else {"mode": "fixed", "fixedColor": "text"},
        colorMode="background" if steps else "value",
        decimals=unit.decimals,
        format=unit.name,
        graphMode="none",
        mappings=list(mappings),
        noValue="no data",
        orientation="horizontal",
        overrides=list(overrides),
        reduceCalc="lastNotNull",
        textMode="value_and_name",
    )


def timeseries(
    title: str,
    description: str,
    box: Box,
    queries: Sequence[Query],
    unit: Unit,
    *,
    steps: Steps = (),
    minimum: Number | None = None,
    maximum: Number | None = None,
    reach: Number | None = None,
    legend: Literal["list", "table"] = "list",
    time_from: str | None = None,
    overrides: Sequence[Json] = (),
    links: Sequence[Json] = (),
) -> Panel:
    """Lines over time. `steps` are dashed lines; the axis goes up to `reach` at least.
    `time_from`: the last so much time, whatever the dashboard shows."""
    table = legend == "table"
    return core.TimeSeries(
        **_common(title, description, box, queries, steps),
        fillOpacity=0,
        legendCalcs=["lastNotNull", "max"] if table else [],
        legendDisplayMode=legend,
        legendPlacement="right" if table else "bottom",
        links=list(links),
        overrides=list(overrides),
        showPoints="never",
        thresholdsStyleMode="dashed" if steps else "off",
        timeFrom=time_from,
        tooltipMode="multi",
        tooltipSort="desc",
        unit=unit.name,
        valueDecimals=unit.decimals,
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "custom": {"axisSoftMax": number(reach)},
                    "max": number(maximum),
                    "min": number(minimum),
                }
            },
            "options": {"legend": {"showLegend": True}},
        },
    )


def state_timeline(
    title: str,
    description: str,
    box: Box,
    queries: Sequence[Query],
    states: Mapping[int, tuple[str, str]],
    *,
    no_value: str,
) -> Panel:
    """A bar for each series, with the text and colour of its value in `states` over time."""
    return core.StateTimeline(
        **_common(title, description, box, queries, ()),
        mappings=[value_mapping(value, *shown) for value, shown in states.items()],
        showValue="never",
        extraJson={
            "fieldConfig": {"defaults": {"noValue": no_value}},
            "options": {"legend": {"showLegend": True}},
        },
    )


def row(title: str, y: int, panels: Sequence[Panel] = ()) -> Panel:
    """The heading of a row. With `panels` it is closed and they are in it; else those after it
    are, up to the next row."""
    return core.RowPanel(
        title=title,
        gridPos=_grid(Box(0, y, COLUMNS, 1)),
        collapsed=bool(panels),
        panels=list(panels),
    )


def datasource_variable() -> Variable:
    """The choice of a Prometheus; at first Grafana's default, or the first one."""
    variable = core.Template(
        name="datasource", label="Data source", type="datasource", query="prometheus"
    )
    variable._current = {}
    return variable


def query_variable(name: str, label: str, query: str) -> Variable:
    """A choice of label values; at first all of them."""
    variable = core.Template(
        name=name,
        label=label,
        dataSource=DATASOURCE,
        query={"query": query, "refId": "Variable"},
        allValue=".+",
        includeAll=True,
        multi=True,
        refresh=_ON_TIME_RANGE_CHANGE,
    )
    variable._current = {"text": "All", "value": "$__all"}
    return variable


def annotation(name: str, expression: str, title: str, text: str) -> Json:
    """Red marks over all panels wherever `expression` has a value."""
    return {
        "datasource": DATASOURCE,
        "enable": True,
        # Up to Grafana 11 the query is read here, later in the target.
        "expr": expression,
        "iconColor": "red",
        "name": name,
        "target": {"expr": expression, "refId": "Anno"},
        "textFormat": text,
        "titleFormat": title,
    }


def link(title: str, url: str) -> Link:
    """A button above the panels that opens `url` in a new tab."""
    return core.DashboardLink(title=title, uri=url, type="link", keepTime=False, targetBlank=True)


def dashboard(
    *,
    uid: str,
    title: str,
    description: str,
    tags: Sequence[str],
    variables: Sequence[Variable],
    annotations: Sequence[Json],
    links: Sequence[Link],
    panels: Sequence[Panel],
) -> Any:
    """A dashboard of the last day that cannot be edited. Panels get their ids here."""
    return core.Dashboard(
        uid=uid,
        title=title,
        description=description,
        tags=list(tags),
        templating=core.Templating(list=list(variables)),
        annotations=core.Annotations(list=list(annotations)),
        links=list(links),
        panels=list(panels),
        editable=False,
        graphTooltip=_SHARED_CROSSHAIR,
        refresh="1m",
        schemaVersion=_SCHEMA_VERSION,
        time=core.Time("now-24h", "now"),
        timezone="",
    ).auto_panel_ids()


def _common(title: str, description: str, box: Box, queries: Sequence[Query], steps: Steps) -> Json:
    return {
        "title": title,
        "description": description,
        "dataSource": DATASOURCE,
        "gridPos": _grid(box),
        "maxDataPoints": None,  # grafanalib's 100 would show a month in steps of 7 hours
        "targets": [_target(index, query) for index, query in enumerate(queries)],
        "thresholds": thresholds(steps or _NO_STEPS)["steps"],
    }


def _target(index: int, query: Query) -> Json:
    # A to Z, then AA. grafanalib's Target halves the resolution and cannot say `range`.
    first, last = divmod(index, len(ascii_uppercase))
    return {
        "datasource": DATASOURCE,
        "expr": query.expression,
        "instant" if query.instant else "range": True,
        "legendFormat": query.legend,
        "refId": ascii_uppercase[first - 1 : first] + ascii_uppercase[last],
    }


def _grid(box: Box) -> Any:
    return core.GridPos(h=box.h, w=box.w, x=box.x, y=box.y)
