"""Escapes for the languages that text from a spec ends up in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

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


# What a word of prose may hold. A colon stands before a space alone: elsewhere it makes an address
# or the name of an emoji.
_PLAIN = re.compile(r"(?:[^\W_]|[ .,;%/()'\"=+-]|[^\x00-\x7f]|:(?=\s|$))+")


def prose(value: str) -> str:
    """`value` as words in Markdown, or in HTML within it: nothing in it is markup, a link, a
    mention of somebody or the number of an issue."""
    text = one_line(value)
    words = []
    end = 0
    for match in _PLAIN.finditer(text):
        words += [_entities(text[end : match.start()]), match.group()]
        end = match.end()
    # `www.` alone is an address to some.
    return re.sub(r"(?i)(www)\.", r"\1.&#8203;", "".join([*words, _entities(text[end:])]))


def _entities(text: str) -> str:
    """Entities are text to Markdown. What hosts look for afterwards, in the text, has to be parted
    by a space of no width: `@name`, `#12`, `:name:`."""
    return "".join(f"&#{ord(char)};" + ("&#8203;" if char in "@#:" else "") for char in text)


def code_span(value: str) -> str:
    """`value` as code within a line of Markdown: there nothing is markup, HTML, a link or a
    mention. Its fence is longer than any run of backticks in it. Not for tables, which see `|`."""
    text = one_line(value)
    if not text.strip():
        # Markdown has no code span of nothing.
        return "` `"
    fence = "`" * (longest_run(text) + 1)
    # One space on each side is taken away again, where the text begins or ends with a backtick, or
    # has such spaces itself.
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_block(lines: Sequence[str], language: str = "") -> list[str]:
    """Printable lines as a fenced block of Markdown, which none of them can close."""
    fence = "`" * max(3, max(map(longest_run, lines), default=0) + 1)
    return [f"{fence}{language}", *lines, fence]


def longest_run(text: str) -> int:
    """The length of the longest run of backticks, which a fence has to exceed."""
    return max((len(run) for run in re.findall("`+", text)), default=0)


def http_url(value: str, safe: str) -> str | None:
    """`value` as an address to link to, with all but `safe` characters quoted; None where it is no
    http or https URL."""
    address = value.strip()
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
    except ValueError:  # brackets that hold no IPv6 address
        return None
    return quote(address, safe=safe, errors="replace")


def javascript(data: Any) -> str:
    """JSON-like data as a literal of JavaScript, on several lines, in ASCII.

    JSON is JavaScript but for a key `__proto__`, which no spec may give. `</` cannot end a script
    element where somebody pastes it into a page.
    """
    return json.dumps(data, indent=2, ensure_ascii=True).replace("</", "<\\/")
