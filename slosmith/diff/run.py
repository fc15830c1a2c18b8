"""`slosmith diff`: the working tree and a commit, compiled and compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slosmith import judging, pipeline
from slosmith.diff import fleets
from slosmith.diff.base import Base, Known, opened
from slosmith.diff.changes import Change, Difference, Risk, ServiceChange
from slosmith.diff.machine import as_json
from slosmith.diff.markdown import as_markdown
from slosmith.diff.sides import Views
from slosmith.diff.text import as_text
from slosmith.git import command, revision
from slosmith.making import review_project
from slosmith.model import Fleet
from slosmith.pipeline import Compilation, Generators
from slosmith.problems import Place, Problem
from slosmith.project_files import Names
from slosmith.promtool import ToolMissing
from slosmith.run import OK, PROBLEMS, TOOL_MISSING, Report, Settings


@dataclass(frozen=True)
class Question:
    """What is asked: compare with `revision`, or (None) with the usual base."""

    revision: str | None = None
    form: Literal["text", "markdown", "json"] = "text"
    color: bool = False


def diff(settings: Settings, generators: Generators, views: Views, question: Question) -> Report:
    """What the specs of the working tree change, as the report's summary. `generators` are those
    of builds, whose specs need no second look.

    Exit codes: 0 compared, whatever was found; 1 the specs do not compile, or there is nothing to
    compare with; 3 there is no git. Writes nothing outside of a temporary folder.
    """
    tool = judging.Tool(settings.promtool, settings.environment)
    try:
        if settings.promtool == "required":
            tool.find()
        folder = settings.root.absolute()
        repository = command.find(folder, settings.environment)
        chosen = revision.choose(repository, question.revision)
        options = pipeline.Options(settings.config, settings.root, allow_empty=True)
        now, context = review_project(options, generators, tool.explain)
        if now.failed:
            return Report(PROBLEMS, now.problems, now.origins, tool.notices)
        config = settings.config.read_bytes() if settings.config else b""
        known = Known(settings.root, context.resolved, config)
        with opened(repository, chosen.commit, options, tool.explain, known) as base:
            found = _compared(now, base, settings.root, views, chosen)
    except (ToolMissing, command.GitMissing) as error:
        return Report(TOOL_MISSING, notices=(f"error: {error}",))
    except command.GitFault as error:
        return Report(PROBLEMS, notices=(f"error: {error}",))
    if not found.total and not found.before_total and not found.unread:
        problem = Problem("no-specs", "no spec found, here or there", Place(Names.shown(now.out)))
        return Report(PROBLEMS, [problem], now.origins, tool.notices)
    return Report(OK, notices=tool.notices, summary=_told(found, question))


def _compared(
    now: Compilation, base: Base, root: Path, views: Views, chosen: revision.Revision
) -> Difference:
    after = now.fleet
    assert after is not None, "what compiled has a fleet"
    unread = base.unread
    services: tuple[ServiceChange, ...] = ()
    changes: tuple[Change, ...] = ()
    risks: tuple[Risk, ...] = ()
    if base.whole:
        changes, risks = fleets.project(base.fleet.project, after.project)
        left_out = frozenset(item.spec for item in unread)
        services = fleets.compare(base.fleet, after, views, left_out)
    return Difference(
        base=chosen.name,
        told=chosen.told,
        commit=chosen.commit,
        note=chosen.note,
        project=changes,
        project_risks=risks,
        services=services,
        same_meaning=_same_meaning(base, after, root, {item.spec for item in services}),
        unread=unread,
        total=len(after.services),
        before_total=len(base.fleet.services),
    )


def _same_meaning(base: Base, after: Fleet, root: Path, told: set[str]) -> tuple[str, ...]:
    """The specs with another text that change nothing."""
    before = {service.source for service in base.fleet.services}
    unread = {item.spec for item in base.unread}
    return tuple(
        service.source
        for service in after.services
        if service.source in before
        and service.source not in told | unread
        and _bytes(base.root / service.source) != _bytes(root / service.source)
    )


def _bytes(path: Path) -> bytes:
    """A text without the line ends of its system, which git may have changed; empty if it cannot
    be read any more."""
    try:
        return path.read_bytes().replace(b"\r\n", b"\n")
    except OSError:
        return b""


def _told(found: Difference, question: Question) -> str:
    match question.form:
        case "json":
            return as_json(found)
        case "markdown":
            return as_markdown(found)
    return as_text(found, color=question.color)
