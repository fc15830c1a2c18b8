"""Checks that look beyond one SLO."""

from __future__ import annotations

from collections.abc import Iterator

from slosmith.checks.findings import slo_path
from slosmith.durations import format_duration
from slosmith.model import Fleet
from slosmith.problems import At, Path, Problem


def retention(fleet: Fleet) -> Iterator[Problem]:
    """Windows that are longer than Prometheus keeps samples."""
    kept = fleet.project.prometheus.retention
    longer = [
        (f"{service.name}/{slo.name}", slo_path(service, index))
        for service in fleet.services
        for index, slo in enumerate(service.slos)
        if slo.window > kept
    ]
    if not longer:
        return
    names = [name for name, _ in longer]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    message = (
        f"Prometheus keeps samples for {format_duration(kept)}, and the window of {shown} is "
        "longer: bad events older than the retention no longer count, and the error budget shows "
        "more left than there is. Set prometheus.retention to what it really keeps, or choose a "
        "shorter window"
    )
    # Without a slosmith.yaml there is still the first of the windows to point at.
    where = At(("project", "prometheus", "retention"), otherwise=(*longer[0][1], "window"))
    yield Problem("window-retention", message, where, "warning")


def same_indicator(fleet: Fleet) -> Iterator[Problem]:
    """Two SLOs that measure the same thing: each records it for itself."""
    seen: dict[object, str] = {}
    for service in fleet.services:
        for index, slo in enumerate(service.slos):
            name = f"{service.name}/{slo.name}"
            first = seen.setdefault((slo.indicator, slo.by), name)
            if first == name:
                continue
            message = (
                f"measures exactly what {first} does, so Prometheus evaluates and keeps the same "
                "series twice; one SLO per promise is enough, or narrow the selectors"
            )
            path: Path = (*slo_path(service, index), "indicator")
            yield Problem("indicator-twice", message, At(path, key=True), "warning")
