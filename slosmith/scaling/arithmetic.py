"""How many replicas a HorizontalPodAutoscaler gives a workload, and how fast.

Source: Kubernetes, pkg/controller/podautoscaler: `replica_calculator.go` for what a metric asks
for, `horizontal.go` for all metrics together and for `behavior`; in words, its pages "Horizontal
Pod Autoscaling" (algorithm details, scaling policies) and KEP-853. A HorizontalPodAutoscaler that
KEDA makes follows them too. All pods count as ready, and every change is carried out at once.

Kubernetes computes with thousandths and double precision, and so does this: a quotient that lies a
rounding error above a whole number asks for one replica more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from slosmith.model import Autoscaling, ScaleRule

# A ratio this close to 1 changes nothing (--horizontal-pod-autoscaler-tolerance).
TOLERANCE = 0.1
# Seconds between two looks (--horizontal-pod-autoscaler-sync-period).
SYNC_PERIOD = 15
# Seconds: the longest stabilization.
_LONGEST = 3600

Number = Decimal | float | int


@dataclass(frozen=True)
class Policy:
    """Replicas change by at most `value` percent, or pods, in `period` seconds."""

    kind: Literal["Percent", "Pods"]
    value: int
    period: int


@dataclass(frozen=True)
class Pace:
    """How fast replicas change in one direction: by what the most generous of the policies lets,
    and to the most cautious number that was asked for within `stabilization` seconds."""

    stabilization: int
    policies: tuple[Policy, ...]


DEFAULT_UP = Pace(0, (Policy("Percent", 100, 15), Policy("Pods", 4, 15)))
DEFAULT_DOWN = Pace(300, (Policy("Percent", 100, 15),))


@dataclass(frozen=True)
class Limits:
    """Fewest and most replicas, and the paces between them."""

    least: int
    most: int
    up: Pace = DEFAULT_UP
    down: Pace = DEFAULT_DOWN


@dataclass(frozen=True)
class State:
    """What the autoscaler remembers: `asked` and `changes` are pairs of a time in seconds and
    what was asked for (before `behavior`), or by how much replicas changed."""

    replicas: int
    asked: tuple[tuple[int, int], ...] = ()
    changes: tuple[tuple[int, int], ...] = ()


def limits(scaling: Autoscaling) -> Limits:
    """Those of a workload's autoscaling. An HPA has one replica at least; zero is KEDA's."""
    return Limits(
        max(scaling.min_replicas, 1),
        scaling.max_replicas,
        _pace(scaling.scale_up, DEFAULT_UP),
        _pace(scaling.scale_down, DEFAULT_DOWN),
    )


def _pace(rule: ScaleRule | None, default: Pace) -> Pace:
    if rule is None:
        return default
    amounts: dict[Literal["Percent", "Pods"], int | None] = {
        "Percent": rule.percent,
        "Pods": rule.pods,
    }
    policies = tuple(
        Policy(kind, value, rule.every or SYNC_PERIOD)
        for kind, value in amounts.items()
        if value is not None
    )
    wait = default.stabilization if rule.stabilization is None else rule.stabilization
    return Pace(wait, policies or default.policies)


def shared(total: Number, per_replica: Number, replicas: int) -> int:
    """What an `AverageValue` asks for: the replicas that share a total, each with `per_replica` of
    it. The present `replicas` matter only for the tolerance."""
    has, takes = _thousandths(total), _thousandths(per_replica)
    if replicas and _is_near(has / (takes * replicas)):
        return replicas
    return math.ceil(has / takes)


def compared(value: Number, target: Number, replicas: int) -> int:
    """What a `Value`, or a `Utilization`, asks for: the present replicas times the ratio of a
    value that each of them has to its target."""
    ratio = _thousandths(value) / _thousandths(target)
    if replicas == 0:
        return math.ceil(ratio)
    return replicas if _is_near(ratio) else math.ceil(ratio * replicas)


def together(asked: Iterable[int | None], replicas: int) -> int:
    """What all triggers ask for: the most of them. None stands for a metric that cannot be read,
    which stops removing replicas and not adding them."""
    listed = list(asked)
    known = [number for number in listed if number is not None]
    if not known or (len(known) < len(listed) and max(known) < replicas):
        return replicas
    return max(known)


def step(state: State, now: int, asked: int, limits: Limits) -> State:
    """The state after a look at time `now` (seconds), at which the triggers ask for `asked`. The
    first look also remembers the replicas that it finds, as if they had been asked for."""
    if not state.asked:
        state = State(state.replicas, ((now, state.replicas),), state.changes)
    inside = min(max(state.replicas, limits.least), limits.most)
    # Replicas outside the limits come inside at once.
    found = _limited(state, now, _stabilized(state, now, asked, limits), limits)
    replicas = found if inside == state.replicas else inside
    change = replicas - state.replicas
    return State(
        replicas,
        (*_recent(state.asked, now), (now, asked)),
        (*_recent(state.changes, now), *(((now, change),) if change else ())),
    )


def _recent(events: tuple[tuple[int, int], ...], now: int) -> tuple[tuple[int, int], ...]:
    """Those within the longest window that Kubernetes allows."""
    return tuple(event for event in events if event[0] > now - _LONGEST)


def _stabilized(state: State, now: int, asked: int, limits: Limits) -> int:
    def within(seconds: int) -> list[int]:
        return [asked, *(number for at, number in state.asked if at > now - seconds)]

    lowest, highest = min(within(limits.up.stabilization)), max(within(limits.down.stabilization))
    return min(max(state.replicas, lowest), highest)


def _limited(state: State, now: int, asked: int, limits: Limits) -> int:
    """As much of a change as the policies and the limits allow."""
    present = state.replicas
    if asked > present:
        allowed = max(_bound(state, now, policy, 1) for policy in limits.up.policies)
        return min(asked, max(allowed, present), limits.most)
    if asked < present:
        allowed = min(_bound(state, now, policy, -1) for policy in limits.down.policies)
        return max(asked, min(allowed, present), limits.least)
    return present


def _bound(state: State, now: int, policy: Policy, sign: Literal[1, -1]) -> int:
    """How far a policy lets replicas go, from where they were at the start of its period."""
    start = state.replicas - sum(by for at, by in state.changes if at > now - policy.period)
    if policy.kind == "Pods":
        return start + sign * policy.value
    bound = start * (1 + sign * policy.value / 100)
    # Up is rounded up, or one replica would stay alone; down is cut.
    return math.ceil(bound) if sign > 0 else int(bound)


def _thousandths(number: Number) -> int:
    return round(number * 1000)


def _is_near(ratio: float) -> bool:
    return 1 - TOLERANCE <= ratio <= 1 + TOLERANCE
