"""When the alerts of one SLO fire and clear: the tiers of the rules through `slomath`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from slosmith import slomath
from slosmith.explain.rate import Rate
from slosmith.model import LatencyIndicator, RatioIndicator, SeverityKey, Slo, Tier

# The error ratios whose detection is told; a burn rate of 2 spends a budget in half its window.
BURNS = ("100%", "10%", "2x", "1x")
# The lengths of the total outages that are told, in seconds.
OUTAGES = (10 * slomath.MINUTE, 1 * slomath.HOUR)


@dataclass(frozen=True)
class Detection:
    """Seconds from the start of steady errors until a tier fires; None: it never does.
    `delayed`: it would fire sooner, but waits for enough bad events (or never gets them)."""

    seconds: Decimal | None
    delayed: bool = False


@dataclass(frozen=True)
class TierTimes:
    """A tier with its times in seconds. `alerts` is false where the alert is disabled. `after`
    has a detection for each of BURNS; `clears` counts from the end of a total outage."""

    tier: Tier
    alerts: bool
    after: dict[str, Detection]
    clears: Decimal


@dataclass(frozen=True)
class Outage:
    """What the alert of one severity does in a total outage of `length` seconds: fires so long
    after its start and clears so long after its end, at the latest. None: it does not fire."""

    length: int
    severity: SeverityKey
    fires: Decimal | None
    clears: Decimal | None


def counts_events(slo: Slo) -> bool:
    """Whether the SLO counts events rather than time, targets or a ratio as it comes."""
    return isinstance(slo.indicator, RatioIndicator | LatencyIndicator)


def tier_times(slo: Slo, rate: Rate | None) -> tuple[TierTimes, ...]:
    """All tiers. With the `rate` of all events the wait for bad ones is part of the times."""
    ratios = {
        "100%": Decimal(1),
        "10%": Decimal("0.1"),
        "2x": 2 * slo.budget,
        "1x": slo.budget,
    }
    return tuple(
        TierTimes(
            tier=tier,
            alerts=_alerts(slo, tier.severity),
            after={burn: _detection(slo, tier, ratios[burn], rate) for burn in BURNS},
            clears=slomath.clearing(tier),
        )
        for tier in slo.tiers
    )


def outages(slo: Slo, tiers: Sequence[TierTimes]) -> tuple[Outage, ...]:
    """What the alerts do in and after total outages of each of OUTAGES."""
    found = []
    for length in OUTAGES:
        for severity in dict.fromkeys(item.tier.severity for item in tiers if item.alerts):
            firing = [
                (seconds, item.clears)
                for item in tiers
                if item.tier.severity == severity
                and (seconds := _fires_within(item, length)) is not None
            ]
            found.append(
                Outage(
                    length,
                    severity,
                    fires=min((seconds for seconds, _ in firing), default=None),
                    clears=max((clears for _, clears in firing), default=None),
                )
            )
    return tuple(found)


def _fires_within(item: TierTimes, length: int) -> Decimal | None:
    total = item.after["100%"]
    waited = total.delayed and total.seconds is not None and total.seconds > length
    return total.seconds if slomath.outlasts(item.tier, length) and not waited else None


def _detection(slo: Slo, tier: Tier, error_ratio: Decimal, rate: Rate | None) -> Detection:
    seconds = slomath.detection(tier, error_ratio) if error_ratio <= 1 else None
    least = slo.alerting.min_bad_events
    if seconds is None or rate is None or least <= 0 or not counts_events(slo):
        return Detection(seconds)
    counted = slomath.counting(tier, least, rate.per_second * error_ratio)
    if counted is None or counted > seconds:
        return Detection(counted, delayed=True)
    return Detection(seconds)


def _alerts(slo: Slo, severity: SeverityKey) -> bool:
    alert = slo.alerting.page if severity == "page" else slo.alerting.ticket
    return not (slo.alerting.disabled or alert.disabled)
