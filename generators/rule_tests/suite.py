"""Checks and scenarios → a file of promtool unit tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slosmith.durations import format_duration
from slosmith.escape import promql_string
from slosmith.yamlout import Block, dump


@dataclass(frozen=True)
class Check:
    """A query, the second at which it is asked, and exactly the samples that it must yield: each
    its labels and its value."""

    at: int
    query: str
    samples: Sequence[tuple[Mapping[str, str], float]] = ()


@dataclass(frozen=True)
class Scenario:
    """What series do, in promtool's notation, `interval` seconds from sample to sample, and what
    must come of it."""

    name: str
    interval: int
    series: Mapping[str, str]
    checks: Sequence[Check]


def document(
    rule_file: str, evaluation: int, groups: Sequence[str], scenarios: Sequence[Scenario]
) -> str:
    """The text of a file of unit tests. `groups` is the order of evaluation, which promtool
    shuffles otherwise; `evaluation` is its interval in seconds."""
    return dump(
        {
            "rule_files": [rule_file],
            "evaluation_interval": format_duration(evaluation),
            "group_eval_order": list(groups),
            "tests": [_test(scenario) for scenario in scenarios],
        }
    )


def labels_text(labels: Mapping[str, str]) -> str:
    inside = ", ".join(f"{name}={promql_string(labels[name])}" for name in sorted(labels))
    return f"{{{inside}}}"


def _test(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "interval": format_duration(scenario.interval),
        "input_series": [
            {"series": name, "values": values} for name, values in scenario.series.items()
        ],
        "promql_expr_test": [
            {
                "expr": Block(check.query) if "\n" in check.query else check.query,
                "eval_time": format_duration(check.at),
                "exp_samples": [
                    {"labels": labels_text(labels), "value": value}
                    for labels, value in check.samples
                ],
            }
            for check in sorted(scenario.checks, key=lambda check: check.at)
        ],
    }
