"""Wrong rules, one change each: what the generated unit tests are for. Run by `make mutants`."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slosmith.durations import format_duration, parse_seconds
from slosmith.promql.tokens import Token, tokenize

Document = dict[str, Any]
_FLIPPED = {">": "<", "<": ">", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
_MATCHED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_SETS = {"and": "or", "or": "and", "unless": "and"}
_ARITHMETIC = {"-": "+", "+": "-", "*": "/", "/": "*"}
_CLAMPS = ("clamp_min", "clamp_max", "clamp")


@dataclass(frozen=True)
class Mutant:
    """A rule file with one change. `rule` is what was changed in, `kind` the sort of change,
    `change` what became of what."""

    rule: str
    kind: str
    change: str
    document: Document


def mutants(document: Document) -> Iterator[Mutant]:
    """Every change of every rule."""
    for group_index, group in enumerate(document["groups"]):
        for index, rule in enumerate(group["rules"]):
            name = rule.get("record") or f"{rule['alert']} {rule['labels']['severity']}"

            def changed(
                kind: str,
                change: str,
                new: Document | None,
                name: str = name,
                at: int = index,
                of: int = group_index,
            ) -> Mutant:
                copied = copy.deepcopy(document)
                rules = copied["groups"][of]["rules"]
                rules[at : at + 1] = [new] if new else []
                return Mutant(name, kind, change, copied)

            yield changed("rule", "dropped", None)
            for kind, change, expr in expressions(str(rule["expr"])):
                yield changed(kind, change, {**rule, "expr": expr})
            for label, value in rule["labels"].items():
                # What is recorded has the names already: a rule that drops them still has them.
                if label in ("service", "slo") and "slo:" in str(rule["expr"]):
                    other = {**rule["labels"], label: f"{value}x"}
                    yield changed("label", f"{label} renamed", {**rule, "labels": other})
                else:
                    rest = {key: own for key, own in rule["labels"].items() if key != label}
                    yield changed("label", f"{label} dropped", {**rule, "labels": rest})
            if "for" in rule:
                rest = {key: own for key, own in rule.items() if key != "for"}
                yield changed("for", f"{rule['for']} dropped", rest)
                yield changed(
                    "for", f"{rule['for']} doubled", {**rule, "for": _scaled(rule["for"], 2)}
                )


def expressions(expr: str) -> Iterator[tuple[str, str, str]]:
    """Changes of a query: kind, what became of what, the new query."""
    tokens, faults = tokenize(expr)
    assert not faults, expr
    times_zero = _times_zero(tokens)
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        if _is_zero(tokens, index) or (token.kind == "duration" and index in times_zero):
            continue
        for kind, text in _replacements(token, before, _in_braces(tokens, index)):
            shown = f"{_around(expr, token)} → {text or 'nothing'}"
            yield kind, shown, expr[: token.start] + text + expr[token.end :]
    yield from _without_matchers(expr, tokens)
    yield from _without_clamps(expr, tokens)


def _replacements(token: Token, before: Token | None, in_braces: bool) -> Iterator[tuple[str, str]]:
    text = token.text
    if token.kind == "duration" and before is not None and before.kind != "colon":
        yield "window", _scaled(text, 2)
        yield "window", _scaled(text, 0.5)
    elif token.kind == "number" and float(text) not in (0, 1):
        # 0 and 1 are no quantities: nothing, all, false and true. Every other number is too large
        # or too small in turn, by where it stands.
        factor = 1.5 if token.start % 2 else 1 / 1.5
        yield "number", f"{float(text) * factor:.12g}"
    elif in_braces and text in _MATCHED:
        yield "matcher", _MATCHED[text]
    elif token.kind == "operator" and text in _FLIPPED:
        yield "comparison", _FLIPPED[text]
    elif token.kind == "operator" and text in _ARITHMETIC:
        yield "arithmetic", _ARITHMETIC[text]
    elif text in _SETS:
        yield "set operator", _SETS[text]


def _is_zero(tokens: list[Token], index: int) -> bool:
    """`0 * x` and `0 / x` are the same 0, and to add it is to subtract it."""
    around = [token.text for token in tokens[max(0, index - 1) : index + 3]]
    return around[:2] == ["0", "*"] or around[1:4] in (["+", "0", "*"], ["-", "0", "*"])


def _times_zero(tokens: list[Token]) -> set[int]:
    """Tokens of what `0 *` stands before: of that it only counts that it is there."""
    found: set[int] = set()
    for index in range(2, len(tokens)):
        if [token.text for token in tokens[index - 2 : index]] != ["0", "*"]:
            continue
        depth = 0
        for at in range(index, len(tokens)):
            token = tokens[at]
            ends = token.kind in ("close", "operator") or token.text in _SETS
            if depth == 0 and ends:
                break
            depth += {"open": 1, "close": -1}.get(token.kind, 0)
            found.add(at)
    return found


def _without_matchers(expr: str, tokens: list[Token]) -> Iterator[tuple[str, str, str]]:
    """Of raw series. Recorded ones are matched by all their labels, so that one of two sides may
    select too many."""
    metric = ""
    for index, token in enumerate(tokens):
        if token.text == "{":
            metric = tokens[index - 1].text
        if token.kind == "string" and _in_braces(tokens, index) and "slo:" not in metric:
            first = tokens[index - 2]
            end = token.end
            if tokens[index + 1].kind == "comma":
                end = tokens[index + 1].end
            cut = expr[first.start : token.end]
            yield "matcher", f"{cut} dropped", expr[: first.start] + expr[end:]


def _without_clamps(expr: str, tokens: list[Token]) -> Iterator[tuple[str, str, str]]:
    """`clamp_min(x, 0)` becomes `(x)`."""
    for index, token in enumerate(tokens):
        if token.text not in _CLAMPS:
            continue
        depth, commas, end = 0, [], index + 1
        for end in range(index + 1, len(tokens)):
            depth += {"open": 1, "close": -1}.get(tokens[end].kind, 0)
            if depth == 0:
                break
            if depth == 1 and tokens[end].kind == "comma":
                commas.append(tokens[end])
        inner = expr[tokens[index + 1].end : commas[0].start]
        yield (
            "clamp",
            f"{expr[token.start : tokens[end].end]} → its value",
            f"{expr[: token.start]}({inner}){expr[tokens[end].end :]}",
        )


def _in_braces(tokens: list[Token], index: int) -> bool:
    depth = 0
    for token in tokens[:index]:
        depth += {"{": 1, "}": -1}.get(token.text, 0)
    return depth > 0


def _around(expr: str, token: Token) -> str:
    """A token with some of its neighbourhood, so that one can find it."""
    left = expr[max(0, token.start - 40) : token.start]
    right = expr[token.end : token.end + 30]
    return re.sub(r"\s+", " ", f"{left}⟦{token.text}⟧{right}")


def _scaled(duration: str, factor: float) -> str:
    seconds = parse_seconds(duration)
    assert seconds is not None, duration
    return format_duration(int(float(seconds) * factor))
