"""The row of one SLO: burn rates against the thresholds of its alerts, error ratio, traffic, what
its requests take, and the values it is split by."""

from __future__ import annotations

from generators.grafana import burns, explore, names, percentiles, queries, status, wording
from generators.grafana.fields import Json, line_override
from generators.grafana.layout import Row
from generators.grafana.panels import Panel, Query, Size, Unit, timeseries
from generators.grafana.text import markdown
from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import LatencyIndicator, Project, RatioIndicator, Service, Slo, UptimeIndicator
from slosmith.numbers import plain

HEIGHT = 9

# With more SLOs their rows are closed, so that all names fit on a screen.
OPEN_ROWS = 4


def rows(service: Service, project: Project) -> list[Row]:
    """A row for each SLO, in the order of the spec.

    Grafana could repeat one row for all SLOs, but all copies would have the thresholds, decimals
    and words of one of them.
    """
    closed = len(service.slos) > OPEN_ROWS
    return [
        Row(f"{slo.name} ({wording.target(slo)})", _panels(service, slo, project), closed)
        for slo in service.slos
    ]


def _panels(service: Service, slo: Slo, project: Project) -> list[Panel]:
    labels = queries.values(service, slo)
    volume = _volume(slo, labels, Size(6, HEIGHT))
    widths = (12, 6) if volume else (14, 10)
    found = [
        _burn_rates(service, slo, project, labels, Size(widths[0], HEIGHT)),
        _error_ratio(service, slo, labels, Size(widths[1], HEIGHT)),
        *volume,
    ]
    if isinstance(slo.indicator, LatencyIndicator):
        found.append(percentiles.panel(service, slo, slo.indicator, project))
    if slo.by:
        found.append(status.values(service, slo))
    return found


def _burn_rates(service: Service, slo: Slo, project: Project, labels: str, size: Size) -> Panel:
    return timeseries(
        f"{slo.name}: burn rate",
        _burn_rate_text(slo),
        size,
        _burn_rate_queries(service, slo, labels),
        Unit("none", 2),
        steps=burns.lines(slo),
        minimum=0,
        reach=burns.reach(slo),
        legend="table",
        links=_runbook(service, slo, project),
    )


def _burn_rate_queries(service: Service, slo: Slo, labels: str) -> list[Query]:
    """Every window that alerts compare; with `by`, the last hour of each value."""
    if slo.by:
        rates = queries.burn_rates(
            burns.HOUR, labels, slo.by, series.matchers(service.name, slo.name)
        )
        return [Query(_worst(slo, rates, labels), _value(slo, "1h"))]
    return [
        Query(queries.burn_rate(window, labels), burns.legend(slo, window))
        for window in burns.windows(slo)
    ]


def _worst(slo: Slo, expression: str, labels: str) -> str:
    """Of an SLO with a `by`, the values that burn fastest."""
    if not slo.by:
        return expression
    return queries.among(expression, queries.worst_values(slo, labels))


def _value(slo: Slo, name: str) -> str:
    """A legend: the values of `by`, then what is shown; without `by` only that."""
    return ", ".join([*(f"{{{{{label}}}}}" for label in slo.by), name])


def _lines(slo: Slo, name: str) -> str | list[str]:
    """The lines with such a legend: one, or one for each value of `by`."""
    return [f".*, {name}"] if slo.by else name


def _burn_rate_text(slo: Slo) -> str:
    """What the SLO is, what the panel shows, and a line for each tier."""
    paragraphs = [markdown(slo.description)] if slo.description else []
    paragraphs.append(
        "How many times faster than allowed the error budget is spent, over windows of several "
        f"lengths: 1 spends the budget of {format_duration(slo.window)} in exactly that time. "
        f"{wording.allowance(slo)}."
    )
    if slo.by:
        paragraphs.append(
            f"Each {' and '.join(slo.by)} has a budget and alerts of its own; shown is the last "
            f"hour of the {queries.LINES} that burn fastest."
        )
    tiers = [
        f"- {tier.severity}: both {format_duration(tier.long)} and {format_duration(tier.short)} "
        f"above {plain(round(burns.burn_rate(slo, tier), 2))}"
        for tier in burns.alerting_tiers(slo)
    ]
    if tiers:
        paragraphs += [
            "The dashed lines are where alerts fire, red ones page:",
            "\n".join(tiers),
            f"{_least(slo)}Above a red line: follow the runbook.",
        ]
    else:
        paragraphs.append("No alert watches it.")
    return "\n\n".join(paragraphs)


def _least(slo: Slo) -> str:
    """What keeps an alert silent above its line."""
    least = slo.alerting.min_bad_events
    if least <= 0 or not isinstance(slo.indicator, RatioIndicator | LatencyIndicator):
        return ""
    return f"An alert needs {least} bad events in the longer window as well. "


def _error_ratio(service: Service, slo: Slo, labels: str, size: Size) -> Panel:
    own = series.matchers(service.name, slo.name)
    ratio = {
        window: _worst(slo, f"{series.error_ratio(window)}{labels}", labels)
        for window in (series.BASE_WINDOW, burns.HOUR)
    }
    return timeseries(
        f"{slo.name}: error ratio",
        f"The share of {wording.share(slo.indicator)}, over 5 minutes and over an hour, against "
        "the share that the objective allows on average.\n\nAbove the dashed line the budget is "
        "spent faster than it lasts: a link of this panel opens the raw series, to see which "
        "instances or paths are bad. A gap: no traffic, or no data.",
        size,
        [
            Query(ratio[series.BASE_WINDOW], _value(slo, "5m")),
            Query(ratio[burns.HOUR], _value(slo, "1h")),
            Query(f"{series.BUDGET}{own}", "allowed"),
        ],
        Unit("percentunit", wording.decimals(slo) + 1),
        minimum=0,
        overrides=[line_override("allowed", "red", dashed=True)],
        links=[{"title": "Explore the raw series", "url": explore.url(slo.indicator)}],
    )


def _volume(slo: Slo, labels: str, size: Size) -> list[Panel]:
    """Traffic, or the number of targets; nothing where only time is counted."""
    everything, bad = (
        _worst(slo, f"{name}{labels}", labels) for name in (series.TOTAL, series.BAD)
    )
    match slo.indicator:
        case RatioIndicator() | LatencyIndicator():
            return [
                timeseries(
                    f"{slo.name}: events per second",
                    "All events per second, and the bad ones on a scale of their own: how much an "
                    "error ratio weighs; few events make it jump.\n\nA fall to 0 is an incident of "
                    "its own: nobody reaches the service, or its metrics are gone.",
                    size,
                    [
                        Query(everything, _value(slo, "all")),
                        Query(bad, _value(slo, "bad, right axis")),
                    ],
                    Unit("short"),
                    minimum=0,
                    overrides=[
                        line_override(_lines(slo, "bad, right axis"), "red", right_axis=True)
                    ],
                )
            ]
        case UptimeIndicator(healthy="each"):
            return [
                timeseries(
                    f"{slo.name}: targets",
                    "All targets, and the unhealthy ones, on average over 5 minutes.\n\nWhile the "
                    "red line is above 0, look why these targets do not answer.",
                    size,
                    [Query(everything, _value(slo, "all")), Query(bad, _value(slo, "unhealthy"))],
                    Unit("short", 1),
                    minimum=0,
                    overrides=[line_override(_lines(slo, "unhealthy"), "red")],
                )
            ]
    return []


def _runbook(service: Service, slo: Slo, project: Project) -> list[Json]:
    url = names.runbook_url(service.name, project)
    return [{"title": "Runbook", "url": f"{url}#{slo.name}", "targetBlank": True}] if url else []
