"""All manifests together: kustomizations that miss files, and what each object claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from posixpath import dirname
from typing import Any

from slosmith.validate import shapes
from slosmith.validate.claims import EARLIER, Claim
from slosmith.validate.findings import Finding, Keys

KUSTOMIZATION = "kustomization.yaml"

_HPA = ("autoscaling/v2", "HorizontalPodAutoscaler")
_SCALERS = ("ScaledObject", _HPA[1])


def contents(paths: Iterable[str]) -> dict[str, set[str]]:
    """What a kustomization has to list, by folder: the YAML files beside it, and the folders
    below it that have a kustomization of their own."""
    found: dict[str, set[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == KUSTOMIZATION:
            above, _, inner = folder.rpartition("/")
            found.setdefault(above, set()).add(inner)
        elif name.endswith(".yaml"):
            found.setdefault(folder, set()).add(name)
    return found


def check_kustomization(data: Any, at: str, tree: Mapping[str, set[str]]) -> list[Finding]:
    """The kustomization at path `at` in a tree of `contents`."""
    found = shapes.faults(data, "KUSTOMIZATION")
    if found:
        return found
    folder = dirname(at)
    there = tree.get(folder, set())
    listed = data["resources"]
    for index, name in enumerate(listed):
        if name not in there:
            text = f"there is no {folder}/{name} to include"
            found.append(_finding(("resources", index), text))
    if missing := sorted(there.difference(listed)):
        found.append(_finding(("resources",), f"does not list {', '.join(missing)}"))
    if listed != sorted(listed):
        found.append(_finding(("resources",), "is not sorted"))
    return found


def claims(path: str, data: Any, number: int) -> Iterator[Claim]:
    """What an object whose shape was checked takes: its identity, the workload it scales, and the
    HPA that it owns. `number` is one of its own among the objects of its file."""
    for identity, keys in _identities(data):
        text = f"{' '.join(identity)} stands in {EARLIER} already"
        yield Claim(("object", *identity), path, keys, text, number)


def _identities(data: Any) -> Iterator[tuple[tuple[str, ...], Keys]]:
    """What may be there once only, of an object whose shape was checked."""
    metadata = data["metadata"]
    namespace = metadata["namespace"]
    yield (data["apiVersion"], data["kind"], namespace, metadata["name"]), ("metadata", "name")
    if data["kind"] in _SCALERS:
        target = data["spec"]["scaleTargetRef"]
        group = target["apiVersion"].rpartition("/")[0]
        names = (group, target["kind"], namespace, target["name"])
        yield ("a scaler of", *names), ("spec", "scaleTargetRef")
    if data["kind"] == "ScaledObject":
        config = data["spec"].get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
        hpa = config.get("name", f"keda-hpa-{metadata['name']}")
        yield (*_HPA, namespace, hpa), ("spec", "advanced")


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-kustomization", keys, text)
