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


def held(window: int, start: Decimal, end: Decimal | None, at: Decimal) -> Decimal:
    """Seconds of total errors, from `start` to `end`, that a window holds at a time: counted from
    the raw series up to an hour, and above it as the integral of 5-minute rates."""

    def since(began: Decimal, when: Decimal) -> Decimal:
        """Of errors that never end, up to a time."""
        past = max(when - began, Decimal(0))
        if window <= HOUR:
            return past
        return past * past / 600 if past < 300 else past - 150

    def inside(began: Decimal) -> Decimal:
        return since(began, at) - since(began, at - window)

    return inside(start) - (inside(end) if end is not None else 0)


ZERO = Decimal(0)
TIERS = st.builds(
    Tier,
    severity=st.just("page"),
    long=st.sampled_from([5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 3 * DAY]),
    short=st.sampled_from([MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR]),
    threshold=st.decimals(min_value=Decimal("0.0001"), max_value=Decimal("0.9999"), places=4),
).filter(lambda tier: tier.short <= tier.long)


def burns(tier: Tier, errors: Decimal, end: Decimal | None, at: Decimal) -> bool:
    """Whether both windows are above the threshold, after errors from time 0 to `end`."""
    return all(
        errors * held(window, ZERO, end, at) / window > tier.threshold
        for window in (tier.long, tier.short)
    )


@given(tier=TIERS, errors=st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(1), places=4))
def test_detection_is_when_both_ratios_have_passed_the_threshold(
    tier: Tier, errors: Decimal
) -> None:
    found = slomath.detection(tier, errors)
    if found is None:
        assert not burns(tier, errors, None, Decimal(10 * tier.long))
    else:
        assert burns(tier, errors, None, found + 1)
        assert not burns(tier, errors, None, found - 1)


@given(tier=TIERS, outage=st.integers(min_value=10, max_value=DAY))
def test_clearing_is_when_one_ratio_is_back_at_the_threshold(tier: Tier, outage: int) -> None:
    end = Decimal(outage)
    cleared = end + slomath.clearing(tier)
    found = slomath.detection(tier)
    assert found is not None
    if found < outage:
        assert burns(tier, Decimal(1), end, cleared - 1)
    assert not burns(tier, Decimal(1), end, cleared + 1)
    # Nor does it fire for an outage that is too short, at any time.
    if not slomath.outlasts(tier, outage):
        assert not any(burns(tier, Decimal(1), end, end + after) for after in range(0, 900, 10))


@given(
    tier=TIERS,
    least=st.integers(min_value=1, max_value=50),
    a_day=st.integers(min_value=1, max_value=10**6),
)
def test_counting_is_when_either_count_has_reached_the_least(
    tier: Tier, least: int, a_day: int
) -> None:
    rate = Decimal(a_day) / DAY

    def counted(at: Decimal) -> bool:
        window = tier.long
        lately = min(max(at, ZERO), Decimal(300)) if window <= 3600 else ZERO
        longer = sum_of_rates(at) - sum_of_rates(at - window)
        return rate * max(lately, longer) >= least

    def sum_of_rates(at: Decimal) -> Decimal:
        return ZERO if at < 0 else at * at / 600 if at < 300 else at - 150

    found = slomath.counting(tier, least, rate)
    if found is None:
        assert not counted(Decimal(2 * tier.long + 600))
    else:
        assert counted(found + 1)
        assert not counted(found - 1)


def test_the_times_of_the_running_example() -> None:
    fast, _, slow, _ = slomath.tiers(Decimal("99.9"))
    assert slomath.detection(fast) == Decimal("51.84")
    assert slomath.detection(slow) == Decimal("409.2")
    assert slomath.clearing(fast) == Decimal("295.68")
    assert round(slomath.clearing(slow), 2) == Decimal("7386.16")
