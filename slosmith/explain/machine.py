"""Explanations as JSON. docs/explain.md describes the form; a change that breaks readers gets
another `version`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from slosmith.chaos import wording
from slosmith.explain.explanation import (
    AlertUse,
    ExperimentUse,
    Explanation,
    GroupUse,
    ServiceExplanation,
)
from slosmith.explain.scaling import ScalingUse, TriggerUse
from slosmith.explain.times import Outage, TierTimes
from slosmith.model import Service

VERSION = 1


def as_json(services: Sequence[ServiceExplanation]) -> str:
    """Times are seconds, ratios 0…1; the fields that end in `_percent` are percent. `null` stands
    for never, or for what is not known."""
    document = {"version": VERSION, "services": [_service(service) for service in services]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _service(explained: ServiceExplanation) -> dict[str, Any]:
    service = explained.service
    return {
        "service": service.name,
        "description": service.description,
        "owner": service.owner,
        "namespace": service.namespace,
        "spec": service.source,
        "slos": [_slo(slo) for slo in explained.slos],
        "experiments": [_experiment(service, item) for item in explained.experiments],
        "autoscaling": explained.scaling and _scaling(explained.scaling),
        "backfill": list(explained.backfill),
    }


def _experiment(service: Service, item: ExperimentUse) -> dict[str, Any]:
    experiment, found = item.experiment, item.hypothesis
    expected = found.expected if experiment.alerts else None
    return {
        "experiment": experiment.name,
        "description": experiment.description,
        "does": wording.done(experiment),
        "schedule": experiment.schedule,
        "duration_seconds": experiment.seconds,
        "slo": found.slo.name,
        "bad_ratio": {"least": _ratio(experiment.least), "most": _ratio(experiment.most)},
        "alert": expected and expected.alert,
        "severity": expected and expected.severity,
        "within_seconds": expected and _time(expected.within),
        "hypothesis": wording.hypothesis(service, experiment, found),
        "most_runs_in_window": found.starts,
        "budget_spent_ratio": _ratio(found.spent),
        "budget_allowed_ratio": _number(experiment.budget),
    }


def _ratio(value: Decimal) -> int | float | None:
    """A quotient, to six decimals."""
    return _number(round(value, 6).normalize())


def _scaling(use: ScalingUse) -> dict[str, Any]:
    scaling = use.scaling
    return {
        "target": {
            "apiVersion": scaling.target.api_version,
            "kind": scaling.target.kind,
            "name": scaling.target.name,
        },
        "engine": scaling.engine,
        "min": scaling.min_replicas,
        "max": scaling.max_replicas,
        "present": use.present,
        "triggers": [_trigger(item, use) for item in use.triggers],
        "scale_up": {
            "stabilization_seconds": use.stabilization,
            "from_min": [_change(change) for change in use.up],
        },
        "scale_down": {"from_max": [_change(change) for change in use.down]},
    }


def _change(change: tuple[int, int]) -> dict[str, int]:
    seconds, replicas = change
    return {"after_seconds": seconds, "replicas": replicas}


def _trigger(item: TriggerUse, use: ScalingUse) -> dict[str, Any]:
    signal = item.signal
    return {
        "trigger": signal.name,
        "kind": signal.kind,
        "unit": signal.unit,
        "target": _number(signal.target),
        "shared": signal.shared,
        "loads": [
            {
                "value": _number(load.value),
                "held": load.held,
                "asks_for": load.outlook.asks[signal.name],
                "replicas": load.outlook.replicas,
                "replicas_if_it_stays": load.outlook.settled,
                "rules": list(load.outlook.rules),
            }
            for load in item.loads
        ],
        "first_replicas_after_seconds": _time(item.first),
        "hold_while": [
            {
                "slo": held.guard.slo,
                "burn": _number(held.guard.burn),
                "threshold": _number(held.guard.threshold),
                "holds_after_seconds": _time(held.times.holds),
                "lets_go_after_seconds": _time(held.times.lets_go),
                "needs_stabilization_seconds": held.times.stabilization,
                "in_time": held.times.stabilization <= use.stabilization,
            }
            for held in item.guards
        ],
    }


def _slo(slo: Explanation) -> dict[str, Any]:
    model = slo.slo
    return {
        "slo": model.name,
        "description": model.description,
        "kind": model.indicator.kind,
        "by": list(model.by),
        "measured": slo.measured,
        "bad": slo.bad,
        "total": slo.total,
        "objective_percent": _number(model.objective),
        "window_seconds": model.window,
        "budget": {
            "ratio": _number(model.budget),
            "seconds": _number(slo.budget_seconds),
            "events": slo.events
            and {
                "rate": str(slo.events.rate),
                "bad": _number(slo.events.bad),
                "total": _number(slo.events.total),
            },
        },
        "min_bad_events": slo.min_bad_events,
        "tiers": [_tier(item) for item in slo.tiers],
        "outages": [_outage(outage) for outage in slo.outages],
        "delay_seconds": slo.delays,
        "alerts": [_alert(alert) for alert in slo.alerts],
        "groups": [_group(group) for group in slo.groups],
        "without_data": slo.missing,
        "allowed": [
            {
                "check": item.problem.check,
                "message": item.problem.message,
                "reason": item.reason,
            }
            for item in slo.allowed
        ],
    }


def _tier(item: TierTimes) -> dict[str, Any]:
    tier = item.tier
    return {
        "severity": tier.severity,
        "alerts": item.alerts,
        "long_seconds": tier.long,
        "short_seconds": tier.short,
        "factor": _number(tier.factor),
        "threshold": _number(tier.threshold),
        "clamped": tier.clamped,
        "fires_after_seconds": {burn: _time(after.seconds) for burn, after in item.after.items()},
        "waits_for_events": [burn for burn, after in item.after.items() if after.delayed],
        "clears_after_seconds": _time(item.clears),
    }


def _outage(outage: Outage) -> dict[str, Any]:
    return {
        "length_seconds": outage.length,
        "severity": outage.severity,
        "fires_after_seconds": _time(outage.fires),
        "clears_after_seconds": _time(outage.clears),
    }


def _alert(alert: AlertUse) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "severity": alert.severity,
        "for_seconds": alert.wait,
        "group": alert.group,
        "purpose": alert.purpose,
    }


def _group(group: GroupUse) -> dict[str, Any]:
    return {
        "group": group.name,
        "interval_seconds": group.interval,
        "rules": [{"record": rule.name, "purpose": rule.purpose} for rule in group.rules],
    }


def _number(value: Decimal | None) -> int | float | None:
    """The JSON number with the digits of the exact decimal; readers have 15 of them."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _time(seconds: Decimal | None) -> int | float | None:
    return None if seconds is None else _number(round(seconds, 3))
