"""Guards of triggers that would come too late."""

from __future__ import annotations

from collections.abc import Iterator

from slosmith.durations import format_duration
from slosmith.model import Autoscaling, Fleet, LatencyTrigger, MetricTrigger, Slo
from slosmith.problems import At, Path, Problem
from slosmith.scaling.guard_times import first_replicas, guard_times


def late(fleet: Fleet) -> Iterator[Problem]:
    """A guard that holds only after its trigger may have added replicas."""
    slos = {f"{service.name}/{slo.name}": slo for service in fleet.services for slo in service.slos}
    for service in fleet.services:
        if service.autoscaling is not None:
            at: Path = ("services", service.source, "autoscaling", "triggers")
            yield from _of_service(service.autoscaling, slos, fleet, at)


def _of_service(
    scaling: Autoscaling, slos: dict[str, Slo], fleet: Fleet, at: Path
) -> Iterator[Problem]:
    prometheus = fleet.project.prometheus
    window = (scaling.scale_up and scaling.scale_up.stabilization) or 0
    found: list[tuple[Path, str]] = []
    enough = 0
    for index, trigger in enumerate(scaling.triggers):
        if not isinstance(trigger, LatencyTrigger | MetricTrigger):
            continue
        kind = "latency" if isinstance(trigger, LatencyTrigger) else "metric"
        first = format_duration(round(first_replicas(trigger, prometheus, window)))
        for number, guard in enumerate(trigger.hold_while):
            times = guard_times(guard, slos[guard.slo], trigger, prometheus)
            if times.stabilization > window:
                holds = format_duration(round(times.holds))
                message = (
                    f"when all fails at once, this trigger may add replicas after {first}, and "
                    f"`{guard.slo}` may hold it only after {holds}"
                )
                found.append(((*at, index, kind, "hold_while", number), message))
                enough = max(enough, times.stabilization)
    for path, message in found:
        # One change for all of them.
        advice = f"behavior.scale_up.stabilization: {format_duration(enough)} suffices"
        yield Problem("guard-late", f"{message}; {advice}", At(path), "warning")
