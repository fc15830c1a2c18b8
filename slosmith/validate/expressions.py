"""PromQL text as generated → its syntax tree, or why it cannot be one."""

from __future__ import annotations

import re
from functools import lru_cache

import promql_parser
from promql_parser import Expr

from slosmith.promql.syntax import is_range, is_scalar, labels

# Wider than what a spec may hold, since generated queries repeat those of a spec; still far
# below what the recursive parser takes.
MAX_DEPTH = 200
MAX_TOKENS = 3000

_TOKEN = re.compile(
    r"#[^\n]*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|[\w:.$]+|[^\s\w]", re.DOTALL
)

# What Grafana puts into a query: durations, times, and variables that a dashboard declares.
_VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)(?::\w+)?\]\]")
_DURATIONS = ("__interval", "__rate_interval", "__range")
_NUMBERS = ("__interval_ms", "__range_ms", "__range_s", "__from", "__to")


def parse(text: str) -> Expr | str:
    """The tree of a query, or what is wrong with it."""
    found = _parse(text)
    return found if isinstance(found, str) else found[0]


def fault(text: str) -> str | None:
    """What is wrong with a query; None where nothing is."""
    found = parse(text)
    return found if isinstance(found, str) else None


def single_value_fault(text: str) -> str | None:
    """Why a query is none that a scaler can ask: it has to be an instant vector of one series at
    most."""
    found = parse(text)
    if isinstance(found, str):
        return found
    if is_range(found):
        return "gives a range of samples, not one value"
    if is_scalar(found):
        return "gives a scalar, which a scaler cannot read; write vector(…)"
    try:
        names = labels(found)
    except RecursionError:
        return "is too long to be checked"
    if names is None:
        return "may give several series; aggregate them, for example by sum(…)"
    if names:
        return f"may give one series per {', '.join(sorted(names))}; aggregate without `by`"
    return None


def expand(text: str) -> str:
    """A dashboard's query with stand-ins for its variables."""
    return _VARIABLE.sub(_stand_in, text)


def _stand_in(match: re.Match[str]) -> str:
    name = next(group for group in match.groups() if group)
    if name in _DURATIONS:
        return "5m"
    return "300" if name in _NUMBERS else "x"


# A tuple, since a tree is no plain value to keep beside a message.
@lru_cache(maxsize=8192)
def _parse(text: str) -> tuple[Expr] | str:
    too_much = _limits(text)
    if too_much:
        return too_much
    try:
        return (promql_parser.parse(text),)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a Rust panic is no Exception
        return f"is not PromQL: {error}"


def _limits(text: str) -> str | None:
    """Why the parser, which recurses, is not asked."""
    depth = 0
    count = 0
    for match in _TOKEN.finditer(text):
        count += 1
        token = match.group()
        depth += (token in "([{") - (token in ")]}")
        if depth > MAX_DEPTH:
            return f"nests brackets more than {MAX_DEPTH} deep"
    return f"has {count} tokens, more than {MAX_TOKENS}" if count > MAX_TOKENS else None
