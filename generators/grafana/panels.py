"""Panels and dashboards as Grafana 10 and later write them, from grafanalib's classes.

The only module that imports grafanalib. 0.7.1 is its last release and writes for Grafana 4 to 8:
an old schema, defaults that mislead, thresholds that start at the text "null". That is put right
here; keys that nothing reads any more go in `trim`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any, Literal

from grafanalib import core

from generators.grafana.fields import (
    Json,
    Number,
    Steps,
    number,
    override,
    thresholds,
    value_mapping,
)

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
class Size:
    """Width and height of a panel in grid units: a line has 24 columns, a unit is 38 pixels
    high. `layout` finds the place."""

    w: int
    h: int


@dataclass(frozen=True)
class Query:
    """PromQL, and the name of its series with `{{label}}` for a label's value.

    `instant`: only its value now. `scrape`: the seconds between the samples of raw series that it
    reads, from which Grafana makes `$__rate_interval`; `exemplars`: shows traces beside them.
    """

    expression: str
    legend: str = ""
    instant: bool = False
    scrape: int | None = None
    exemplars: bool = False


@dataclass(frozen=True)
class Unit:
    """A unit of Grafana's, such as `percentunit`, and the decimals to show; None: as fits."""

    name: str
    decimals: int | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table: a label, or the value of an instant query with its looks.

    `link`: where a click on its cells leads. `width` in pixels; None: as fits.
    """

    title: str
    source: str | Query
    unit: Unit = field(default_factory=lambda: Unit("none"))
    steps: Steps = ()
    mappings: Sequence[Json] = ()
    link: Json | None = None
    width: int | None = None


def stat(
    title: str,
    description: str,
    size: Size,
    queries: Sequence[Query],
    unit: Unit,
    *,
    steps: Steps = (),
    mappings: Sequence[Json] = (),
    overrides: Sequence[Json] = (),
    text: Literal["value_and_name", "value"] = "value_and_name",
    no_value: str = "no data",
) -> Panel:
    """A tile for each series, one below the other. With `steps` the tiles have their colours."""
    return core.Stat(
        **_common(title, description, size, queries, steps),
        color={"mode": "thresholds"} if steps else {"mode": "fixed", "fixedColor": "text"},
        colorMode="background" if steps else "value",
        decimals=unit.decimals,
        format=unit.name,
        graphMode="none",
        mappings=list(mappings),
        noValue=no_value,
        orientation="horizontal",
        overrides=list(overrides),
        reduceCalc="lastNotNull",
        textMode=text,
    )


def timeseries(
    title: str,
    description: str,
    size: Size,
    queries: Sequence[Query],
    unit: Unit,
    *,
    steps: Steps = (),
    minimum: Number | None = None,
    maximum: Number | None = None,
    reach: Number | None = None,
    legend: Literal["list", "table"] = "list",
    time_from: str | None = None,
    stepped: bool = False,
    overrides: Sequence[Json] = (),
    links: Sequence[Json] = (),
) -> Panel:
    """Lines over time. `steps` are dashed lines; the axis goes up to `reach` at least.
    `time_from`: the last so much time, whatever the dashboard shows. `stepped`: a value holds
    until the next one."""
    table = legend == "table"
    return core.TimeSeries(
        **_common(title, description, size, queries, steps),
        fillOpacity=0,
        legendCalcs=["lastNotNull", "max"] if table else [],
        legendDisplayMode=legend,
        legendPlacement="right" if table else "bottom",
        lineInterpolation="stepAfter" if stepped else "linear",
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
    size: Size,
    queries: Sequence[Query],
    states: Mapping[int, tuple[str, str]],
    *,
    no_value: str,
) -> Panel:
    """A bar for each series, with the text and colour of its value in `states` over time."""
    return core.StateTimeline(
        **_common(title, description, size, queries, ()),
        mappings=[value_mapping(value, *shown) for value, shown in states.items()],
        showValue="never",
        extraJson={
            "fieldConfig": {"defaults": {"noValue": no_value}},
            "options": {"legend": {"showLegend": True}},
        },
    )


def table(
    title: str,
    description: str,
    size: Size,
    columns: Sequence[Column],
    *,
    sort: str,
    descending: bool = False,
) -> Panel:
    """A line for each set of label values, sorted by the column called `sort`. At least two of
    the columns are queries, each with the labels that are columns and no others: lines are merged
    by what is the same."""
    queries = [column.source for column in columns if isinstance(column.source, Query)]
    assert len(queries) > 1, "the value of a single query has another name in Grafana"
    refs = iter(range(len(queries)))
    names = {
        f"Value #{_ref(next(refs))}" if isinstance(column.source, Query) else column.source: column
        for column in columns
    }
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {name: index for index, name in enumerate(names)},
        "renameByName": {name: column.title for name, column in names.items()},
    }
    return _Table(
        **_common(title, description, size, queries, ()),
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": organize},
        ],
        extraJson={
            "fieldConfig": {
                "defaults": {"unit": "none"},
                "overrides": [item for item in map(_column_override, columns) if item],
            },
            "options": {
                "cellHeight": "sm",
                "showHeader": True,
                "sortBy": [{"desc": descending, "displayName": sort}],
            },
        },
    )


def row(title: str, panels: Sequence[Panel] = ()) -> Panel:
    """The heading of a row. With `panels` it is closed and they are in it; else those after it
    are, up to the next row."""
    return core.RowPanel(
        title=title,
        gridPos=_grid(Size(COLUMNS, 1)),
        collapsed=bool(panels),
        panels=list(panels),
    )


def place(panel: Panel, x: int, y: int, number: int) -> None:
    """Gives a new panel its place in grid units, and its id."""
    panel.gridPos.x, panel.gridPos.y, panel.id = x, y, number


def size_of(panel: Panel) -> Size:
    return Size(panel.gridPos.w, panel.gridPos.h)


def datasource_variable() -> Variable:
    """The choice of a Prometheus; at first Grafana's default, or the first one."""
    variable = core.Template(
        name="datasource", label="Data source", type="datasource", query="prometheus"
    )
    variable._current = {}
    return variable


