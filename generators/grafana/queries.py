"""The PromQL of dashboards: recorded series and ALERTS, nothing raw.

Series of one SLO have the same labels, so binary operators need no `on`; it would break where
further labels, such as a cluster's, set otherwise equal SLOs apart.
"""

from __future__ import annotations

from slosmith import series
from slosmith.model import Service

# Seconds that stand for "never" where the budget does not run out: a bit over 30 years.
NEVER = 10**9

PENDING = 1  # as ALERTS has it
FIRING = 2


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


def budget_left(labels: str, by: tuple[str, ...]) -> str:
    """The share of the error budget that is left."""
    return worst("min", f"{series.REMAINING}{labels}", by)


def burn_rate(window: int, labels: str, by: tuple[str, ...] = ()) -> str:
    """How many times faster than allowed the budget was spent over `window` seconds, of the worst
    value of `by`."""
    ratio = worst("max", f"{series.error_ratio(window)}{labels}", by)
    return f"{ratio} / {series.BUDGET}{labels}"


def burn_rates(window: int, labels: str, by: tuple[str, ...]) -> str:
    """The burn rate over `window` seconds for each value of `by`."""
    join = f"ignoring ({', '.join(by)}) group_left " if by else ""
    return f"{series.error_ratio(window)}{labels} / {join}{series.BUDGET}{labels}"


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


def _alerts(service: Service, state: str) -> str:
    return f'ALERTS{{service="{service.name}",slo=~"$slo",alertstate="{state}"}}'
