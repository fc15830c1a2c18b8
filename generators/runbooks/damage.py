"""How bad an alert is: its thresholds, and how long the error budget lasts, as Markdown."""

from __future__ import annotations

from decimal import Decimal

from generators.grafana import wording
from generators.runbooks import links, queries
from slosmith.durations import format_duration
from slosmith.explain.wording import about
from slosmith.markdown import Markdown, join
from slosmith.model import Project, Service, SeverityKey, Slo, Tier
from slosmith.numbers import percent, plain


def of_burn(service: Service, slo: Slo, project: Project, severity: SeverityKey) -> Markdown:
    """The tiers of one severity, and when the budget is gone."""
    head = (
        "| error ratio above | over | burn rate | a full budget then lasts |\n|---|---|---|---|\n"
    )
    rows = "\n".join(_row(slo, tier) for tier in slo.tiers if tier.severity == severity)
    return join(
        Markdown(
            f"{_allowance(slo)} {_outage(slo)} The alert fires as soon as one of these lines is "
            f"true, over both of its windows:\n\n{head}{rows}\n\nSeconds until the budget is spent "
            "at the pace of the last hour (no value: there were no errors):\n\n"
        ),
        links.asked(queries.time_left(service, slo), project),
    )


def of_missing(slo: Slo) -> Markdown:
    return Markdown(
        "Nobody knows: without data no other alert of this SLO can fire, and the time counts "
        f"neither way. If the service is down, {_outage(slo, start='the outage')}"
    )


def of_exhausted(service: Service, slo: Slo, project: Project) -> Markdown:
    return join(
        Markdown(
            f"The budget is spent: the objective of {wording.target(slo)} is missed until errors "
            f"are older than {format_duration(slo.window)}. {_allowance(slo)} What is left of it, "
            "0 or below:\n\n"
        ),
        links.asked(queries.budget_left(service, slo), project),
    )


def _allowance(slo: Slo) -> str:
    each = f", for each {' and '.join(slo.by)} by itself" if slo.by else ""
    return f"{wording.allowance(slo)}, over {format_duration(slo.window)}{each}."


def _outage(slo: Slo, start: str = "A total outage") -> str:
    return f"{start} spends a full budget in {about(slo.budget * slo.window)}."


def _row(slo: Slo, tier: Tier) -> str:
    burn = tier.threshold / slo.budget
    lasts = about(slo.window / burn)
    windows = f"{format_duration(tier.long)} and {format_duration(tier.short)}"
    rate = plain(round(Decimal(burn), 2))
    return f"| {percent(tier.threshold)} | {windows} | {rate} | {lasts} |"
