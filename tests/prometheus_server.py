"""A real Prometheus on loopback, for tests; where there is none they are skipped."""

from __future__ import annotations

import pytest

from bench.prometheus import (
    PROMETHEUS,
    PROMTOOL,
    Server,
    add_blocks,
    backfill,
    backfill_rules,
    serving,
)

needs_prometheus = pytest.mark.skipif(
    PROMETHEUS is None or PROMTOOL is None,
    reason="no prometheus or no promtool: the rules were not tried on a live server",
)

__all__ = ["Server", "add_blocks", "backfill", "backfill_rules", "needs_prometheus", "serving"]
