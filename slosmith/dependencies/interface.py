"""What a kind of dependency brings. A fourth kind is one file in slosmith/dependencies/kinds/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slosmith.model_dependencies import Dependency


@dataclass(frozen=True)
class Exporter:
    """Where the series of a kind come from: a program's name, and where to read about it."""

    name: str
    url: str


@dataclass(frozen=True)
class Line:
    """PromQL, and the name of its series with `{{label}}` for a label's value."""

    query: str
    legend: str


@dataclass(frozen=True)
class Graph:
    """A graph of the dashboard's row. `unit` is one of Grafana's, such as `percentunit`;
    `minimum` and `maximum` fix the axis."""

    title: str
    description: str
    unit: str
    lines: tuple[Line, ...]
    minimum: int | None = 0
    maximum: int | None = None


@dataclass(frozen=True)
class Check:
    """One check of the diagnosis chapter.

    `command` is shell to copy, made for this dependency; `reads` says, as Markdown, what to read
    in its output and what follows from it; `query` (PromQL) shows the same over time, empty where
    nothing is scraped.
    """

    title: str
    command: str
    reads: str
    query: str = ""


@dataclass(frozen=True)
class Suggestion:
    """An SLO for a spec, as data: its fields in the order to print."""

    slo: Mapping[str, Any]
    reason: str


@dataclass(frozen=True)
class Kind:
    """A kind of dependency: all that differs between, say, PostgreSQL and Redis.

    `port` is the usual one, None where there is none. `options` are the fields below `options:`
    with their defaults. `takes_url`: its address may be a URL. `needs_address`: pods alone do not
    tell how to ask it.
    """

    name: str
    title: str
    exporter: Exporter
    checks: Callable[[Dependency], tuple[Check, ...]]
    graphs: Callable[[Dependency], tuple[Graph, ...]]
    suggestions: Callable[[Dependency], tuple[Suggestion, ...]]
    introduction: str
    port: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    takes_url: bool = False
    needs_address: bool = False
