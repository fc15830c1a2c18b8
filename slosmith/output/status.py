"""Output folder → what `slosmith check` says about it: one problem per file. Writes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from slosmith.output.paths import FOLDER
from slosmith.output.report import obstructed, problem, unreadable, unusable
from slosmith.output.state import Plan, State, Wanted, plan
from slosmith.problems import Problem

_BUILD = "run `slosmith build`"
_DRIFT: dict[State, tuple[str, str]] = {
    "missing": ("drift-missing", f"is missing; {_BUILD}"),
    "outdated": ("drift-outdated", f"is out of date, not what the specs give; {_BUILD}"),
    "hand-edited": (
        "drift-hand-edited",
        "is hand-edited: it was changed since slosmith wrote it; move the change to the spec, "
        "then run `slosmith build`, which replaces the file",
    ),
    "stale": ("drift-stale", f"is stale: no spec makes it any more; {_BUILD}, which removes it"),
    "stale-edited": (
        "drift-stale",
        "is stale: no spec makes it any more, and it was changed by hand; delete it (or move it "
        "away to keep it), then run `slosmith build`",
    ),
}
# The state that a check is about, for readers of JSON.
STATES = {
    "drift-missing": "missing",
    "drift-outdated": "out-of-date",
    "drift-hand-edited": "hand-edited",
    "drift-stale": "stale",
    "drift-foreign": "foreign",
    "foreign-file": "foreign",
}


def status(out: Path, wanted: Wanted, *, prune: bool = True) -> list[Problem]:
    """What a build of `wanted` into `out` would change, and what else stands there.

    `prune` as for `plan`. Files that nobody wants and no record names are warnings.
    """
    try:
        planned = plan(out, wanted, prune=prune)
    except OSError as error:
        return [unusable(out, error, "checked")]
    planned.seen.save(whole=prune)
    problems = obstructed(planned, "checked")
    for path, state in planned.states.items():
        if state in _DRIFT:
            problems.append(problem(planned, path, *_DRIFT[state]))
    for path in planned.records:
        if path not in planned.obstacles:
            problems.append(_record(planned, path))
    for path in planned.obsolete:
        message = f"is stale: the record of files that no spec makes any more; {_BUILD}"
        problems.append(problem(planned, path, "drift-stale", message))
    problems += unreadable(planned, except_for=planned.records)
    return problems + (_unknown(planned) if prune else [])


def _record(plan: Plan, path: str) -> Problem:
    if os.path.lexists(plan.out / path):
        message = f"is out of date, not the record of what the specs give; {_BUILD}"
        return problem(plan, path, "drift-outdated", message)
    # The usual cause in CI: a line `.slosmith/` in .gitignore, meant for the scratch folder of
    # the project, kept the records out of the commit.
    message = (
        f"is missing; {_BUILD} and commit {FOLDER}/ with the rest of the output folder "
        "(does .gitignore hide it?)"
    )
    return problem(plan, path, "drift-missing", message)


def _unknown(plan: Plan) -> list[Problem]:
    message = (
        "is foreign: slosmith did not make it, no spec wants it, and it is never removed; move it "
        "out of the output folder"
    )
    return [
        problem(plan, path, "drift-foreign", message, "warning")
        for path in _walk(plan.out)
        if path not in plan.states
    ]


def _walk(out: Path) -> Iterator[str]:
    """Every file below `out`, without records and hidden ones, in a fixed order."""
    for folder, folders, files in os.walk(out):
        inside = Path(folder).relative_to(out)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files + links):
            if not name.startswith("."):
                yield (inside / name).as_posix()
