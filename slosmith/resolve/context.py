"""What the builders of the model share: problems found, places, and small readers of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from slosmith.checks.allow import Allowance
from slosmith.durations import parse_seconds
from slosmith.origins import Origins
from slosmith.problems import At, Path, Problem
from slosmith.promql.faults import Fault
from slosmith.promql.syntax import Judge
from slosmith.resolve.known import Resolved, SourceFile
from slosmith.series import RESERVED_LABELS

_NO_DURATION = (
    '`{}`: "{}" is no duration: larger units first, each once, as in 1h30m, '
    "and not more than 100 years"
)


@dataclass
class Context:
    """Problems are collected, never raised: a builder that cannot go on returns None."""

    origins: Origins
    judge: Judge | None = None
    problems: list[Problem] = field(default_factory=list)
    allowances: list[Allowance] = field(default_factory=list)
    # By source: the specs in which nothing is wrong.
    resolved: dict[str, Resolved] = field(default_factory=dict)
    # Given a spec that was forgotten: finds out anew where everything in it comes from.
    redraft: Callable[[SourceFile], None] | None = None

    def error(self, check: str, message: str, path: Path, key: bool = False) -> None:
        self.problems.append(Problem(check, message, At(path, key)))

    def warning(self, check: str, message: str, path: Path) -> None:
        self.problems.append(Problem(check, message, At(path), "warning"))

    def faults(self, faults: list[Fault], path: Path) -> None:
        for fault in faults:
            at = At(path, chars=(fault.start, fault.end))
            self.problems.append(Problem(fault.check, f"`{path[-1]}`: {fault.message}", at))


def duration(value: Any) -> Decimal | None:
    """Seconds of a duration whose form was checked; None for what was refused."""
    return parse_seconds(value) if isinstance(value, str) else None


def no_duration(context: Context, data: Mapping[str, Any], key: str, at: Path) -> None:
    """Reports a text that is no duration above zero."""
    value = data.get(key)
    seconds = duration(value)
    if not isinstance(value, str) or seconds:
        return
    message = f'`{key}`: "{value}" is no duration above zero, such as 500ms'
    if seconds is None:
        message = _NO_DURATION.format(key, value)
    context.error("field-value", message, (*at, key))


def whole_seconds(context: Context, data: Mapping[str, Any], key: str, at: Path) -> int | None:
    """A duration of whole seconds, or None with a problem."""
    value = data.get(key)
    if not isinstance(value, str):
        return None
    seconds = duration(value)
    if seconds is None:
        context.error("field-value", _NO_DURATION.format(key, value), (*at, key))
        return None
    if seconds != int(seconds):
        context.error("field-value", f"`{key}` must be whole seconds", (*at, key))
        return None
    return int(seconds)


def number(value: Any) -> Decimal | None:
    """An exact number; None for what was refused."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    return None


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def texts(value: Any) -> dict[str, str]:
    """A map of texts, sorted by key, without what was refused."""
    found = mapping(value)
    return {key: found[key] for key in sorted(found) if isinstance(found[key], str)}


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def labels(context: Context, value: Any, at: Path) -> dict[str, str]:
    """Labels for alerts; names that slosmith or Prometheus sets are refused."""
    for name in mapping(value):
        if name in RESERVED_LABELS:
            message = f"the label `{name}` is set by slosmith; choose another name"
            context.error("label-reserved", message, (*at, name), key=True)
        elif name.startswith("__"):
            message = f"the label `{name}`: names that begin with __ are Prometheus' own"
            context.error("label-reserved", message, (*at, name), key=True)
    return texts(value)
