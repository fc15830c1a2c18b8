"""A service's experiments → Schedules of Chaos Mesh, each paused until somebody lets it run."""

from __future__ import annotations

from typing import Any

from slosmith.artifacts import Artifact
from slosmith.chaos import hypothesis, wording
from slosmith.durations import format_go
from slosmith.escape import one_line
from slosmith.model import Project, Service
from slosmith.model_chaos import Delay, Experiment, Loss, PodFault, Pods
from slosmith.numbers import plain
from slosmith.yamlout import dump, header

PAUSE = "experiment.chaos-mesh.org/pause"
# Without a deadline Chaos Mesh makes up for what was missed, so that an experiment would begin
# when it is unpaused; and after a hundred missed times it never starts again.
_DEADLINE = 60
# Finished runs that are kept to look at; without a number none is.
_HISTORY = 3


def generate(service: Service, project: Project) -> list[Artifact]:
    """`chaos/<service>/<experiment>.yaml` for each experiment."""
    return [
        Artifact(
            f"chaos/{service.name}/{experiment.name}.yaml",
            header(one_line(service.source)) + dump(_schedule(service, experiment, project)),
        )
        for experiment in service.experiments
    ]


def _schedule(service: Service, experiment: Experiment, project: Project) -> dict[str, Any]:
    kind, key, fault = _fault(experiment)
    return {
        "apiVersion": "chaos-mesh.org/v1alpha1",
        "kind": "Schedule",
        "metadata": {
            "name": f"{service.name}-{experiment.name}",
            "namespace": service.namespace,
            "labels": {
                "app.kubernetes.io/name": service.name,
                "app.kubernetes.io/managed-by": "slosmith",
            },
            "annotations": _annotations(service, experiment, project),
        },
        "spec": {
            "schedule": experiment.schedule,
            "startingDeadlineSeconds": _DEADLINE,
            "concurrencyPolicy": "Forbid",
            "historyLimit": _HISTORY,
            "type": kind,
            key: fault,
        },
    }


def _annotations(service: Service, experiment: Experiment, project: Project) -> dict[str, str]:
    """Paused, and the hypothesis: which alert should fire within what time, at what cost."""
    found = hypothesis.of(service, experiment, project)
    notes = {PAUSE: "true", "kustomize.toolkit.fluxcd.io/substitute": "disabled"}
    if experiment.description:
        notes["slosmith/description"] = experiment.description
    notes["slosmith/hypothesis"] = wording.hypothesis(service, experiment, found)
    notes["slosmith/slo"] = f"{service.name}/{experiment.slo}"
    if experiment.alerts and found.expected:
        notes["slosmith/alert"] = found.expected.alert
        notes["slosmith/within"] = wording.rounded_up(found.expected.within)
    notes["slosmith/spends"] = f"at most {wording.spent(found)}"
    return notes


def _fault(experiment: Experiment) -> tuple[str, str, dict[str, Any]]:
    """Kind, key and spec of what a Schedule starts."""
    common = _selected(experiment.pods) | {"duration": format_go(experiment.seconds)}
    match experiment.fault:
        case PodFault(action=action):
            name = "pod-failure" if action == "fail" else "pod-kill"
            return "PodChaos", "podChaos", {"action": name} | common
        case Delay(address=address, milliseconds=late, jitter=jitter):
            delay = {"latency": f"{late}ms"}
            if jitter:
                delay["jitter"] = f"{jitter}ms"
            return "NetworkChaos", "networkChaos", _network("delay", common, address, delay)
        case Loss(address=address, percent=percent):
            loss = {"loss": plain(percent)}
            return "NetworkChaos", "networkChaos", _network("loss", common, address, loss)
        case stress:
            stressors: dict[str, Any] = {}
            if stress.cpu_workers:
                stressors["cpu"] = {"workers": stress.cpu_workers, "load": stress.cpu_load}
            if stress.memory_workers:
                stressors["memory"] = {
                    "workers": stress.memory_workers,
                    "size": stress.memory_size,
                }
            fault = common | {"stressors": stressors}
            if stress.containers:
                fault["containerNames"] = list(stress.containers)
            return "StressChaos", "stressChaos", fault


def _network(
    action: str, common: dict[str, Any], address: str, how: dict[str, str]
) -> dict[str, Any]:
    # Away from the pods: Chaos Mesh takes no other direction for an address.
    way = {"direction": "to", "externalTargets": [address]}
    return {"action": action} | common | way | {action: how}


def _selected(pods: Pods) -> dict[str, Any]:
    selector = {"namespaces": [pods.namespace], "labelSelectors": dict(pods.labels)}
    if pods.percent is not None:
        return {"selector": selector, "mode": "fixed-percent", "value": str(pods.percent)}
    if pods.count is not None and pods.count > 1:
        return {"selector": selector, "mode": "fixed", "value": str(pods.count)}
    return {"selector": selector, "mode": "one"}
