"""Text → Markdown that shows it as it is.

What Markdown, its GitHub dialect or HTML would act on becomes a character reference, which every
renderer reads alike; backslashes are not read alike. Only the functions here make `Markdown`, so
that a template can refuse whatever did not go through them.
"""

from __future__ import annotations

import re

from slosmith.escape import http_url, longest_run, one_line

# Signs anywhere; marks of lists, headings and rules at the start; what turns into a link or a
# picture by itself; ends of the last columns of tables.
_LIVE = re.compile(
    r"[]$&<>[{}*_`~|\\@^]|^[-+=#:!]|^\d+(?=[.)])|:(?=//)|:(?=[\w+-]+:)|(?<=www)\.|==", re.IGNORECASE
)
# No parentheses, semicolons or brackets: destinations of links need no further quoting.
_URL_SAFE = "%:/?#@!$&'*+,=-._~"


class Markdown(str):
    """Markdown that is safe to put into a document."""

    __slots__ = ()


def text(value: str) -> Markdown:
    """`value` as words on one line; control characters and marks of direction are shown."""
    line = one_line(" ".join(value.split()))
    return Markdown(_LIVE.sub(_references, line))


def _references(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in match.group())


def code(value: str) -> Markdown:
    """`value` as code within a line. Not for cells of tables: a | would end them."""
    line = one_line(" ".join(value.split()))
    marks = "`" * (longest_run(line) + 1)
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{marks}{room}{line}{room}{marks}")


def block(value: str, language: str) -> Markdown:
    """`value` as a block of code. The fence is longer than any run of backquotes in it, and `~`
    cannot close it."""
    marks = "`" * max(3, longest_run(value) + 1)
    return Markdown(f"{marks}{language}\n{value.rstrip()}\n{marks}")


def address(value: str) -> str | None:
    """`value` as an address to link to; None where it is no http or https URL."""
    return http_url(value, _URL_SAFE)


def link(label: str, destination: str) -> Markdown:
    """A link. `destination` is a `#anchor`, or what `address` gave."""
    return Markdown(f"[{text(label)}]({destination})")


def join(*parts: Markdown, by: str = "") -> Markdown:
    """Parts in a row; `by` is Markdown of our own."""
    return Markdown(by.join(parts))
