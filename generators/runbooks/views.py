"""What the template of a runbook shows. All text is Markdown already."""

from __future__ import annotations

from dataclasses import dataclass

from slosmith.markdown import Markdown


@dataclass(frozen=True)
class Item:
    """A check of the first five minutes: what it asks, and how to find out."""

    title: Markdown
    body: Markdown


@dataclass(frozen=True)
class AlertView:
    """The section of one alert. `severities` are the values that its label may have."""

    anchor: Markdown
    heading: Markdown
    severities: Markdown
    meaning: Markdown
    damage: Markdown
    checks: tuple[Item, ...]
    recovery: Markdown
    worked: Markdown


@dataclass(frozen=True)
class SloView:
    anchor: Markdown
    heading: Markdown
    promise: Markdown
    alerts: tuple[AlertView, ...]


@dataclass(frozen=True)
class CheckView:
    title: Markdown
    command: Markdown
    reads: Markdown
    query: Markdown


@dataclass(frozen=True)
class DependencyView:
    anchor: Markdown
    heading: Markdown
    facts: tuple[Markdown, ...]
    introduction: Markdown
    checks: tuple[CheckView, ...]


@dataclass(frozen=True)
class PhaseView:
    anchor: Markdown
    heading: Markdown
    within: Markdown
    steps: tuple[Markdown, ...]
    slo: Markdown
    proof: Markdown


@dataclass(frozen=True)
class PlaybookView:
    anchor: Markdown
    heading: Markdown
    subjects: Markdown
    when: Markdown
    risk: Markdown
    steps: Markdown
    proof: Markdown
