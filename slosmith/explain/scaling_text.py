"""Explanations of autoscaling as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from slosmith.durations import format_duration
from slosmith.explain import layout, wording
from slosmith.explain.outlook import Outlook, Signal
from slosmith.explain.scaling import WATCHED, ScalingUse
from slosmith.numbers import percent, plain

_SHOWN = 5  # changes on the way up or down


def scaling_text(use: ScalingUse, name: str, color: bool) -> list[str]:
    """The page of a service's autoscaling; `name` is the service's."""
    scaling, target = use.scaling, use.scaling.target
    engine = "KEDA" if scaling.engine == "keda" else "a HorizontalPodAutoscaler"
    about = (
        f"{target.kind} {target.name}, {scaling.min_replicas} to {scaling.max_replicas} replicas, "
        f"by {engine}"
    )
    if scaling.min_replicas == 0 or scaling.idle == 0:
        about += "; KEDA takes it to 0 and back, between 1 and max an autoscaler rules"
    lines = [layout.bold(f"{name}: autoscaling", color), *layout.wrapped(about, 2)]
    title = f"  What a trigger asks for at {use.present} replicas, the others at their targets"
    lines += ["", layout.bold(title, color), *_loads(use, color), *layout.wrapped(_rule(use), 4)]
    lines += ["", layout.bold("  How fast replicas follow", color)]
    lines += layout.fields(
        [
            ("up", _course(use.up, scaling.max_replicas)),
            ("down", _course(use.down, max(scaling.min_replicas, 1))),
        ],
        4,
    )
    lines += layout.wrapped(
        "Since the first look that asks for max, or min, while it is asked for. What every replica "
        "has asks for its multiple alone: each further step waits for the stabilization again.",
        4,
    )
    if any(trigger.guards for trigger in use.triggers):
        lines += ["", layout.bold("  When guards hold (hold_while)", color), *_guards(use, color)]
        lines += [line for note in _notes(use) for line in layout.wrapped(note, 4)]
    return lines


def _loads(use: ScalingUse, color: bool) -> list[str]:
    rows = [
        (
            *((item.signal.name, target(item.signal)) if index == 0 else ("", "")),
            value(load.value, item.signal) + (", held" if load.held else ""),
            str(load.outlook.asks[item.signal.name]),
            str(load.outlook.replicas),
            str(load.outlook.settled),
            rules(load.outlook),
        )
        for item in use.triggers
        for index, load in enumerate(item.loads)
    ]
    head = ("trigger", "target", "load", "asks for", "replicas", "if it stays", "rules")
    return layout.table(head, rows, 4, color)


def target(signal: Signal) -> str:
    return value(signal.target, signal) + (" a replica" if signal.shared else "")


def value(number: Decimal, signal: Signal) -> str:
    return f"{plain(number)}{signal.unit}"


def rules(found: Outlook) -> str:
    """Who asks for the most."""
    many = len(found.asks)
    if len(found.rules) == many > 1:
        return "all alike"
    if len(found.rules) == many - 1 > 1:
        return "the others"
    return ", ".join(found.rules)


def _rule(use: ScalingUse) -> str:
    return (
        f"All triggers at their targets ask for {use.present}. The most that any trigger asks for "
        "rules, between min and max; within a tenth of its target a trigger changes nothing. A "
        "value that every replica has asks again at each look: if it stays there, replicas go to "
        "one end."
    )


def _course(changes: tuple[tuple[int, int], ...], end: int) -> list[str]:
    if not changes:
        return ["nothing changes: min and max are the same"]
    shown = [f"{replicas} after {format_duration(at)}" for at, replicas in changes]
    if len(shown) > _SHOWN:
        shown = [*shown[: _SHOWN - 2], "…", shown[-1]]
    text = ", ".join(shown)
    if changes[-1][1] != end:
        text += f"; {end} not within {format_duration(WATCHED)}"
    return layout.wrapped(text, 0, layout.WIDTH - 10)


def _guards(use: ScalingUse, color: bool) -> list[str]:
    rows = []
    for trigger in use.triggers:
        for item in trigger.guards:
            needed = item.times.stabilization
            rows.append(
                (
                    trigger.signal.name,
                    item.guard.slo,
                    percent(item.guard.threshold),
                    wording.about(item.times.holds),
                    wording.about(trigger.first) if trigger.first is not None else "-",
                    wording.about(item.times.lets_go),
                    format_duration(needed) + ("" if needed <= use.stabilization else "!"),
                )
            )
    head = (
        "trigger",
        "while",
        "errors above",
        "holds",
        "first replicas",
        "lets go",
        "stabilization",
    )
    return layout.table(head, rows, 4, color)


def _notes(use: ScalingUse) -> Iterator[str]:
    yield (
        "All fails at once: a guard holds so long after the start, at the latest, and lets go so "
        "long after the end; the trigger may add its first replicas so long after the start, at "
        f"the soonest, with a stabilization of {format_duration(use.stabilization)} "
        "(behavior.scale_up). The last column is the stabilization that suffices. A held trigger "
        "adds nothing; it still lets replicas go, and other triggers still add them."
    )
    if any(
        item.times.stabilization > use.stabilization
        for trigger in use.triggers
        for item in trigger.guards
    ):
        yield "! more than there is: this guard may come too late."
