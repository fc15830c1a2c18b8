"""Everything that is told about an SLO, as data: what the text and the JSON are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from slosmith import series
from slosmith.chaos.hypothesis import Hypothesis
from slosmith.checks.allow import Silenced
from slosmith.durations import format_duration, parse_seconds
from slosmith.escape import template_text
from slosmith.explain import purposes, wording
from slosmith.explain.rate import Rate
from slosmith.explain.scaling import ScalingUse
from slosmith.explain.times import Outage, TierTimes, counts_events, outages, tier_times
from slosmith.model import Project, Service, SeverityKey, Slo
from slosmith.model_chaos import Experiment

Group = dict[str, Any]


@dataclass(frozen=True)
class RuleUse:
    """A recorded series and what it is for."""

    name: str
    purpose: str


@dataclass(frozen=True)
class AlertUse:
    """An alert. `severity` is the value of its label; `wait` is its `for` in seconds."""

    name: str
    severity: str
    wait: int
    group: str
    purpose: str


@dataclass(frozen=True)
class GroupUse:
    """A rule group; `interval` in seconds."""

    name: str
    interval: int
    rules: tuple[RuleUse, ...]


@dataclass(frozen=True)
class ExperimentUse:
    """An experiment and what it should show."""

    experiment: Experiment
    hypothesis: Hypothesis


@dataclass(frozen=True)
class Events:
    """An error budget in events, where `rate` is that of all events."""

    rate: Rate
    bad: Decimal
    total: Decimal


@dataclass(frozen=True)
class Explanation:
    """One SLO. `total` and `bad` are the PromQL of the recorded base rates; `delays` is what
    scraping and evaluation add to the times of each severity at most, in seconds; `missing` says
    what happens without data; `min_bad_events` is None where nothing is counted."""

    service: Service
    slo: Slo
    measured: str
    total: str
    bad: str
    budget_seconds: Decimal
    events: Events | None
    tiers: tuple[TierTimes, ...]
    outages: tuple[Outage, ...]
    delays: dict[SeverityKey, int]
    scrape_interval: int
    groups: tuple[GroupUse, ...]
    alerts: tuple[AlertUse, ...]
    missing: str
    min_bad_events: int | None
    allowed: tuple[Silenced, ...]


@dataclass(frozen=True)
class ServiceExplanation:
    """A service, the SLOs of it that were asked for, its experiments about these, and the
    commands that give them history: the first writes the rules, the second evaluates them over
    the past. `scaling` is None where there is none, or one SLO was asked for."""

    service: Service
    slos: tuple[Explanation, ...]
    experiments: tuple[ExperimentUse, ...]
    backfill: tuple[str, str]
    scaling: ScalingUse | None = None


def explain(
    service: Service,
    slo: Slo,
    project: Project,
    groups: Sequence[Group],
    allowed: Sequence[Silenced] = (),
    rate: Rate | None = None,
) -> Explanation:
    """The SLO with the rule `groups` that were generated from it, the warnings about it that are
    `allowed`, and the `rate` of all its events, if known."""
    base = {rule.get("record"): rule["expr"] for group in groups for rule in group["rules"]}
    tiers = tier_times(slo, rate)
    uses = tuple(_group(slo, group) for group in groups)
    # Labels of alerts are templates; people see what they give.
    severities = {template_text(value): value for value in project.severities.values()}
    alerts = tuple(alert for group in groups for alert in _alerts(slo, group, severities))
    missing = [
        (alert.severity, format_duration(alert.wait))
        for alert in alerts
        if alert.name == series.MISSING_ALERT
    ]
    scrape = project.prometheus.scrape_interval
    fast, slow = (group.interval for group in uses)
    least = slo.alerting.min_bad_events
    return Explanation(
        service=service,
        slo=slo,
        measured=wording.measured(slo),
        total=str(base[series.TOTAL]),
        bad=str(base[series.BAD]),
        budget_seconds=slo.budget * slo.window,
        events=_events(slo, rate),
        tiers=tiers,
        outages=outages(slo, tiers),
        delays={"page": scrape + fast, "ticket": scrape + fast + slow},
        scrape_interval=scrape,
        groups=uses,
        alerts=alerts,
        missing=wording.missing(slo, missing),
        min_bad_events=least if counts_events(slo) and least > 0 else None,
        allowed=tuple(allowed),
    )


def _events(slo: Slo, rate: Rate | None) -> Events | None:
    if rate is None or not counts_events(slo):
        return None
    total = rate.events(slo.window)
    return Events(rate, bad=total * slo.budget, total=total)


def _group(slo: Slo, group: Group) -> GroupUse:
    rules = tuple(
        RuleUse(rule["record"], purposes.of_record(slo, rule["record"]))
        for rule in group["rules"]
        if "record" in rule
    )
    return GroupUse(group["name"], _seconds(group["interval"]), rules)


def _alerts(slo: Slo, group: Group, severities: Mapping[str, str]) -> list[AlertUse]:
    return [
        AlertUse(
            name=rule["alert"],
            severity=severities[rule["labels"]["severity"]],
            wait=_seconds(rule.get("for", "0s")),
            group=group["name"],
            purpose=purposes.of_alert(slo, rule["alert"], rule["expr"]),
        )
        for rule in group["rules"]
        if "alert" in rule
    ]


def _seconds(text: str) -> int:
    found = parse_seconds(text)
    assert found is not None, f"a duration of the rules: {text}"
    return int(found)
