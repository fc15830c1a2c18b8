"""The top of a dashboard, over the chosen SLOs: which one burns, how fast, how much is left, until
when, and since when alerts fire."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from generators.grafana import burns, colors, queries, wording
from generators.grafana.fields import override, thresholds
from generators.grafana.panels import (
    Panel,
    Query,
    Size,
    Unit,
    stat,
    state_timeline,
    timeseries,
)
from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import Service
from slosmith.numbers import plain

# Up to so many SLOs each has its own tile; of more, tiles show so many, the worst ones.
TILES = 5
# A tile takes a line and a half. The same for any number of them: one SLO more moves nothing.
TILES_HEIGHT = 6
GRAPH_HEIGHT = 8

_NAME = "{{slo}}"
_EVENLY = "{{slo}}: spent evenly"
_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"))


def panels(service: Service) -> list[Panel]:
    """Tiles, and below them how it came to that."""
    return [*_tiles(service), _burn_down(service), _alerts(service)]


def is_large(service: Service) -> bool:
    """Whether there are more SLOs than tiles."""
    return len(service.slos) > TILES


def _tiles(service: Service) -> list[Panel]:
    if is_large(service):
        size = Size(6, TILES_HEIGHT)
        return [tile(service, size) for tile in (_budget_left, _burn_rate, _time_left, _firing)]
    size = Size(4, TILES_HEIGHT)
    every = (_budget_left, _burn_rate, _time_left, _firing, _attained, _objective)
    return [tile(service, size) for tile in every]


def _worst(service: Service, function: str, expression: str) -> str:
    """Of many SLOs, the worst ones."""
    return f"{function}({TILES}, {expression})" if is_large(service) else expression


def _ending(service: Service, words: str) -> str:
    return f", {words} {TILES}" if is_large(service) else ""


def _budget_left(service: Service, size: Size) -> Panel:
    return stat(
        f"Error budget left{_ending(service, 'lowest')}",
        "The share of the error budget that is left. The window rolls, so what was spent comes "
        "back once it is older than the window; the time before the rules first ran counts as "
        "free of errors.\n\nRed, below 0%: the objective is missed. Stop risky changes until the "
        "budget is back. Orange: less than a quarter is left; yellow: less than half.",
        size,
        [Query(_worst(service, "bottomk", _left(service)), _NAME, instant=True)],
        Unit("percentunit", 1),
        steps=colors.LEFT,
    )


def _burn_rate(service: Service, size: Size) -> Panel:
    (steps, _), *others = burns.by_steps(service.slos)
    rate = queries.burn_rate(burns.HOUR, queries.chosen(service), queries.split_by(service))
    return stat(
        f"Burn rate, last hour{_ending(service, 'highest')}",
        "How many times faster than allowed the error budget was spent over the last hour. 1 "
        "spends exactly the budget in the SLO's window.\n\nYellow: the budget does not last at "
        "this pace. Orange: if it goes on, somebody is paged. Red: fast enough to page by itself; "
        "follow the runbook. No value: no traffic, or no data.",
        size,
        [Query(_worst(service, "topk", rate), _NAME, instant=True)],
        Unit("none", 2),
        steps=steps,
        overrides=[override(names, thresholds=thresholds(own)) for own, names in others],
    )


def _time_left(service: Service, size: Size) -> Panel:
    time = queries.time_left(queries.chosen(service), queries.split_by(service))
    return stat(
        f"Time to exhaustion{_ending(service, 'soonest')}",
        "When the error budget is spent if errors go on as in the last hour. `lasts`: "
        "the burn rate is 1 or less, for which the budget lasts.\n\nRed: within a day, or spent "
        "already; act now. Orange: within a week; plan a fix before that.",
        size,
        [Query(_worst(service, "bottomk", time), _NAME, instant=True)],
        Unit("s", 1),
        steps=colors.TIME,
        mappings=colors.TIME_WORDS,
    )


def _firing(service: Service, size: Size) -> Panel:
    return stat(
        f"Alert firing for{_ending(service, 'longest')}",
        "For how long an alert of the SLO has been active, the oldest one that fires now. Which "
        "one, and what fired before, is below.\n\nRed: it fires now; follow the runbook.",
        size,
        [Query(_worst(service, "topk", queries.firing_for(service)), _NAME, instant=True)],
        Unit("dtdurations"),
        steps=colors.ACTIVE,
        no_value="nothing fires",
    )


def _attained(service: Service, size: Size) -> Panel:
    windows = _windows(service)
    labels, several = queries.chosen(service), len(windows) > 1
    by = queries.split_by(service)
    period = "the window" if several else format_duration(windows[0])
    return stat(
        f"Attained over {period}",
        f"The share of events, or of time, that was good over {period}; as long as the rules "
        "have not run for that long, since they first ran. Compare it with the objective beside "
        "it: below it the objective is missed, so stop risky changes. No value: no traffic in all "
        "that time, or no data.",
        size,
        [
            Query(queries.attained(window, labels, several, by), _NAME, instant=True)
            for window in windows
        ],
        Unit("percentunit", _decimals(service) + 2),
    )


def _objective(service: Service, size: Size) -> Panel:
    return stat(
        "Objective",
        "The share of events, or of time, that has to be good. Set in the spec.",
        size,
        [Query(f"{series.OBJECTIVE}{queries.chosen(service)}", _NAME, instant=True)],
        Unit("percentunit", _decimals(service)),
    )


def _burn_down(service: Service) -> Panel:
    windows = _windows(service)
    longest = format_duration(max(windows))
    labels, by = queries.chosen(service), queries.split_by(service)
    left, evenly = _left(service), queries.pace(labels, by)
    if is_large(service):
        ranking = f"bottomk({TILES}, {queries.budget_left(labels, by, queries.AT_END)})"
        left, evenly = queries.among(left, ranking), queries.among(evenly, ranking)
    return timeseries(
        f"Error budget left, last {longest}{_ending(service, 'lowest')}",
        f"How the error budget went over the last {longest}, whatever time the dashboard shows. A "
        "steep fall is an incident; a line that falls all the time is an objective that the "
        "service does not meet. It rises when old errors leave the window. A name with `seen`: "
        "the rules have not run for a whole window yet; what was not seen counts as free of "
        "errors.\n\nThe dashed line of an SLO is a budget spent evenly since the rules first ran, "
        "which is down to 0% after a whole window. Below it, the objective is not met over what "
        "was seen: stop risky changes.",
        Size(12, GRAPH_HEIGHT),
        [
            Query(left, _NAME),
            Query(evenly, _EVENLY),
            *(_seen(window, labels, by) for window in windows),
        ],
        Unit("percentunit"),
        steps=((None, "green"), (0, "red")),
        maximum=1,
        time_from=time_span(max(windows)),
        overrides=[
            override(
                [".*: spent evenly"],
                custom__lineStyle={"fill": "dash", "dash": [4, 8]},
                color={"mode": "fixed", "fixedColor": "text"},
            )
        ],
    )


def _seen(window: int, labels: str, by: tuple[str, ...]) -> Query:
    """`latency: 3 of 30 days seen`, in the legend alone: a single sample is no line."""
    unit, name = next(item for item in _UNITS if window >= 2 * item[0])
    whole = plain(Decimal(window) / unit)
    return Query(
        queries.seen(window, unit, labels, by),
        f"{{{{slo}}}}: {{{{seen}}}} of {whole} {name} seen",
        instant=True,
    )


def _alerts(service: Service) -> Panel:
    return state_timeline(
        "Alerts",
        "Since when each alert of the chosen SLOs fires, or waits to.\n\nRed, to the right edge: "
        "it fires now; follow the runbook.",
        Size(12, GRAPH_HEIGHT),
        [Query(queries.alert_states(service), "{{slo}}: {{alertname}}")],
        colors.STATES,
        no_value="no alert in this time",
    )


def time_span(seconds: int) -> str:
    """A time as Grafana's panels read it, in a single unit: `30d`, `36h`."""
    for unit, length in (("d", colors.DAY), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _left(service: Service) -> str:
    return queries.budget_left(queries.chosen(service), queries.split_by(service))


def _windows(service: Service) -> Sequence[int]:
    return sorted({slo.window for slo in service.slos})


def _decimals(service: Service) -> int:
    return max(wording.decimals(slo) for slo in service.slos)
