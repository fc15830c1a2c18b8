"""A plan → the problems that a build and a check say about it."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from slosmith.output.state import Plan
from slosmith.problems import Place, Problem, Severity

_FOREIGN = "is in the way: slosmith did not make it; move or delete it, then build again"
_UNREADABLE = "this record {reason}; it counts as empty"


def build_problems(plan: Plan) -> list[Problem]:
    """What a build says before it writes. With any error in it, nothing may be written."""
    problems = obstructed(plan)
    for path, state in plan.states.items():
        if state == "hand-edited":
            message = "was changed by hand since slosmith wrote it; replaced"
            problems.append(problem(plan, path, "hand-edited", message, "warning"))
        elif state == "stale-edited":
            message = (
                "no spec makes it any more, but it was changed by hand since slosmith wrote it; "
                "it stays, and slosmith forgets it"
            )
            problems.append(problem(plan, path, "stale-edited", message, "warning"))
    return problems + unreadable(plan)


def obstructed(plan: Plan, verb: str = "written") -> list[Problem]:
    """Errors: paths where slosmith may not or cannot write. `verb`: what it was about to do."""
    problems = [problem(plan, path, "foreign-file", _FOREIGN) for path in plan.paths("foreign")]
    for path, obstacle in plan.obstacles.items():
        problems.append(problem(plan, path, "write-failed", f"cannot be {verb}: {obstacle}"))
    return problems


def unreadable(plan: Plan, except_for: Container[str] = ()) -> list[Problem]:
    """Warnings: records that say nothing because they cannot be read."""
    return [
        problem(plan, path, "record-unreadable", _UNREADABLE.format(reason=reason), "warning")
        for path, reason in plan.unreadable.items()
        if path not in plan.obstacles and path not in except_for
    ]


def unusable(out: Path, error: OSError, verb: str = "written") -> Problem:
    """The error that an output folder as a whole cannot be read or written."""
    reason = error.strerror or str(error)
    if error.filename and str(error.filename) != str(out):
        reason += f" ({error.filename})"
    return Problem("write-failed", f"cannot be {verb}: {reason}", Place(out.as_posix()))


def problem(
    plan: Plan, path: str, check: str, message: str, severity: Severity = "error"
) -> Problem:
    """A problem of the file at `path` below the output folder."""
    return Problem(check, message, Place((plan.out / path).as_posix()), severity)
