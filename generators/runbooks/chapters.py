"""The chapters that the sections of all alerts share: dependencies, phases, playbook entries."""

from __future__ import annotations

from collections.abc import Sequence

from generators.runbooks import links, queries
from generators.runbooks.views import CheckView, DependencyView, PhaseView, PlaybookView
from slosmith import anchors, markdown, playbooks
from slosmith.dependencies import KINDS, shell
from slosmith.dependencies.interface import Check
from slosmith.durations import format_duration
from slosmith.markdown import Markdown, block, code, join, text
from slosmith.model import Project, Service, Slo
from slosmith.model_dependencies import Dependency, Phase, Step
from slosmith.numbers import percent


def dependency_view(dependency: Dependency, project: Project) -> DependencyView:
    kind = KINDS[dependency.kind]
    checks = kind.checks(dependency)
    if dependency.selector:
        checks = (_pods(dependency), *checks)
    return DependencyView(
        anchor=Markdown(anchors.of_dependency(dependency.name)),
        heading=text(f"{dependency.name} ({kind.title})"),
        facts=tuple(_facts(dependency)),
        introduction=Markdown(kind.introduction),
        checks=tuple(
            CheckView(
                title=Markdown(f"{number}. {text(check.title)}"),
                command=block(check.command, "sh"),
                reads=Markdown(check.reads),
                query=links.asked(check.query, project) if check.query else Markdown(),
            )
            for number, check in enumerate(checks, start=1)
        ),
    )


def _facts(dependency: Dependency) -> list[Markdown]:
    found = []
    address = dependency.url or dependency.address
    if address:
        found.append(Markdown(f"Address: {code(address)}"))
    if dependency.selector:
        labels = ", ".join(f"{key}={value}" for key, value in dependency.selector.items())
        found.append(Markdown(f"Pods: {code(labels)} in namespace {code(dependency.namespace)}"))
    if dependency.metrics is not None:
        exporter = KINDS[dependency.kind].exporter
        matchers = "{" + ", ".join(dependency.metrics) + "}"
        found.append(Markdown(f"Metrics: {code(matchers)}, from [{exporter.name}]({exporter.url})"))
    return found


def _pods(dependency: Dependency) -> Check:
    return Check(
        "Are its pods well",
        shell.states(dependency.namespace, dependency.selector),
        "All `Running` and ready, with no restart since the incident began. `OOMKilled`, a node "
        "that is gone or a volume that cannot be attached show in the events.",
    )


def phase_view(
    service: Service, phase: Phase, number: int, project: Project, slos: Sequence[Slo]
) -> PhaseView:
    """`slos` are those of the service; a phase may name another service's."""
    return PhaseView(
        anchor=Markdown(anchors.of_phase(number)),
        heading=text(f"Phase {number}: {phase.title}"),
        within=text(format_duration(phase.within)),
        steps=tuple(_step(service, step) for step in phase.steps),
        slo=_slo_link(service, phase),
        proof=_proof(service, phase, project, slos),
    )


def _step(service: Service, step: Step) -> Markdown:
    if not step.use:
        return text(step.text)
    entry = playbooks.LIBRARY[step.use]
    what = markdown.link(entry.title, f"#{anchors.of_playbook(entry.name)}")
    subjects = _subjects(service, [step])
    return join(what, subjects, by=" for ") if subjects else what


def _slo_link(service: Service, phase: Phase) -> Markdown:
    """The SLO that shows success; empty where it is the one that alerts."""
    owner, _, name = phase.slo.partition("/")
    if not name:
        return Markdown()
    if owner == service.name:
        return markdown.link(name, f"#{name}")
    return markdown.link(phase.slo, f"{owner}.md#{name}")


def _proof(service: Service, phase: Phase, project: Project, slos: Sequence[Slo]) -> Markdown:
    """What the SLO shows before and after, where it is one of this service."""
    named = [slo for slo in slos if f"{service.name}/{slo.name}" == phase.slo]
    if not named:
        return Markdown()
    words = f"its error ratio of the last 5 minutes is below {percent(named[0].budget)}:"
    return join(
        Markdown(words),
        links.asked(queries.error_ratio(service, named[0]), project),
        by="\n\n",
    )


def playbook_views(service: Service) -> tuple[PlaybookView, ...]:
    """The entries that the phases use, once each, in the order of their first use."""
    used: dict[str, list[Step]] = {}
    for phase in service.phases:
        for step in phase.steps:
            if step.use:
                used.setdefault(step.use, []).append(step)
    return tuple(_playbook(service, playbooks.LIBRARY[name], used[name]) for name in used)


def _playbook(service: Service, entry: playbooks.Entry, steps: Sequence[Step]) -> PlaybookView:
    return PlaybookView(
        anchor=Markdown(anchors.of_playbook(entry.name)),
        heading=text(entry.title),
        subjects=_subjects(service, steps),
        when=Markdown(entry.when),
        risk=Markdown(entry.risk),
        steps=Markdown(entry.steps),
        proof=Markdown(entry.proof),
    )


def _subjects(service: Service, steps: Sequence[Step]) -> Markdown:
    """Links to the dependencies that steps of one entry are about: those that they name, or all
    of the kinds that the entry is for. Entries for any kind are about what they name alone."""
    named = {step.dependency for step in steps}
    kinds = playbooks.LIBRARY[steps[0].use].kinds
    found = [
        markdown.link(item.name, f"#{anchors.of_dependency(item.name)}")
        for item in service.dependencies
        if item.name in named or ("" in named and item.kind in kinds)
    ]
    return join(*found, by=", ")
