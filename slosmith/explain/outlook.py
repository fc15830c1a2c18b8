"""What replicas a workload gets when its triggers read given values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from slosmith.model import (
    Guard,
    LatencyTrigger,
    MetricTrigger,
    ResourceTrigger,
    TrafficTrigger,
    Trigger,
)
from slosmith.scaling import arithmetic
from slosmith.scaling.names import trigger_names

Unit = Literal["/s", "ms", "%", ""]


@dataclass(frozen=True)
class Signal:
    """A trigger as the autoscaler sees it. `shared`: its value is a total of which a replica takes
    `target`; otherwise every replica has the value. Values are in `unit`s."""

    name: str
    kind: str
    unit: Unit
    target: Decimal
    shared: bool
    guards: tuple[Guard, ...] = ()

    def asks(self, value: Decimal, replicas: int, held: bool = False) -> int:
        """The replicas that it asks for where there are `replicas`. `held`: a guard holds."""
        if self.shared:
            return arithmetic.shared(value, self.target, replicas)
        read = min(value, self.target) if held and self.guards else value
        return arithmetic.compared(read, self.target, replicas)


@dataclass(frozen=True)
class Outlook:
    """What follows from values that stay as they are: what each trigger asks for at first, the
    names of those that ask for the most, the replicas that the first look leads to (sooner or
    later, as `behavior` says), and those that all looks together lead to."""

    asks: Mapping[str, int]
    rules: tuple[str, ...]
    replicas: int
    settled: int


def signals(triggers: Sequence[Trigger]) -> tuple[Signal, ...]:
    return tuple(map(_signal, triggers, trigger_names(triggers)))


def _signal(trigger: Trigger, name: str) -> Signal:
    match trigger:
        case TrafficTrigger():
            return Signal(name, "traffic", "/s", trigger.per_replica, True)
        case LatencyTrigger():
            target = trigger.target * 1000
            return Signal(name, "latency", "ms", target, False, trigger.hold_while)
        case ResourceTrigger():
            return Signal(name, trigger.resource, "%", Decimal(trigger.percent), False)
        case MetricTrigger(per_replica=None):
            assert trigger.target is not None, "a metric has one of both"
            return Signal(name, "metric", "", trigger.target, False, trigger.hold_while)
        case MetricTrigger():
            assert trigger.per_replica is not None
            return Signal(name, "metric", "", trigger.per_replica, True)


def outlook(
    values: Sequence[tuple[Signal, Decimal]],
    present: int,
    bounds: arithmetic.Limits,
    held: bool = False,
) -> Outlook:
    """From `present` replicas, with what triggers read. `held`: all guards hold."""

    def asked(replicas: int) -> dict[str, int]:
        return {signal.name: signal.asks(value, replicas, held) for signal, value in values}

    def next_one(replicas: int) -> int:
        most = arithmetic.together(asked(replicas).values(), replicas)
        return min(max(most, bounds.least), bounds.most)

    first = asked(present)
    most = max(first.values())
    replicas = next_one(present)
    before, settled = present, replicas
    # This ends: a value above its target only ever adds, one below only removes, and a total asks
    # for one number wherever it is not near.
    while settled != before:
        before, settled = settled, next_one(settled)
    rules = tuple(name for name, number in first.items() if number == most)
    return Outlook(first, rules, replicas, settled)
