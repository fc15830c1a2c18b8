"""libyaml's syntax errors → problems in plain words, at the right place."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from slosmith.problems import Place, Problem
from slosmith.read import faults
from slosmith.read.faults import TO_LINE_END, Fault, Found
from slosmith.read.source import Positions

# libyaml's words, most telling first: the context tells several problems apart.
_RULES: tuple[tuple[str, Callable[[Fault], Found]], ...] = (
    ("incompatible YAML document", faults.version),
    ("scanning a directive", faults.directive),
    ("%TAG directive", faults.directive),
    ("parsing a tag", faults.tag),
    ("scanning a tag", faults.tag),
    ("undefined tag handle", faults.tag),
    ("scanning an anchor", faults.name),
    ("scanning an alias", faults.name),
    ("cannot start any token", faults.start_of_token),
    ("mapping values are not allowed", faults.second_colon),
    ("mapping keys are not allowed", faults.question_mark),
    ("block sequence entries are not allowed", faults.list_on_line),
    ("could not find expected ':'", faults.missing_colon),
    ("did not find expected key", faults.expected_key),
    ("did not find expected '-' indicator", faults.expected_item),
    ("did not find expected ',' or", faults.expected_separator),
    ("did not find expected node content", faults.node_content),
    ("unexpected end of stream", faults.unclosed_quote),
    ("unexpected document indicator", faults.unclosed_quote),
    ("unknown escape character", faults.unknown_escape),
    ("hexdecimal number", faults.bad_code),
    ("invalid Unicode character escape", faults.bad_code),
    ("scanning a block scalar", faults.block_header),
    ("<document start>", faults.after_end),
)


def explain(
    error: yaml.MarkedYAMLError,
    text: str,
    positions: Positions,
    file: str,
    *,
    last: tuple[int, int] | None,
    opened: int | None,
) -> Problem:
    """The problem that stands for libyaml's `error` in `text`; see Fault for `last`, `opened`."""
    mark = error.problem_mark or error.context_mark
    at = min(mark.index, len(text)) if mark else 0
    start = min(error.context_mark.index, len(text)) if error.context_mark else at
    fault = Fault(text, positions, at, start, last, opened)
    problem = f"{error.context or ''}: {error.problem or 'malformed YAML'}"
    message, begin, end = faults.tab(fault, problem) or _by_problem(fault, problem)
    if end == TO_LINE_END:
        end = positions.line_end(begin)
    check = "yaml-tag" if "undefined tag handle" in problem else "yaml-syntax"
    return Problem(check, message, Place(file, positions.span(begin, max(end, begin + 1))))


def _by_problem(fault: Fault, problem: str) -> Found:
    for part, rule in _RULES:
        if part in problem:
            return rule(fault)
    return f"this is not valid YAML: {problem.removeprefix(': ')}", fault.at, 0
