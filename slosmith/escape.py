"""Escapes for the languages that text from a spec ends up in."""

from __future__ import annotations

import re
from collections.abc import Sequence

# The templates that an annotation may hold: a label or the value, with one of Prometheus' own
# number formats. Everything else between braces stays text.
_LIVE = re.compile(
    r"(?<!\{)\{\{\s*(?:\$labels\.[a-zA-Z_][a-zA-Z0-9_]*|\$value)\s*"
    r"(?:\|\s*(?:humanize|humanize1024|humanizePercentage|humanizeDuration)\s*)?\}\}"
)


def promql_string(value: str) -> str:
    """`value` as a double-quoted PromQL string literal."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def alert_matcher(label: str, operator: str, value: str) -> str:
    """A matcher of Alertmanager. Its two parsers, before and since 0.27, agree on a value in
    quotes with the escapes of PromQL."""
    return f"{label}{operator}{promql_string(value)}"


def template_text(value: str) -> str:
    """`value` as literal text of a Prometheus (Go) template: `{{` opens nothing."""
    return value.replace("{{", '{{ "{{" }}')


def annotation(value: str) -> str:
    """A spec's annotation: `{{ $labels.route }}` and `{{ $value | humanize }}` are live, all
    else is text."""
    pieces = []
    end = 0
    for match in _LIVE.finditer(value):
        pieces += [template_text(value[end : match.start()]), match.group()]
        end = match.end()
    pieces.append(template_text(value[end:]))
    return "".join(pieces)


def one_line(value: str) -> str:
    """`value` on one line of printable characters, for comments and terminal output."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in value)


def prose(value: str) -> str:
    """`value` as words in Markdown, or in HTML within it: nothing in it is markup, a link, a
    mention of somebody or a number of an issue."""
    return "".join(map(_word, one_line(value)))


def _word(char: str) -> str:
    if char.isalnum() or not char.isascii() or char in " .,;%/()'\"=+-":
        return char
    # An entity is text to Markdown. What hosts look for afterwards they find in the text, so that
    # a space of no width has to part it: `@name`, `#12`, `http://`, `:name:`.
    return f"&#{ord(char)};" + ("&#8203;" if char in "@#" else "")


def code_span(value: str) -> str:
    """`value` as code within a line of Markdown: there nothing is markup, HTML, a link or a
    mention. Its fence is longer than any run of backticks in it. Not for tables, which see `|`."""
    text = one_line(value)
    if not text.strip():
        # Markdown has no code span of nothing.
        return "` `"
    fence = "`" * (_longest_run(text) + 1)
    # One space on each side is taken away again, where the text begins or ends with a backtick, or
    # has such spaces itself.
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_block(lines: Sequence[str], language: str = "") -> list[str]:
    """Printable lines as a fenced block of Markdown, which none of them can close."""
    fence = "`" * max(3, max(map(_longest_run, lines), default=0) + 1)
    return [f"{fence}{language}", *lines, fence]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
