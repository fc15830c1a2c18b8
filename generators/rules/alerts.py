"""The alerts of one SLO: burn rates, missing data, spent budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.rules import messages
from slosmith import series
from slosmith.durations import format_duration
from slosmith.escape import template_text
from slosmith.model import (
    LatencyIndicator,
    Project,
    RatioIndicator,
    Service,
    SeverityKey,
    Slo,
    Tier,
)
from slosmith.numbers import plain
from slosmith.yamlout import Block

MINUTE = 60
GONE_FOR = "5m"
NEVER_FOR = "10m"
Rule = dict[str, Any]


def fast(service: Service, slo: Slo, project: Project) -> list[Rule]:
    """What pages: a fast burn, and an indicator whose data is gone."""
    if slo.alerting.disabled:
        return []
    return _burn(service, slo, project, "page") + _missing(service, slo, project)


def slow(service: Service, slo: Slo, project: Project) -> list[Rule]:
    """A slow burn, and a budget that is spent if the spec asks for that alert."""
    if slo.alerting.disabled:
        return []
    return _burn(service, slo, project, "ticket") + _exhausted(service, slo, project)


def burn_expression(service: Service, slo: Slo, severity: SeverityKey) -> str:
    """The pairs of windows of one severity, joined by `or`. The long window comes first, so the
    alert's value is the error ratio over it."""
    pairs = [_pair(service, slo, tier) for tier in slo.tiers if tier.severity == severity]
    return "\nor\n".join(f"(\n{pair}\n)" for pair in pairs)


def _pair(service: Service, slo: Slo, tier: Tier) -> str:
    labels = series.matchers(service.name, slo.name)
    threshold = plain(tier.threshold)
    if tier.factor is not None and not tier.clamped:
        threshold = f"({plain(tier.factor)} * {plain(slo.budget)})"
    guard = ""
    if tier.long > series.RAW_WINDOW:
        # Recorded rates start with the rules: until they span the window, what is not seen
        # counts as free of errors.
        guard = f" * clamp_min({tier.long} / {series.HISTORY}{labels}, 1)"
    lines = [
        f"  {series.error_ratio(tier.long)}{labels} > {threshold}{guard}",
        f"  and {series.error_ratio(tier.short)}{labels} > {threshold}",
    ]
    if isinstance(slo.indicator, RatioIndicator | LatencyIndicator):
        lines += _enough_events(slo, tier, labels)
    return "\n".join(lines)


def _enough_events(slo: Slo, tier: Tier, labels: str) -> list[str]:
    """At least so many bad events in the long window: one failed request at night is no page.

    Samples of the recorded rate, a minute apart, add up to all events over time. Farther apart,
    those between the scrapes at the ends of two windows would be in neither: jobs that run with
    the clock may all be. In windows of raw series the last 5 minutes count by themselves as well:
    in a total outage nobody waits for the samples.
    """
    least = slo.alerting.min_bad_events
    if least <= 0:
        return []
    rate, long = f"{series.BAD}{labels}", format_duration(tier.long)
    summed = f"{MINUTE} * sum_over_time({rate}[{long}:{format_duration(MINUTE)}]) >= {least}"
    if tier.long > series.RAW_WINDOW:
        return [f"  and {summed}"]
    return [
        "  and (",
        f"    {series.BASE_WINDOW} * {rate} >= {least}",
        f"    or {summed}",
        "  )",
    ]


def _burn(service: Service, slo: Slo, project: Project, severity: SeverityKey) -> list[Rule]:
    alert = slo.burn_alert(severity)
    if alert is None:
        return []
    rule = _alert(
        service,
        slo,
        project,
        alert.name,
        severity,
        burn_expression(service, slo, severity),
        messages.burn(service, slo, project, severity),
    )
    rule["labels"] |= _text(alert.labels)
    rule["annotations"] |= messages.own(alert.annotations)
    return [rule]


def _missing(service: Service, slo: Slo, project: Project) -> list[Rule]:
    """Data that was there within a day and is gone, and data that never came.

    `slo:sli_bad:rate5m` is judged: it exists only where the total does too.
    """
    absent = slo.alerting.absent
    if absent == "off":
        return []
    labels = series.matchers(service.name, slo.name)
    rate = f"{series.BAD}{labels}"
    # Samples of a 5 m rate, 5 minutes apart, miss nothing and cost a tenth of all of them.
    known = f"on () (count(max_over_time({rate}[1d:5m])) > 0)"
    no_history = f"({rate} unless {series.HISTORY}{labels})"
    if absent == "ticket" or project.severities["page"] == project.severities["ticket"]:
        # Two alerts with one name and the same labels would be one and the same to Alertmanager.
        either = f"absent({rate})\nor {no_history}"
        wait = GONE_FOR if absent == "page" else NEVER_FOR
        return [_missing_alert(service, slo, project, "ticket", either, wait)]
    gone = f"absent({rate})\nand {known}"
    never = f"absent({rate})\nunless {known}\nor {no_history}"
    return [
        _missing_alert(service, slo, project, "page", gone, GONE_FOR),
        _missing_alert(service, slo, project, "ticket", never, NEVER_FOR),
    ]


def _missing_alert(
    service: Service, slo: Slo, project: Project, severity: SeverityKey, expression: str, wait: str
) -> Rule:
    message = messages.gone if severity == "page" else messages.never
    notes = message(service, slo, project)
    return _alert(
        service, slo, project, series.MISSING_ALERT, severity, expression, notes, wait=wait
    )


def _exhausted(service: Service, slo: Slo, project: Project) -> list[Rule]:
    severity = slo.alerting.exhausted
    if severity == "off":
        return []
    remaining = f"{series.REMAINING}{series.matchers(service.name, slo.name)}"
    return [
        _alert(
            service,
            slo,
            project,
            series.EXHAUSTED_ALERT,
            "page" if severity == "page" else "ticket",
            f"{remaining} <= 0",
            messages.exhausted(service, slo, project),
            wait="10m",
        )
    ]


def _alert(
    service: Service,
    slo: Slo,
    project: Project,
    name: str,
    severity: SeverityKey,
    expression: str,
    notes: Mapping[str, str],
    wait: str = "",
) -> Rule:
    labels = {
        "service": service.name,
        "slo": slo.name,
        "severity": template_text(project.severities[severity]),
        "namespace": service.namespace,
    }
    if service.owner:
        labels["owner"] = template_text(service.owner)
    labels |= _text(service.labels) | _text(slo.alerting.labels)
    rule: Rule = {"alert": name, "expr": Block(expression)}
    if wait:
        rule["for"] = wait
    return rule | {
        "labels": labels,
        "annotations": dict(notes) | messages.own(slo.alerting.annotations),
    }


def _text(labels: Mapping[str, str]) -> dict[str, str]:
    """Label values of alerts are templates too: a spec's are text."""
    return {name: template_text(labels[name]) for name in sorted(labels)}
