"""The raw series of an indicator, each with its pace while all is good and while all is bad."""

from __future__ import annotations

from dataclasses import dataclass

from slosmith.escape import promql_string
from slosmith.probes.labels import NAME, Labels


@dataclass(frozen=True)
class Raw:
    """One raw series, for one event per second (or for gauges, whatever the traffic).

    `good` and `bad` are its paces while nothing and while everything is bad: a counter's growth
    per second, or a gauge's value; in between it keeps in between. A gauge also moves by `drift`
    per second, as timestamps do. `slow_above` is a native histogram's bound: its good
    observations are below it, its bad ones above.
    """

    labels: Labels
    good: float
    bad: float
    counter: bool
    drift: float = 0.0
    slow_above: float | None = None

    def __hash__(self) -> int:
        return hash((self.text, self.good, self.bad, self.counter, self.drift))

    @property
    def text(self) -> str:
        """The series as promtool and PromQL write it."""
        inside = ",".join(
            f"{name}={promql_string(value)}" for name, value in self.labels.items() if name != NAME
        )
        return f"{self.labels.get(NAME, '')}{{{inside}}}"

    @property
    def may_be_late(self) -> bool:
        """Counts bad events alone: such series often appear with the first of them."""
        return self.counter and not self.good and bool(self.bad)

    @property
    def may_vanish(self) -> bool:
        """Counts good events alone."""
        return self.counter and not self.bad and bool(self.good)


@dataclass(frozen=True)
class Probe:
    """All raw series of an indicator (for one value of each label of `by`).

    `partial`: the error ratio may be any, by mixing good and bad; otherwise it is all or nothing.
    `total`: what the indicator's total reads at one event per second, or at any traffic where it
    counts time; None where that is not known.
    """

    series: tuple[Raw, ...]
    partial: bool
    total: float | None = 1.0
