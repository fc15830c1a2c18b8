"""Unit tests of rules → what `promtool test rules` would refuse, or would not test at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from posixpath import dirname, join, normpath
from typing import Any

from slosmith.durations import parse_milliseconds
from slosmith.validate import expressions, shapes
from slosmith.validate.findings import Finding, Keys, shown


def check(
    data: Any, at: str, paths: Collection[str], groups: Mapping[str, Collection[str]]
) -> list[Finding]:
    """The file of tests at path `at`. `groups`: the names of the groups of each rule file in
    which nothing is wrong, by its path; `paths`: all artifacts."""
    found = shapes.faults(data, "UNIT_TESTS")
    if found:
        return found
    found += _duration(data["evaluation_interval"], ("evaluation_interval",))
    found += _rule_file(data, at, paths, groups)
    for index, test in enumerate(data["tests"]):
        found += _test(test, ("tests", index))
    return found


def _rule_file(
    data: dict[str, Any], at: str, paths: Collection[str], groups: Mapping[str, Collection[str]]
) -> list[Finding]:
    """The one rule file that is tested, and the order of its groups: promtool shuffles them, and
    says nothing of a name that no group has."""
    [named] = data["rule_files"]
    path = normpath(join(dirname(at), named))
    if path not in paths:
        return [_finding(("rule_files", 0), f"there is no {path} to test")]
    if path not in groups:
        return []  # its own faults were found
    order: Keys = ("group_eval_order",)
    listed, there = set(data["group_eval_order"]), set(groups[path])
    found = []
    if unknown := sorted(listed - there):
        found.append(_finding(order, f"{path} has no group {', '.join(unknown)}"))
    if missing := sorted(there - listed):
        found.append(_finding(order, f"does not list {', '.join(missing)} of {path}"))
    return found


def _test(test: Any, keys: Keys) -> list[Finding]:
    found = shapes.faults(test, "UNIT_TEST", keys)
    if found:
        return found
    found += _duration(test["interval"], (*keys, "interval"))
    series = [item["series"] for item in test["input_series"]]
    found += _once(series, (*keys, "input_series"))
    for index, text in enumerate(series):
        found += _promql(text, (*keys, "input_series", index, "series"))
    for index, query in enumerate(test["promql_expr_test"]):
        here: Keys = (*keys, "promql_expr_test", index)
        found += _promql(query["expr"], (*here, "expr"))
        found += _duration(query["eval_time"], (*here, "eval_time"), least=0)
        samples = [sample["labels"] for sample in query["exp_samples"]]
        found += _once(samples, (*here, "exp_samples"))
        for number, labels in enumerate(samples):
            if labels != "{}":  # no selector, yet what a sum yields
                found += _promql(labels, (*here, "exp_samples", number, "labels"))
    return found


def _once(texts: Iterable[str], keys: Keys) -> list[Finding]:
    return [
        _finding(keys, f"{shown(text)} is there {count} times")
        for text, count in Counter(texts).items()
        if count > 1
    ]


def _promql(text: str, keys: Keys) -> list[Finding]:
    wrong = expressions.fault(text)
    return [Finding("artifact-promql", keys, wrong)] if wrong else []


def _duration(text: str, keys: Keys, least: int = 1) -> list[Finding]:
    milliseconds = parse_milliseconds(text)
    if milliseconds is not None and milliseconds >= least:
        return []
    return [_finding(keys, f"{text!r} is no Prometheus duration, such as 30s or 1h30m")]


def _finding(keys: Keys, text: str) -> Finding:
    return Finding("artifact-unit-test", keys, text)
