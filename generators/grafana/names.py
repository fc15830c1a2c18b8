"""Names and addresses that more than one dashboard uses."""

from __future__ import annotations

from generators.grafana.text import http_url
from slosmith.model import Project

# No service has this name.
OVERVIEW = "overview"


def uid(service: str) -> str:
    """The uid of a service's dashboard, 40 characters at most as names have 36; addresses are
    `/d/<uid>`."""
    return f"slo-{service}"


def runbook_url(service: str, project: Project) -> str | None:
    """The address of a service's runbook, if the project has them somewhere."""
    base = project.runbooks_url.rstrip("/")
    return http_url(f"{base}/{service}.md") if base else None
