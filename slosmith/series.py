"""Names of the recorded series, and the selectors that more than one generator uses."""

from __future__ import annotations

from slosmith.durations import format_duration

TOTAL = "slo:sli_total:rate5m"
BAD = "slo:sli_bad:rate5m"
HISTORY = "slo:history:seconds"
REMAINING = "slo:error_budget_remaining:ratio"
OBJECTIVE = "slo:objective:ratio"
BUDGET = "slo:error_budget:ratio"
PERIOD = "slo:period:seconds"
INFO = "slosmith_slo_info"

# The window of the recorded event rates; part of their names.
BASE_WINDOW = 300
# Error ratios over windows up to this one are read from the raw series; longer ones are sums of
# the recorded rates.
RAW_WINDOW = 3600


# Above the lookback of 5 minutes recorded series would blink for other groups; 2 minutes leave
# room for a missed evaluation.
_SLOW_INTERVAL = 120


def slow_interval(fast: int) -> int:
    """The interval of the slow rule groups, where that of the fast ones is `fast` seconds."""
    return max(fast, _SLOW_INTERVAL)


def error_ratio(window: int) -> str:
    """The name of the error ratio over `window` seconds: `slo:sli_error:ratio_rate1h`."""
    return f"slo:sli_error:ratio_rate{format_duration(window)}"


def matchers(service: str, slo: str) -> str:
    """The matchers of one SLO's series. Both names are DNS labels: nothing to escape."""
    return f'{{service="{service}",slo="{slo}"}}'


# Alerts whose names no spec may take for another one.
MISSING_ALERT = "SLOIndicatorMissing"
EXHAUSTED_ALERT = "SLOErrorBudgetExhausted"

# Labels that alerts and slosmith_slo_info carry by themselves; a spec may not set them.
RESERVED_LABELS = frozenset(
    {
        "alertname",
        "alertstate",
        "kind",
        "namespace",
        "objective",
        "owner",
        "service",
        "severity",
        "slo",
        "window",
    }
)
