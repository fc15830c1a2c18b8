"""A dashboard → a ConfigMap that Grafana's sidecar loads."""

from __future__ import annotations

import json

from generators import gitops
from generators.grafana.text import json_text
from slosmith.artifacts import Artifact
from slosmith.model import Project
from slosmith.validate.dashboards import MAX_DATA_BYTES
from slosmith.yamlout import Block, dump, header

# Leaves room for the name of the file.
_READABLE_BYTES = MAX_DATA_BYTES - 1024


def config_map(name: str, uid: str, source: str, dashboard: str, project: Project) -> Artifact:
    """`kubernetes/<name>/dashboard.yaml` with the JSON text of the dashboard, from `source`.

    The file in it is called after the uid, unique over all dashboards: the sidecar puts them into
    one folder.
    """
    data = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"slo-dashboard-{name}",
            "namespace": project.grafana.namespace,
            "labels": {
                "app.kubernetes.io/name": name,
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
        "data": {f"{uid}.json": Block(_fitting(dashboard))},
    }
    return Artifact(f"kubernetes/{name}/dashboard.yaml", header(source) + dump(data))


def _fitting(dashboard: str) -> str:
    """The text as it is; on one line where a ConfigMap would not hold it otherwise."""
    if len(dashboard.encode()) < _READABLE_BYTES:
        return dashboard
    return json_text(json.loads(dashboard), indent=None)
