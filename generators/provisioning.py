"""How Grafana loads the dashboards from files, and what its linter does not need to ask of them."""

from __future__ import annotations

from collections.abc import Sequence

from slosmith.artifacts import Artifact
from slosmith.model import Project, ServiceSummary
from slosmith.yamlout import dump, header

FOLDER_ON_DISK = "/var/lib/grafana/dashboards/slosmith"

_PROVISIONING_NOTE = f"""\
# For a Grafana that reads dashboards from files: put this file into
# /etc/grafana/provisioning/dashboards/ and the .json files beside it in dashboards/ into
# {FOLDER_ON_DISK}/. With the ConfigMaps and the sidecar
# it is not needed.
"""

_LINT_NOTE = """\
# For dashboard-linter (github.com/grafana/dashboard-linter), which reads it by itself.
"""

_EXCLUDED = (
    "target-instance-rule",
    "target-job-rule",
    "template-instance-rule",
    "template-job-rule",
)
_REASON = (
    "Recorded series carry service and slo; which jobs and instances they come from is in the "
    "queries of the spec."
)


def generate(project: Project, services: Sequence[ServiceSummary]) -> list[Artifact]:
    """`grafana/provisioning.yaml` and `grafana/dashboards/.lint`; the same for any services."""
    head = header("all specs")
    return [
        Artifact("grafana/provisioning.yaml", head + _PROVISIONING_NOTE + _provisioning(project)),
        Artifact("grafana/dashboards/.lint", head + _LINT_NOTE + _lint()),
    ]


def _provisioning(project: Project) -> str:
    provider = {
        "name": "slosmith",
        "orgId": 1,
        # Grafana puts environment variables in; two dollar signs are one.
        "folder": project.grafana.folder.replace("$", "$$"),
        "type": "file",
        "disableDeletion": False,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": FOLDER_ON_DISK},
    }
    return dump({"apiVersion": 1, "providers": [provider]})


def _lint() -> str:
    return dump({"exclusions": {rule: {"reason": _REASON} for rule in _EXCLUDED}})
