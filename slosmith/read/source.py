"""The bytes of a file → its text, and places in that text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

from slosmith.problems import Place, Problem, Span

MAX_BYTES = 1024 * 1024

# Everything that YAML calls not printable, plus the breaks that libyaml counts as line ends and
# editors do not.
REFUSED = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_REFUSED_RUN = re.compile(rf"([{REFUSED}])\1*|\r(?!\n)")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Positions:
    """Lines and columns (from 1) of the characters of a text, whose lines end in LF."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0] + [match.end() for match in re.finditer("\n", text)]

    def at(self, index: int) -> tuple[int, int]:
        """Line and column of the character at `index`, or of the end of the text."""
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        return Span(*self.at(start), *self.at(end))

    def line_start(self, index: int) -> int:
        """The index of the first character of the line of `index`."""
        return self._starts[bisect_right(self._starts, index) - 1]

    def line_end(self, index: int) -> int:
        """The index just after the last character of the line of `index` that is not blank."""
        start = self.line_start(index)
        end = self._text.find("\n", index)
        line = self._text[start : len(self._text) if end < 0 else end]
        return start + len(line.rstrip(" \t\r"))


def decode(raw: bytes, file: str) -> tuple[str | None, list[Problem]]:
    """The text of a file without a byte order mark; None and why where it has none.

    Refused: more than 1 MiB, UTF-16, anything that is not strict UTF-8.
    """
    if len(raw) > MAX_BYTES:
        return None, [Problem("yaml-limits", too_large(len(raw)), Place(file))]
    start = Place(file, Span(1, 1, 1, 2))
    if raw[:2] in _UTF16 or _alternating_zeros(raw):
        message = "the file is UTF-16 (or UTF-32): save it as UTF-8"
        return None, [Problem("yaml-encoding", message, start)]
    try:
        return raw.decode("utf-8").removeprefix("\ufeff"), []
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
        line, column = Positions(before).at(len(before))
        message = (
            f"byte 0x{raw[error.start]:02x} is not valid UTF-8: save the file as UTF-8 "
            "(it may be in Latin-1 or Windows-1252)"
        )
        place = Place(file, Span(line, column, line, column + 1))
        return None, [Problem("yaml-encoding", message, place)]


def control_characters(text: str, positions: Positions, file: str, limit: int) -> list[Problem]:
    """One problem for each run of a character that may not stand in a file, `limit` at most."""
    problems: list[Problem] = []
    for match in _REFUSED_RUN.finditer(text):
        if len(problems) == limit:
            break
        place = Place(file, positions.span(*match.span()))
        problems.append(Problem("yaml-control-character", _advice(match[0][0]), place))
    return problems


def without_control_characters(text: str) -> str:
    """The text with each refused character replaced by one that YAML allows, so that the rest
    of the file can be checked; places stay the same. Lone carriage returns must not be there."""
    return re.sub(f"[{REFUSED}]", "\ufffd", text)


def character_name(char: str) -> str:
    """`LINE SEPARATOR U+2028`, `control character U+0007`."""
    return f"{unicodedata.name(char, 'control character')} U+{ord(char):04X}"


def too_large(size: int) -> str:
    return f"the file has {size} bytes; {MAX_BYTES} (1 MiB) are the most"


def _alternating_zeros(raw: bytes) -> bool:
    """Whether the text starts like UTF-16 without a byte order mark."""
    even, odd = raw[0:4:2], raw[1:4:2]
    return (odd == b"\0\0" and 0 not in even) or (even == b"\0\0" and 0 not in odd)


def _advice(char: str) -> str:
    if char == "\r":
        return (
            "a carriage return (U+000D) without a line feed: save the file with LF or CRLF line "
            "ends"
        )
    if char in "\x85\u2028\u2029":
        return f"{character_name(char)} is a line end to some programs only: use a line feed"
    if char == "\ufeff":
        return "a byte order mark (U+FEFF) may stand only at the start of the file: remove it"
    return f"{character_name(char)} must not stand in a YAML file: remove it"
