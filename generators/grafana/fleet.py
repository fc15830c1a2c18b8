"""The panels of the overview, over the SLOs of all services: where it burns, and whose budget is
nearly spent."""

from __future__ import annotations

from generators.grafana import colors
from generators.grafana import fleet_queries as promql
from generators.grafana.fields import Json, Steps, value_mapping
from generators.grafana.panels import (
    Column,
    Panel,
    Query,
    Size,
    Unit,
    stat,
    state_timeline,
    table,
    timeseries,
)
from generators.grafana.queries import AT_END
from slosmith.model import Project

# Of more SLOs, the ones with the least budget; the lists at the top find the others.
_ROWS = 200
_LINES = 10
_GRAPH_HEIGHT = 8
_BUDGET_DAYS = 30

_GOOD: Steps = ((None, "green"), (1, "red"))
_FAIR: Steps = ((None, "green"), (1, "orange"))
_NAME = "{{service}}/{{slo}}"


def panels(project: Project) -> list[Panel]:
    """All panels, the same for any number of services."""
    return [
        *_tiles(project),
        _table(project),
        _burning(),
        _pages(project),
        _lowest(),
    ]


def _tiles(project: Project) -> list[Panel]:
    """How many SLOs are in which state, most urgent first."""
    several = project.severities["page"] != project.severities["ticket"]
    states: list[tuple[str, str, str, Steps]] = [
        (
            "SLOs that page" if several else "SLOs with a firing alert",
            "How many SLOs have an alert firing that pages.\n\nRed: open the service from the "
            "table, and its runbook from there.",
            promql.firing(project, promql.PAGE),
            _GOOD,
        ),
        (
            "SLOs that burn",
            "How many SLOs spent their error budget over the last hour faster than it lasts, "
            "whether an alert fires or not.\n\nOrange: see which below; one hour may pass by "
            "itself.",
            f"({promql.burn_rate()} > 1)",
            _FAIR,
        ),
        (
            "Budgets spent",
            "How many SLOs have no error budget left: their objectives are missed over their "
            "windows.\n\nRed: no risky changes to these services until the budget is back.",
            f"({promql.budget_left()} <= 0)",
            _GOOD,
        ),
        (
            "SLOs without data",
            "How many SLOs have an indicator without data: their targets are down, or metrics "
            "were renamed.\n\nOrange: nobody would notice an outage of these; check that they are "
            "scraped.",
            f"({promql.silent()})",
            _FAIR,
        ),
        (
            "SLOs",
            "How many SLOs there are of the chosen owners and services.",
            promql.objective(),
            (),
        ),
    ]
    if several:
        states.insert(1, _tickets(project))
    width = 24 // len(states)
    widths = [24 - width * (len(states) - 1), *[width] * (len(states) - 1)]
    return [
        stat(
            title,
            description,
            Size(width, 4),
            [Query(promql.count(expression), title, instant=True)],
            Unit("none", 0),
            steps=steps,
            text="value",
        )
        for width, (title, description, expression, steps) in zip(widths, states, strict=True)
    ]


def _tickets(project: Project) -> tuple[str, str, str, Steps]:
    return (
        "SLOs with a ticket",
        "How many SLOs have an alert firing that opens a ticket: the budget does not last, or "
        "data is missing.\n\nOrange: look at them within the day.",
        promql.firing(project, promql.TICKET),
        _FAIR,
    )


