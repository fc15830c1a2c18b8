"""promtool unit tests from Python: a service and what its series do go in, the verdict on its
generated rules comes out.

Times are seconds from the start. Alerts are checked by queries over `ALERTS`, because promtool's
own alert tests ask for every annotation.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.rules import files
from slosmith.model import Project, Service

PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool: what the generated rules do was not tested"
)

MINUTE = 60
HOUR = 3600
DAY = 86400

# Alerts by name and severity.
Alert = tuple[str, str]
PAGE: Alert = ("SLOErrorBudgetBurnFast", "page")
TICKET: Alert = ("SLOErrorBudgetBurnSlow", "ticket")
GONE: Alert = ("SLOIndicatorMissing", "page")
NEVER: Alert = ("SLOIndicatorMissing", "ticket")
SPENT: Alert = ("SLOErrorBudgetExhausted", "ticket")


@dataclass(frozen=True)
class Check:
    """A query, the time at which it is asked, and the samples that it must yield: value by
    labels in PromQL's notation."""

    query: str
    at: int
    samples: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """What the scraped series do, in promtool's notation, and what must come of it.

    `interval` is that of the scrapes. `alerts` are promtool's own alert tests.
    """

    name: str
    series: Mapping[str, str]
    checks: Sequence[Check] = ()
    interval: int = 30
    alerts: Sequence[Mapping[str, Any]] = ()


def verify(
    folder: Path,
    service: Service,
    *scenarios: Scenario,
    evaluate: int = 30,
    project: Project | None = None,
) -> None:
    """Runs the scenarios on the rules of `service`, evaluated every `evaluate` seconds.

    Fails with promtool's words. The rule file is the generated one, byte for byte.
    """
    assert PROMTOOL is not None
    text = files.generate(service, project or Project())[0].text
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    document = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{evaluate}s",
        # promtool shuffles groups that this list does not name.
        "group_eval_order": [group["name"] for group in yaml.safe_load(text)["groups"]],
        "tests": [_test(scenario) for scenario in scenarios],
    }
    (folder / "tests.yaml").write_text(yaml.dump(document, width=2**31 - 1), encoding="utf-8")
    run = subprocess.run(
        [PROMTOOL, "test", "rules", "tests.yaml"], cwd=folder, capture_output=True, text=True
    )
    if run.returncode:
        pytest.fail(run.stdout + run.stderr, pytrace=False)


def _test(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "interval": f"{scenario.interval}s",
        "input_series": [
            {"series": series, "values": values} for series, values in scenario.series.items()
        ],
        "promql_expr_test": [
            {
                "expr": check.query,
                "eval_time": f"{check.at}s",
                "exp_samples": [
                    {"labels": labels, "value": value} for labels, value in check.samples.items()
                ],
            }
            for check in scenario.checks
        ],
        "alert_rule_test": list(scenario.alerts),
    }


def firing(
    at: int, alerts: Mapping[Alert, Iterable[str]] | None = None, *, only: Alert | None = None
) -> Check:
    """Exactly these alerts fire at a time, given as the SLOs of each alert. With `only`, others
    are not looked at."""
    return _alerts("ALERTS{%s}", at, alerts or {}, only)


def fired(
    until: int, alerts: Mapping[Alert, Iterable[str]] | None = None, *, since: int = 0
) -> Check:
    """Exactly these alerts have fired, however shortly, from `since` until a time."""
    return _alerts(f"max_over_time(ALERTS{{%s}}[{until - since}s])", until, alerts or {}, None)


def steady(
    since: int,
    until: int,
    alerts: Mapping[Alert, Iterable[str]],
    evaluate: int = 30,
    *,
    only: Alert | None = None,
) -> Check:
    """Exactly these alerts fire at every evaluation between two times."""
    times = (until - since) // evaluate
    query = f"count_over_time(ALERTS{{%s}}[{until - since}s]) >= {times}"
    return _alerts(query, until, alerts, only)


def _alerts(
    query: str, at: int, alerts: Mapping[Alert, Iterable[str]], only: Alert | None
) -> Check:
    matchers = 'alertstate="firing"'
    if only:
        matchers += f',alertname="{only[0]}",severity="{only[1]}"'
    return Check(
        query=f"count by (alertname, severity, slo) ({query % matchers})",
        at=at,
        samples={
            f'{{alertname="{name}", severity="{severity}", slo="{slo}"}}': 1
            for (name, severity), slos in alerts.items()
            for slo in slos
        },
    )


def empty(query: str, at: int) -> Check:
    """A query that yields nothing at a time."""
    return Check(query, at)


def true(query: str, at: int) -> Check:
    """A condition on recorded series, written with `bool`, that holds at a time."""
    return Check(f"min({query})", at, {"{}": 1})


def counter(*phases: tuple[int, float | None], interval: int = 30, start: float = 0) -> str:
    """A counter that grows at a rate per second for some seconds, then at the next one.

    Each phase is (seconds, rate); a rate of None means that nothing is scraped. What is counted
    goes on in the next phase.
    """
    tokens = []
    value = start
    for seconds, rate in phases:
        samples = seconds // interval
        if not samples:
            continue
        if rate is None:
            tokens.append(f"_x{samples}")
            continue
        step = rate * interval
        tokens.append(f"{value:.12g}+{step:.12g}x{samples - 1}")
        value += step * samples
    return " ".join(tokens)


def gauge(*phases: tuple[int, float | None], interval: int = 30) -> str:
    """A gauge that has a value for some seconds, then the next one; None is not scraped."""
    tokens = []
    for seconds, value in phases:
        samples = seconds // interval
        tokens.append(f"_x{samples}" if value is None else f"{value:.12g}+0x{samples - 1}")
    return " ".join(tokens)


def stale(values: str) -> str:
    """The same, then a target that Prometheus knows to be gone."""
    return f"{values} stale"


def events(*times: int, until: int, interval: int = 30) -> str:
    """A counter of single events at known times, scraped every `interval` seconds."""
    counts = [sum(1 for time in times if time <= at) for at in range(0, until + 1, interval)]
    return " ".join(str(count) for count in counts)
