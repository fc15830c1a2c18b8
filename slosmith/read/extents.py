"""Where the content of a YAML event stands: without anchor, tag and block header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from slosmith.read.source import REFUSED

_PROPERTY = re.compile(r"&[0-9A-Za-z_-]+|!<[^>\s]*>|![^\s,\[\]{}]*")
_GAP = re.compile(r"(?:[ \t\r\n]++|(?<=[ \t\n])#[^\n]*+)*+")
_BLANKS = re.compile(r"[ \t\r\n]*")

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^xuU]))", re.S)
_NAMED = {"0": "\0", "a": "\a", "b": "\b", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b"}
_NAMED |= {"N": "\x85", "L": "\u2028", "P": "\u2029"}
_REFUSED = re.compile(rf"[{REFUSED}\r]")


@dataclass(frozen=True)
class ScalarExtent:
    """Indices into the text: content from `start` to `end` (quotes included), `first` on the
    line that holds the first line of the value, `tag` from where to where. `style` is empty for
    a plain scalar, else its first character."""

    start: int
    end: int
    first: int
    tag: tuple[int, int]
    style: str


def bounds(event: yaml.Event) -> tuple[int, int]:
    """The indices of an event in the text, anchor and tag included."""
    start, end = event.start_mark, event.end_mark
    return (start.index, end.index) if start and end else (0, 0)


def properties(text: str, event: yaml.NodeEvent, limit: int) -> tuple[int, tuple[int, int]]:
    """Where the content of `event` starts after anchor and tag, and the extent of the tag.

    `limit` is an index that the content does not start after.
    """
    index, _ = bounds(event)
    tag = (index, index)
    # Events of maps, lists and scalars have both; an alias has no tag.
    count = (event.anchor is not None) + (getattr(event, "tag", None) is not None)
    for _ in range(count):
        match = _PROPERTY.match(text, index, limit)
        if match is None:
            break
        if text[index] == "!":
            tag = match.span()
        gap = _GAP.match(text, match.end(), limit)
        index = gap.end() if gap else match.end()
    return index, tag


def scalar_extent(text: str, event: yaml.ScalarEvent) -> ScalarExtent:
    """Where the content of a scalar stands. Of a block: from its first to its last character
    that is not blank, or the header where it has none."""
    style = event.style or ""
    _, end = bounds(event)
    start, tag = properties(text, event, end)
    if style not in ("|", ">"):
        return ScalarExtent(start, end, start, tag, style)
    header_end = text.find("\n", start, end)
    first = start if header_end < 0 else header_end + 1
    # Not rstrip() alone: it would take other spaces of Unicode, which are content.
    last = start + len(text[start:end].rstrip(" \t\r\n"))
    if last <= first:
        return ScalarExtent(start, start + 1, first, tag, style)
    blanks = _BLANKS.match(text, first, last)
    return ScalarExtent(blanks.end() if blanks else first, last, first, tag, style)


def refused_escapes(text: str, value: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The escapes of the double-quoted text[start:end], which reads as `value`, that stand for
    control characters other than line feed and tab: the character, from where, to where."""
    if not _REFUSED.search(value):
        return
    for match in _ESCAPE.finditer(text, start, end):
        code = match[1] or match[2] or match[3]
        char = chr(int(code, 16)) if code else _NAMED.get(match[4], " ")
        if _REFUSED.match(char):
            yield char, match.start(), match.end()
