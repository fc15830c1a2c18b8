"""What to write in place of the mistakes that people make most."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promql_parser import BinaryExpr, Call, Expr

from slosmith.model import Selector
from slosmith.promql import syntax
from slosmith.promql.faults import Fault
from slosmith.promql.tokens import Token, canonical

# Names that are followed by a bracket without being a metric.
_WORDS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_INFIX = frozenset({"and", "or", "unless", "bool", "offset"})


def selectors(tokens: list[Token]) -> list[str]:
    """The vector selectors of a query, in its own spelling and order."""
    found = []
    grouping = False
    index = 0
    while index < len(tokens):
        token = tokens[index]
        following = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if token.kind == "name" and token.text in _WORDS and following == "(":
            grouping = True
        elif grouping:
            grouping = token.text != ")"
        elif token.kind == "name" and following != "(" and token.text not in _INFIX | _WORDS:
            end = _end_of_matchers(tokens, index + 1)
            found.append(canonical(tokens, index, end))
            index = end - 1
        elif token.text == "{":
            end = _end_of_matchers(tokens, index)
            found.append(canonical(tokens, index, end))
            index = end - 1
        index += 1
    return found


def _end_of_matchers(tokens: list[Token], index: int) -> int:
    if index < len(tokens) and tokens[index].text == "{":
        while tokens[index].text != "}":
            index += 1
        return index + 1
    return index


def example_selector(tokens: list[Token]) -> str:
    found = selectors(tokens)
    return found[0] if found else 'http_requests_total{job="api"}'


def base_of_histogram(bucket: Selector) -> str:
    """`h{job="a"}` for `h_bucket{job="a", le="1"}`; empty for a selector without a name."""
    name = re.sub("_(bucket|count|sum)$", "", bucket.name)
    matchers = tuple(item for item in bucket.matchers if not re.match("le[=!]", item))
    return Selector(name, matchers).promql() if name else ""


def ratio_fault(root: Expr, tokens: list[Token], text: str) -> Fault | None:
    """A quotient where one count belongs."""
    division = next((node for node in syntax.walk(root) if _is_division(node)), None)
    if not isinstance(division, BinaryExpr):
        return None
    why = "this is a ratio, and the field takes one count of events"
    if syntax.labels(division.lhs) is None or syntax.labels(division.rhs) is None:
        why += (
            "; without sum it even divides series by series with equal labels, so an error "
            "series is divided by itself"
        )
    sides = _sides(tokens)
    if sides is None:
        message = f"{why}. Give its two counts as ratio.bad (or good) and ratio.total"
    else:
        message = f"{why}. Write:\n    bad: {_yaml(sides[0])}\n    total: {_yaml(sides[1])}"
    return Fault("promql-ratio", message, 0, len(text))


def one_value(expr: Expr, tokens: list[Token]) -> str:
    """For an instant value that may be several series."""
    sides = _sides(tokens)
    if _division(expr) is not None and sides is not None and _rates(expr):
        return (
            "without sum this divides series by series with equal labels, so an error series is "
            "divided by itself. Write an indicator of its own:\n"
            f"    ratio:\n      bad: {_yaml(sides[0])}\n      total: {_yaml(sides[1])}"
        )
    left = syntax.labels(expr)
    by = f" (by {', '.join(sorted(left))})" if left else ""
    return (
        f"this may give several series{by}, and the field takes one value: wrap it in max(…), "
        f"min(…), avg(…) or sum(…), for example max({canonical(tokens)})"
    )


def aggregate(root: Expr, tokens: list[Token]) -> str:
    """For a count that may be several series."""
    if isinstance(root, Call) and syntax.is_range(root.args[0]):
        return (
            "a rate without aggregation is one value per series. Write the counter's selector "
            f"alone, {example_selector(tokens)}, or sum({canonical(tokens)})"
        )
    return (
        "this may give several series, and the field takes one count: wrap it in sum(…), without "
        "`by` and `without`"
    )


def by_labels(found: syntax.Labels, by: Sequence[str]) -> str:
    """For a query that does not give exactly the labels of `by`; `found`: what it gives."""
    wanted = ", ".join(by)
    if found is None:
        return f"`by` names {wanted}, and this may give any labels: aggregate by ({wanted})"
    dropped = [label for label in by if label not in found]
    if dropped:
        return (
            f"`by` names {', '.join(dropped)}, and an aggregation or a join of this query drops "
            f"it: write by ({wanted}) there"
        )
    kept = ", ".join(sorted(found - set(by)))
    return f"this keeps {kept}, which `by` does not name: aggregate by ({wanted}) alone"


def no_window(tokens: list[Token]) -> str:
    found = selectors(tokens)
    shown = found[0] if found else "…"
    return (
        "this counts no events over a window: write the counter's selector alone, "
        f"{shown}, or sum(rate({shown}[$window]))"
    )


def quantile_fault(root: Expr, tokens: list[Token], text: str, field: str) -> Fault | None:
    """histogram_quantile of buckets that are not summed by le, or anywhere in a count."""
    for node in syntax.walk(root):
        if not isinstance(node, Call) or syntax.function(node) != "histogram_quantile":
            continue
        inner = syntax.labels(node.args[-1])
        token = next(token for token in tokens if token.text == "histogram_quantile")
        buckets = next((name for name in selectors(tokens) if "_bucket" in name), None)
        if field != "count" and inner is not None and "le" in inner:
            return None
        if field == "count":
            why = "a quantile is no count of events"
        elif inner is None:
            why = "without sum by (le) this is one quantile per series, not that of the service"
        else:
            why = "the aggregation drops le, without which there is no quantile"
        message = f"{why}. {_latency(buckets)}"
        return Fault("promql-quantile", message, token.start, token.end)
    return None


def _latency(buckets: str | None) -> str:
    base = buckets.replace("_bucket", "", 1) if buckets else "http_request_duration_seconds"
    advised = f"Write an indicator of its own:\n    latency:\n      histogram: {_yaml(base)}\n"
    advised += "      below: 500ms"
    if buckets:
        advised += f"\n  or histogram_quantile(0.95, sum by (le) (rate({buckets}[5m])))"
    return advised


def _division(expr: Expr) -> BinaryExpr | None:
    """The outermost quotient of two vectors, below products with a number as in `a / b * 100`."""
    root = syntax.bare(expr)
    while isinstance(root, BinaryExpr):
        left, right = root.lhs, root.rhs
        if syntax.is_scalar(right):
            root = syntax.bare(left)
        elif syntax.is_scalar(left):
            root = syntax.bare(right)
        else:
            return root if _is_division(root) else None
    return None


def _is_division(expr: Expr) -> bool:
    return (
        isinstance(expr, BinaryExpr)
        and syntax.operator(expr) == "/"
        and not syntax.is_scalar(expr.lhs)
        and not syntax.is_scalar(expr.rhs)
    )


def _rates(expr: Expr) -> bool:
    return any(
        isinstance(node, Call) and syntax.function(node) in ("rate", "irate", "increase")
        for node in syntax.walk(expr)
    )


def _sides(tokens: list[Token]) -> tuple[str, str] | None:
    """The selectors left and right of the first division, where each side has just one."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.text == "/":
            left, right = selectors(tokens[:index]), selectors(tokens[index + 1 :])
            return (left[0], right[0]) if len(left) == len(right) == 1 else None
    return None


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
