"""How soon a guard holds its trigger, how soon the trigger could add replicas, and the
stabilization with which the first comes before the second.

Both are told for the moment at which everything fails: all requests become slower than the
trigger's target, and all events of the guard's SLO become bad. All windows are those of the
generated queries; scrapes, evaluations and looks of the autoscaler may fall as badly as they can.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from slosmith import series
from slosmith.model import (
    Guard,
    LatencyTrigger,
    MetricTrigger,
    Prometheus,
    RatioIndicator,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.scaling.arithmetic import SYNC_PERIOD

# A suggestion is rounded up to this many seconds.
_ROUND = 5
_WINDOW = series.BASE_WINDOW


@dataclass(frozen=True)
class GuardTimes:
    """Seconds at the latest: `holds` after the start of a total failure of the guard's SLO,
    `lets_go` after its end. `stabilization`: what scaling up needs for the guard to be in time."""

    holds: Decimal
    lets_go: Decimal
    stabilization: int


def guard_times(
    guard: Guard, slo: Slo, trigger: LatencyTrigger | MetricTrigger, prometheus: Prometheus
) -> GuardTimes:
    """The times of a guard on `slo` that holds `trigger`."""
    holds = _holds(guard.threshold, slo, prometheus)
    late = holds - soonest(trigger, prometheus)
    # See first_replicas.
    needed = math.ceil((late + SYNC_PERIOD) / _ROUND) * _ROUND if late > 0 else 0
    return GuardTimes(holds, _lets_go(guard.threshold, slo, prometheus), needed)


def soonest(trigger: LatencyTrigger | MetricTrigger, prometheus: Prometheus) -> Decimal:
    """Seconds after which a trigger may ask for more replicas: when more than 1 - q of the requests
    in the window of a quantile q are slow. Of a metric's query nothing is known: at once."""
    if isinstance(trigger, MetricTrigger):
        return Decimal(0)
    scrape = prometheus.scrape_interval
    # The samples in a window of w lie more than w - 2 scrapes apart, a multiple of a scrape.
    seen = max((_WINDOW // scrape - 1) * scrape, scrape)
    return (1 - trigger.quantile) * seen


def first_replicas(
    trigger: LatencyTrigger | MetricTrigger, prometheus: Prometheus, stabilization: int
) -> Decimal:
    """Seconds after which a trigger may add replicas: a stabilization begins with the last look
    that asked for no more, which may be a period before the first that does."""
    return soonest(trigger, prometheus) + max(stabilization - SYNC_PERIOD, 0)


def _holds(threshold: Decimal, slo: Slo, prometheus: Prometheus) -> Decimal:
    scrape, evaluation = prometheus.scrape_interval, prometheus.evaluation_interval
    match slo.indicator:
        case ThresholdIndicator() | UptimeIndicator(healthy="any" | "all"):
            # The first bad sample, then as many steps of the subquery as the share needs.
            return Decimal(scrape + _samples(threshold, scrape) * scrape + evaluation)
        case UptimeIndicator():
            return Decimal(_samples(threshold, scrape) * scrape + evaluation)
        case RatioIndicator(good=None):
            # A counter of errors may begin with the first: its rate takes two samples.
            return threshold * _WINDOW + 2 * scrape + evaluation
    return threshold * _WINDOW + scrape + evaluation


def _lets_go(threshold: Decimal, slo: Slo, prometheus: Prometheus) -> Decimal:
    """The window is back at the threshold when that share of it is left of the failure."""
    scrape, evaluation = prometheus.scrape_interval, prometheus.evaluation_interval
    steps = 2 if isinstance(slo.indicator, ThresholdIndicator | UptimeIndicator) else 1
    return (1 - threshold) * _WINDOW + steps * scrape + evaluation


def _samples(threshold: Decimal, scrape: int) -> int:
    """How many bad samples are more than `threshold` of all that a window can hold."""
    return math.floor(threshold * (_WINDOW // scrape + 1)) + 1
