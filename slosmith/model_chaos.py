"""The experiments of a service: plain, resolved values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

PodAction = Literal["fail", "kill"]


@dataclass(frozen=True)
class Pods:
    """The pods that are hit: those with all these labels in one namespace, and of them one, a
    `count`, or `percent` (rounded up)."""

    namespace: str
    labels: Mapping[str, str]
    count: int | None = None
    percent: int | None = None


@dataclass(frozen=True)
class PodFault:
    """The pods answer nothing for a while (`fail`), or are killed."""

    action: PodAction


@dataclass(frozen=True)
class Delay:
    """What the pods send to `address` (`host:port`) comes late. In milliseconds."""

    address: str
    milliseconds: int
    jitter: int = 0


@dataclass(frozen=True)
class Loss:
    """Of what the pods send to `address`, so many percent are lost."""

    address: str
    percent: Decimal


@dataclass(frozen=True)
class Stress:
    """Workers that keep the pods' CPUs busy (each at `cpu_load` percent), or hold memory (in all
    `memory_size`); 0 workers: none. In `containers`, or the first one of each pod."""

    cpu_workers: int = 0
    cpu_load: int = 100
    memory_workers: int = 0
    memory_size: str = ""
    containers: tuple[str, ...] = ()


Fault = PodFault | Delay | Loss | Stress


@dataclass(frozen=True)
class Experiment:
    """Something that is broken on purpose, for `seconds`, as often as `schedule` says.

    `target` is the dependency that is meant, or `self`. `slo` names the SLO of the service that
    suffers: while it runs, `least` to `most` (0…1) of its events, or of the time, is taken to be
    bad. With `alerts` its alert should fire; without, none should. `budget` is the share (0…1) of
    its error budget that all runs within its window may spend.
    """

    name: str
    target: str
    fault: Fault
    pods: Pods
    seconds: int
    schedule: str
    slo: str
    alerts: bool
    least: Decimal
    most: Decimal
    budget: Decimal
    description: str = ""
