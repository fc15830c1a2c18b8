"""Text for terminals: columns that are aligned, lines that fit, nothing that a terminal obeys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from slosmith.escape import one_line

# Fixed, whatever the terminal: the same specs give the same text everywhere.
WIDTH = 100
_GAP = "  "
# Quoted strings stay whole, with what touches them; PromQL may be broken anywhere else.
_CHUNKS = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\S)+""")


def bold(text: str, color: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if color else text


def columns(text: str) -> int:
    """How many columns a terminal takes for a text without control characters."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, indent: int = 0, width: int = WIDTH) -> list[str]:
    """Prose as lines of at most `width` columns, each indented. A longer word stays whole."""
    return _filled(one_line(" ".join(text.split())).split(), indent, width)


def promql(query: str, indent: int = 0) -> list[str]:
    """A query as lines that fit and still mean the same. Its own line ends stay; a line with a
    `#` is not broken, for what follows may be a comment."""
    lines = []
    for line in query.splitlines():
        shown = one_line(line.replace("\t", "  ")).rstrip()
        if "#" in shown or columns(shown) + indent <= WIDTH:
            lines.append(" " * indent + shown)
        else:
            deeper = indent + len(shown) - len(shown.lstrip())
            lines += _filled(_CHUNKS.findall(shown), deeper, WIDTH)
    return lines


def _filled(words: Iterable[str], indent: int, width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and columns(lines[-1]) + 1 + columns(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(" " * indent + word)
    return lines


def fields(pairs: Iterable[tuple[str, Sequence[str]]], indent: int = 2) -> list[str]:
    """Names and their values: lines made for an indent of 0 go beside the name."""
    listed = list(pairs)
    room = max(columns(name) for name, _ in listed)
    lines = []
    for name, values in listed:
        for number, value in enumerate(values):
            start = _padded(name if number == 0 else "", room)
            lines.append(f"{' ' * indent}{start}{_GAP}{value}".rstrip())
    return lines


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], indent: int = 2, color: bool = False
) -> list[str]:
    """Aligned columns. The last one is broken into lines where it does not fit."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [
        max(columns(row[index]) for row in [list(head), *cells]) for index in range(len(head) - 1)
    ]
    last = indent + sum(widths) + len(_GAP) * len(widths)

    def line(row: Sequence[str], text: str) -> str:
        padded = [_padded(cell, room) for cell, room in zip(row[:-1], widths, strict=True)]
        return (" " * indent + _GAP.join([*padded, text])).rstrip()

    lines = [bold(line(head, head[-1]), color)] if any(head) else []
    for row in cells:
        texts = wrapped(row[-1], 0, WIDTH - last) or [""]
        lines.append(line(row, texts[0]))
        lines += [" " * last + text for text in texts[1:]]
    return lines


def _padded(text: str, room: int) -> str:
    return text + " " * (room - columns(text))
