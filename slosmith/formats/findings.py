"""A report as programs want it: every problem with its file as the repository knows it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slosmith import problems
from slosmith.output.status import STATES
from slosmith.problems import Severity, Span
from slosmith.run import Report, Tally


@dataclass(frozen=True)
class Found:
    """One problem. `file` is empty where none is meant; `source` is the line of the file at which
    `span` begins; `drift` is the state of a generated file, where the problem is about that."""

    check: str
    severity: Severity
    message: str
    file: str
    span: Span | None
    source: str | None
    drift: str | None


@dataclass(frozen=True)
class Outcome:
    """What a check found, sorted; `summary` is empty where it failed, `notices` are lines about
    the run itself."""

    exit_code: int
    found: tuple[Found, ...]
    notices: tuple[str, ...]
    summary: str
    tally: Tally

    def count(self, severity: Severity) -> int:
        return sum(item.severity == severity for item in self.found)

    @property
    def totals(self) -> str:
        """`2 errors, 1 warning`; empty without any."""
        counts = [(self.count("error"), "error"), (self.count("warning"), "warning")]
        return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n)


def outcome(report: Report, environment: Mapping[str, str]) -> Outcome:
    found = []
    for item in problems.located(report.problems, report.origins):
        file = item.place.file if item.place else ""
        span = item.place.span if item.place else None
        found.append(
            Found(
                check=item.problem.check,
                severity=item.problem.severity,
                message=_whole(item.message),
                file=_whole(_in_repository(file, environment)) if file else "",
                span=span,
                source=report.origins.line(file, span.line) if span else None,
                drift=STATES.get(item.problem.check),
            )
        )
    notices = tuple(map(_whole, report.notices))
    return Outcome(report.exit_code, tuple(found), notices, report.summary, report.tally)


def _in_repository(file: str, environment: Mapping[str, str]) -> str:
    """A file relative to the repository's root, where CI says that this is; else as it is."""
    root = environment.get("GITHUB_WORKSPACE")
    if not root:
        return file
    relative = Path(os.path.relpath(Path.cwd().resolve() / file, Path(root).resolve())).as_posix()
    return file if relative.startswith("../") else relative


def _whole(text: str) -> str:
    """Text without the halves of surrogate pairs that stand for bytes which are no UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
