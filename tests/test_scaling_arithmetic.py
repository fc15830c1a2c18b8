"""Replicas as Kubernetes computes them: its documented examples, and its rules at their edges."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slosmith import model
from slosmith.scaling.arithmetic import (
    DEFAULT_DOWN,
    DEFAULT_UP,
    Limits,
    Pace,
    Policy,
    State,
    compared,
    limits,
    shared,
    step,
    together,
)


def run(state: State, asked: list[int], every: int, bounds: Limits, start: int = 0) -> list[int]:
    """The replicas after each look."""
    found = []
    for index, number in enumerate(asked):
        state = step(state, start + index * every, number, bounds)
        found.append(state.replicas)
    return found


# "Horizontal Pod Autoscaling", algorithm details: 200m of 100m doubles, 50m halves.
@pytest.mark.parametrize(
    ("value", "target", "replicas", "asked"),
    [
        ("0.2", "0.1", 4, 8),
        ("0.05", "0.1", 4, 2),
        # "sufficiently close to 1.0": 0.1 by default, both ends included.
        ("0.11", "0.1", 10, 10),
        ("0.09", "0.1", 10, 10),
        ("0.111", "0.1", 10, 12),
        ("0.089", "0.1", 10, 9),
        # The guide's latency: 800 ms of 500 ms.
        ("800", "500", 3, 5),
        ("800", "500", 10, 16),
        ("0", "500", 6, 0),
        ("90", "70", 7, 9),
        # From zero there is nothing to multiply.
        ("1.2", "1", 0, 2),
        ("0", "1", 0, 0),
    ],
)
def test_a_value_multiplies_the_present_replicas(
    value: str, target: str, replicas: int, asked: int
) -> None:
    assert compared(Decimal(value), Decimal(target), replicas) == asked


@pytest.mark.parametrize(
    ("total", "replicas", "asked"),
    [(1000, 3, 10), (1000, 20, 10), (301, 3, 3), (330, 3, 3), (331, 3, 4), (0, 3, 0), (0, 0, 0)],
)
def test_a_total_is_divided_whatever_the_present_replicas(
    total: int, replicas: int, asked: int
) -> None:
    assert shared(total, 100, replicas) == asked


def test_a_rounding_error_of_doubles_asks_for_a_replica_more_as_in_kubernetes() -> None:
    assert compared(Decimal("2.2"), 1, 25) == 56


def test_a_metric_is_compared_in_thousandths() -> None:
    assert compared(Decimal("0.1114"), Decimal("0.1"), 10) == 12
    assert compared(Decimal("0.1104"), Decimal("0.1"), 10) == 10


@pytest.mark.parametrize(
    ("asked", "replicas", "found"),
    [
        ([3, 9, 4], 5, 9),
        ([3, 2], 5, 3),
        # "If any of these metrics cannot be converted … and a scale down is suggested …, scaling
        # is skipped", but not scaling up.
        ([3, None], 5, 5),
        ([9, None], 5, 9),
        ([None], 5, 5),
        ([], 5, 5),
    ],
)
def test_the_most_rules_and_a_missing_metric_keeps_replicas(
    asked: list[int | None], replicas: int, found: int
) -> None:
    assert together(asked, replicas) == found


def test_80_replicas_fall_by_a_tenth_and_below_40_by_4() -> None:
    """ "Scaling policies": 8 are removed from 80, 8 from 72 (7.2, rounded up), then fewer; from 40
    down the policy of 4 pods lets more go."""
    down = Pace(0, (Policy("Pods", 4, 60), Policy("Percent", 10, 60)))
    found = run(State(80), [10] * 14, 60, Limits(1, 100, down=down))
    assert found == [72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12, 10]


def test_900_percent_a_minute_is_1_10_100_1000() -> None:
    """KEP-853, story 1."""
    up = Pace(0, (Policy("Percent", 900, 60),))
    assert run(State(1), [5000] * 3, 60, Limits(1, 9999, up=up)) == [10, 100, 1000]


def test_one_pod_in_ten_minutes() -> None:
    """KEP-853, story 2: 1000 stay for the rest of the ten minutes after one has gone."""
    down = Pace(0, (Policy("Pods", 1, 600),))
    found = run(State(1000), [1] * 21, 60, Limits(1, 1000, down=down))
    assert found == [999] * 10 + [998] * 10 + [997]


def test_one_pod_in_five_minutes_up() -> None:
    """KEP-853, story 3: 1, 2, 3, 4."""
    up = Pace(0, (Policy("Pods", 1, 300),))
    found = run(State(1), [9] * 16, 60, Limits(1, 9, up=up))
    assert [found[0], found[5], found[10], found[15]] == [2, 3, 4, 5]
    assert found[4] == 2


def test_scaling_down_takes_the_most_that_was_asked_for_within_ten_minutes() -> None:
    """KEP-853, story 5: the 10 that was asked for first holds for ten minutes, then 9 rules."""
    asked = [10, 9, 8, 9, 9, 8, 9, 8, 9, 8, 7]
    down = Pace(600, (Policy("Pods", 5, 60),))
    assert run(State(10), asked, 60, Limits(1, 20, down=down)) == [10] * 10 + [9]


def test_scaling_up_takes_the_least_that_was_asked_for_within_five_minutes() -> None:
    """KEP-853, story 6: what was asked for longer ago than the window no longer counts."""
    asked = [2, 3, 19, 10, 3, 4]
    up = Pace(300, (Policy("Pods", 20, 60),))
    assert run(State(2), asked, 60, Limits(1, 99, up=up)) == [2, 2, 2, 2, 2, 3]


def test_by_default_replicas_double_or_gain_4_in_15_seconds_at_once() -> None:
    assert run(State(1), [50] * 5, 15, Limits(1, 40)) == [5, 10, 20, 40, 40]


def test_by_default_nothing_goes_for_5_minutes_and_then_all() -> None:
    found = run(State(12), [12, *[2] * 21], 15, Limits(3, 20))
    assert found == [12] * 20 + [3] * 2


def test_what_was_there_at_the_first_look_counts_as_asked_for() -> None:
    up = Pace(60, (Policy("Percent", 100, 15),))
    assert run(State(3), [20] * 6, 15, Limits(3, 20, up=up)) == [3, 3, 3, 3, 6, 12]


def test_the_guides_behavior_from_3_to_20_and_back() -> None:
    scaling = model.Autoscaling(
        model.ScaleTarget("apps/v1", "Deployment", "api"),
        3,
        20,
        (model.ResourceTrigger("cpu", 70),),
        model.ScaleRule(60, 100, 15),
        model.ScaleRule(300, 10, 60),
    )
    bounds = limits(scaling)
    assert bounds == Limits(
        3, 20, Pace(60, (Policy("Percent", 100, 15),)), Pace(300, (Policy("Percent", 10, 60),))
    )
    assert run(State(3), [3, *[20] * 7], 15, bounds) == [3, 3, 3, 3, 6, 12, 20, 20]
    minutes = run(State(20), [20, *[3] * 12], 60, bounds)
    assert minutes == [20, 20, 20, 20, 20, 18, 16, 14, 12, 10, 9, 8, 7]


def test_half_of_a_rule_takes_the_other_half_from_the_default() -> None:
    scaling = model.Autoscaling(
        model.ScaleTarget("apps/v1", "Deployment", "api"),
        0,
        5,
        (model.ResourceTrigger("cpu", 70),),
        model.ScaleRule(stabilization=30),
        model.ScaleRule(percent=50, every=90, pods=2),
    )
    bounds = limits(scaling)
    assert bounds.up == Pace(30, DEFAULT_UP.policies)
    assert bounds.down == Pace(300, (Policy("Percent", 50, 90), Policy("Pods", 2, 90)))
    # An HPA has one at least.
    assert bounds.least == 1
    assert limits(model.Autoscaling(scaling.target, 2, 3, ())).down == DEFAULT_DOWN


@pytest.mark.parametrize(("replicas", "found"), [(1, 3), (30, 20)])
def test_replicas_outside_the_limits_come_inside_at_once(replicas: int, found: int) -> None:
    assert step(State(replicas), 0, 7, Limits(3, 20)).replicas == found


@given(
    st.integers(1, 50),
    st.lists(st.integers(0, 200), min_size=1, max_size=60),
    st.integers(0, 600),
    st.integers(1, 200),
)
def test_replicas_stay_inside_the_limits_and_move_only_towards_what_was_asked(
    start: int, asked: list[int], wait: int, percent: int
) -> None:
    bounds = Limits(
        1, 50, Pace(wait, (Policy("Percent", percent, 30),)), Pace(wait, (Policy("Pods", 3, 45),))
    )
    state, lowest, highest = State(start), start, start
    for index, number in enumerate(asked):
        lowest, highest = min(lowest, max(number, 1)), max(highest, min(number, 50))
        state = step(state, 15 * index, number, bounds)
        assert lowest <= state.replicas <= highest
