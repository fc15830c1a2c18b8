"""What is wrong, where, and what would be right: one frozen type, printed in one place.

Checks name a place in the model (`At`) or in a file (`Place`). Only `render` and `sort` turn the
first into the second, through the `Locator` that the reader and the resolver filled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from slosmith.escape import one_line

Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]


class Refused:
    """The type of REFUSED, which stands in data where a value was refused: it was reported, and
    later checks pass over it in silence."""

    def __repr__(self) -> str:
        return "REFUSED"


REFUSED = Refused()


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of a file. Lines and columns count from 1, in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Place:
    """A file as the user named it (or relative to where slosmith runs), and where in it."""

    file: str
    span: Span | None = None


@dataclass(frozen=True)
class At:
    """A place in the model: `("services", "specs/api.yaml", "slos", 0, "objective")`.

    `key`: the key itself is meant, not its value. `chars`: characters [from, to) of the string
    that stands there. `otherwise`: the place to name where no file has anything on the way to
    `path`.
    """

    path: Path
    key: bool = False
    chars: tuple[int, int] | None = None
    otherwise: Path = ()


@dataclass(frozen=True)
class Problem:
    """One finding. `check` is its id, as in the docs: `objective-range`."""

    check: str
    message: str
    where: At | Place | None = None
    severity: Severity = "error"


class Locator(Protocol):
    """Turns places in the model into places in files, and gives lines of source."""

    def locate(self, at: At) -> tuple[Place, str]:
        """The place, and what to add to the message where a character has no place of its own
        (`character 12 of the query`; empty otherwise)."""

    def line(self, file: str, number: int) -> str | None:
        """Line `number` (from 1) of a file that was read, without its end; None if unknown."""


def has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


@dataclass(frozen=True)
class Located:
    """A problem whose place is known: what every format prints."""

    problem: Problem
    place: Place | None
    message: str


def located(problems: Iterable[Problem], locator: Locator) -> list[Located]:
    """Problems with their places, once each, sorted by file, place and id."""
    found: dict[tuple[object, ...], Located] = {}
    for problem in problems:
        place, message = None, problem.message
        if isinstance(problem.where, Place):
            place = problem.where
        elif problem.where is not None:
            place, addition = locator.locate(problem.where)
            message += f" ({addition})" if addition else ""
        file, span = (place.file, place.span) if place else ("", None)
        key = (
            file,
            (span.line, span.column) if span else (0, 0),
            problem.severity,
            problem.check,
            message,
        )
        found.setdefault(key, Located(problem, place, message))
    return [found[key] for key in sorted(found, key=lambda key: tuple(map(_sortable, key)))]


def _sortable(part: object) -> tuple[str, object]:
    return (type(part).__name__, part)


def render(problems: Iterable[Problem], locator: Locator, *, color: bool = False) -> str:
    """All problems as text for a terminal: each with its source line and carets, then a count.

    Returns an empty string where there are none.
    """
    items = located(problems, locator)
    if not items:
        return ""
    return "\n".join([_block(item, locator, color) for item in items] + [count(items)]) + "\n"


def count(items: list[Located]) -> str:
    """`2 errors, 1 warning`."""
    parts = []
    for severity in ("error", "warning"):
        number = sum(item.problem.severity == severity for item in items)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def _block(item: Located, locator: Locator, color: bool) -> str:
    severity = item.problem.severity
    shown = _paint(severity, "31;1" if severity == "error" else "33;1", color)
    where = ""
    span = None
    if item.place:
        span = item.place.span
        where = one_line(item.place.file)
        where += f":{span.line}:{span.column}: " if span else ": "
    first, *rest = _message(item.message)
    text = "\n".join([f"{where}{shown}: {first} [{item.problem.check}]", *rest])
    source = locator.line(item.place.file, span.line) if item.place and span else None
    if span is None or source is None or not source.strip():
        return text
    return text + "\n" + _excerpt(source, span, color)


def _message(message: str) -> list[str]:
    """Several lines are ours (indented advice); anything unprintable in them came from a spec."""
    return [one_line(line) for line in message.split("\n")]


_WIDTH = 160


def _excerpt(source: str, span: Span, color: bool) -> str:
    """The source line, cut to a window around the span if it is long, and carets below it."""
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(source)
    first = 0 if len(source) <= _WIDTH else max(0, min(start - 40, len(source) - _WIDTH))
    window = source[first : first + _WIDTH]
    shown = "".join(char if char.isprintable() else " " for char in window)
    start = min(max(start - first, 0), len(shown))
    end = min(max(end - first, start + 1), max(len(shown), start + 1))
    number = str(span.line)
    carets = _paint("^" * (end - start), "31;1", color)
    return f"  {number} | {shown.rstrip()}\n  {' ' * len(number)} | {' ' * start}{carets}"


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
