"""Paths of generated manifests → the kustomizations that GitOps syncs them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from generators.grafana import names
from slosmith.artifacts import Artifact
from slosmith.escape import one_line
from slosmith.model import Project, Service, ServiceSummary
from slosmith.yamlout import dump, header


def generate_folder(service: Service, project: Project, paths: Sequence[str]) -> list[Artifact]:
    """`kustomization.yaml` in `kubernetes/<service>` and in `chaos/<service>`, over those of the
    service's `paths` that are in that folder; nothing where none is. The one over the whole fleet
    has those of the first kind alone: experiments are synced where somebody says so."""
    made = []
    for folder in (f"kubernetes/{service.name}", f"chaos/{service.name}"):
        inside = [path for path in paths if path.startswith(f"{folder}/")]
        if inside:
            made.append(folder_of(folder, one_line(service.source), inside))
    return made


def folder_of(folder: str, source: str, paths: Sequence[str]) -> Artifact:
    """`<folder>/kustomization.yaml` over the `paths`, all of that folder."""
    text = header(source) + _kustomization(path.removeprefix(f"{folder}/") for path in paths)
    return Artifact(f"{folder}/kustomization.yaml", text)


def generate(project: Project, services: Sequence[ServiceSummary]) -> list[Artifact]:
    """`kubernetes/kustomization.yaml` over the folders of all services that have manifests, and
    that of the overview, which is there with any service.

    Without any its list is empty, so that a sync removes what was there.
    """
    folders = [
        service.name
        for service in services
        if any(path.startswith(f"kubernetes/{service.name}/") for path in service.paths)
    ]
    overview = [names.OVERVIEW] if services else []
    text = header("all specs") + _kustomization([*folders, *overview])
    return [Artifact("kubernetes/kustomization.yaml", text)]


def _kustomization(resources: Iterable[str]) -> str:
    return dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": sorted(set(resources)),
        }
    )
