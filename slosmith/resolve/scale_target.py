"""What is scaled: a workload that Kubernetes can scale."""

from __future__ import annotations

from typing import Any

from slosmith.model import ScaleTarget
from slosmith.problems import Path
from slosmith.resolve.context import Context, mapping, text

_SHORT = {"deployment": "Deployment", "statefulset": "StatefulSet"}
# Kinds of Kubernetes' own without the subresource `scale`.
_UNSCALABLE = {
    "apps": ("DaemonSet", "ControllerRevision"),
    "batch": ("Job", "CronJob"),
    "": ("Pod", "Service"),
}
# The one version of an API that clusters still serve, by group and kind.
_SERVED = {
    ("apps", "Deployment"): "apps/v1",
    ("apps", "StatefulSet"): "apps/v1",
    ("apps", "ReplicaSet"): "apps/v1",
    ("extensions", "Deployment"): "apps/v1",
    ("extensions", "ReplicaSet"): "apps/v1",
    ("", "Deployment"): "apps/v1",
    ("", "StatefulSet"): "apps/v1",
    ("", "ReplicaSet"): "apps/v1",
    ("", "ReplicationController"): "v1",
}


def build(context: Context, value: Any, at: Path) -> ScaleTarget | None:
    """The target that stands at model path `at`; None after problems."""
    if isinstance(value, str):
        kind, _, name = value.partition("/")
        return ScaleTarget("apps/v1", _SHORT[kind], name)
    parts = [mapping(value).get(key) for key in ("apiVersion", "kind", "name")]
    if not all(isinstance(part, str) for part in parts):
        return None
    target = ScaleTarget(*map(text, parts))
    group = target.api_version.rpartition("/")[0]
    if target.kind in _UNSCALABLE.get(group, ()):
        message = (
            f"a {target.kind} has no number of replicas that could be scaled (no subresource "
            "`scale`)"
        )
        context.error("target-kind", message, (*at, "kind"))
        return None
    served = _SERVED.get((group, target.kind))
    if served and target.api_version != served:
        message = f"no cluster serves {target.kind} as {target.api_version}; write {served}"
        context.error("target-kind", message, (*at, "apiVersion"))
        return None
    return target
