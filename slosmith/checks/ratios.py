"""Bad (or good) events that are no part of all events, as far as the selectors show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from slosmith.checks.findings import Finding
from slosmith.model import Project, RatioIndicator, Slo
from slosmith.promql.identity import counter
from slosmith.promql.matching import Matcher

_SUFFIX = re.compile(r"_(bucket|count)$")
_LITERALS = re.compile(r"[\w-]+(\|[\w-]+)*", re.ASCII)
_CODES = [str(code) for code in range(100, 600)] + [f"{digit}xx" for digit in range(1, 6)]


def subset(slo: Slo, project: Project) -> Iterator[Finding]:
    """Events that `total` does not count: then the error ratio means nothing."""
    indicator = slo.indicator
    if not isinstance(indicator, RatioIndicator):
        return
    name = "bad" if indicator.good is None else "good"
    part = indicator.bad if indicator.good is None else indicator.good
    assert part is not None, "a ratio has bad or good"
    own_counter, whole = counter(part), counter(indicator.total)
    if own_counter is None or whole is None or _family(own_counter[0]) != _family(whole[0]):
        return
    inside = ("indicator", "ratio", name)
    for matcher in whole[1]:
        # Buckets and their count differ in le by nature.
        if matcher.label == "le":
            continue
        own = [m for m in own_counter[1] if m.label == matcher.label]
        verdict = _implied(own, matcher)
        shown = f'{matcher.label}{matcher.op}"{matcher.value}"'
        if verdict is False:
            message = (
                f"`{name}` and `total` have no event in common: `total` takes only {shown}, which "
                f"`{name}` rules out; `total` must count all events, the {name} ones among them"
            )
            yield Finding("ratio-disjoint", message, inside, "error")
        elif verdict is None:
            message = (
                f"`{name}` may count events that `total` does not: `total` takes only {shown}; "
                f"give both the same matchers, or leave this one out of `total`"
            )
            yield Finding("ratio-subset", message, inside)


def _family(name: str) -> str:
    """A histogram's buckets and its count are one family."""
    return _SUFFIX.sub("", name)


def _implied(own: list[Matcher], wanted: Matcher) -> bool | None:
    """Whether values that pass all of `own` pass `wanted`: True, False for none of them, None
    for some or unknown."""
    if wanted in own:
        return True
    named = next((values for matcher in own if (values := _values(matcher))), [])
    if named:
        return _verdict(wanted, (value for value in named if _passes(value, own)))
    if values := _values(wanted):
        return None if any(_passes(value, own) for value in values) or not own else False
    # Two patterns: told apart by the codes of responses, if they take any.
    return _verdict(wanted, (code for code in _CODES if own and _passes(code, own)))


def _verdict(wanted: Matcher, values: Iterable[str]) -> bool | None:
    verdicts = {wanted.accepts(value) for value in values}
    return verdicts.pop() if len(verdicts) == 1 else None


def _passes(value: str, matchers: list[Matcher]) -> bool:
    return all(matcher.accepts(value) for matcher in matchers)


def _values(matcher: Matcher) -> list[str]:
    """All values that a matcher takes, where it names them: `"a"`, `"GET|POST"`."""
    if matcher.op == "=":
        return [matcher.value]
    if matcher.op == "=~" and _LITERALS.fullmatch(matcher.value):
        return matcher.value.split("|")
    return []