def _table(project: Project) -> Panel:
    """A line for each SLO, the least budget on top."""
    worst = f"bottomk({_ROWS},\n{promql.of_owners(promql.budget_left())}\n)"

    def follow(expression: str) -> Query:
        return Query(f"({expression})\nand on (service, slo) {worst}", instant=True)

    return table(
        "SLOs by budget left",
        f"The {_ROWS} SLOs with the least error budget left; click on a heading to sort by another "
        "column, on a name to open the dashboard of the service. Of an SLO with a `by`, or in "
        "several clusters, the worst value.\n\nRed: it pages, or the budget is spent, or will be "
        "within a day.",
        Size(24, 12),
        [
            Column("Service", "service", link=_link("Dashboard", "${__value.raw}")),
            Column("SLO", "slo", link=_link("Dashboard", "${__data.fields.Service}", slo=True)),
            Column("Budget left", Query(worst, instant=True), Unit("percentunit", 1), colors.LEFT),
            Column(
                "Firing",
                follow(f"{promql.firing(project)}\nor 0 * {promql.objective()}"),
                steps=((None, "transparent"), (promql.TICKET, "orange"), (promql.PAGE, "red")),
                mappings=_states(project),
            ),
            Column("Burn rate, 1h", follow(promql.burn_rate()), Unit("none", 2), colors.LASTS),
            Column(
                "Time to exhaustion",
                follow(promql.time_left()),
                Unit("s", 1),
                colors.TIME,
                colors.TIME_WORDS,
            ),
            Column("Objective", follow(promql.objective()), Unit("percentunit")),
        ],
        sort="Budget left",
    )


def _states(project: Project) -> list[Json]:
    names = {
        0: ("–", "transparent"),
        promql.TICKET: ("ticket", "orange"),
        promql.PAGE: ("page", "red"),
    }
    if project.severities["page"] == project.severities["ticket"]:
        names[promql.PAGE] = ("alert", "red")
    return [value_mapping(value, *shown) for value, shown in names.items()]


def _link(title: str, service: str, *, slo: bool = False) -> Json:
    """To the dashboard of a service, of the same data source and time."""
    chosen = "var-slo=${__value.raw}&" if slo else ""
    rest = "${datasource:queryparam}&${__url_time_range}"
    return {"title": title, "url": f"/d/slo-{service}?{chosen}{rest}"}


def _burning() -> Panel:
    ranking = f"topk({_LINES},\n{promql.of_owners(promql.burn_rate(AT_END))}\n)"
    return timeseries(
        f"Burn rate, last hour, highest {_LINES}",
        "How many times faster than allowed the error budgets were spent, over the hour before "
        f"each point; the {_LINES} SLOs that burn fastest at the end of the time shown.\n\nAbove "
        "the dashed line a budget does not last. Many at once: look for what these services "
        "share, before you look at each.",
        Size(12, _GRAPH_HEIGHT),
        [Query(f"{promql.burn_rate()}\nand on (service, slo) {ranking}", _NAME)],
        Unit("none", 2),
        steps=colors.LASTS,
        minimum=0,
        reach=2,
    )


def _pages(project: Project) -> Panel:
    return state_timeline(
        "Pages",
        "Since when each alert that pages fires, of the chosen services.\n\nRed to the right edge: "
        "it fires now; open the service from the table. The one that began first is likely the "
        "cause of the others.",
        Size(12, _GRAPH_HEIGHT),
        [
            Query(
                promql.of_owners(promql.pages(project)),
                "{{service}}/{{slo}}: {{alertname}}",
            )
        ],
        {1: ("firing", "red")},
        no_value="no page in this time",
    )


def _lowest() -> Panel:
    ranking = f"bottomk({_LINES},\n{promql.of_owners(promql.budget_left(AT_END))}\n)"
    return timeseries(
        f"Error budget left, last {_BUDGET_DAYS} days, lowest {_LINES}",
        f"How the error budgets went over the last {_BUDGET_DAYS} days, whatever time the "
        f"dashboard shows; the {_LINES} SLOs with the least left now. A steep fall is an "
        "incident.\n\nBelow the dashed line the objective is missed: no risky changes until the "
        "budget is back.",
        Size(24, _GRAPH_HEIGHT),
        [Query(f"{promql.budget_left()}\nand on (service, slo) {ranking}", _NAME)],
        Unit("percentunit"),
        steps=((None, "green"), (0, "red")),
        maximum=1,
        time_from=f"{_BUDGET_DAYS}d",
        legend="table",
    )
