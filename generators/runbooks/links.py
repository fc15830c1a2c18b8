"""Addresses that a runbook links to."""

from __future__ import annotations

import json
import shlex
from urllib.parse import quote

from slosmith import markdown
from slosmith.markdown import Markdown
from slosmith.model import Project, Service, Slo

_RANGE = {"from": "now-1h", "to": "now"}


def dashboard(service: Service, project: Project, slo: Slo | None = None) -> str | None:
    """The service's dashboard, showing one SLO; None where nobody knows where Grafana is."""
    chosen = f"?var-slo={slo.name}" if slo else ""
    return _grafana(project, f"/d/slo-{service.name}{chosen}")


def explore(query: str, project: Project) -> str | None:
    """Grafana Explore with a query over the last hour, in the form that Grafana 10 introduced.

    Without `grafana.datasource` it names no data source: Explore then takes the one that was used
    last, or the default one.
    """
    target = {"refId": "A", "expr": query, "range": True, "instant": False}
    pane = {"queries": [target], "range": _RANGE}
    if project.grafana.datasource:
        uid = project.grafana.datasource
        target |= {"datasource": {"type": "prometheus", "uid": uid}}
        pane |= {"datasource": uid}
    panes = json.dumps({"a": pane}, separators=(",", ":"), ensure_ascii=False)
    return _grafana(project, f"/explore?schemaVersion=1&orgId=1&panes={quote(panes, safe='')}")


def _grafana(project: Project, path: str) -> str | None:
    base = project.grafana.url.rstrip("/")
    return markdown.address(f"{base}{path}") if base else None


def asked(query: str, project: Project) -> Markdown:
    """A query to copy, with a link that opens it in Explore."""
    address = explore(query, project)
    opened = f"\n\n{markdown.link('Open in Explore', address)}" if address else ""
    return Markdown(f"{markdown.block(query, 'promql')}{opened}")


def curl(query: str, project: Project) -> str:
    """The same query to Prometheus itself, from where its address is known."""
    url = shlex.quote(f"{project.prometheus.url}/api/v1/query")
    return f"curl -sG {url} --data-urlencode {shlex.quote(f'query={query}')}"
