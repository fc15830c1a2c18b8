"""The PromQL of the overview: the worst value of each SLO of the chosen services.

Series of one SLO may have more labels: those of its `by`, or a cluster's. Each query takes the
worst of them, and lets `slosmith_slo_info` choose by owner.
"""

from __future__ import annotations

from generators.grafana import queries
from generators.grafana.text import literal_matcher
from slosmith import series
from slosmith.escape import promql_string
from slosmith.model import Project

PAGE, TICKET = 2, 1

_CHOSEN = '{service=~"$service"}'
_OWNED = f'{series.INFO}{{service=~"$service",owner=~"$owner"}}'
_SAME = "on (service, slo)"

OWNERS = f"label_values({series.INFO}, owner)"
SERVICES = f'label_values({series.INFO}{{owner=~"$owner"}}, service)'


def of_owners(expression: str) -> str:
    """Only the SLOs of the chosen owners."""
    return f"{expression}\nand {_SAME} {_OWNED}"


def objective() -> str:
    return _worst("max", series.OBJECTIVE)


def budget_left(at: str = "") -> str:
    return _worst("min", series.REMAINING, at)


def burn_rate(at: str = "") -> str:
    """Over the last hour."""
    ratio = _worst("max", series.error_ratio(3600), at)
    return f"{ratio}\n/ {_SAME} {_worst('max', series.BUDGET, at)}"


def time_left() -> str:
    """Seconds until the budget is spent, as in `queries.time_left`."""
    left, rate = budget_left(), f"({burn_rate()})"
    period = _worst("max", series.PERIOD)
    return (
        f"clamp_min({left} <= 0, 0)\n"
        f"or {left} * {_SAME} {period} / {_SAME} ({rate} > 1)\n"
        f"or 0 * {rate} + {queries.NEVER}"
    )


def firing(project: Project, severity: int | None = None) -> str:
    """PAGE or TICKET, whatever fires that is worse, for each SLO with a firing alert. `severity`:
    only this one."""
    found = {
        PAGE: f"{PAGE} * {_alerts(project.severities['page'])}",
        TICKET: _alerts(project.severities["ticket"]),
    }
    if project.severities["page"] == project.severities["ticket"]:
        found = {PAGE: found[PAGE]}
    chosen = [found[severity]] if severity else list(found.values())
    return "max by (service, slo) (\n  " + "\n  or ".join(chosen) + "\n)"


def pages(project: Project) -> str:
    """1 for each alert that pages, while it fires."""
    return f"max by (service, slo, alertname) ({_alerts(project.severities['page'])})"


def silent() -> str:
    """SLOs whose indicator has no data now."""
    return f"{objective()}\nunless {_SAME} {series.TOTAL}{_CHOSEN}"


def count(expression: str) -> str:
    """How many SLOs of the chosen owners are in `expression`; 0 where none is."""
    return f"count(\n{of_owners(expression)}\n) or vector(0)"


def _worst(function: str, name: str, at: str = "") -> str:
    return f"{function} by (service, slo) ({name}{_CHOSEN}{at})"


def _alerts(severity: str) -> str:
    matcher = literal_matcher(f"severity={promql_string(severity)}")
    return f'ALERTS{{service=~"$service",slo!="",alertstate="firing",{matcher}}}'
