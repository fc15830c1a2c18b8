"""A difference as JSON. docs/diff.md describes the form; a change that breaks readers gets another
`version`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from slosmith.diff.changes import Change, Difference, Part, Risk, ServiceChange, TierChange
from slosmith.explain.times import TierTimes

VERSION = 1


def as_json(difference: Difference) -> str:
    """Times are seconds but the budget's, which is minutes; ratios 0…1, objectives percent. `null`
    stands for nothing, or never."""
    document = {
        "version": VERSION,
        "base": {
            "name": difference.base,
            "commit": difference.commit,
            "note": difference.note or None,
        },
        "changed": not difference.nothing,
        "services_before": difference.before_total,
        "services_after": difference.total,
        "project": [_change(change) for change in difference.project],
        "services": [_service(service) for service in difference.services],
        "risks": _risks(difference.risks),
        "same_meaning": list(difference.same_meaning),
        "not_compared": [
            {"spec": item.spec, "message": item.message} for item in difference.unread
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _service(service: ServiceChange) -> dict[str, Any]:
    return {
        "service": service.name,
        "spec": service.spec,
        "state": service.state,
        "was": service.was or None,
        "parts": [_part(part) for part in service.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "section": part.section,
        "name": part.name or None,
        "state": part.state,
        "was": part.was or None,
        "changes": [_change(change) for change in part.changes],
        "alerts": [
            {"alert": alert.name, "severity": alert.severity, "state": alert.state}
            for alert in part.alerts
        ],
        "tiers": [_tier(tier) for tier in part.tiers],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "what": change.what,
        "kind": change.kind,
        "before": _plain(change.before),
        "after": _plain(change.after),
    }


def _tier(tier: TierChange) -> dict[str, Any]:
    return {
        "severity": tier.severity,
        "long_seconds": tier.long,
        "short_seconds": tier.short,
        "before": _times(tier.before),
        "after": _times(tier.after),
    }


def _times(times: TierTimes | None) -> dict[str, Any] | None:
    if times is None:
        return None
    return {
        "threshold": _plain(times.tier.threshold),
        "clamped": times.tier.clamped,
        "fires_after_seconds": {
            burn: None if after.seconds is None else _plain(round(after.seconds, 3))
            for burn, after in times.after.items()
        },
    }


def _risks(risks: Iterable[Risk]) -> list[dict[str, Any]]:
    return [
        {"note": risk.note, "about": risk.about or None, "message": risk.message} for risk in risks
    ]


def _plain(value: Any) -> Any:
    """Exact decimals as JSON numbers; readers have 15 of their digits."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
