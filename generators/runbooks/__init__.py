"""A service → its runbook in Markdown, with the anchors that its alerts link to."""

from __future__ import annotations

import functools
from typing import Any

import jinja2

from generators.runbooks import chapters, links
from generators.runbooks.alerts import slo_view
from slosmith import markdown
from slosmith.artifacts import Artifact
from slosmith.markdown import Markdown, code, text
from slosmith.model import Project, Service


def generate(service: Service, project: Project) -> list[Artifact]:
    """`runbooks/<service>.md`."""
    rendered = _template().render(
        title=text(service.name),
        source=code(service.source),
        description=text(service.description),
        facts=_facts(service, project),
        slos=[slo_view(service, slo, project) for slo in service.slos],
        dependencies=[chapters.dependency_view(item, project) for item in service.dependencies],
        phases=[
            chapters.phase_view(service, phase, number, project, service.slos)
            for number, phase in enumerate(service.phases, start=1)
        ],
        playbook=chapters.playbook_views(service),
    )
    return [Artifact(f"runbooks/{service.name}.md", f"{rendered.rstrip()}\n")]


def _facts(service: Service, project: Project) -> list[Markdown]:
    """Who answers for it, where it runs, and where to look."""
    found = []
    if service.owner:
        found.append(Markdown(f"Owner: {text(service.owner)}"))
    found.append(Markdown(f"Namespace: {code(service.namespace)}"))
    if board := links.dashboard(service, project):
        found.append(markdown.link("Dashboard", board))
    for name, value in service.links.items():
        address = markdown.address(value)
        if address:
            found.append(markdown.link(name, address))
    return found


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("generators.runbooks"),
        autoescape=False,  # that is for HTML; here everything has to be Markdown already
        finalize=_finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("runbook.md.j2")


def _finalize(value: Any) -> Markdown | int:
    """Refuses text that nobody escaped; numbers are those of lists."""
    if not isinstance(value, Markdown | int):
        raise TypeError(f"{value!r} goes into a runbook and is no Markdown")
    return value
