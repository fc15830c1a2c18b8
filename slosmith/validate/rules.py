"""Rule groups, plain and in PrometheusRule objects → what a ruler would refuse."""

from __future__ import annotations

from typing import Any

from slosmith.durations import parse_milliseconds
from slosmith.validate import expressions, shapes, templates
from slosmith.validate.documents import encoded_size
from slosmith.validate.findings import Finding, Keys

# Mimir's default limit.
MAX_RULES = 20
# What an annotation may hold, which is where `kubectl apply` keeps a copy of the object.
MAX_OBJECT_BYTES = 262_144


def check_file(data: Any) -> list[Finding]:
    """A rule file as Prometheus loads it."""
    found = shapes.faults(data, "RULE_FILE")
    return found or check_groups(data["groups"], ("groups",))


def check_object(data: Any) -> list[Finding]:
    """A PrometheusRule object, without the groups in it."""
    found = shapes.faults(data, "PROMETHEUS_RULE")
    size = encoded_size(data)
    if size >= MAX_OBJECT_BYTES:
        text = (
            f"the object has {size} bytes as JSON, and {MAX_OBJECT_BYTES} are too many to apply: "
            "shorten the texts of its SLO"
        )
        found.append(Finding("artifact-size", (), text))
    return found


def check_groups(groups: list[Any], keys: Keys) -> list[Finding]:
    """The groups of one file or object, which stand at `keys`."""
    found: list[Finding] = []
    names: set[str] = set()
    recorded: set[tuple[Any, ...]] = set()
    for index, group in enumerate(groups):
        here = (*keys, index)
        wrong = shapes.faults(group, "GROUP", here)
        if wrong:
            found += wrong
            continue
        found += _duration(group["interval"], (*here, "interval"))
        if group["name"] in names:
            text = f"{group['name']} names two groups"
            found.append(Finding("artifact-rule", (*here, "name"), text))
        names.add(group["name"])
        if len(group["rules"]) > MAX_RULES:
            text = f"{len(group['rules'])} rules in a group; Mimir's default limit is {MAX_RULES}"
            found.append(Finding("artifact-rule", (*here, "rules"), text))
        for number, rule in enumerate(group["rules"]):
            found += _rule(rule, (*here, "rules", number), recorded)
    return found


def _rule(rule: Any, keys: Keys, recorded: set[tuple[Any, ...]]) -> list[Finding]:
    if ("record" in rule) == ("alert" in rule):
        return [Finding("artifact-rule", keys, "a rule has exactly one of record and alert")]
    found = shapes.faults(rule, "RECORDING_RULE" if "record" in rule else "ALERTING_RULE", keys)
    if found:
        return found
    wrong = expressions.fault(rule["expr"])
    if wrong:
        found.append(Finding("artifact-promql", (*keys, "expr"), wrong))
    if "record" in rule:
        series = (rule["record"], *sorted(rule.get("labels", {}).items()))
        if series in recorded:
            text = "records a series that an earlier rule records"
            found.append(Finding("artifact-rule", keys, text))
        recorded.add(series)
        return found
    if "for" in rule:
        found += _duration(rule["for"], (*keys, "for"))
    for field in ("labels", "annotations"):
        for name, value in rule.get(field, {}).items():
            wrong = templates.fault(value)
            if wrong:
                found.append(Finding("artifact-template", (*keys, field, name), wrong))
    return found


def _duration(text: str, keys: Keys) -> list[Finding]:
    if parse_milliseconds(text):
        return []
    message = f"{text!r} is no Prometheus duration above zero, such as 30s or 1h30m"
    return [Finding("artifact-rule", keys, message)]
