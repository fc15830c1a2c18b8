"""Schedules of Chaos Mesh → what it would refuse, misread, or aim at more than was meant."""

from __future__ import annotations

from typing import Any

from slosmith.chaos import cron
from slosmith.validate import shapes
from slosmith.validate.findings import Finding, Keys

# Chaos Mesh puts a hyphen and five characters to it.
MAX_NAME = 57
_PAUSE = "experiment.chaos-mesh.org/pause"
_SHAPES = {
    "PodChaos": "POD_CHAOS",
    "NetworkChaos": "NETWORK_CHAOS",
    "StressChaos": "STRESS_CHAOS",
}


def check(data: Any) -> list[Finding]:
    """One Schedule."""
    found = shapes.faults(data, "SCHEDULE")
    if found:
        return found
    metadata, spec = data["metadata"], data["spec"]
    kind = spec.get("type")
    if kind not in _SHAPES:
        return [_finding(("spec", "type"), f"{kind!r} is none that slosmith writes")]
    found = shapes.faults(spec, _SHAPES[kind], ("spec",))
    if found:
        return found
    if metadata.get("annotations", {}).get(_PAUSE) != "true":
        found.append(_finding(("metadata", "annotations"), "is not paused"))
    if len(metadata["name"]) > MAX_NAME:
        text = f"is longer than {MAX_NAME} characters, with which Chaos Mesh names its runs"
        found.append(_finding(("metadata", "name"), text))
    schedule = cron.parse(spec["schedule"])
    if isinstance(schedule, str):
        found.append(_finding(("spec", "schedule"), schedule))
    elif not schedule.runs:
        found.append(_finding(("spec", "schedule"), "never runs"))
    return found


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-chaos", keys, text)
