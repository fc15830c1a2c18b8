"""The top of a dashboard, over the chosen SLOs: which one burns, how fast, how much is left, until
when, and since when alerts fire."""

from __future__ import annotations

from decimal import Decimal

from generators.grafana import burns, queries, wording
from generators.grafana.fields import Steps, override, thresholds, value_mapping
from generators.grafana.panels import Box, Panel, Query, Unit, stat, state_timeline, timeseries
from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import Service

GRAPH_HEIGHT = 8

_DAY = 86400
_NAME = "{{slo}}"
_LEFT: Steps = (
    (None, "red"),
    (0, "orange"),
    (Decimal("0.25"), "yellow"),
    (Decimal("0.5"), "green"),
)
_TIME: Steps = (
    (None, "red"),
    (_DAY, "orange"),
    (7 * _DAY, "yellow"),
    (queries.NEVER, "green"),
)
_STATES = {queries.PENDING: ("pending", "yellow"), queries.FIRING: ("firing", "red")}


def panels(service: Service, y: int) -> tuple[list[Panel], int]:
    """The panels from line `y` on, and the line below them."""
    # A tile needs a line of its own; five lines make one SLO's readable from afar.
    height = max(5, len(service.slos) + 2)
    below = y + height
    return [
        _budget_left(service, Box(0, y, 6, height)),
        _burn_rate(service, Box(6, y, 5, height)),
        _time_left(service, Box(11, y, 5, height)),
        _attained(service, Box(16, y, 4, height)),
        _objective(service, Box(20, y, 4, height)),
        _burn_down(service, Box(0, below, 12, GRAPH_HEIGHT)),
        _alerts(service, Box(12, below, 12, GRAPH_HEIGHT)),
    ], below + GRAPH_HEIGHT


def _budget_left(service: Service, box: Box) -> Panel:
    return stat(
        "Error budget left",
        "The share of the error budget that is left. The window rolls, so what was spent comes "
        "back once it is older than the window; the time before the rules first ran counts as "
        "free of errors.\n\nRed, below 0%: the objective is missed. Stop risky changes until the "
        "budget is back. Orange: less than a quarter is left; yellow: less than half.",
        box,
        [Query(_left(service), _NAME, instant=True)],
        Unit("percentunit", 1),
        steps=_LEFT,
    )


def _burn_rate(service: Service, box: Box) -> Panel:
    (steps, _), *others = burns.by_steps(service.slos)
    return stat(
        "Burn rate, last hour",
        "How many times faster than allowed the error budget was spent over the last hour. 1 "
        "spends exactly the budget in the SLO's window.\n\nYellow: the budget does not last at "
        "this pace. Orange: if it goes on, somebody is paged. Red: fast enough to page by itself; "
        "follow the runbook. No value: no traffic, or no data.",
        box,
        [
            Query(
                queries.burn_rate(burns.HOUR, queries.chosen(service), queries.split_by(service)),
                _NAME,
                instant=True,
            )
        ],
        Unit("none", 2),
        steps=steps,
        overrides=[override(names, thresholds=thresholds(own)) for own, names in others],
    )


def _time_left(service: Service, box: Box) -> Panel:
    return stat(
        "Time to exhaustion",
        "When the error budget is spent if errors go on as in the last hour. `lasts`: "
        "the burn rate is 1 or less, for which the budget lasts.\n\nRed: within a day, or spent "
        "already; act now. Orange: within a week; plan a fix before that.",
        box,
        [
            Query(
                queries.time_left(queries.chosen(service), queries.split_by(service)),
                _NAME,
                instant=True,
            )
        ],
        Unit("s", 1),
        steps=_TIME,
        mappings=[
            value_mapping(0, "spent", "red"),
            value_mapping(queries.NEVER, "lasts", "green"),
        ],
    )


def _attained(service: Service, box: Box) -> Panel:
    windows = sorted({slo.window for slo in service.slos})
    labels, several = queries.chosen(service), len(windows) > 1
    by = queries.split_by(service)
    period = "the window" if several else format_duration(windows[0])
    return stat(
        f"Attained over {period}",
        f"The share of events, or of time, that was good over {period}; as long as the rules "
        "have not run for that long, since they first ran. Compare it with the objective beside "
        "it. No value: no traffic in all that time, or no data.",
        box,
        [
            Query(queries.attained(window, labels, several, by), _NAME, instant=True)
            for window in windows
        ],
        Unit("percentunit", _decimals(service) + 2),
    )


def _objective(service: Service, box: Box) -> Panel:
    return stat(
        "Objective",
        "The share of events, or of time, that has to be good. Set in the spec.",
        box,
        [Query(f"{series.OBJECTIVE}{queries.chosen(service)}", _NAME, instant=True)],
        Unit("percentunit", _decimals(service)),
    )


def _burn_down(service: Service, box: Box) -> Panel:
    window = max(slo.window for slo in service.slos)
    return timeseries(
        f"Error budget left, last {format_duration(window)}",
        f"How the error budget went over the last {format_duration(window)}, whatever time the "
        "dashboard shows. A steep fall is an incident; a line that falls all the time is an "
        "objective that the service does not meet. It rises when old errors leave the window.\n\n"
        "Below the dashed line the objective is missed: stop risky changes.",
        box,
        [Query(_left(service), _NAME)],
        Unit("percentunit"),
        steps=((None, "green"), (0, "red")),
        maximum=1,
        time_from=time_span(window),
    )


def _alerts(service: Service, box: Box) -> Panel:
    return state_timeline(
        "Alerts",
        "Since when each alert of the chosen SLOs fires, or waits to. Red, to the right edge: it "
        "fires now; follow the runbook.",
        box,
        [Query(queries.alert_states(service), "{{slo}}: {{alertname}}")],
        _STATES,
        no_value="no alert in this time",
    )


def time_span(seconds: int) -> str:
    """A time as Grafana's panels read it, in a single unit: `30d`, `36h`."""
    for unit, length in (("d", _DAY), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _left(service: Service) -> str:
    return queries.budget_left(queries.chosen(service), queries.split_by(service))


def _decimals(service: Service) -> int:
    return max(wording.decimals(slo) for slo in service.slos)
