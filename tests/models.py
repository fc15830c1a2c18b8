"""Services for tests of generators: resolved as the defaults would, without reading a spec."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from slosmith import slomath
from slosmith.model import (
    Alerting,
    ExpressionCount,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    SelectorCount,
    Service,
    SeverityAlert,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)

Kind = Literal["ratio", "good", "expression", "latency", "threshold", "uptime", "targets"]

DAY = 86400

_JOB = 'job="api"'
_REQUESTS = Selector("http_requests_total", (_JOB,))

INDICATORS: dict[Kind, Indicator] = {
    "ratio": RatioIndicator(
        total=SelectorCount(_REQUESTS),
        bad=SelectorCount(Selector("http_requests_total", (_JOB, 'status=~"5.."'))),
    ),
    "good": RatioIndicator(
        total=SelectorCount(Selector("cache_requests_total", (_JOB,))),
        good=SelectorCount(Selector("cache_hits_total", (_JOB,))),
    ),
    "expression": RatioIndicator(
        total=ExpressionCount("sum(rate(jobs_total[$window]))"),
        bad=ExpressionCount("sum(rate(jobs_failed_total[$window]))"),
    ),
    "latency": LatencyIndicator(
        histogram=Selector("http_request_duration_seconds", (_JOB,)),
        below=Decimal("0.5"),
        bound=Decimal("0.5"),
    ),
    "threshold": ThresholdIndicator(
        query=f"max(db_connections_active{{{_JOB}}} / db_connections_max{{{_JOB}}})",
        below=Decimal("0.8"),
    ),
    "uptime": UptimeIndicator(series=Selector("up", (_JOB,))),
    "targets": UptimeIndicator(series=Selector("up", (_JOB,)), healthy="each"),
}

# One SLO of each of the four kinds, with the names and objectives of the running example.
USUAL: tuple[tuple[str, Kind, str], ...] = (
    ("availability", "ratio", "99.9"),
    ("latency", "latency", "99"),
    ("db-pool", "threshold", "99"),
    ("up", "uptime", "99.9"),
)


def make_alerting(**changes: Any) -> Alerting:
    """Alerting as the defaults leave it; `changes` are fields of it."""
    usual: dict[str, Any] = {
        "page": SeverityAlert("SLOErrorBudgetBurnFast"),
        "ticket": SeverityAlert("SLOErrorBudgetBurnSlow"),
    }
    return Alerting(**(usual | changes))


def make_slo(
    name: str = "availability",
    kind: Kind = "ratio",
    objective: str = "99.9",
    window: int = 30 * DAY,
    **changes: Any,
) -> Slo:
    """An SLO with the tiers of the default policy; `changes` are fields of it."""
    usual: dict[str, Any] = {
        "name": name,
        "objective": Decimal(objective),
        "window": window,
        "indicator": INDICATORS[kind],
        "alerting": make_alerting(),
        "tiers": slomath.tiers(Decimal(objective), window),
        "description": "",
    }
    return Slo(**(usual | changes))


def make_service(name: str = "api", *slos: Slo, **changes: Any) -> Service:
    """A service with `slos`, or else one of each kind; `changes` are fields of it."""
    usual: dict[str, Any] = {
        "name": name,
        "source": f"specs/{name}.yaml",
        "slos": slos or tuple(make_slo(slo, kind, objective) for slo, kind, objective in USUAL),
        "owner": "team-platform",
        "namespace": "prod",
    }
    return Service(**(usual | changes))
