"""Paths of generated manifests → the kustomizations that GitOps syncs them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slosmith.artifacts import Artifact
from slosmith.escape import one_line
from slosmith.model import Project, Service, ServiceSummary
from slosmith.yamlout import dump, header


def generate_folder(service: Service, project: Project, paths: Sequence[str]) -> list[Artifact]:
    """`kustomization.yaml` in `kubernetes/<service>` and in `chaos/<service>`, over those of the
    service's `paths` that are in that folder; nothing where none is. The one over the whole fleet
    has those of the first kind alone: experiments are synced where somebody says so."""
    made = []
    for folder in (f"kubernetes/{service.name}/", f"chaos/{service.name}/"):
        names = [path.removeprefix(folder) for path in paths if path.startswith(folder)]
        if names:
            text = header(one_line(service.source)) + _kustomization(names)
            made.append(Artifact(f"{folder}kustomization.yaml", text))
    return made


def generate(project: Project, services: Sequence[ServiceSummary]) -> list[Artifact]:
    """`kubernetes/kustomization.yaml` over the folders of all services that have manifests.

    Without any its list is empty, so that a sync removes what was there.
    """
    folders = [
        service.name
        for service in services
        if any(path.startswith(f"kubernetes/{service.name}/") for path in service.paths)
    ]
    text = header("all specs") + _kustomization(folders)
    return [Artifact("kubernetes/kustomization.yaml", text)]


def _kustomization(resources: Iterable[str]) -> str:
    return dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": sorted(set(resources)),
        }
    )
