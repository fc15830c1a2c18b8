"""All SLOs of a service with many of them, one line each, and the values of a `by`."""

from __future__ import annotations

from generators.grafana import burns, colors, queries, wording
from generators.grafana.fields import Json
from generators.grafana.panels import Column, Panel, Query, Size, Unit, table
from slosmith import series
from slosmith.model import Service, Slo

# Of a `by` with more values, the worst ones.
VALUES = 20
# A line of a table takes about one unit; longer ones scroll.
_LINES = 12
_HEAD = 3


def slos(service: Service, runbook: Json | None) -> Panel:
    """A line for each chosen SLO. `runbook`: the link of its name."""
    labels, by = queries.chosen(service), queries.split_by(service)
    windows = sorted({slo.window for slo in service.slos})
    several = len(windows) > 1
    attained = "\nor ".join(queries.attained(window, labels, several, by) for window in windows)
    decimals = max(wording.decimals(slo) for slo in service.slos)

    def worst(function: str, expression: str) -> Query:
        return Query(f"{function} by (slo) (\n{expression}\n)", instant=True)

    return table(
        "SLOs",
        "Every chosen SLO, the one that burns fastest on top; of an SLO with a `by`, its worst "
        "value. A click on a name opens its runbook; its graphs are in its row below.\n\nRed: the "
        "budget is spent, or will be within a day, or an alert fires. Follow the runbook.",
        Size(24, min(len(service.slos), _LINES) + _HEAD),
        [
            Column("SLO", "slo", link=runbook),
            Column(
                "Firing for",
                worst("max", queries.firing_for(service)),
                Unit("dtdurations"),
                steps=colors.ACTIVE,
            ),
            Column(
                "Budget left",
                worst("min", queries.budget_left(labels, by)),
                Unit("percentunit", 1),
                steps=colors.LEFT,
            ),
            Column(
                "Burn rate, 1h",
                worst("max", queries.burn_rate(burns.HOUR, labels, by)),
                Unit("none", 2),
                steps=colors.LASTS,
            ),
            Column(
                "Time to exhaustion",
                worst("min", queries.time_left(labels, by)),
                Unit("s", 1),
                steps=colors.TIME,
                mappings=colors.TIME_WORDS,
            ),
            Column("Attained", worst("min", attained), Unit("percentunit", decimals + 2)),
            Column(
                "Objective",
                worst("min", f"{series.OBJECTIVE}{labels}"),
                Unit("percentunit", decimals),
            ),
        ],
        sort="Burn rate, 1h",
        descending=True,
    )


def values(service: Service, slo: Slo) -> Panel:
    """A line for each value of an SLO's `by`, those with the least budget."""
    labels, own = queries.values(service, slo), series.matchers(service.name, slo.name)
    worst = f"bottomk({VALUES}, {series.REMAINING}{labels})"
    ratio = f"{series.error_ratio(burns.HOUR)}{labels}"
    total, counted = f"{series.TOTAL}{labels}", wording.counted(slo.indicator)

    def query(expression: str, function: str = "max") -> Query:
        return Query(f"{function} by ({', '.join(slo.by)}) (\n{expression}\n)", instant=True)

    named = " and ".join(slo.by)
    return table(
        f"{slo.name}: worst by {named}",
        f"The {VALUES} values of {named} with the least error budget left; each has a budget and "
        f"alerts of its own. The list above the panels narrows them.\n\nRed: its budget is "
        "spent. Look whether one value burns, or all do: one is its own fault, all are the "
        "service's. Follow the runbook.",
        Size(24, 8),
        [
            *(Column(label, label) for label in slo.by),
            Column("Budget left", query(worst, "min"), Unit("percentunit", 1), steps=colors.LEFT),
            Column(
                "Burn rate, 1h",
                query(queries.among(queries.burn_rates(burns.HOUR, labels, slo.by, own), worst)),
                Unit("none", 2),
                steps=burns.tile_steps(slo),
            ),
            Column(
                "Error ratio, 1h",
                query(queries.among(ratio, worst)),
                Unit("percentunit", wording.decimals(slo) + 1),
            ),
            *(
                [Column(counted, query(queries.among(total, worst)), Unit("short", 2))]
                if counted
                else []
            ),
        ],
        sort="Budget left",
    )
