"""What `slosmith check` found → text for people, or a document for programs and CI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from slosmith.formats import document, github, sarif
from slosmith.formats.findings import Outcome, outcome
from slosmith.run import Report

Format = Literal["text", "json", "github", "sarif"]

__all__ = ["Format", "Outcome", "outcome", "render"]


def render(
    report: Report, form: Format, environment: Mapping[str, str], *, color: bool = False
) -> str:
    """The whole standard output of a check; without notices, which text leaves to stderr.

    `environment` is that of the process: on GitHub it says where the repository is.
    """
    if form == "text":
        return report.text(color=color) + (f"{report.summary}\n" if report.summary else "")
    found = outcome(report, environment)
    if form == "json":
        return document.render(found)
    return sarif.render(found) if form == "sarif" else github.render(found)
