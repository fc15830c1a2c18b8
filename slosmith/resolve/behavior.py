"""How fast replicas may change."""

from __future__ import annotations

from typing import Any

from slosmith.durations import format_duration
from slosmith.model import ScaleRule
from slosmith.problems import Path
from slosmith.resolve.context import Context, mapping, whole_seconds

# Kubernetes' limits of HPA behavior (autoscaling/v2 validation).
MAX_STABILIZATION = 3600
MAX_PERIOD = 1800


def rule(context: Context, value: Any, at: Path) -> ScaleRule | None:
    """The rule for one direction that stands at model path `at`; None where there is none."""
    data = mapping(value)
    if not data:
        return None
    stabilization = _at_most(context, data, "stabilization", 0, MAX_STABILIZATION, at)
    every = _at_most(context, data, "every", 1, MAX_PERIOD, at)
    amounts = [key for key in ("percent", "pods") if key in data]
    if bool(amounts) != ("every" in data):
        given, missing = (amounts[0], "every") if amounts else ("every", "percent")
        context.error("field-missing", f"`{given}` needs `{missing}` beside it", at, key=True)
    return ScaleRule(stabilization, _whole(data, "percent"), every, _whole(data, "pods"))


def _whole(data: dict[str, Any], key: str) -> int | None:
    return data[key] if isinstance(data.get(key), int) else None


def _at_most(
    context: Context, data: dict[str, Any], key: str, least: int, most: int, at: Path
) -> int | None:
    seconds = whole_seconds(context, data, key, at)
    if seconds is None or least <= seconds <= most:
        return seconds
    message = f"`{key}` must be {format_duration(least)} to {format_duration(most)}"
    context.error("behavior-range", message, (*at, key))
    return None
