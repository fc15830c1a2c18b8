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
    old, new = (_names(*side) if side else {} for side in (before, after))
    gone = [AlertChange(key[0], old[key], "removed") for key in old if key not in new]
    come = [AlertChange(key[0], new[key], "added") for key in new if key not in old]
    return (*gone, *come)


def _names(side: Side, slo: Slo) -> dict[tuple[str, str], str]:
    """The alerts of an SLO, by name and `page` or `ticket`, with the severity that their label
    tells: a project that renames its severities has the same alerts."""
    # Labels of alerts are templates; people see what they give.
    keys: dict[str, SeverityKey] = {
        template_text(value): key for key, value in side.project.severities.items()
    }
    found: dict[tuple[str, str], str] = {}
    for group in side.groups(slo):
        for rule in group["rules"]:
            if "alert" in rule:
                key = keys[rule["labels"]["severity"]]
                found[rule["alert"], key] = side.project.severities[key]
    return found
