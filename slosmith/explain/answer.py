"""A question about a compiled project → the text that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from slosmith.chaos import hypothesis
from slosmith.checks.findings import slo_path
from slosmith.explain.backfill import commands, rule_file
from slosmith.explain.explanation import ExperimentUse, ServiceExplanation, explain
from slosmith.explain.listing import listing
from slosmith.explain.machine import as_json
from slosmith.explain.rate import Rate
from slosmith.explain.scaling import explain_scaling
from slosmith.explain.suggestions import suggestions
from slosmith.explain.target import Target, find
from slosmith.explain.text import as_text
from slosmith.model import Project, Service, Slo
from slosmith.pipeline import Compilation
from slosmith.problems import At, Problem

GroupsOf = Callable[[Service, Slo, Project], list[dict[str, Any]]]


@dataclass(frozen=True)
class Question:
    """What is asked: about a SERVICE or SERVICE/SLO, or (None) about the whole project. `options`
    are those that chose the project, for the commands in the answer."""

    name: str | None = None
    form: Literal["text", "json", "backfill", "suggest"] = "text"
    rate: Rate | None = None
    color: bool = False
    options: tuple[str, ...] = ()


def answer(
    compilation: Compilation, question: Question, groups_of: GroupsOf
) -> tuple[str, list[Problem]]:
    """The answer, and what is wrong with the question. `groups_of` gives the rule groups of an
    SLO."""
    fleet = compilation.fleet
    assert fleet is not None, "what did not compile is not explained"
    targets, problems = find(fleet, question.name)
    if problems:
        return "", problems
    if question.form == "backfill":
        groups = [
            group
            for target in targets
            for slo in _slos(target)
            for group in groups_of(target.service, slo, fleet.project)
        ]
        return rule_file(groups, question.name or "all services"), []
    if question.form == "suggest":
        return suggestions(targets), []
    if question.form == "text" and question.name is None:
        return listing(targets, color=question.color), []
    explained = [_explained(target, compilation, question, groups_of) for target in targets]
    if question.form == "json":
        return as_json(explained), []
    return as_text(explained[0], color=question.color), []


def _explained(
    target: Target, compilation: Compilation, question: Question, groups_of: GroupsOf
) -> ServiceExplanation:
    assert compilation.fleet is not None
    service, project = target.service, compilation.fleet.project
    slos = tuple(
        explain(
            service,
            service.slos[index],
            project,
            groups_of(service, service.slos[index], project),
            [
                silenced
                for silenced in compilation.silenced
                if _is_about(silenced.problem, service, index)
            ],
            question.rate,
        )
        for index in target.indices
    )
    whole = len(slos) == len(service.slos) and "/" not in (question.name or "")
    name = service.name if whole else f"{service.name}/{slos[0].slo.name}"
    names = {explained.slo.name for explained in slos}
    experiments = tuple(
        ExperimentUse(experiment, hypothesis.of(service, experiment, project))
        for experiment in service.experiments
        if experiment.slo in names
    )
    return ServiceExplanation(
        service,
        slos,
        experiments,
        commands(name, _slos(target), project, question.options),
        explain_scaling(service, compilation.fleet) if "/" not in (question.name or "") else None,
    )


def _slos(target: Target) -> list[Slo]:
    return [target.service.slos[index] for index in target.indices]


def _is_about(problem: Problem, service: Service, index: int) -> bool:
    prefix = slo_path(service, index)
    return isinstance(problem.where, At) and problem.where.path[: len(prefix)] == prefix
