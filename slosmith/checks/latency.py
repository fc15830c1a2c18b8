"""Bounds that do not fit the unit of their histogram."""

from __future__ import annotations

from collections.abc import Iterator

from slosmith.checks.findings import Finding
from slosmith.durations import format_duration
from slosmith.model import LatencyIndicator, Project, Slo
from slosmith.numbers import plain

_MILLISECONDS = ("_milliseconds", "_millis", "_ms", "_msec")
_SECONDS = ("_seconds", "_sec")
# A bound from here on, in whole seconds, was more likely meant in milliseconds.
_LONG = 100


def unit(slo: Slo, project: Project) -> Iterator[Finding]:
    """A name that says another unit, or a bound that reads like milliseconds."""
    indicator = slo.indicator
    if not isinstance(indicator, LatencyIndicator):
        return
    name, inside = indicator.histogram.name, ("indicator", "latency")
    if indicator.unit == "s" and name.endswith(_MILLISECONDS):
        message = f"`{name}` reads like milliseconds; add `unit: ms`, or its buckets never match"
        yield Finding("latency-unit", message, (*inside, "histogram"))
    elif indicator.unit == "ms" and name.endswith(_SECONDS):
        message = f"`{name}` reads like seconds; leave `unit: ms` out"
        yield Finding("latency-unit", message, (*inside, "unit"))
    elif name.endswith(_SECONDS) and indicator.below >= _LONG:
        message = (
            f"`below`: {format_duration(indicator.below)} is {plain(indicator.below)} seconds; "
            f"were {plain(indicator.below)}ms meant?"
        )
        yield Finding("latency-unit", message, (*inside, "below"))
