"""What an experiment should show: which alert fires, within what time, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from slosmith import slomath
from slosmith.chaos import cron
from slosmith.model import Project, Service, SeverityKey, Slo, Tier
from slosmith.model_chaos import Experiment
from slosmith.series import slow_interval


@dataclass(frozen=True)
class Expected:
    """The alert that fires first: `within` seconds after the start of the experiment, `delay` of
    which scraping and evaluating may take."""

    alert: str
    severity: SeverityKey
    within: Decimal
    delay: int


@dataclass(frozen=True)
class Hypothesis:
    """`expected`: None where the experiment is over before any alert fires. `needs`: the shortest
    duration in seconds with which one would; None: none ever. `starts`: most runs within the
    window of the SLO; `spent`: their share of its error budget, 0…1 and above."""

    slo: Slo
    expected: Expected | None
    needs: Decimal | None
    starts: int
    spent: Decimal


def of(service: Service, experiment: Experiment, project: Project) -> Hypothesis:
    """For an experiment whose schedule was checked."""
    slo = next(slo for slo in service.slos if slo.name == experiment.slo)
    schedule = cron.parse(experiment.schedule)
    assert isinstance(schedule, cron.Cron), "a schedule was parsed before"
    starts = schedule.most_within(slo.window)
    tiers = [tier for tier in slo.tiers if slo.burn_alert(tier.severity)]
    reached = [tier for tier in tiers if experiment.least > tier.threshold]
    return Hypothesis(
        slo=slo,
        expected=_first(slo, experiment, reached, project),
        needs=min((_needed(tier, experiment.least) for tier in reached), default=None),
        starts=starts,
        spent=starts * experiment.seconds * experiment.most / (slo.budget * slo.window),
    )


def _needed(tier: Tier, impact: Decimal) -> Decimal:
    """Seconds that errors have to last until the long window holds enough of them."""
    return tier.threshold * tier.long / impact


def _first(
    slo: Slo, experiment: Experiment, reached: list[Tier], project: Project
) -> Expected | None:
    """The soonest of the tiers that the experiment lasts long enough for."""
    found = []
    fast = project.prometheus.evaluation_interval
    delay = project.prometheus.scrape_interval + fast
    for tier in reached:
        seconds = slomath.detection(tier, experiment.least)
        alert = slo.burn_alert(tier.severity)
        if (
            seconds is None
            or alert is None
            or experiment.seconds <= _needed(tier, experiment.least)
        ):
            continue
        more = delay + (slow_interval(fast) if tier.severity == "ticket" else 0)
        found.append(Expected(alert.name, tier.severity, seconds + more, more))
    return min(found, key=lambda item: item.within, default=None)
