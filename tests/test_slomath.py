"""The SLO mathematics: the workbook's numbers, and what holds for every objective."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slosmith import slomath
from slosmith.model import PolicyTier, Tier
from slosmith.slomath import DAY, HOUR, MINUTE

OBJECTIVES = st.decimals(min_value=1, max_value=Decimal("99.9999"), places=4)
WINDOWS = st.integers(min_value=7, max_value=90).map(lambda days: days * DAY)


def numbers(tiers: tuple[Tier, ...]) -> list[tuple[str, int, int, str]]:
    return [(tier.severity, tier.long, tier.short, format(tier.threshold, "f")) for tier in tiers]


def test_the_workbooks_table_at_three_nines() -> None:
    assert numbers(slomath.tiers(Decimal("99.9"))) == [
        ("page", HOUR, 5 * MINUTE, "0.0144"),
        ("page", 6 * HOUR, 30 * MINUTE, "0.006"),
        ("ticket", DAY, 2 * HOUR, "0.003"),
        ("ticket", 3 * DAY, 6 * HOUR, "0.001"),
    ]


def test_a_weeks_table() -> None:
    assert numbers(slomath.tiers(Decimal("99.9"), 28 * DAY - 1)) == [
        ("page", HOUR, 5 * MINUTE, "0.0084"),
        ("page", 6 * HOUR, 30 * MINUTE, "0.0042"),
        ("ticket", DAY, 2 * HOUR, "0.0021"),
        ("ticket", 3 * DAY, 6 * HOUR, "0.00105"),
    ]


@pytest.mark.parametrize(
    ("policy", "window", "shares"),
    [
        (slomath.MONTHLY_POLICY, 30 * DAY, ("0.02", "0.05", "0.1", "0.1")),
        (slomath.WEEKLY_POLICY, 7 * DAY, ("0.05", "0.15", "0.3", "0.45")),
    ],
)
def test_the_factors_spend_the_shares_that_the_docs_tell(
    policy: tuple[PolicyTier, ...], window: int, shares: tuple[str, ...]
) -> None:
    for entry, share in zip(policy, shares, strict=True):
        assert entry.factor is not None
        assert entry.factor * entry.long / window == Decimal(share)
        same = PolicyTier(entry.severity, entry.long, entry.short, budget=Decimal(share))
        assert slomath.burn_rate(same, window) == entry.factor


def test_a_share_whose_factor_does_not_end_has_six_decimals() -> None:
    entry = PolicyTier("page", 7 * HOUR, HOUR, budget=Decimal("0.01"))
    assert slomath.burn_rate(entry, 30 * DAY) == Decimal("1.028571")


@pytest.mark.parametrize(
    ("objective", "long", "threshold"),
    [
        ("99", 15 * MINUTE, "0.505"),
        ("90", 15 * MINUTE, "0.55"),
        ("80", 10 * MINUTE, "0.6"),
        ("50", 10 * MINUTE, "0.75"),
        ("1", 5 * MINUTE, "0.995"),
    ],
)
def test_the_outage_tier(objective: str, long: int, threshold: str) -> None:
    first = numbers(slomath.tiers(Decimal(objective)))[0]
    assert first == ("page", long, 5 * MINUTE, threshold)


def test_a_policy_of_ones_own_is_taken_as_it_is() -> None:
    policy = [PolicyTier("ticket", HOUR, HOUR, factor=Decimal(2))]
    (tier,) = slomath.tiers(Decimal(90), 2 * HOUR, policy)
    assert (tier.threshold, tier.clamped) == (Decimal("0.2"), False)


@given(objective=OBJECTIVES, window=WINDOWS)
def test_every_threshold_is_reachable_and_silent_while_the_objective_is_kept(
    objective: Decimal, window: int
) -> None:
    budget = 1 - objective / 100
    for tier in slomath.tiers(objective, window):
        assert budget <= tier.threshold < 1
        assert tier.short <= tier.long
        if tier.factor is not None:
            assert tier.clamped == (tier.factor * budget > slomath.halfway(budget))
            assert tier.threshold == min(tier.factor * budget, slomath.halfway(budget))


@given(objective=OBJECTIVES, window=WINDOWS)
def test_a_total_outage_is_found_soon(objective: Decimal, window: int) -> None:
    pages = [tier for tier in slomath.tiers(objective, window) if tier.severity == "page"]
    soonest = min(time for tier in pages if (time := slomath.detection(tier)) is not None)
    assert soonest <= 9 * MINUTE
    if objective >= Decimal("99.9"):
        assert soonest <= 2 * MINUTE


@given(objective=OBJECTIVES, window=WINDOWS)
def test_tiers_are_in_falling_urgency_and_windows_rise(objective: Decimal, window: int) -> None:
    tiers = slomath.tiers(objective, window)
    severities = [tier.severity for tier in tiers]
    assert severities == sorted(severities)
    longs = [tier.long for tier in tiers]
    assert longs == sorted(longs)


@given(
    objective=st.sampled_from(["99.99", "99.5", "97", "80", "40"]).map(Decimal),
    errors=st.decimals(min_value=Decimal("0.0001"), max_value=1, places=4),
)
def test_detection_is_when_the_growing_ratio_passes_the_threshold(
    objective: Decimal, errors: Decimal
) -> None:
    for tier in slomath.tiers(objective):
        found = slomath.detection(tier, errors)

        def ratio(seconds: Decimal, long: int = tier.long) -> Decimal:
            """Over the long window, when `errors` began that long ago."""
            return errors * min(seconds, Decimal(long)) / long

        if found is None:
            assert ratio(Decimal(tier.long)) <= tier.threshold
        else:
            assert ratio(found + 1) > tier.threshold
            assert ratio(found - 1) < tier.threshold