def query_variable(name: str, label: str, query: str, *, empty: bool = False) -> Variable:
    """A choice of label values; at first all of them. `empty`: series without the label too."""
    variable = core.Template(
        name=name,
        label=label,
        dataSource=DATASOURCE,
        query={"query": query, "refId": "Variable"},
        allValue=".*" if empty else ".+",
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


def dashboard_link(title: str, uid: str) -> Link:
    """A button above the panels that leads to another dashboard, at the same time and of the
    same data source."""
    return core.DashboardLink(
        title=title,
        uri=f"/d/{uid}",
        type="link",
        icon="dashboard",
        keepTime=True,
        includeVars=True,
        targetBlank=False,
    )


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
    """A dashboard of the last day that cannot be edited."""
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
    )


class _Table(core.Panel):  # type: ignore[misc]
    """grafanalib's own table writes colours, mappings and columns where nothing reads them."""

    def to_json_data(self) -> Json:
        data: Json = self.panel_json({"type": "table"})
        return data


def _column_override(column: Column) -> Json | None:
    """How the cells of a column look, and where they lead; None where that is as usual."""
    properties: Json = {}
    if isinstance(column.source, Query):
        properties["unit"] = column.unit.name
        properties["decimals"] = column.unit.decimals
    if column.steps:
        properties["thresholds"] = thresholds(column.steps)
        properties["custom__cellOptions"] = {"type": "color-background", "mode": "basic"}
    if column.mappings:
        properties["mappings"] = list(column.mappings)
    if column.link:
        properties["links"] = [column.link]
    properties["custom__width"] = column.width
    said = {key: value for key, value in properties.items() if value is not None}
    return override(column.title, **said) if said else None


def _common(
    title: str, description: str, size: Size, queries: Sequence[Query], steps: Steps
) -> Json:
    return {
        "title": title,
        "description": description,
        "dataSource": DATASOURCE,
        "gridPos": _grid(size),
        "maxDataPoints": None,  # grafanalib's 100 would show a month in steps of 7 hours
        "targets": [_target(index, query) for index, query in enumerate(queries)],
        "thresholds": thresholds(steps or _NO_STEPS)["steps"],
    }


def _target(index: int, query: Query) -> Json:
    """grafanalib's Target halves the resolution and cannot say `range`."""
    target: Json = {
        "datasource": DATASOURCE,
        "expr": query.expression,
        "instant" if query.instant else "range": True,
        "legendFormat": query.legend,
        "refId": _ref(index),
    }
    if not query.legend:
        target["format"] = "table"
    if query.scrape is not None:
        target["interval"] = f"{query.scrape}s"
    if query.exemplars:
        target["exemplar"] = True
    return target


def _ref(index: int) -> str:
    """A to Z, then AA."""
    first, last = divmod(index, len(ascii_uppercase))
    return ascii_uppercase[first - 1 : first] + ascii_uppercase[last]


def _grid(size: Size) -> Any:
    return core.GridPos(h=size.h, w=size.w, x=0, y=0)
