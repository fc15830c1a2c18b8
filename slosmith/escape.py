"""Escapes for the languages that text from a spec ends up in."""

from __future__ import annotations

import json
import re
from typing import Any

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


def javascript(data: Any) -> str:
    """JSON-like data as a literal of JavaScript, on several lines, in ASCII.

    JSON is JavaScript but for a key `__proto__`, which no spec may give. `</` cannot end a script
    element where somebody pastes it into a page.
    """
    return json.dumps(data, indent=2, ensure_ascii=True).replace("</", "<\\/")
