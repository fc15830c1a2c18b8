"""The PromQL over recorded series and alerts.

Series of one SLO have the same labels, so binary operators need no `on`; it would break where
further labels, such as a cluster's, set otherwise equal SLOs apart.
"""

from __future__ import annotations

from slosmith import series
from slosmith.model import Service, Slo

# Seconds that stand for "never" where the budget does not run out: a bit over 30 years.
NEVER = 10**9

PENDING = 1  # as ALERTS has it
FIRING = 2

# Of a `by` with more values, graphs show the worst ones.
LINES = 10

# At the end of the time that a graph shows.
AT_END = " @ end()"


def chosen(service: Service) -> str:
    """Matchers of the SLOs that are chosen at the top of the dashboard."""
    return f'{{service="{service.name}",slo=~"$slo"}}'


def slo_names(service: Service) -> str:
    """The query of the variable `slo`."""
    return f'label_values({series.OBJECTIVE}{{service="{service.name}"}}, slo)'


def split_by(service: Service) -> tuple[str, ...]:
    """All labels that any SLO of the service is split by, sorted."""
    return tuple(sorted({label for slo in service.slos for label in slo.by}))


def worst(function: str, expression: str, by: tuple[str, ...]) -> str:
    """One value for each SLO, the worst of all values of `by`."""
    return f"{function} without ({', '.join(by)}) ({expression})" if by else expression


def budget_left(labels: str, by: tuple[str, ...], at: str = "") -> str:
    """The share of the error budget that is left. `at`: AT_END, or whenever it is asked."""
    return worst("min", f"{series.REMAINING}{labels}{at}", by)


def burn_rate(window: int, labels: str, by: tuple[str, ...] = ()) -> str:
    """How many times faster than allowed the budget was spent over `window` seconds, of the worst
    value of `by`."""
    ratio = worst("max", f"{series.error_ratio(window)}{labels}", by)
    return f"{ratio} / {series.BUDGET}{labels}"


def burn_rates(window: int, labels: str, by: tuple[str, ...], own: str) -> str:
    """The burn rate over `window` seconds for each value of `by`. `own`: the matchers of the SLO,
    without values of `by`, which its budget does not have."""
    join = f"ignoring ({', '.join(by)}) group_left () " if by else ""
    return f"{series.error_ratio(window)}{labels} / {join}{series.BUDGET}{own}"


def attained(window: int, labels: str, others: bool, by: tuple[str, ...] = ()) -> str:
    """The share of good events over the SLO's window of `window` seconds, of the worst value of
    `by`. `others`: some SLOs have another window, and may record an error ratio over this one for
    their alerts."""
    ratio = f"1 - {worst('max', f'{series.error_ratio(window)}{labels}', by)}"
    return f"{ratio} and {series.PERIOD}{labels} == {window}" if others else ratio


def time_left(labels: str, by: tuple[str, ...] = ()) -> str:
    """Seconds until the budget is spent at the pace of the last hour: 0 where it is, NEVER where
    the pace is one that the budget lasts for. With `by`, of the value with the least budget left
    at the pace of the fastest: no later than the first of them."""
    remaining, rate = budget_left(labels, by), burn_rate(3600, labels, by)
    return (
        f"clamp_min({remaining} <= 0, 0)\n"
        f"or {remaining} * {series.PERIOD}{labels} / ({rate} > 1)\n"
        f"or 0 * ({rate}) + {NEVER}"
    )


def pace(labels: str, by: tuple[str, ...]) -> str:
    """What would be left of the budget, had it been spent evenly since the rules first ran: the
    objective is met, over all that was seen, exactly while more is left. 0 from the end of the
    SLO's window on."""
    return f"1 - clamp_max({_history(labels, by)} / {series.PERIOD}{labels}, 1)"


def seen(window: int, unit: int, labels: str, by: tuple[str, ...]) -> str:
    """1 for each SLO with such a window of whose time less was seen, with the number of units
    seen, in whole ones, as its label `seen`."""
    short = f"{_history(labels, by)} < ({series.PERIOD}{labels} == {window})"
    return f'count_values without () ("seen", floor(({short}) / {unit}))'


def _history(labels: str, by: tuple[str, ...]) -> str:
    """Seconds since the first sample, of the value of `by` that is there for the longest."""
    return worst("max", f"{series.HISTORY}{labels}", by)


def among(expression: str, ranking: str) -> str:
    """Those series of `expression` whose labels `ranking` has too. A ranking at the end of the
    time shown chooses the same ones all along, so that no line breaks."""
    return f"{expression}\nand {ranking}"


def values(service: Service, slo: Slo) -> str:
    """Matchers of an SLO's series: of those values of `by` that are chosen at the top."""
    own = "".join(f',{label}=~"${variable(label)}"' for label in slo.by)
    return f"{series.matchers(service.name, slo.name)[:-1]}{own}}}"


def worst_values(slo: Slo, labels: str) -> str:
    """The values of `by` that burn fastest at the end of the time shown."""
    ratio = f"{series.error_ratio(3600)}{labels}{AT_END}"
    return f"topk({LINES}, {ratio})"


def variable(label: str) -> str:
    """The name of the variable of a label of `by`; it is no other variable's."""
    return f"by_{label}"


def label_values(service: Service, label: str) -> str:
    """The query of such a variable."""
    return f'label_values({series.REMAINING}{{service="{service.name}"}}, {label})'


def alert_states(service: Service) -> str:
    """FIRING or PENDING for each alert of the chosen SLOs while it is."""
    return (
        "max by (slo, alertname) (\n"
        f"  {FIRING} * {_alerts(service, 'firing')}\n"
        f"  or {_alerts(service, 'pending')}\n"
        ")"
    )


def firing(service: Service) -> str:
    """1 for each alert of the chosen SLOs while it fires."""
    return f"max by (slo, alertname, severity) ({_alerts(service, 'firing')})"


def firing_for(service: Service) -> str:
    """Seconds for which the oldest firing alert of each SLO has been active. Prometheus keeps
    the time at which an alert became active as the value of ALERTS_FOR_STATE."""
    since = f"ALERTS_FOR_STATE{chosen(service)}"
    return (
        "max by (slo) (\n"
        f"  (time() - {since})\n"
        f"  and ignoring (alertstate) {_alerts(service, 'firing')}\n"
        ")"
    )


def _alerts(service: Service, state: str) -> str:
    return f'ALERTS{{service="{service.name}",slo=~"$slo",alertstate="{state}"}}'
