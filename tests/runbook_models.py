"""Services with dependencies and phases, for tests of runbooks."""

from __future__ import annotations

import re
from typing import Any

from generators.runbooks import generate
from slosmith.model import Grafana, Project, Service
from slosmith.model_dependencies import Dependency, Phase, Step
from tests.models import make_service

PROJECT = Project(
    grafana=Grafana(url="https://grafana.example.com", datasource="prom"),
    runbooks_url="https://git.example.com/runbooks",
)


def make_dependency(kind: str = "postgres", **changes: Any) -> Dependency:
    """A dependency that runs in Kubernetes and has metrics; `changes` are fields of it."""
    usual: dict[str, Any] = {
        "name": f"my-{kind}",
        "kind": kind,
        "namespace": "prod",
        "selector": {"app": kind},
        "host": f"{kind}.example.com",
        "port": 80,
        "metrics": (f'job="{kind}"',),
        "options": {"user": "postgres", "database": "postgres"} if kind == "postgres" else {},
    }
    return Dependency(**(usual | changes))


def make_full_service(words: str = "Plain words.", **changes: Any) -> Service:
    """A service with one of everything that a runbook shows, and `words` wherever a spec may have
    free text."""
    first, *rest = make_service().slos
    described = type(first)(**{**vars(first), "description": words})
    database = make_dependency(
        selector={}, options={"user": words, "database": words}, name="users-db"
    )
    usual: dict[str, Any] = {
        "description": words,
        "owner": words,
        "links": {words: "https://example.com/"},
        "dependencies": (database, make_dependency("redis"), make_dependency("http")),
        "phases": (
            Phase(words, 7200, (Step(text=words), Step(use="missing-index")), "api/db-pool"),
            Phase("Later", 86400, (Step(use="circuit-breaker", dependency="users-db"),)),
        ),
    }
    return make_service("api", described, *rest, **(usual | changes))


def runbook(service: Service, project: Project = PROJECT) -> str:
    (artifact,) = generate(service, project)
    assert artifact.path == f"runbooks/{service.name}.md"
    return artifact.text


def section(text: str, anchor: str) -> str:
    """What stands below an anchor, up to the next one."""
    found = re.search(rf'<a id="{re.escape(anchor)}"></a>\n(.*?)(?=\n<a id="|\Z)', text, re.DOTALL)
    assert found, f"no anchor {anchor}"
    return found[1]
