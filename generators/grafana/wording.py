"""What an SLO counts, in words for people."""

from __future__ import annotations

from slosmith.durations import format_duration
from slosmith.model import (
    ErrorRatioIndicator,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.numbers import percent, plain

_TIME = "the time"


def target(slo: Slo) -> str:
    """`99.9% over 30d`."""
    return f"{plain(slo.objective)}% over {format_duration(slo.window)}"


def decimals(slo: Slo) -> int:
    """The decimals of an objective in percent: 3 for 99.999."""
    return len(plain(slo.objective).partition(".")[2])


def allowance(slo: Slo) -> str:
    """`1% of requests may be slower than 500ms`."""
    everything, bad = _parts(slo.indicator)
    verb = "may pass" if everything == _TIME else "may be"
    return f"{percent(slo.budget)} of {everything} {verb} {bad}"


def share(indicator: Indicator) -> str:
    """`requests that were slower than 500ms`: of what an error ratio is the share."""
    everything, bad = _parts(indicator)
    return f"{everything} {bad}" if everything == _TIME else f"{everything} that were {bad}"


def _parts(indicator: Indicator) -> tuple[str, str]:
    """What is counted, and what counts as bad; time is counted with bad things in it."""
    match indicator:
        case RatioIndicator() | ErrorRatioIndicator():
            return "events", "bad"
        case LatencyIndicator(below=below):
            return "requests", f"slower than {format_duration(below)}"
        case ThresholdIndicator(below=below, above=above):
            if below is not None:
                return _TIME, f"with a value of {plain(below)} or more"
            return _TIME, f"with a value of {plain(above or 0)} or less"
        case UptimeIndicator(healthy="any"):
            return _TIME, "without a healthy target"
        case UptimeIndicator(healthy="all"):
            return _TIME, "with an unhealthy target"
        case UptimeIndicator():
            return "targets", "unhealthy"


def counted(indicator: Indicator) -> str | None:
    """What the recorded total is the number of; None where it is a share of time."""
    match indicator:
        case RatioIndicator() | LatencyIndicator():
            return "Events per second"
        case UptimeIndicator(healthy="each"):
            return "Targets"
    return None
