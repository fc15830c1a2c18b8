"""Alert labels and annotations → what Prometheus would refuse in their Go templates.

Prometheus refuses a whole file for one template that does not parse. This finds what escaped
text can do wrong: actions without an end, unknown functions, blocks that do not close.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`|'(?:[^'\\\n]|\\.)*'"
    r"|[$.][A-Za-z0-9_.]*|[A-Za-z_]\w*|-?[0-9][0-9A-Za-z_.+-]*|\}\}|:=|\S",
    re.DOTALL,
)
_OPENERS = frozenset({"if", "range", "with", "block", "define"})
_NAMES = """
else end template break continue true false nil
and call eq ge gt html index js le len lt ne not or print printf println slice urlquery
args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage
humanizeTimestamp label match parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel
stripDomain stripPort strvalue tableLink title toLower toTime toUpper value
"""
_WORDS = _OPENERS | frozenset(_NAMES.split())
_SIGNS = frozenset("|(),=") | {":="}


def fault(text: str) -> str | None:
    """What is wrong with a template; None where nothing is."""
    blocks = 0
    at = text.find("{{")
    while at >= 0:
        words, end = _action(text, at + 2)
        if end is None:
            return f"the template has no closing }}}} after character {at + 1}"
        unknown = [word for word in words if not _known(word)]
        if unknown:
            return f"the template holds {unknown[0]}, which Prometheus does not know"
        if not words:
            return f"the template at character {at + 1} is empty"
        first = words[0]
        blocks += (first in _OPENERS) - (first == "end")
        if blocks < 0 or (first == "else" and not blocks):
            return f"the template holds {first} without a block"
        at = text.find("{{", end)
    return "a block of the template has no end" if blocks else None


def _action(text: str, at: int) -> tuple[list[str], int | None]:
    """The tokens of an action that begins at `at`, and where it ends; None where it does not."""
    words: list[str] = []
    while match := _TOKEN.search(text, at):
        at = match.end()
        if match.group() == "}}":
            return words, at
        if match.group() != "-":  # trims white space beside the action
            words.append(match.group())
    return words, None


def _known(token: str) -> bool:
    if token[0].isalpha() or token[0] == "_":
        return token in _WORDS
    return (
        token in _SIGNS or (len(token) > 1 and token[0] in "\"`'/") or token[0] in "$.-0123456789"
    )
