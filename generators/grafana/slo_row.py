"""The row of one SLO: burn rates against the thresholds of its alerts, error ratio, traffic."""

from __future__ import annotations

from generators.grafana import burns, queries, wording
from generators.grafana.fields import Json, line_override
from generators.grafana.panels import Box, Panel, Query, Unit, row, timeseries
from generators.grafana.text import http_url, markdown
from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import LatencyIndicator, Project, RatioIndicator, Service, Slo, UptimeIndicator
from slosmith.numbers import plain

HEIGHT = 9


def panels(service: Service, slo: Slo, project: Project, y: int, closed: bool) -> list[Panel]:
    """The row at line `y` and the panels below it; in it where it is `closed`."""
    labels = series.matchers(service.name, slo.name)
    volume = _volume(slo, labels, Box(18, y + 1, 6, HEIGHT))
    widths = (12, 6) if volume else (14, 10)
    content = [
        _burn_rates(service, slo, project, labels, Box(0, y + 1, widths[0], HEIGHT)),
        _error_ratio(slo, labels, Box(widths[0], y + 1, widths[1], HEIGHT)),
        *volume,
    ]
    title = f"{slo.name} ({wording.target(slo)})"
    return [row(title, y, content)] if closed else [row(title, y), *content]


def _burn_rates(service: Service, slo: Slo, project: Project, labels: str, box: Box) -> Panel:
    return timeseries(
        f"{slo.name}: burn rate",
        _burn_rate_text(slo),
        box,
        _burn_rate_queries(slo, labels),
        Unit("none", 2),
        steps=burns.lines(slo),
        minimum=0,
        reach=burns.reach(slo),
        legend="table",
        links=_runbook(service, slo, project),
    )


def _burn_rate_queries(slo: Slo, labels: str) -> list[Query]:
    """Every window that alerts compare; with `by`, the last hour of each value."""
    if slo.by:
        return [Query(queries.burn_rates(burns.HOUR, labels, slo.by), _value(slo, "1h"))]
    return [
        Query(queries.burn_rate(window, labels), burns.legend(slo, window))
        for window in burns.windows(slo)
    ]


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
            "hour of each."
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


def _error_ratio(slo: Slo, labels: str, box: Box) -> Panel:
    ratio = {window: f"{series.error_ratio(window)}{labels}" for window in (300, 3600)}
    return timeseries(
        f"{slo.name}: error ratio",
        f"The share of {wording.share(slo.indicator)}, over 5 minutes and over an hour, against "
        "the share that the objective allows on average.\n\nAbove the dashed line the budget is "
        "spent faster than it lasts. A gap: no traffic, or no data.",
        box,
        [
            Query(ratio[300], _value(slo, "5m")),
            Query(ratio[3600], _value(slo, "1h")),
            Query(f"{series.BUDGET}{labels}", "allowed"),
        ],
        Unit("percentunit", wording.decimals(slo) + 1),
        minimum=0,
        overrides=[line_override("allowed", "red", dashed=True)],
    )


def _volume(slo: Slo, labels: str, box: Box) -> list[Panel]:
    """Traffic, or the number of targets; nothing where only time is counted."""
    everything, bad = f"{series.TOTAL}{labels}", f"{series.BAD}{labels}"
    match slo.indicator:
        case RatioIndicator() | LatencyIndicator():
            return [
                timeseries(
                    f"{slo.name}: events per second",
                    "All events per second, and the bad ones on a scale of their own: how much an "
                    "error ratio weighs. Few events make it jump; a fall to 0 is an incident of "
                    "its own.",
                    box,
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
                    "All targets, and the unhealthy ones, on average over 5 minutes.",
                    box,
                    [Query(everything, _value(slo, "all")), Query(bad, _value(slo, "unhealthy"))],
                    Unit("short", 1),
                    minimum=0,
                    overrides=[line_override(_lines(slo, "unhealthy"), "red")],
                )
            ]
    return []


def _runbook(service: Service, slo: Slo, project: Project) -> list[Json]:
    url = runbook_url(service, project)
    return [{"title": "Runbook", "url": f"{url}#{slo.name}", "targetBlank": True}] if url else []


def runbook_url(service: Service, project: Project) -> str | None:
    """The address of a service's runbook, if the project has them somewhere."""
    base = project.runbooks_url.rstrip("/")
    return http_url(f"{base}/{service.name}.md") if base else None
