"""Colours and words that mean the same on every dashboard."""

from __future__ import annotations

from decimal import Decimal

from generators.grafana import queries
from generators.grafana.fields import Json, Steps, value_mapping

DAY = 86400

LEFT: Steps = (
    (None, "red"),
    (0, "orange"),
    (Decimal("0.25"), "yellow"),
    (Decimal("0.5"), "green"),
)
TIME: Steps = (
    (None, "red"),
    (DAY, "orange"),
    (7 * DAY, "yellow"),
    (queries.NEVER, "green"),
)
TIME_WORDS: tuple[Json, ...] = (
    value_mapping(0, "spent", "red"),
    value_mapping(queries.NEVER, "lasts", "green"),
)
# Burn rates of SLOs with different alerts in one column: whether the budget lasts.
LASTS: Steps = ((None, "green"), (1, "orange"))
STATES = {queries.PENDING: ("pending", "yellow"), queries.FIRING: ("firing", "red")}
# An alert that has been active for any time; without one the lowest colour counts.
ACTIVE: Steps = ((None, "green"), (0, "red"))
