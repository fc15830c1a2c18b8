"""A load test in the words of the spec."""

from __future__ import annotations

from typing import Any

SECTION = "load_test"


def spelled(load: Any) -> Any:
    """`load` is a plain load test, or None."""
    if load is None:
        return None
    fields = {key: value for key, value in load.items() if key not in ("arrival", "stages")}
    fields["stages"] = [
        {"duration": stage["seconds"], "users": stage["users"]} for stage in load["stages"]
    ]
    arrival = load["arrival"]
    if arrival is not None:
        fields["rate"] = f"{arrival['count']}/{arrival['unit']}"
        fields["duration"] = arrival["seconds"]
    return fields
