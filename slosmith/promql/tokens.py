"""Query text → tokens with positions, and the faults that can be seen in them alone.

The PromQL parser in use gives no positions and recurses: what this module lets through is short
and shallow enough for it, and lexical faults get their exact column here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from slosmith.escape import promql_string
from slosmith.promql.faults import Fault

MAX_BYTES = 8 * 1024
MAX_DEPTH = 64
MAX_TOKENS = 500

Kind = Literal[
    "name", "number", "duration", "string", "operator", "open", "close", "comma", "colon", "window"
]


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


_SPACE = re.compile(r"(?:\s|#[^\n]*)+")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_DURATION = re.compile(r"[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdwy]))*(?![a-zA-Z0-9_])")
_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![a-zA-Z0-9_])"
)
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_OPERATOR = re.compile(r"=~|!~|==|!=|>=|<=|[-+*/%^=<>@]")
_VARIABLE = re.compile(r"\$\{[^}\n]*\}|\$[a-zA-Z0-9_]*")
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_WORD = re.compile(r"[^\s()\[\]{},]+")


def tokenize(text: str) -> tuple[list[Token], list[Fault]]:
    """All tokens but white space and comments, and what is wrong with them one by one."""
    if len(text.encode()) > MAX_BYTES:
        size = len(text.encode())
        message = f"the query is {size} bytes long; at most {MAX_BYTES} are allowed"
        return [], [Fault("promql-limits", message, 0, len(text))]
    tokens, faults = _scan(text)
    if len(tokens) > MAX_TOKENS:
        message = f"the query has {len(tokens)} tokens; at most {MAX_TOKENS} are allowed"
        return [], [Fault("promql-limits", message, 0, len(text))]
    return tokens, faults


def canonical(tokens: list[Token], start: int = 0, end: int | None = None) -> str:
    """The query on one line: comments dropped, white space folded, none inside brackets."""
    parts: list[str] = []
    previous: Token | None = None
    for token in tokens[start:end]:
        touching = previous is None or previous.end == token.start
        inside = previous is not None and (previous.kind == "open" or token.kind == "close")
        if not touching and not inside and token.kind != "comma":
            parts.append(" ")
        parts.append(_quoted(token.text) if token.kind == "string" else token.text)
        previous = token
    return "".join(parts)


def _quoted(text: str) -> str:
    """A string in double quotes where that changes nothing in it, else as it is."""
    inside = text[1:-1]
    if text[0] == "`":
        return promql_string(inside)
    if text[0] == '"' or any(char in inside for char in '"\\'):
        return text
    return f'"{inside}"'


def _scan(text: str) -> tuple[list[Token], list[Fault]]:
    tokens: list[Token] = []
    faults: list[Fault] = []
    at = 0
    square = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token = _token(text, at, in_range=square > 0)
        if isinstance(token, Fault):
            faults.append(token)
            at = max(token.end, at + 1)
            continue
        square += (token.text == "[") - (token.text == "]")
        tokens.append(token)
        at = token.end
    return tokens, faults


def _token(text: str, at: int, in_range: bool) -> Token | Fault:
    char = text[at]
    if char in "\"'`":
        match = _STRING.match(text, at)
        if match is None:
            line_end = text.find("\n", at)
            end = len(text) if line_end < 0 or char == "`" else line_end
            return Fault("promql-syntax", f"this string has no closing {char}", at, end)
        return Token("string", match.group(), at)
    if char == "$":
        return _variable(text, at)
    if template := _TEMPLATE.match(text, at):
        message = "templates are not part of a query; for the window write $window"
        return Fault("promql-variable", message, at, template.end())
    if char in "([{":
        return Token("open", char, at)
    if char in ")]}":
        return Token("close", char, at)
    if char == ",":
        return Token("comma", char, at)
    if char == ":" and in_range:
        return Token("colon", char, at)
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("duration", _DURATION),
        ("number", _NUMBER),
        ("name", _NAME),
        ("operator", _OPERATOR),
    )
    for kind, pattern in patterns:
        if match := pattern.match(text, at):
            return Token(kind, match.group(), at)
    return _unknown(text, at)


def _variable(text: str, at: int) -> Token | Fault:
    match = _VARIABLE.match(text, at)
    assert match is not None, "called at a dollar sign"
    if match.group() == "$window":
        return Token("window", "$window", at)
    message = f"{match.group()} is no variable of a query; for the window write $window"
    return Fault("promql-variable", message, at, match.end())


def _unknown(text: str, at: int) -> Fault:
    word = _WORD.match(text, at)
    end = word.end() if word else at + 1
    shown = text[at:end]
    hint = ""
    if text[at] == "!":
        hint = "; write != or !~ between a label and its value"
    elif text[at] in "&|":
        hint = "; PromQL joins by `and` and `or`"
    elif text[at].isdigit():
        hint = "; a duration is an integer with a unit, such as 5m, 1h30m or 30s"
    return Fault("promql-syntax", f"{shown} is not PromQL{hint}", at, end)
