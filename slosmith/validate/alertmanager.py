"""Alertmanager's configuration → what it would refuse, or do to alerts that are not ours."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from slosmith.durations import parse_milliseconds
from slosmith.validate import shapes
from slosmith.validate.findings import Finding, Keys, shown

_MATCHER = re.compile(r"(\w+)(=~|!=|!~|=)\"(.*)\"", re.DOTALL)
_IDENTITY = ("service", "slo")


def check(data: Any) -> list[Finding]:
    """One whole configuration."""
    found = shapes.faults(data, "ALERTMANAGER")
    if found:
        return found
    for index, rule in enumerate(data["inhibit_rules"]):
        found += _inhibit_rule(rule, ("inhibit_rules", index))
    used: list[str] = []
    wrong = _routes(data["route"], ("route",), used)
    if "matchers" in data["route"]:
        wrong.append(_finding(("route", "matchers"), "the first route takes every alert"))
    if not any(finding.check == "artifact-schema" for finding in wrong):
        wrong += _receivers([receiver["name"] for receiver in data["receivers"]], used)
    return found + wrong


def _inhibit_rule(rule: dict[str, Any], keys: Keys) -> list[Finding]:
    """A rule may silence alerts of an SLO by other ones of the same SLO, and nothing else."""
    found = []
    names = {}
    for side in ("source_matchers", "target_matchers"):
        names[side] = _alert_names(rule[side])
        if not names[side]:
            found.append(_finding((*keys, side), "names no alert"))
        for label in _IDENTITY:
            if not _demands(rule[side], label):
                text = f"takes alerts without the label {label}, which are not ours"
                found.append(_finding((*keys, side), text))
    if both := sorted(names["source_matchers"] & names["target_matchers"]):
        text = f"{', '.join(both)} is on both sides, where nothing silences it"
        found.append(_finding((*keys, "target_matchers"), text))
    if missing := [label for label in _IDENTITY if label not in rule["equal"]]:
        found.append(_finding((*keys, "equal"), f"does not compare {', '.join(missing)}"))
    return found


def _alert_names(matchers: list[str]) -> set[str]:
    """The alerts that a list of matchers names; empty where it may take any."""
    for label, operator, value in map(_parts, matchers):
        if label == "alertname" and value and operator in ("=", "=~"):
            return set(value.split("|")) if operator == "=~" else {value}
    return set()


def _demands(matchers: list[str], label: str) -> bool:
    """Whether an alert without the label does not match."""
    return any(
        name == label and (operator, bool(value)) in (("=", True), ("!=", False))
        for name, operator, value in map(_parts, matchers)
    )


def _parts(matcher: str) -> tuple[str, str, str]:
    """Label, operator and value, as it is between its quotes."""
    match = _MATCHER.fullmatch(matcher)
    assert match, "the shape was checked"
    return match[1], match[2], match[3]


def _routes(route: Any, keys: Keys, used: list[str]) -> list[Finding]:
    """A route and those below it; adds the receivers to `used`."""
    found = shapes.faults(route, "ROUTE", keys)
    if found:
        return found
    used.append(route["receiver"])
    for field in ("group_wait", "repeat_interval"):
        if field in route and not parse_milliseconds(route[field]):
            text = f"{shown(route[field])} is no duration above zero"
            found.append(_finding((*keys, field), text))
    for index, child in enumerate(route.get("routes", ())):
        here: Keys = (*keys, "routes", index)
        wrong = _routes(child, here, used)
        if not wrong and "matchers" not in child:
            wrong = [_finding(here, "takes every alert, so that no later route gets any")]
        found += wrong
    return found


def _receivers(names: list[str], used: list[str]) -> list[Finding]:
    found = [
        _finding(("receivers",), f"{shown(name)} is there {count} times")
        for name, count in Counter(names).items()
        if count > 1
    ]
    for name in sorted(set(used).difference(names)):
        found.append(_finding(("route",), f"there is no receiver {shown(name)}"))
    for name in sorted(set(names).difference(used)):
        found.append(_finding(("receivers",), f"no route leads to {shown(name)}"))
    return found


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-alertmanager", keys, text)
