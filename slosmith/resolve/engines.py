"""What each engine can do, and which KEDA a field needs."""

from __future__ import annotations

from typing import Any

from slosmith.model import Engine, Pause, Project, TrafficTrigger, Trigger
from slosmith.problems import Path
from slosmith.resolve.context import Context, mapping

# What only KEDA has, and what to do without it.
_KEDA_ONLY = {
    "fallback": "an HPA keeps its replicas while a metric is missing",
    "idle": "an HPA keeps at least one replica",
    "polling": "the cluster's controller manager has one period for all HPAs",
    "cooldown": "an HPA keeps at least one replica",
    "pause": "set replicas.min and replicas.max to one number instead",
    "transfer_hpa_ownership": "only KEDA takes over an HPA",
}
_PAUSE_ALL = (2, 12)
_PAUSE_ONE_WAY = (2, 18)
_TRANSFER = (2, 11)


def engine(context: Context, data: dict[str, Any], at: Path) -> Engine:
    """The engine of the autoscaling `data` at model path `at`, with what an HPA has not refused."""
    if data.get("engine") != "hpa":
        return "keda"
    for key, reason in _KEDA_ONLY.items():
        if key in data:
            message = f"`{key}` needs `engine: keda`: {reason}"
            context.error("engine-field", message, (*at, key), key=True)
    if mapping(data.get("replicas")).get("min") == 0:
        message = "an HPA keeps at least one replica; scaling to zero needs `engine: keda`"
        context.error("engine-field", message, (*at, "replicas", "min"))
    triggers = data.get("triggers")
    for index, item in enumerate(triggers if isinstance(triggers, list) else ()):
        for kind, value in mapping(item).items():
            path = (*at, "triggers", index, kind)
            if kind in ("latency", "metric"):
                message = (
                    f"`{kind}` needs `engine: keda`: an HPA reads cpu and memory, and `traffic` "
                    "through prometheus-adapter"
                )
                context.error("engine-trigger", message, path, key=True)
            for key in ("wakes", "activation"):
                if kind == "traffic" and key in mapping(value):
                    message = f"`{key}` needs `engine: keda`: an HPA keeps at least one replica"
                    context.error("engine-field", message, (*path, key), key=True)
    return "hpa"


def pod_series(context: Context, triggers: tuple[Trigger, ...], at: Path) -> None:
    """A problem for each traffic trigger, in the list at model path `at`, of which no metric per
    pod can be made: its name is that of the series."""
    for index, trigger in enumerate(triggers):
        if isinstance(trigger, TrafficTrigger) and not trigger.series.name:
            message = (
                "`series`: an HPA needs the metric's name in front of the brackets, as in "
                'http_requests_total{job="api"}'
            )
            context.error("engine-trigger", message, (*at, index, "traffic", "series"))


def pause(context: Context, value: Any, project: Project, at: Path) -> Pause | None:
    """`pause` of the autoscaling at model path `at`; None where nothing is paused."""
    found: Pause | None = None
    if value is True:
        found = "all"
    elif value in ("scale_up", "scale_down"):
        found = value
    elif isinstance(value, int) and value is not False:
        return value
    needed = _PAUSE_ALL if found == "all" else _PAUSE_ONE_WAY
    if found is not None:
        shown = "pause" if found == "all" else f"pause: {found}"
        needs(context, project, needed, f"`{shown}`", (*at, "pause"))
    return found


def transfer(context: Context, value: Any, project: Project, at: Path) -> str:
    """`transfer_hpa_ownership` of the autoscaling at model path `at`; empty where it is not set."""
    if not isinstance(value, str):
        return ""
    what, path = "`transfer_hpa_ownership`", (*at, "transfer_hpa_ownership")
    needs(context, project, _TRANSFER, what, path)
    return value


def needs(context: Context, project: Project, since: tuple[int, int], what: str, at: Path) -> None:
    """A problem where keda.version is older than what a field needs."""
    if project.keda_version >= since:
        return
    major, minor = project.keda_version
    message = (
        f"{what} needs KEDA {since[0]}.{since[1]}, and the output must serve KEDA "
        f"{major}.{minor} (keda.version)"
    )
    context.error("keda-version", message, at, key=True)
