"""`allow`: warnings that were seen and accepted, and refusals that were answered, with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slosmith.checks.findings import slo_path
from slosmith.model import Fleet, Service
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
    rules = _by_place(allowances, fleet)
    used: set[Allowance] = set()
    left = []
    silenced = []
    for problem in problems:
        fitting = list(_fitting(problem, rules))
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


# By check, and by the part of the model that an allowance is about: those of all services, of one
# service, of one SLO.
_Rules = dict[tuple[str, Path], list[Allowance]]


def _fitting(problem: Problem, rules: _Rules) -> Iterator[Allowance]:
    if problem.severity != "warning" and problem.check not in ARGUABLE:
        return
    path = problem.where.path if isinstance(problem.where, At) else ()
    for prefix in dict.fromkeys(((), path[:2], path[:4])):
        yield from rules.get((problem.check, prefix), ())


def _by_place(allowances: Sequence[Allowance], fleet: Fleet) -> _Rules:
    services = {service.name: service for service in fleet.services}
    rules: _Rules = {}
    for item in allowances:
        for prefix in _prefixes(item, services):
            rules.setdefault((item.check, prefix), []).append(item)
    return rules


def _prefixes(allowance: Allowance, services: Mapping[str, Service]) -> list[Path]:
    if not allowance.service:
        return [()]
    service = services.get(allowance.service)
    if service is None:
        return []
    if not allowance.slo:
        return [("services", service.source)]
    return [
        slo_path(service, index)
        for index, slo in enumerate(service.slos)
        if slo.name == allowance.slo
    ]
