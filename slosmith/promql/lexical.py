"""Faults that tokens show together, without a tree: brackets, ranges, `$window` and quoted names
out of place."""

from __future__ import annotations

from collections.abc import Iterator

from slosmith.durations import parse_milliseconds
from slosmith.promql.faults import Fault
from slosmith.promql.tokens import MAX_DEPTH, Token

_CLOSING = {"(": ")", "[": "]", "{": "}"}


def faults(tokens: list[Token]) -> list[Fault]:
    """What is wrong with the tokens of a query; with any fault they are not fit for the parser."""
    return _brackets(tokens) or _ranges(tokens) or _windows(tokens) or _quoted_names(tokens)


def outside_braces(tokens: list[Token]) -> Iterator[Token]:
    """The tokens that are no part of a matcher, where `!=` compares values."""
    inside = False
    for token in tokens:
        inside = (inside or token.text == "{") and token.text != "}"
        if not inside:
            yield token


def _windows(tokens: list[Token]) -> list[Fault]:
    """`$window` as a number, or in a string: both reach the rules as text."""
    square = 0
    for token in tokens:
        square += (token.text == "[") - (token.text == "]")
        if token.kind == "window" and not square:
            message = (
                "$window is a range, and stands in square brackets alone; for events per second "
                "write rate(…[$window])"
            )
            return [Fault("promql-window", message, token.start, token.end)]
        if token.kind == "string" and "$window" in token.text:
            message = "$window inside a string is text; match the label in another way"
            return [Fault("promql-window", message, token.start, token.end)]
    return []


def _quoted_names(tokens: list[Token]) -> list[Fault]:
    """Names that are no identifiers, as Prometheus 3 takes them: {"http.requests"}."""
    inside = False
    for index, token in enumerate(tokens):
        inside = (inside or token.text == "{") and token.text != "}"
        if not inside or token.kind != "string" or tokens[index - 1].text not in ("{", ","):
            continue
        if tokens[index + 1].kind == "operator":
            instead = "give the label a plain name by relabeling"
        else:
            instead = f"write {{__name__={token.text}}} (a histogram needs a plain name)"
        message = f"names in quotes are not supported; {instead}"
        return [Fault("promql-selector", message, token.start, token.end)]
    return []


def _brackets(tokens: list[Token]) -> list[Fault]:
    open_tokens: list[Token] = []
    for token in tokens:
        if token.kind == "open":
            open_tokens.append(token)
            if len(open_tokens) > MAX_DEPTH:
                message = f"brackets are nested more than {MAX_DEPTH} deep"
                return [Fault("promql-limits", message, token.start, token.end)]
        elif token.kind == "close":
            if not open_tokens:
                message = f"this {token.text} closes nothing"
                return [Fault("promql-syntax", message, token.start, token.end)]
            opener = open_tokens.pop()
            wanted = _CLOSING[opener.text]
            if token.text != wanted:
                message = (
                    f"{token.text} where {wanted} is due, which closes an earlier {opener.text}"
                )
                return [Fault("promql-syntax", message, token.start, token.end)]
    return [
        Fault("promql-syntax", f"this {token.text} is never closed", token.start, token.end)
        for token in open_tokens[:1]
    ]


def _ranges(tokens: list[Token]) -> list[Fault]:
    """Between square brackets stands a duration or $window, in a subquery two of them."""
    faults = []
    start = None
    for index, token in enumerate(tokens):
        if token.text == "[" and token.kind == "open":
            start = index
        elif token.text == "]" and token.kind == "close" and start is not None:
            fault = _range(tokens[start + 1 : index], tokens[start], token)
            faults += [fault] if fault else []
            start = None
    return faults


def _range(inside: list[Token], opening: Token, closing: Token) -> Fault | None:
    if not inside:
        message = "an empty range; write a duration such as [5m], or [$window]"
        return Fault("promql-range", message, opening.start, closing.end)
    for token in inside:
        if token.kind == "number":
            message = f"a range needs a unit: [{token.text}s] or [{token.text}m]"
            return Fault("promql-range", message, token.start, token.end)
        if token.kind == "duration" and not parse_milliseconds(token.text):
            message = (
                f"{token.text} is no duration: larger units come first, each once, and the "
                "whole is above zero (1h30m)"
            )
            return Fault("promql-range", message, token.start, token.end)
        if token.kind not in ("duration", "window", "colon"):
            message = "a range is a duration such as 5m, or $window"
            return Fault("promql-range", message, token.start, token.end)
    kinds = [token.kind for token in inside]
    time = ("duration", "window")
    fine = (
        (len(kinds) == 1 and kinds[0] in time)
        or (len(kinds) == 2 and kinds[0] in time and kinds[1] == "colon")
        or (len(kinds) == 3 and kinds[0] in time and kinds[1] == "colon" and kinds[2] in time)
    )
    if not fine:
        message = "a range is one duration, or two with a colon between them in a subquery"
        return Fault("promql-range", message, inside[0].start, inside[-1].end)
    return None
