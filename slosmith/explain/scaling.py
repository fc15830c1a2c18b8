"""What the autoscaling of a service does, as data: what each trigger asks for at a few loads, how
fast replicas follow, and what the guards do in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slosmith.explain.outlook import Outlook, Signal, outlook, signals
from slosmith.model import (
    Autoscaling,
    Fleet,
    Guard,
    LatencyTrigger,
    MetricTrigger,
    Prometheus,
    Service,
    Slo,
    Trigger,
)
from slosmith.scaling import arithmetic
from slosmith.scaling.guard_times import GuardTimes, first_replicas, guard_times

# Of what the replicas carry with every value at its target.
FACTORS = (Decimal("0.5"), Decimal(1), Decimal("1.5"), Decimal(2), Decimal(4))
# Seconds for which replicas are followed.
WATCHED = 6 * 3600


@dataclass(frozen=True)
class Load:
    """A trigger that reads `value`, while the others are at their targets. `held`: while one of
    its guards holds."""

    value: Decimal
    held: bool
    outlook: Outlook


@dataclass(frozen=True)
class GuardUse:
    guard: Guard
    times: GuardTimes


@dataclass(frozen=True)
class TriggerUse:
    """`first`: seconds after which the trigger may add replicas when all that it measures gets
    slow at once; None where it has no guards."""

    signal: Signal
    loads: tuple[Load, ...]
    guards: tuple[GuardUse, ...]
    first: Decimal | None


@dataclass(frozen=True)
class ScalingUse:
    """`present`: the replicas from which the loads are judged. `up`: when there are how many while
    the most are asked for, from the fewest on; `down`: while the fewest are, from the most on;
    seconds since the first look that asks for it. `stabilization`: that of scaling up."""

    scaling: Autoscaling
    present: int
    triggers: tuple[TriggerUse, ...]
    up: tuple[tuple[int, int], ...]
    down: tuple[tuple[int, int], ...]
    stabilization: int


def explain_scaling(service: Service, fleet: Fleet) -> ScalingUse | None:
    """The autoscaling of a service of the fleet; None where it has none."""
    scaling = service.autoscaling
    if scaling is None:
        return None
    slos = {f"{other.name}/{slo.name}": slo for other in fleet.services for slo in other.slos}
    bounds = arithmetic.limits(scaling)
    present = min(2 * bounds.least, bounds.most)
    found = signals(scaling.triggers)
    return ScalingUse(
        scaling,
        present,
        tuple(
            TriggerUse(
                signal,
                _loads(signal, found, present, bounds),
                *_guards(trigger, slos, fleet.project.prometheus, bounds.up.stabilization),
            )
            for trigger, signal in zip(scaling.triggers, found, strict=True)
        ),
        _course(bounds, bounds.least, bounds.most),
        _course(bounds, bounds.most, bounds.least),
        bounds.up.stabilization,
    )


def _loads(
    signal: Signal, signals: Sequence[Signal], present: int, bounds: arithmetic.Limits
) -> tuple[Load, ...]:
    def load(factor: Decimal, held: bool) -> Load:
        values = [
            (other, _carried(other, present) * (factor if other == signal else 1))
            for other in signals
        ]
        value = _carried(signal, present) * factor
        return Load(value, held, outlook(values, present, bounds, held))

    held = [load(FACTORS[-1], True)] if signal.guards else []
    return (*(load(factor, False) for factor in FACTORS), *held)


def _carried(signal: Signal, replicas: int) -> Decimal:
    """The value with which so many replicas are at the target."""
    return signal.target * (replicas if signal.shared else 1)


def _guards(
    trigger: Trigger, slos: Mapping[str, Slo], prometheus: Prometheus, stabilization: int
) -> tuple[tuple[GuardUse, ...], Decimal | None]:
    """The guards of a trigger, and when it may add its first replicas."""
    if not isinstance(trigger, LatencyTrigger | MetricTrigger) or not trigger.hold_while:
        return (), None
    guards = tuple(
        GuardUse(guard, guard_times(guard, slos[guard.slo], trigger, prometheus))
        for guard in trigger.hold_while
    )
    return guards, first_replicas(trigger, prometheus, stabilization)


def _course(bounds: arithmetic.Limits, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The times of all changes within WATCHED on the way from `start` to `end` replicas, and how
    many there are from then on."""
    period = arithmetic.SYNC_PERIOD
    state = arithmetic.State(start, ((-period, start),))
    found: list[tuple[int, int]] = []
    now = 0
    while state.replicas != end and now <= WATCHED:
        before = state.replicas
        state = arithmetic.step(state, now, end, bounds)
        if state.replicas != before:
            found.append((now, state.replicas))
        now += period
    return tuple(found)
