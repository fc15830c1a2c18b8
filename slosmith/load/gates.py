"""SLOs → the limits that the requests of a load test have to keep.

A load test sees single requests: how long each took, and whether its status was an expected one.
So SLOs about latency become percentiles, and SLOs about the share of failed requests a rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from promql_parser import VectorSelector

from slosmith.model import (
    ErrorRatioIndicator,
    EventCount,
    LatencyIndicator,
    RatioIndicator,
    Slo,
)
from slosmith.promql.identity import named, tree
from slosmith.promql.syntax import walk


@dataclass(frozen=True)
class LatencyGate:
    """`percentile` percent of the requests are to be answered in less than `below` seconds."""

    slo: str
    percentile: Decimal
    below: Decimal


@dataclass(frozen=True)
class Gates:
    """The limits for one kind of request. At most `failures` (0…1) of them may fail, as the SLO
    `failures_slo` says; `budgets` are those of all SLOs that count, 0…1."""

    latencies: tuple[LatencyGate, ...]
    failures: Decimal
    failures_slo: str
    budgets: tuple[Decimal, ...]

    @property
    def samples(self) -> int:
        """So many requests that a single bad one is within the tightest budget. Of fewer, one
        decides."""
        return math.ceil(1 / Fraction(min(self.budgets)))


def gates(slos: Sequence[Slo]) -> Gates | None:
    """The limits from those of `slos` that single requests can keep; None without any.

    A server that is down answers nothing, and k6 counts a refused connection as 0 ms: a latency is
    never judged alone. Where no SLO says how many requests may fail, that of the latency does, for
    a request that failed was not answered in time.
    """
    latencies = [
        (slo, slo.indicator) for slo in slos if isinstance(slo.indicator, LatencyIndicator)
    ]
    failures = [
        slo for slo in slos if isinstance(slo.indicator, RatioIndicator | ErrorRatioIndicator)
    ]
    judged = failures or [slo for slo, _ in latencies]
    if not judged:
        return None
    tightest = min(judged, key=lambda slo: slo.budget)
    return Gates(
        latencies=tuple(
            LatencyGate(slo.name, slo.objective, indicator.below) for slo, indicator in latencies
        ),
        failures=tightest.budget,
        failures_slo=tightest.name,
        budgets=tuple(slo.budget for slo in [*(slo for slo, _ in latencies), tightest]),
    )


def fits(slo: Slo) -> bool:
    """Whether a load test can judge an SLO at all."""
    return isinstance(slo.indicator, LatencyIndicator | RatioIndicator | ErrorRatioIndicator)


def by_default(slo: Slo) -> bool:
    """Whether an SLO counts where a spec names none: latencies, and ratios of failed requests.

    Hits of a cache are no answers to clients: a ratio counts if it is told from bad events, or if
    the good ones are among those of the same metrics. A share of another origin (`error_ratio`)
    may be of anything.
    """
    indicator = slo.indicator
    if isinstance(indicator, LatencyIndicator):
        return True
    if not isinstance(indicator, RatioIndicator):
        return False
    if indicator.good is None:
        return True
    return _metrics(indicator.good) == _metrics(indicator.total)


def _metrics(count: EventCount) -> set[str]:
    """The names of the metrics that a count reads."""
    nodes = (getattr(node, "vector_selector", node) for node in walk(tree(count)))
    return {named(node)[0] for node in nodes if isinstance(node, VectorSelector)}
