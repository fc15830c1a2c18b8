"""Triggers that scale on errors, which is refused unless `allow` gives a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promql_parser import BinaryExpr, Expr

from slosmith.checks.scaling import queries
from slosmith.checks.trees import queries as slo_queries
from slosmith.checks.trees import selectors
from slosmith.model import Fleet, LatencyIndicator, RatioIndicator
from slosmith.problems import At, Problem
from slosmith.promql import syntax
from slosmith.promql.identity import Normal, named, normal
from slosmith.promql.matching import Matcher

_ERROR_WORDS = frozenset(
    {
        *("error", "errors", "errored", "fail", "fails", "failed", "failure", "failures"),
        *("exception", "exceptions", "panic", "panics", "5xx", "4xx"),
    }
)
# Also as other tools record them.
_BURN = re.compile(r"burn_?rate|error_?budget|sli_(?:error|bad)|error_?ratio|error_?rate", re.I)
# Labels that tell how a request ended.
_OUTCOME = re.compile(
    r"(?:.*_)?(?:status|code|class|outcome|result|success|error|exception)(?:_code|_class)?"
)
_GRPC = ("Unknown", "DeadlineExceeded", "Internal", "Unavailable", "DataLoss")


def _spellings(*words: str) -> tuple[str, ...]:
    return tuple(form for word in words for form in (word, word.upper(), word.capitalize()))


_GOOD_WORDS = _spellings("2xx", "ok", "success", "succeeded", "successful", "completed", "none")
_GOOD_NUMBERS = tuple(map(str, range(200, 300)))
_BAD_WORDS = (
    *_spellings("4xx", "5xx", "error", "errors", "failure", "failed", "fail", "exception"),
    *_GRPC,
    *(re.sub(r"(?<=.)([A-Z])", r"_\1", word).upper() for word in _GRPC),
    *("SERVER_ERROR", "CLIENT_ERROR"),
)
_BAD_NUMBERS = tuple(map(str, range(400, 600)))
_BAD_GRPC_NUMBERS = ("2", "4", "13", "14", "15")
_ARGUMENT = (
    "More pods do not mend errors: they bring more load to what fails, such as a drowning "
    "database, and an outage without traffic takes pods away. Scale on what there is to do "
    "(traffic, latency, a queue) and leave errors to the alerts; if more pods do mend these, "
    "allow it with a reason"
)


@dataclass(frozen=True)
class _Known:
    """Selectors of the project's ratio SLOs, in normal form, that count nothing but bad (or
    good) events; and the buckets of its latency SLOs, by name."""

    bad: frozenset[Normal]
    good: frozenset[Normal]
    buckets: frozenset[str]


def errors(fleet: Fleet) -> Iterator[Problem]:
    """Each trigger that reads errors, an error ratio or a burn rate."""
    asked = list(queries(fleet))
    # Most projects have more SLOs than triggers, and many have no trigger at all.
    known = _known(fleet) if asked else _Known(frozenset(), frozenset(), frozenset())
    for path, expression in asked:
        if reason := _errors(expression, known):
            message = f"`{path[-1]}`: {reason}. {_ARGUMENT}"
            yield Problem("trigger-errors", message, At(path))


def _known(fleet: Fleet) -> _Known:
    found: dict[str, set[Normal]] = {"bad": set(), "good": set(), "total": set()}
    buckets: set[str] = set()
    for service in fleet.services:
        for slo in service.slos:
            if isinstance(slo.indicator, LatencyIndicator):
                buckets.add(f"{slo.indicator.histogram.name}_bucket")
            if not isinstance(slo.indicator, RatioIndicator):
                continue
            for inside, expression in slo_queries(slo):
                found[str(inside[-1])] |= set(map(normal, selectors(expression)))
    total = found["total"]
    bad, good = frozenset(found["bad"] - total), frozenset(found["good"] - total)
    return _Known(bad, good, frozenset(buckets))


def _errors(expression: Expr, known: _Known) -> str:
    """Why an expression is about errors; empty if it is not."""
    divides = any(
        isinstance(node, BinaryExpr) and syntax.operator(node) == "/"
        for node in syntax.walk(expression)
    )
    for selector in selectors(expression):
        name, matchers = named(selector)
        if _BURN.search(name):
            return f"`{name}` is an error ratio or a burn rate"
        if normal(selector) in known.bad:
            return f"`{name}` counts the bad events of an SLO here"
        if divides and normal(selector) in known.good:
            return f"`{name}` over all events is the success ratio of an SLO"
        if divides and name in known.buckets and any(m.label == "le" for m in matchers):
            return f"`{name}` over all requests is the success ratio of a latency SLO"
        if _ERROR_WORDS & set(re.split(r"[_:]", name.lower())):
            return f"`{name}` counts errors"
        if fault := next(filter(_takes_errors_alone, matchers), None):
            return f'{fault.label}{fault.op}"{fault.value}" selects errors'
    return ""


def _takes_errors_alone(matcher: Matcher) -> bool:
    """Whether a matcher of how requests ended takes some that failed and none that went well."""
    if not _OUTCOME.fullmatch(matcher.label):
        return False
    if matcher.label in ("success", "error", "exception"):
        good = "true" if matcher.label == "success" else ""
        bad = {"success": "false", "error": "true"}.get(matcher.label, "TimeoutException")
        return matcher.accepts(good) is False and matcher.accepts(bad) is True
    fine, numbers = ("0", _BAD_GRPC_NUMBERS) if "grpc" in matcher.label else ("200", _BAD_NUMBERS)
    if matcher.op in ("!=", "!~"):
        rejects = any(matcher.accepts(good) is False for good in (fine, *_GOOD_WORDS))
        return rejects and any(matcher.accepts(bad) for bad in (*numbers, *_BAD_WORDS))
    went_well = (fine, *_GOOD_NUMBERS, *_GOOD_WORDS)
    if any(matcher.accepts(word) is not False for word in went_well):
        return False
    return any(matcher.accepts(word) for word in (*numbers, *_BAD_WORDS))
