"""The alerts of an SLO before and after: their tiers, which appear, which vanish."""

from __future__ import annotations

from slosmith.diff.changes import AlertChange, TierChange
from slosmith.diff.sides import Side
from slosmith.escape import template_text
from slosmith.explain.times import TierTimes, tier_times
from slosmith.model import SeverityKey, Slo

_Key = tuple[SeverityKey, int, int]


def tiers(before: Slo | None, after: Slo | None) -> tuple[TierChange, ...]:
    """All tiers of both sides where any of them differs, else none; those of an urgent severity
    first, with rising windows."""
    old, new = _alerting(before), _alerting(after)
    if old == new:
        return ()
    keys = sorted({*old, *new})
    return tuple(TierChange(*key, old.get(key), new.get(key)) for key in keys)


def _alerting(slo: Slo | None) -> dict[_Key, TierTimes]:
    """The tiers that have an alert, by what tells them apart."""
    found = tier_times(slo, None) if slo else ()
    return {
        (item.tier.severity, item.tier.long, item.tier.short): item for item in found if item.alerts
    }


def alerts(
    before: tuple[Side, Slo] | None, after: tuple[Side, Slo] | None
) -> tuple[AlertChange, ...]:
    """What appears and what vanishes, by name and severity."""
    old, new = (_names(*side) if side else () for side in (before, after))
    gone = [AlertChange(*alert, "removed") for alert in old if alert not in new]
    return (*gone, *(AlertChange(*alert, "added") for alert in new if alert not in old))


def _names(side: Side, slo: Slo) -> tuple[tuple[str, str], ...]:
    # Labels of alerts are templates; people see what they give.
    severities = {template_text(value): value for value in side.project.severities.values()}
    return tuple(
        (rule["alert"], severities[rule["labels"]["severity"]])
        for group in side.groups(slo)
        for rule in group["rules"]
        if "alert" in rule
    )
