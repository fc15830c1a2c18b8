"""One side of a comparison, and what the generators make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slosmith.artifacts import Artifact
from slosmith.model import Project, Service, Slo

GroupsOf = Callable[[Service, Slo, Project], list[dict[str, Any]]]
Make = Callable[[Service, Project], list[Artifact]]


@dataclass(frozen=True)
class Views:
    """The generators whose output is compared: rule groups of an SLO, and the artifacts of a
    service that people look at (dashboards, scalers)."""

    groups_of: GroupsOf
    artifacts: Sequence[Make]


@dataclass(frozen=True)
class Side:
    """A service with its project, before or after.

    `moved` has the SLOs of all services (`service/slo`) that the other side calls otherwise, and
    what it calls them."""

    service: Service
    project: Project
    views: Views
    moved: Mapping[str, str] = field(default_factory=dict)

    def groups(self, slo: Slo) -> list[dict[str, Any]]:
        return self.views.groups_of(self.service, slo, self.project)

    def text(self, path: str) -> str | None:
        """The text of one artifact, by its path below the output folder; None where none is made,
        or its family is not written."""
        if path.split("/", 1)[0] not in self.project.families:
            return None
        made = (item for make in self.views.artifacts for item in make(self.service, self.project))
        return next((item.text for item in made if item.path == path), None)
