"""k6 scripts → what k6 would refuse, or what would let a load test pass that tested nothing."""

from __future__ import annotations

import json
import re
from typing import Any

from slosmith.validate import shapes
from slosmith.validate.findings import Finding, Keys

_LITERALS = ("const TEST = ", "export const options = ")
# Metric, tags, and the expressions that k6 takes for them.
_NAME = re.compile(
    r"(http_req_duration|http_req_failed|http_reqs|dropped_iterations)"
    r"\{((?:name|scenario):[a-z0-9-]+(?:,scenario:[a-z0-9-]+)?)\}"
)
_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_EXPRESSIONS = {
    "http_req_duration": re.compile(rf"p\({_NUMBER}\)<{_NUMBER}"),
    "http_req_failed": re.compile(rf"rate<={_NUMBER}"),
    "http_reqs": re.compile(r"count>=[1-9][0-9]*"),
    "dropped_iterations": re.compile(r"count<=[1-9][0-9]*"),
}


def check(text: str) -> list[Finding]:
    """One script."""
    if not text.isascii():
        return [_finding((), "holds other characters than ASCII")]
    found = []
    data = []
    for opening in _LITERALS:
        start = text.find(f"\n{opening}")
        if start < 0:
            return [_finding((), f"has no `{opening.strip()}`")]
        try:
            value, end = json.JSONDecoder().raw_decode(text, start + 1 + len(opening))
        except ValueError as error:
            return [_finding((), f"`{opening.strip()}` is not followed by JSON: {error}")]
        if text[end : end + 2] != ";\n":
            found.append(_finding((), f"the literal of `{opening.strip()}` does not end"))
        data.append(value)
    test, options = data
    found += shapes.faults(test, "LOAD_TEST", ("TEST",))
    found += shapes.faults(options, "LOAD_OPTIONS", ("options",))
    return found or _thresholds(test, options)


def _thresholds(test: Any, options: Any) -> list[Finding]:
    found = []
    at: Keys = ("options", "thresholds")
    counted: set[str] = set()
    judged: set[str] = set()
    for name, listed in options["thresholds"].items():
        match = _NAME.fullmatch(name)
        if match is None:
            found.append(_finding((*at, name), "is no metric with tags that slosmith writes"))
            continue
        metric, tags = match.groups()
        (counted if metric == "http_reqs" else judged).add(tags)
        for item in listed:
            expression = item["threshold"] if isinstance(item, dict) else item
            if not _EXPRESSIONS[metric].fullmatch(expression):
                found.append(_finding((*at, name), f"{expression!r} is none that k6 takes here"))
    for tags in sorted(tags for tags in judged - counted if tags.startswith("name:")):
        found.append(_finding(at, f"{tags}: nothing counts the samples, and none at all passes"))
    names = {tags.split(",")[0] for tags in counted}
    for request in test["requests"]:
        if f"name:{request['name']}" not in names:
            found.append(_finding(at, f"nothing judges the request {request['name']}"))
    return found


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-load-test", keys, text)
