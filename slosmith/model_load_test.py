"""The load test of a service: plain, resolved values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

RateUnit = Literal["s", "m", "h"]


@dataclass(frozen=True)
class Request:
    """One kind of request. `statuses` are the expected ones; empty: 200 to 399. `slos` names the
    SLOs of the service that it has to keep, in the order of the service."""

    name: str
    method: str
    path: str
    slos: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    statuses: tuple[int, ...] = ()


@dataclass(frozen=True)
class Stage:
    """So many seconds on the way to so many users at once, in a straight line."""

    seconds: int
    users: int


@dataclass(frozen=True)
class ArrivalRate:
    """`count` requests in each `unit`, for so many seconds, whatever the answers take."""

    count: int
    unit: RateUnit
    seconds: int

    @property
    def per_second(self) -> Decimal:
        return self.count / Decimal({"s": 1, "m": 60, "h": 3600}[self.unit])

    @property
    def planned(self) -> int:
        """Requests in the whole time."""
        return int(self.per_second * self.seconds)


@dataclass(frozen=True)
class LoadTest:
    """Users in `stages`, a constant `arrival` rate, or the one and then the other.

    Each user sends all requests in turn and then waits for `pause` seconds; arrivals take turns.
    """

    base_url: str
    requests: tuple[Request, ...]
    stages: tuple[Stage, ...] = ()
    arrival: ArrivalRate | None = None
    pause: Decimal = Decimal(1)

    @property
    def ramp_seconds(self) -> int:
        return sum(stage.seconds for stage in self.stages)
