"""Links into Explore: the raw series behind an SLO, to break down by their labels."""

from __future__ import annotations

import json
from urllib.parse import quote

from slosmith.durations import format_duration
from slosmith.model import (
    ErrorRatioIndicator,
    EventCount,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    SelectorCount,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.series import BASE_WINDOW

_WINDOW = format_duration(BASE_WINDOW)


def url(indicator: Indicator) -> str:
    """Explore with the indicator's raw queries, of the dashboard's data source and time.

    All but these three variables is percent-encoded, so that nothing of a query is one to
    Grafana, or to Flux.
    """
    queries = [
        {"refId": chr(ord("A") + index), "expr": query}
        for index, query in enumerate(raw_queries(indicator))
    ]
    pane = {
        "datasource": "$datasource",
        "queries": queries,
        "range": {"from": "$__from", "to": "$__to"},
    }
    panes = quote(json.dumps({"slo": pane}, ensure_ascii=False), safe="", errors="replace")
    for name in ("datasource", "__from", "__to"):
        panes = panes.replace(quote(f'"${name}"', safe=""), f"%22${name}%22")
    return f"/explore?schemaVersion=1&panes={panes}"


def raw_queries(indicator: Indicator) -> list[str]:
    """What is bad, or good, first: with all labels of the series where the spec names series."""
    match indicator:
        case RatioIndicator(total=total, bad=bad, good=good):
            return [_count(count) for count in (bad, good, total) if count is not None]
        case LatencyIndicator(histogram=histogram, native=True):
            return [f"rate({histogram.promql()}[{_WINDOW}])"]
        case LatencyIndicator(histogram=histogram):
            return [f"rate({histogram.promql('_bucket')}[{_WINDOW}])"]
        case ErrorRatioIndicator(query=query):
            return [query.replace("$window", _WINDOW)]
        case ThresholdIndicator(query=query):
            return [query]
        case UptimeIndicator(series=series):
            return [series.promql()]


def _count(count: EventCount) -> str:
    if isinstance(count, SelectorCount):
        return f"rate({count.selector.promql()}[{_WINDOW}])"
    return count.expression.replace("$window", _WINDOW)
