"""The SLO mathematics: from an objective and a window to the tiers of burn-rate alerts, and from
these to the times at which they fire and clear.

Sources: the SRE workbook, chapter 5, "Alerting on SLOs" (multiwindow, multi-burn-rate alerts),
for the factors; the outage tier and the clamp are ours and derived below.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from slosmith import series
from slosmith.model import PolicyTier, Tier

MINUTE = 60
HOUR = 3600
DAY = 86400

# For SLO windows of 28 days and more. A burn rate of 14.4 spends 2 % of a 30 days' budget in an
# hour, 6 spends 5 % in six hours, 3 and 1 spend 10 % in a day and in three days.
MONTHLY_POLICY = (
    PolicyTier("page", 1 * HOUR, 5 * MINUTE, Decimal("14.4")),
    PolicyTier("page", 6 * HOUR, 30 * MINUTE, Decimal(6)),
    PolicyTier("ticket", 1 * DAY, 2 * HOUR, Decimal(3)),
    PolicyTier("ticket", 3 * DAY, 6 * HOUR, Decimal(1)),
)
# For shorter ones. The same shares of a week's budget would be burn rates below 1; these spend
# 5 % in an hour, 15 % in six hours, 30 % in a day and 45 % in three days.
WEEKLY_POLICY = (
    PolicyTier("page", 1 * HOUR, 5 * MINUTE, Decimal("8.4")),
    PolicyTier("page", 6 * HOUR, 30 * MINUTE, Decimal("4.2")),
    PolicyTier("ticket", 1 * DAY, 2 * HOUR, Decimal("2.1")),
    PolicyTier("ticket", 3 * DAY, 6 * HOUR, Decimal("1.05")),
)
MONTHLY_FROM = 28 * DAY

# The outage tier's long window is the longest of these in which a total outage is found soon
# enough; a longer one is less easily fooled by a short burst.
_OUTAGE_WINDOWS = (15 * MINUTE, 10 * MINUTE, 5 * MINUTE)
_OUTAGE_SHORT = 5 * MINUTE
_OUTAGE_DETECTION = Decimal(510)  # seconds: 10 minutes less scraping, evaluating and rounding


def halfway(budget: Decimal) -> Decimal:
    """The error ratio half-way between the budget and 1.

    Above the budget and below 1 for every objective, so an alert with this threshold is silent
    while the objective is kept and fires in a total outage.
    """
    return (1 + budget) / 2


def detection(tier: Tier, error_ratio: Decimal = Decimal(1)) -> Decimal | None:
    """Seconds from the start of a steady `error_ratio` until `tier` fires, after a time without
    errors and with even traffic; None if it never does. Scraping and evaluation come on top.

    It fires when the long window holds threshold × long seconds' worth of traffic as errors; the
    short one, with the same threshold, is over it by then. The history guard delays nothing: where
    only h seconds were recorded, the ratio over them is long / h times as large, and so is the
    threshold. Windows up to an hour have no guard: a service younger than they are is found sooner.
    """
    if error_ratio <= tier.threshold:
        return None
    return _held(tier.threshold * tier.long / error_ratio, tier.long)


def clearing(tier: Tier) -> Decimal:
    """Seconds from the end of a total outage that fired `tier` until it clears, with even traffic
    and no errors since, however long the outage was. Scraping and evaluation come on top.

    The short window clears first: it is within the long one, with the same threshold. Errors that
    ended u seconds ago fill the `short - u` oldest seconds of it, so that it falls to the
    threshold at u = short × (1 - threshold). For sums of recorded rates the same curve that rises
    in `_held` falls here, read backwards from the time at which the window holds no error any
    more, `short` and the base window after the end.
    """
    lag = series.BASE_WINDOW if tier.short > series.RAW_WINDOW else 0
    return tier.short + lag - _held(tier.threshold * tier.short, tier.short)


def outlasts(tier: Tier, outage: int) -> bool:
    """Whether a total outage of so many seconds is long enough for `tier` to fire. One that is
    hardly longer than needed may end before recorded rates show it, and fire late or not at all.
    """
    return outage > tier.threshold * tier.long


def counting(tier: Tier, least: int, rate: Decimal) -> Decimal | None:
    """Seconds until `least` bad events are counted in the long window of `tier`, when they come
    evenly at `rate` per second; None if it never holds as many.

    They are counted over the long window as a sum of recorded rates. Where it is one of raw series
    they are counted over the last 5 minutes as well, as 300 × the recorded rate, and either count
    will do.
    """
    needed = least / rate
    if needed <= series.BASE_WINDOW and tier.long <= series.RAW_WINDOW:
        return needed
    return _held(needed, tier.long, recorded=True) if needed <= tier.long else None


def _held(seconds: Decimal, window: int, recorded: bool = False) -> Decimal:
    """The time from the start of total errors until `window` holds so many seconds of them.

    A window on the raw series holds t seconds after t seconds. A sum of recorded rates (windows
    above an hour) lags: a rate over b = 5 minutes is t / b after t seconds, and 1 from b on, so
    their sum is t² / 2b at first, then t - b / 2, and mirrors the start at the window's end.
    """
    if not recorded and window <= series.RAW_WINDOW:
        return seconds
    base = Decimal(series.BASE_WINDOW)
    if seconds < base / 2:
        return (2 * base * seconds).sqrt()
    if seconds > window - base / 2:
        return window + base - (2 * base * (window - seconds)).sqrt()
    return seconds + base / 2


def tiers(
    objective: Decimal,
    window: int = 30 * DAY,
    policy: Sequence[PolicyTier] | None = None,
) -> tuple[Tier, ...]:
    """The tiers for an objective in percent and an SLO window in seconds: those of `policy`, or
    of the default one.

    A threshold (factor × budget) above half-way is clamped to it: beyond 1 it could never be
    reached. Where no page of the default policy finds a total outage sooner, an outage tier goes
    in front.
    """
    budget = 1 - objective / 100
    limit = halfway(budget)
    default = MONTHLY_POLICY if window >= MONTHLY_FROM else WEEKLY_POLICY
    regular = tuple(_tier(entry, budget, limit, window) for entry in policy or default)
    if policy is not None:
        return regular
    outage = Tier("page", _outage_window(limit), _OUTAGE_SHORT, limit)
    pages = [tier for tier in regular if tier.severity == "page"]
    sooner = all(outage.threshold * outage.long < tier.threshold * tier.long for tier in pages)
    return (outage, *regular) if sooner else regular


def _tier(entry: PolicyTier, budget: Decimal, limit: Decimal, window: int) -> Tier:
    factor = burn_rate(entry, window)
    return Tier(
        severity=entry.severity,
        long=entry.long,
        short=entry.short,
        threshold=min(factor * budget, limit),
        factor=factor,
        clamped=factor * budget > limit,
    )


def burn_rate(entry: PolicyTier, window: int) -> Decimal:
    """The burn rate of a policy's entry for an SLO window in seconds.

    A burn rate b spends b × long / window of the budget within `long`. To six decimals where the
    quotient does not end.
    """
    if entry.factor is not None:
        return entry.factor
    assert entry.budget is not None, "an entry has a factor or a share of the budget"
    return round(entry.budget * window / entry.long, 6).normalize()


def _outage_window(threshold: Decimal) -> int:
    for window in _OUTAGE_WINDOWS:
        if threshold * window <= _OUTAGE_DETECTION:
            return window
    return _OUTAGE_WINDOWS[-1]
