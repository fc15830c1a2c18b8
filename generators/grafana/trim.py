"""A dashboard of grafanalib's objects → the JSON text that says what is needed and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.grafana.text import json_text

# Keys of grafanalib that Grafana does not read any more, or not in what they are written into.
_DEAD = frozenset(
    [
        *("hideControls", "sharedCrosshair", "style", "timepicker", "version"),  # dashboards
        *("auto", "auto_count", "auto_min", "useTags"),  # variables
        *("error", "hideTimeOverride", "transparent"),  # panels
        *("axisPlacement", "barAlignment", "gradientMode", "hideFrom", "pointSize"),  # fields
        "scaleDistribution",
    ]
)
_OF_A_ROW = frozenset(("collapsed", "gridPos", "id", "panels", "title", "type"))

# What Grafana takes anyway.
_DEFAULTS = frozenset(
    [
        ("asDropdown", False),
        ("drawStyle", "line"),
        ("editable", True),
        ("fillOpacity", 0),
        ("hide", 0),
        ("includeAll", False),
        ("includeVars", False),
        ("justifyMode", "auto"),
        ("keepTime", False),
        ("lineInterpolation", "linear"),
        ("lineWidth", 1),
        ("multi", False),
        ("spanNulls", False),
        ("values", False),
    ]
)

# Empty, these still say something: a step without lower bound, an open row, no overrides.
_KEPT = frozenset(("value", "panels", "overrides"))


def to_json(dashboard: Any) -> str:
    """The text of a dashboard's file: without what says nothing, keys sorted."""
    return json_text(_trimmed(dashboard))


def _trimmed(item: Any) -> Any:
    if hasattr(item, "to_json_data"):
        item = item.to_json_data()
    if isinstance(item, Mapping):
        kept = _OF_A_ROW if item.get("type") == "row" else item.keys() - _DEAD
        pairs = {key: _trimmed(value) for key, value in item.items() if key in kept}
        return {key: value for key, value in pairs.items() if _says_something(key, value)}
    if isinstance(item, list | tuple):
        return [_trimmed(part) for part in item]
    return item


def _says_something(key: str, value: Any) -> bool:
    # A transformation has options, if only none.
    if key in _KEPT or (key, value) == ("options", {}):
        return True
    if isinstance(value, dict | list):
        return bool(value)
    return value not in (None, "") and (key, value) not in _DEFAULTS
