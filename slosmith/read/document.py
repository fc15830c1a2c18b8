"""A YAML file that was read: its data, and where in the text every key and value stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slosmith.problems import Path, Span


@dataclass(frozen=True)
class StringSource:
    """Where the text of a string stands.

    `span` covers it with its quotes, but without anchor, tag and block header. `style` is the
    first character of its YAML form: `'`, `"`, `|` or `>`, empty for a plain scalar. `line` is
    the source line of the value's first line.
    """

    span: Span
    style: str
    line: int


@dataclass(frozen=True)
class Document:
    """One YAML document.

    `file` is the name to show, `text` the source without byte order mark. `data` holds dicts
    (keys are strings), lists, strings, int, Decimal, bool and None. `values` and `keys` map
    paths in `data` to the places of values and keys; an alias itself is the place of its value,
    what lies below it is where the anchor stands. `strings` has every string value.
    """

    file: str
    text: str
    data: Any
    values: Mapping[Path, Span]
    keys: Mapping[Path, Span]
    strings: Mapping[Path, StringSource] = field(default_factory=dict)

    def line(self, number: int) -> str | None:
        """Line `number` (from 1) of the source without its end; None if there is no such line."""
        return self._lines[number - 1] if 1 <= number <= len(self._lines) else None

    def chars_span(self, path: Path, start: int, end: int) -> tuple[Span, str]:
        """The place of characters [start, end) of the string at `path`, and what to add to a
        message.

        The span is exact and the addition empty where the string stands in the source as it is:
        plain or quoted on one line without escapes, or a literal block. Otherwise the span is
        the first source line of the value and the addition says which character is meant.
        Positions beyond the string are its end. Where no string stands at `path`, the span is
        that of the nearest value that holds it.
        """
        source = self.strings.get(path)
        if source is None:
            while path and path not in self.values:
                path = path[:-1]
            return self._first_line(self.values.get(path, Span(1, 1, 1, 1))), ""
        value = self._string(path)
        start = min(max(start, 0), len(value))
        end = min(max(end, start), len(value))
        if source.style == "|":
            # The end of a block is the end of its last line, not the line after it.
            last = len(value.rstrip("\n"))
            start, end = min(start, last), min(end, last)
            line, column = self._in_block(source, value, start)
            # The end of a stretch belongs to its last character's line, not to the next one.
            end_line, end_column = self._in_block(source, value, max(end - 1, start))
            return Span(line, column, end_line, end_column + (end > start)), ""
        span = source.span
        quote = 1 if source.style in ("'", '"') else 0
        first = span.column + quote
        if source.style != ">" and span.line == span.end_line:
            shown = (self.line(span.line) or "")[first - 1 : span.end_column - 1 - quote]
            if shown == value:
                return Span(span.line, first + start, span.line, first + end), ""
        return self._first_line(span), f"character {start + 1} of the query"

    @cached_property
    def _lines(self) -> list[str]:
        return split_lines(self.text)

    def _string(self, path: Path) -> str:
        value = self.data
        for part in path:
            value = value[part]
        return str(value)

    def _in_block(self, source: StringSource, value: str, position: int) -> tuple[int, int]:
        """Line and column of a character of a literal block."""
        lines = value.split("\n")
        indent = 0
        for number, text in enumerate(lines):
            if text:
                indent = len(self.line(source.line + number) or "") - len(text)
                break
        before = value.count("\n", 0, position)
        inside = position - (value.rfind("\n", 0, position) + 1)
        # A blank line may be shorter than the indentation of its block.
        shift = min(indent, len(self.line(source.line + before) or ""))
        return source.line + before, shift + inside + 1

    def _first_line(self, span: Span) -> Span:
        if span.line == span.end_line:
            return span
        return Span(span.line, span.column, span.line, len(self.line(span.line) or "") + 1)


def split_lines(text: str) -> list[str]:
    """The lines of a source text without their ends (LF or CRLF)."""
    return [line.removesuffix("\r") for line in text.split("\n")]
