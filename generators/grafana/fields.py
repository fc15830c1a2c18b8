"""How a field looks: thresholds, mappings and overrides, as data."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
Number = int | Decimal
# From this value on (None: from the lowest), this colour; rising.
Steps = Sequence[tuple[Number | None, str]]


def number(value: Number | None) -> int | float | None:
    """A number for JSON: 14.4, 6."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def thresholds(steps: Steps) -> Json:
    return {
        "mode": "absolute",
        "steps": [{"color": color, "value": number(value)} for value, color in steps],
    }


def value_mapping(value: int, text: str, color: str) -> Json:
    """`text` in place of `value`."""
    return {"type": "value", "options": {str(value): {"text": text, "color": color}}}


def override(series: str | Sequence[str], **properties: Any) -> Json:
    """`properties` (with `__` for dots) for the series of one name, or of several names of plain
    characters."""
    matcher = {"id": "byName", "options": series}
    if not isinstance(series, str):
        matcher = {"id": "byRegexp", "options": f"/^(?:{'|'.join(series)})$/"}
    settings = [{"id": key.replace("__", "."), "value": properties[key]} for key in properties]
    return {"matcher": matcher, "properties": settings}


def line_override(
    series: str | Sequence[str], color: str, *, dashed: bool = False, right_axis: bool = False
) -> Json:
    """How the line of one name, or those of several, look, and where their scale is."""
    properties: Json = {"color": {"mode": "fixed", "fixedColor": color}}
    if dashed:
        properties["custom__lineStyle"] = {"fill": "dash", "dash": [10, 10]}
    if right_axis:
        properties["custom__axisPlacement"] = "right"
    return override(series, **properties)
