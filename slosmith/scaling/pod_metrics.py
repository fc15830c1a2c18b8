"""Traffic triggers → the metrics per pod that an HPA asks prometheus-adapter for."""

from __future__ import annotations

from collections.abc import Sequence

from slosmith.model import PodMetric, TrafficTrigger, Trigger


def pod_metrics(service: str, triggers: Sequence[Trigger]) -> tuple[PodMetric, ...]:
    """One for each traffic trigger, in their order.

    `api-http_requests_per_second` for `http_requests_total` of `api`: two services may count
    requests by one name with matchers of their own, so the name has the service's. Neither a
    service's name has an underscore nor a metric's a hyphen, so no two are the same.
    """
    found: list[PodMetric] = []
    counts: dict[str, int] = {}
    for trigger in triggers:
        if not isinstance(trigger, TrafficTrigger):
            continue
        base = trigger.series.name.removesuffix("_total").removesuffix("_count")
        name = f"{service}-{base or trigger.series.name}_per_second"
        counts[name] = counts.get(name, 0) + 1
        suffix = f"-{counts[name]}" if counts[name] > 1 else ""
        found.append(PodMetric(name + suffix, trigger.series))
    return tuple(found)
