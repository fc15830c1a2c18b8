"""What each PromQL field of a spec takes, and what to write instead of what it does not take.

| field | takes |
|---|---|
| ratio.bad, .good, .total | an event count: a plain vector selector, or an aggregated expression |
| | with `$window` in its ranges |
| latency.histogram, uptime.series, traffic.series | a plain vector selector |
| threshold.query | an instant value: one series, no `$window` |
| error_ratio.query | a share over `$window`, 0…1: one series |
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from promql_parser import Expr, MatrixSelector, SubqueryExpr, VectorSelector

from slosmith.model import EventCount, ExpressionCount, Selector, SelectorCount
from slosmith.promql import advice, constants, filters, modifiers, syntax
from slosmith.promql.counts import PER_WINDOW, Count
from slosmith.promql.faults import Fault
from slosmith.promql.syntax import Judge
from slosmith.promql.tokens import Token, canonical


def selector(text: str, judge: Judge | None = None) -> tuple[Selector | None, list[Fault]]:
    """A plain vector selector such as `up{job="api"}`."""
    expr, tokens, faults = syntax.parse(text, judge)
    if expr is None:
        return None, faults
    root = syntax.bare(expr)
    if isinstance(root, MatrixSelector):
        return None, [_range_fault(tokens)]
    if not isinstance(root, VectorSelector):
        message = "takes a plain vector selector, such as " + advice.example_selector(tokens)
        return None, [Fault("promql-selector", message, 0, len(text))]
    if root.offset is not None or root.at is not None:
        message = "takes a plain vector selector, without offset and @"
        return None, [Fault("promql-selector", message, 0, len(text))]
    return _selector(tokens)


def histogram(text: str, judge: Judge | None = None) -> tuple[Selector | None, list[Fault]]:
    """The selector of a histogram by its base name; what is advised has no suffix and no `le`."""
    found, faults = selector(text, judge)
    if found is not None or any(fault.check != "promql-selector" for fault in faults):
        return found, faults
    _, tokens, _ = syntax.parse(text, judge)
    example, _ = selector(advice.example_selector(tokens), judge)
    base = advice.base_of_histogram(example) if example else ""
    if not base:
        return None, faults
    message = f"takes the base name of a histogram with its matchers: {base}"
    return None, [Fault("promql-selector", message, 0, len(text))]


def event_count(
    text: str, judge: Judge | None = None, by: Sequence[str] = ()
) -> tuple[EventCount | None, list[Fault]]:
    """Events counted: a plain vector selector, or an expression with `$window` that is aggregated
    to the labels of `by`."""
    expr, tokens, faults = syntax.parse(text, judge)
    if expr is None:
        return None, faults
    root = syntax.bare(expr)
    if isinstance(root, VectorSelector | MatrixSelector):
        found, faults = selector(text, judge)
        return (SelectorCount(found) if found else None), faults
    count = Count(tokens)
    faults = _count_faults(count, root, text, by)
    if faults:
        return None, faults
    return ExpressionCount(canonical(tokens), count.functions <= PER_WINDOW), []


def error_ratio(
    text: str, judge: Judge | None = None, by: Sequence[str] = ()
) -> tuple[str | None, list[Fault]]:
    """A share of bad events over `$window`, 0…1, for each value of `by`; on one line."""
    expr, tokens, faults = syntax.parse(text, judge)
    if expr is None:
        return None, faults
    whole = (0, len(text))
    if syntax.is_scalar(expr) or _is_text(expr):
        return None, [Fault("promql-type", "takes a ratio that is measured, not a number", *whole)]
    if syntax.is_range(expr):
        message = "takes a ratio at each moment, not a range of samples"
        return None, [Fault("promql-type", message, *whole)]
    if faults := _fixed_ranges(tokens) or modifiers.faults(tokens):
        return None, faults
    if compared := filters.fault_of_ratio(expr, tokens):
        return None, [compared]
    if constant := _constant_fault(expr, text):
        return None, [constant]
    if not any(token.kind == "window" for token in tokens):
        message = (
            "this looks at no window: write $window in its ranges, such as "
            "sum(rate(errors_total[$window])) / sum(rate(requests_total[$window]))"
        )
        return None, [Fault("promql-window", message, *whole)]
    if fault := _labels_fault(expr, text, by):
        return None, [fault]
    if not by and syntax.labels(expr) != frozenset():
        return None, [Fault("promql-series", advice.one_value(expr, tokens), *whole)]
    return canonical(tokens), []


def instant_value(
    text: str, judge: Judge | None = None, by: Sequence[str] = ()
) -> tuple[str | None, list[Fault]]:
    """One value at each moment for each value of `by`; returned on one line, without comments."""
    expr, tokens, faults = syntax.parse(text, judge)
    if expr is None:
        return None, faults
    whole = (0, len(text))
    for token in tokens:
        if token.kind == "window":
            message = "an instant value has no $window; write a fixed range such as [5m]"
            return None, [Fault("promql-window", message, token.start, token.end)]
    if syntax.is_range(expr):
        message = "a range of samples is no instant value; write for example max_over_time(…)"
        return None, [Fault("promql-type", message, *whole)]
    if syntax.is_scalar(expr) or _is_text(expr):
        message = "takes a value that is measured, not a number"
        return None, [Fault("promql-type", message, *whole)]
    if constant := _constant_fault(expr, text):
        return None, [constant]
    if faults := modifiers.faults_of_value(expr, tokens):
        return None, faults
    if compared := filters.fault_of_value(expr, tokens):
        return None, [compared]
    if quantile := advice.quantile_fault(expr, tokens, text, "threshold"):
        return None, [quantile]
    if fault := _labels_fault(expr, text, by):
        return None, [fault]
    if not by and syntax.labels(expr) != frozenset():
        return None, [Fault("promql-series", advice.one_value(expr, tokens), *whole)]
    return canonical(tokens), []


def _labels_fault(root: Expr, text: str, by: Sequence[str]) -> Fault | None:
    """With `by`, a result that lacks its labels or has others."""
    found = syntax.labels(root)
    if not by or found == frozenset(by):
        return None
    return Fault("promql-by", advice.by_labels(found, by), 0, len(text))


def _count_faults(count: Count, root: Expr, text: str, by: Sequence[str]) -> list[Fault]:
    whole, tokens = (0, len(text)), count.tokens
    if fault := advice.ratio_fault(root, tokens, text):
        return [fault]
    if syntax.is_scalar(root) or _is_text(root):
        return [Fault("promql-type", "takes a count of events, not a number", *whole)]
    if isinstance(root, SubqueryExpr):
        return [Fault("promql-type", "takes a count of events, not a range of samples", *whole)]
    if quantile := advice.quantile_fault(root, tokens, text, "count"):
        return [quantile]
    if faults := _fixed_ranges(tokens) or modifiers.faults(tokens):
        return faults
    if not any(token.kind == "window" for token in tokens):
        return [Fault("promql-window", advice.no_window(tokens), *whole)]
    if faults := list(count.faults(root)):
        return faults[:1]
    if count.functions & PER_WINDOW and count.functions - PER_WINDOW:
        names = " and ".join(sorted(count.functions))
        message = f"{names} in one count: some give events per second, some per window; use rate"
        return [Fault("promql-function", message, *whole)]
    if fault := _labels_fault(root, text, by):
        return [fault]
    if not by and syntax.labels(root) != frozenset():
        return [Fault("promql-aggregation", advice.aggregate(root, tokens), *whole)]
    return []


def _constant_fault(expr: Expr, text: str) -> Fault | None:
    """What no series changes."""
    if not constants.is_measured(expr):
        message = "this reads no series: takes a value that is measured"
    elif constants.is_constant(expr):
        message = "this is the same whatever the series are (a product with 0, or NaN or infinity)"
    else:
        return None
    return Fault("promql-type", message, 0, len(text))


def _fixed_ranges(tokens: list[Token]) -> list[Fault]:
    faults = []
    # A subquery's step, after its colon, may be fixed.
    for opening, token in itertools.pairwise(tokens):
        if opening.text == "[" and token.kind == "duration":
            message = (
                f"a fixed range where $window belongs: write [$window] in place of "
                f"[{token.text}], or the counter's selector alone"
            )
            faults.append(Fault("promql-window", message, token.start, token.end))
    return faults


def _is_text(expr: Expr) -> bool:
    return type(syntax.bare(expr)).__name__ == "StringLiteral"


def _range_fault(tokens: list[Token]) -> Fault:
    opening = next(token for token in tokens if token.text == "[")
    closing = next(token for token in tokens if token.text == "]")
    message = "slosmith adds the range itself; write the selector without it"
    return Fault("promql-selector", message, opening.start, closing.end)


def _selector(tokens: list[Token]) -> tuple[Selector | None, list[Fault]]:
    """From the tokens of a parsed selector, so that every matcher keeps its spelling."""
    tokens = [token for token in tokens if token.text not in ("(", ")")]
    name = tokens[0].text if tokens[0].kind == "name" else ""
    matchers: list[str] = []
    part: list[Token] = []
    for token in tokens[1 if name else 0 :]:
        if token.kind in ("open", "close", "comma"):
            if len(part) == 3 and part[0].kind == "name":
                # The label, the operator and the value touch: a="b".
                matchers.append("".join(canonical([item]) for item in part))
            elif part:
                message = 'a matcher is a label, =, !=, =~ or !~, and a string: job="api"'
                return None, [Fault("promql-selector", message, part[0].start, part[-1].end)]
            part = []
        else:
            part.append(token)
    return Selector(name, tuple(matchers)), []
