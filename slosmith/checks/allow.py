"""`allow`: warnings that were seen and accepted, and refusals that were answered, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slosmith.checks.findings import slo_path
from slosmith.model import Fleet
from slosmith.problems import At, Path, Problem

# Errors that are a matter of argument: a reason is an answer to them.
ARGUABLE = frozenset({"trigger-errors"})


@dataclass(frozen=True)
class Allowance:
    """Silences the warnings of one check: of one SLO, of one service, or (both empty) of all.
    `at` is its own place in the model."""

    check: str
    service: str
    slo: str
    at: Path
    reason: str = ""


@dataclass(frozen=True)
class Silenced:
    """A warning that is allowed, and why."""

    problem: Problem
    reason: str


def apply(
    problems: Sequence[Problem], allowances: Sequence[Allowance], fleet: Fleet
) -> tuple[list[Problem], list[Silenced]]:
    """The problems that are left, with a warning for each allowance that silences nothing; and
    the warnings that are allowed."""
    used: set[Allowance] = set()
    left = []
    silenced = []
    for problem in problems:
        fitting = [item for item in allowances if _fits(problem, item, fleet)]
        used.update(fitting)
        if fitting:
            silenced.append(Silenced(problem, fitting[0].reason))
        else:
            left.append(problem)
    for item in allowances:
        if item not in used:
            message = f"there is no warning `{item.check}` to allow here any more; remove this"
            left.append(Problem("allow-unused", message, At(item.at), "warning"))
    return left, silenced


def _fits(problem: Problem, allowance: Allowance, fleet: Fleet) -> bool:
    if problem.check != allowance.check:
        return False
    if problem.severity != "warning" and problem.check not in ARGUABLE:
        return False
    if not allowance.service:
        return True
    path = problem.where.path if isinstance(problem.where, At) else ()
    return any(path[: len(prefix)] == prefix for prefix in _prefixes(allowance, fleet))


def _prefixes(allowance: Allowance, fleet: Fleet) -> list[Path]:
    for service in fleet.services:
        if service.name != allowance.service:
            continue
        if not allowance.slo:
            return [("services", service.source)]
        return [
            slo_path(service, index)
            for index, slo in enumerate(service.slos)
            if slo.name == allowance.slo
        ]
    return []
