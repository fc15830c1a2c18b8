"""What a service depends on, and how its incidents are mitigated: plain, resolved values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dependency:
    """A database, a cache or a service that a service needs.

    `kind` is one of `slosmith.dependencies.KINDS`. `namespace` and `selector` (labels of its pods;
    empty where it runs elsewhere) find it in Kubernetes. `host` (empty without an address) and
    `port` are where clients reach it, of an IPv6 address without brackets; `url` is the whole
    address where it is a URL. `metrics` holds the matchers of its exporter's series, without a
    name; None where nothing is scraped. `options` are the kind's own, with their defaults.
    """

    name: str
    kind: str
    namespace: str
    selector: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    port: int | None = None
    url: str = ""
    metrics: tuple[str, ...] | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """`host:port`, with brackets around an IPv6 address; empty without one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.host and self.port is not None else host


@dataclass(frozen=True)
class Step:
    """One step of a phase: words of the spec's own (`text`), or an entry of the playbook library
    (`use`), for one of the service's dependencies where `dependency` names it."""

    text: str = ""
    use: str = ""
    dependency: str = ""


@dataclass(frozen=True)
class Phase:
    """Steps to take within so many seconds of the start of an incident. `slo` is the SLO whose
    recovery shows that they worked, as `service/slo`; empty: the one that alerts."""

    title: str
    within: int
    steps: tuple[Step, ...]
    slo: str = ""
