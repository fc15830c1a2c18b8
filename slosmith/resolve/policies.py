"""Policies: the tiers of burn-rate alerts that a project or an SLO chooses for itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slosmith import slomath
from slosmith.durations import format_duration
from slosmith.model import PolicyTier, Project, SeverityKey
from slosmith.numbers import plain
from slosmith.problems import Path
from slosmith.resolve.context import Context, mapping, number, text, whole_seconds
from slosmith.shape.messages import suggestion

# A rate needs samples: fewer than four in a window, and one missed scrape empties it.
_SCRAPES = 4


def read(context: Context, entries: list[Any], scrape: int, at: Path) -> tuple[PolicyTier, ...]:
    """The tiers of the policy at model path `at`, without those that were refused. `scrape` is
    the scrape interval in seconds."""
    found = [
        _entry(context, mapping(entry), scrape, (*at, index)) for index, entry in enumerate(entries)
    ]
    return tuple(tier for tier in found if tier)


def chosen(
    context: Context, project: Project, data: dict[str, Any], window: int | None, at: Path
) -> tuple[PolicyTier, ...] | None:
    """The policy of the SLO at model path `at`; None for the default one. Its windows are held
    against the SLO's `window` in seconds."""
    policy = mapping(data.get("alerting")).get("policy")
    path: Path = (*at, "alerting", "policy")
    if isinstance(policy, list):
        tiers = read(context, policy, project.prometheus.scrape_interval, path)
    elif isinstance(policy, str):
        if policy not in project.policies:
            near = suggestion(policy, project.policies)
            known = near or (
                f"; there is {', '.join(project.policies)}" if project.policies else ""
            )
            message = f"`policy`: slosmith.yaml has no policy `{policy}` under policies{known}"
            context.error("policy-unknown", message, path)
            return None
        tiers = project.policies[policy]
    else:
        return None
    if window is not None:
        _judge(context, tiers, window, path)
    return tiers


def _entry(context: Context, data: dict[str, Any], scrape: int, at: Path) -> PolicyTier | None:
    severity: SeverityKey = "page" if data.get("severity") == "page" else "ticket"
    long = whole_seconds(context, data, "long", at)
    short = whole_seconds(context, data, "short", at)
    factor, budget = number(data.get("factor")), _share(data.get("budget"))
    if budget is not None and not 0 < budget <= 1:
        message = "`budget` must be above 0% and at most 100%"
        context.error("policy-range", message, (*at, "budget"))
        return None
    if long is None or short is None or (factor is None) == (budget is None):
        return None
    least = max(_SCRAPES * scrape, slomath.MINUTE)
    if short < least:
        message = (
            f"`short`: {format_duration(short)} is too short for a rate at a scrape interval of "
            f"{format_duration(scrape)}; write {format_duration(least)} or more"
        )
        context.error("policy-range", message, (*at, "short"))
        return None
    if short > long:
        message = (
            f"`short`: {format_duration(short)} is longer than the long window, "
            f"{format_duration(long)}"
        )
        context.error("policy-range", message, (*at, "short"))
        return None
    return PolicyTier(severity, long, short, factor, budget)


def _share(value: Any) -> Decimal | None:
    """`2%` as 0.02; the form was checked."""
    return Decimal(text(value).removesuffix("%")) / 100 if isinstance(value, str) else None


def _judge(context: Context, tiers: tuple[PolicyTier, ...], window: int, at: Path) -> None:
    for tier in tiers:
        name = f"{format_duration(tier.long)}/{format_duration(tier.short)}"
        if 2 * tier.long > window:
            message = (
                f"`policy`: the long window of {name} is more than half of the SLO's "
                f"{format_duration(window)}; what it tells comes too late to save the budget"
            )
            context.error("policy-window", message, at)
        factor = slomath.burn_rate(tier, window)
        if factor < 1:
            message = (
                f"`policy`: {name} alerts at a burn rate of {plain(factor)}: below 1 the "
                "objective is kept, and nobody need act"
            )
            context.warning("policy-factor", message, at)
