"""What differs between two fleets, as data: what text, Markdown and JSON are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from slosmith.explain.times import TierTimes
from slosmith.model import SeverityKey

State = Literal["added", "removed", "renamed", "changed"]
# How a value is shown: `text` as it is, `seconds` and `minutes` as a time, `percent` and `ratio`
# as percent, `query` as PromQL on lines of its own.
Kind = Literal["text", "seconds", "minutes", "percent", "ratio", "query"]


def state_of(before: object, after: object) -> State:
    """Whether something came, went or changed, from whether it is there before and after."""
    return "changed" if before and after else "added" if after else "removed"


@dataclass(frozen=True)
class Change:
    """One value before and after; None where there is none. Values are plain: text, numbers,
    booleans, lists and maps of them. `what` is its path for people: `alerting.min_bad_events`."""

    what: str
    before: Any
    after: Any
    kind: Kind = "text"


@dataclass(frozen=True)
class TierChange:
    """A pair of windows of the burn-rate alert of one severity, with its threshold and the times
    at which it fires; None where there is none, or its alert is disabled."""

    severity: SeverityKey
    long: int
    short: int
    before: TierTimes | None
    after: TierTimes | None


@dataclass(frozen=True)
class AlertChange:
    """An alert that appears (`added`) or vanishes. `severity` is the value of its label."""

    name: str
    severity: str
    state: State


@dataclass(frozen=True)
class Risk:
    """What a reviewer should know before agreeing. `note` is its id, as in docs/diff.md; `about`
    is a service, `service/slo`, or empty for the whole project."""

    note: str
    about: str
    message: str


@dataclass(frozen=True)
class Part:
    """A part of a service that differs: an SLO, or a section of its spec. `section` is `slo`,
    `autoscaling`, `dashboard`, `service` (fields of its own) or any other field of the model;
    `name` is that of the SLO, or empty. `was` is its name before, where it was renamed."""

    section: str
    name: str
    state: State
    changes: tuple[Change, ...] = ()
    tiers: tuple[TierChange, ...] = ()
    alerts: tuple[AlertChange, ...] = ()
    risks: tuple[Risk, ...] = ()
    was: str = ""

    @property
    def title(self) -> str:
        return f"SLO {self.name}" if self.section == "slo" else self.section.replace("_", " ")


@dataclass(frozen=True)
class ServiceChange:
    """A service that differs. `spec` is the path of its spec; `was` its name before, where it was
    renamed."""

    name: str
    spec: str
    state: State
    parts: tuple[Part, ...]
    risks: tuple[Risk, ...] = ()
    was: str = ""

    @property
    def all_risks(self) -> tuple[Risk, ...]:
        return (*self.risks, *(risk for part in self.parts for risk in part.risks))


@dataclass(frozen=True)
class Unread:
    """A spec of the other side that did not compile there, with the first thing that is wrong:
    its services cannot be compared."""

    spec: str
    message: str


@dataclass(frozen=True)
class Difference:
    """All that differs. `project` are the changes of slosmith.yaml that are no service's own;
    `same_meaning` are specs with another text and the same model; `unread` could not be compared.
    `base` is what was compared with, `told` the same in a sentence with names between backticks,
    `commit` its full hash, `note` what is odd about it."""

    base: str
    told: str
    commit: str
    note: str = ""
    project: tuple[Change, ...] = ()
    project_risks: tuple[Risk, ...] = ()
    services: tuple[ServiceChange, ...] = ()
    same_meaning: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    # How many services there are now, and were.
    total: int = 0
    before_total: int = 0

    @property
    def risks(self) -> tuple[Risk, ...]:
        found = [risk for service in self.services for risk in service.all_risks]
        return (*self.project_risks, *found)

    @property
    def nothing(self) -> bool:
        return not (self.project or self.services or self.unread)
