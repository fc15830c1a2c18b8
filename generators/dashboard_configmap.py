"""A service's dashboard → a ConfigMap that Grafana's sidecar loads."""

from __future__ import annotations

from generators import gitops
from slosmith.artifacts import Artifact
from slosmith.escape import one_line
from slosmith.model import Project, Service
from slosmith.yamlout import Block, dump, header


def config_map(service: Service, project: Project, file: str, dashboard: str) -> Artifact:
    """`kubernetes/<service>/dashboard.yaml` with the JSON text of the dashboard.

    `file` is its name there, unique over all services: the sidecar puts them into one folder.
    """
    data = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"slo-dashboard-{service.name}",
            "namespace": project.grafana.namespace,
            "labels": {
                "app.kubernetes.io/name": service.name,
                "app.kubernetes.io/managed-by": "slosmith",
                "grafana_dashboard": "1",
            },
            "annotations": dict(
                sorted(
                    {
                        "grafana_folder": project.grafana.folder,
                        **gitops.object_annotations(custom=False, large=True),
                    }.items()
                )
            ),
        },
        "data": {file: Block(dashboard)},
    }
    text = header(one_line(service.source)) + dump(data)
    return Artifact(f"kubernetes/{service.name}/dashboard.yaml", text)
