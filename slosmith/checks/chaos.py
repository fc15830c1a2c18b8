"""Experiments that cost too much, that nobody would notice, or that are called alike."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slosmith.chaos import hypothesis, wording
from slosmith.chaos.hypothesis import Hypothesis
from slosmith.durations import format_duration
from slosmith.model import Fleet, LatencyIndicator, Service
from slosmith.model_chaos import Delay, Experiment
from slosmith.numbers import percent
from slosmith.problems import At, Path, Problem


def experiments(fleet: Fleet) -> Iterator[Problem]:
    """Of all services."""
    names: dict[tuple[str, str], str] = {}
    for service in fleet.services:
        total: dict[str, Decimal] = {}
        for index, experiment in enumerate(service.experiments):
            at: Path = ("services", service.source, "chaos", index)
            found = hypothesis.of(service, experiment, fleet.project)
            before = total.get(experiment.slo, Decimal(0))
            total[experiment.slo] = before + found.spent
            if total[experiment.slo] > experiment.budget:
                message = _too_much(service, experiment, found, before)
                yield Problem("chaos-budget", message, At((*at, "schedule")))
            if experiment.alerts and found.expected is None:
                message = _unnoticed(service, experiment, found)
                yield Problem("chaos-unnoticed", message, At((*at, "duration")), "warning")
            elif experiment.alerts and (late := _in_time(experiment, found)):
                yield Problem("chaos-unnoticed", late, At((*at, "latency")), "warning")
            key = (service.namespace, f"{service.name}-{experiment.name}")
            first = names.setdefault(key, f"{service.name}'s `{experiment.name}`")
            if first != f"{service.name}'s `{experiment.name}`":
                message = f"its object would be called {key[1]}, as that of {first}; rename it"
                yield Problem("chaos-name", message, At((*at, "name")))


def _in_time(experiment: Experiment, found: Hypothesis) -> str:
    """Why requests that come late may still keep a latency; empty where they cannot."""
    indicator, fault = found.slo.indicator, experiment.fault
    if not isinstance(indicator, LatencyIndicator) or not isinstance(fault, Delay):
        return ""
    if fault.milliseconds >= indicator.below * 1000:
        return ""
    return (
        f"`latency`: answers {fault.milliseconds}ms later may still be within "
        f"{format_duration(indicator.below)}, which {found.slo.name} promises, and no alert fires; "
        "let them come later, or `expect: none` if nobody is to notice"
    )


def _too_much(service: Service, experiment: Experiment, found: Hypothesis, before: Decimal) -> str:
    slo = found.slo
    window, budget = format_duration(slo.window), slo.budget * slo.window
    share = "" if experiment.most == 1 else f", with {percent(round(experiment.most, 3))} bad,"
    left = int((experiment.budget - before) * budget / (experiment.seconds * experiment.most))
    with_others = f", and with the experiments before it {percent(round(before, 3))} more"
    advice = f"run it at most {left} times in {window}" if left >= 1 else "make it shorter"
    return (
        f"{found.starts} runs of {format_duration(experiment.seconds)} in {window}{share} spend "
        f"{percent(round(found.spent, 3))} of the error budget of {service.name}/{slo.name} "
        f"({format_duration(round(budget))}){with_others if before else ''}; at most "
        f"{percent(experiment.budget)} may go into experiments (`budget`): {advice}, or name the "
        "SLO that suffers in `expect`"
    )


def _unnoticed(service: Service, experiment: Experiment, found: Hypothesis) -> str:
    if found.needs is None:
        how = f"none does while only {percent(round(experiment.least, 3))} is bad"
    else:
        how = f"it would have to last longer than {wording.rounded_up(found.needs)}"
    return (
        f"no alert of {service.name}/{found.slo.name} fires while {wording.done(experiment)} for "
        f"{format_duration(experiment.seconds)}: {how}. Change that, name another SLO in "
        "`expect`, or `expect: none` if nobody is to notice"
    )
