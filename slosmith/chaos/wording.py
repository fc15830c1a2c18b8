"""Experiments and their hypotheses in words for people."""

from __future__ import annotations

import math
from decimal import Decimal

from slosmith.chaos.hypothesis import Hypothesis
from slosmith.durations import format_duration
from slosmith.model import LatencyIndicator, RatioIndicator, Service, Slo
from slosmith.model_chaos import Delay, Experiment, Loss, PodFault
from slosmith.numbers import percent, plain


def done(experiment: Experiment) -> str:
    """What is done: `one pod of users-db fails`."""
    target = "the service" if experiment.target == "self" else experiment.target
    pods = experiment.pods
    some = "one pod"
    if pods.count is not None and pods.count > 1:
        some = f"{pods.count} pods"
    elif pods.percent is not None:
        some = f"{pods.percent}% of the pods"
    many = some != "one pod"
    match experiment.fault:
        case PodFault(action="fail"):
            return f"{some} of {target} fail{'' if many else 's'}"
        case PodFault():
            return f"{some} of {target} {'are' if many else 'is'} killed"
        case Delay(milliseconds=late):
            wait = format_duration(Decimal(late) / 1000)
            return f"{some} of the service reach{'' if many else 'es'} {target} {wait} late"
        case Loss(percent=lost):
            lose = "lose" if many else "loses"
            return f"{some} of the service {lose} {plain(lost)}% of the packets to {target}"
        case stress:
            what = [
                *(["CPU"] if stress.cpu_workers else []),
                *(["memory"] if stress.memory_workers else []),
            ]
            return f"{some} of {target} {'have' if many else 'has'} little {' and '.join(what)}"


def hypothesis(service: Service, experiment: Experiment, found: Hypothesis) -> str:
    """One sentence."""
    slo = f"{service.name}/{found.slo.name} ({_promise(found.slo)})"
    share = "all" if experiment.least == 1 else _share(experiment.least)
    suffering = f"if {share} of the {_events(found)} bad"
    if not experiment.alerts:
        return f"No alert of {slo} fires."
    if found.expected is None:
        longer = (
            f"for one it would have to last longer than {rounded_up(found.needs or Decimal(0))}"
        )
        return f"No alert of {slo} fires: {longer if found.needs else 'too little is bad'}."
    within = rounded_up(found.expected.within)
    return f"{found.expected.alert} of {slo} fires within {within}, {suffering}."


def _promise(slo: Slo) -> str:
    objective = f"{plain(slo.objective)}%"
    if isinstance(slo.indicator, LatencyIndicator):
        return f"{objective} within {format_duration(slo.indicator.below)}"
    return objective


def _events(found: Hypothesis) -> str:
    return "events are" if _counts(found) else "time is"


def _counts(found: Hypothesis) -> bool:
    return isinstance(found.slo.indicator, RatioIndicator | LatencyIndicator)


def rounded_up(seconds: Decimal) -> str:
    """A time that is not reached before, in whole seconds."""
    return format_duration(math.ceil(seconds))


def spent(found: Hypothesis) -> str:
    """What all runs cost."""
    return f"{_share(found.spent)} of the error budget of {format_duration(found.slo.window)}"


def _share(ratio: Decimal) -> str:
    """A ratio as percent with a decimal at most, not 0 where it is above."""
    rounded = round(ratio, 3)
    return percent(rounded) if rounded else "less than 0.1%"
