"""Matchers of a selector, told apart from their spelling: which label values they take."""

from __future__ import annotations

import re
from dataclasses import dataclass

import promql_parser

from slosmith.model import Selector


@dataclass(frozen=True)
class Matcher:
    """One matcher of a selector; `op` is =, !=, =~ or !~."""

    label: str
    op: str
    value: str

    def accepts(self, value: str) -> bool | None:
        """Whether a label value passes; None where Python cannot tell as RE2 would."""
        if self.op in ("=", "!="):
            return (value == self.value) == (self.op == "=")
        try:
            found = re.fullmatch(self.value, value, re.DOTALL) is not None
        except (re.error, RecursionError):
            return None
        return found == (self.op == "=~")


def matchers(selector: Selector) -> list[Matcher]:
    """The matchers of a selector, their values without quotes and escapes."""
    parsed = promql_parser.parse(selector.promql())
    assert isinstance(parsed, promql_parser.VectorSelector), "it was parsed as one before"
    return of_node(parsed)


def of_node(parsed: promql_parser.VectorSelector) -> list[Matcher]:
    """The matchers of a selector in a syntax tree, without that of its name."""
    found = parsed.matchers.matchers
    return [Matcher(str(item.name), _operator(item), str(item.value)) for item in found]


def _operator(item: promql_parser.Matcher) -> str:
    kinds = promql_parser.MatchOp
    signs = ((kinds.Equal, "="), (kinds.NotEqual, "!="), (kinds.Re, "=~"), (kinds.NotRe, "!~"))
    return next(sign for kind, sign in signs if item.op == kind)
