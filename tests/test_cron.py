"""When a schedule runs: the counts are those of robfig/cron v3, the parser of Chaos Mesh."""

from __future__ import annotations

from datetime import date

import pytest

from slosmith.chaos import cron
from slosmith.chaos.cron import Cron, parse

DAY = 86400
# Starts in 2001 and 2002, and the sum of their times (Unix seconds, each modulo 1000003).
RUNS = {
    "38 7 * 7 *": (62, 30110998),
    "3-41/4 4 31/2 * ?": (140, 62487870),
    "8,2,10 9 * * 1": (315, 157770225),
    "8 22-22 */9 1-10/2 *": (40, 19524170),
    "* 14 */4 3 5/5": (1380, 726513660),
    "35 14 23 * SUN-SUN": (125, 62974318),
    "27,53,45 0-8 20,26,31 ? 4-6": (9315, 4612361791),
    "59 11 6 * 0/4": (226, 112980561),
    "45 6,20,20 13,18,24 ? mon,0": (522, 262621539),
    "0 0 */2 * 1": (424, 209864944),
    "0 0 1 * */2": (427, 211876627),
    "0  10 * * *": (730, 365069561),
    "@weekly": (104, 51856245),
    "@yearly": (2, 1144439),
    "0 0 31 4,6,9,11 *": (0, 0),
}


def schedule(text: str) -> Cron:
    found = parse(text)
    assert isinstance(found, Cron), found
    return found


@pytest.mark.parametrize("text", RUNS)
def test_it_runs_when_chaos_mesh_would(text: str) -> None:
    found = schedule(text)
    first = date(2001, 1, 1)
    end = (date(2003, 1, 1) - first).days
    epoch = (first - date(1970, 1, 1)).days
    times = [
        ((epoch + day) * 1440 + minute) * 60
        for day in found.days
        if day < end
        for minute in found.minutes
    ]
    assert (len(times), sum(time % 1000003 for time in times)) == RUNS[text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "0 0 0 * *",
        "60 * * * *",
        "0 24 * * *",
        "0 0 * * 7",
        "0 0 * 13 *",
        "58-50 * * * *",
        "*/0 * * * *",
        "0 0 * * mon-",
        "0 0 * jan-foo *",
        "0 0 0 1 1 *",
        "@foo",
        "@every",
        "@every 1d",
        "@every 0s",
        "@every -5m",
        "CRON_TZ=UTC 0 0 * * *",
        "0 0 １ * *",
        "0 0 99999999999 * *",
    ],
)
def test_what_is_no_schedule_is_said(text: str) -> None:
    assert isinstance(parse(text), str)


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30-31/1 2 *"])
def test_a_date_that_never_comes_never_runs(text: str) -> None:
    assert not schedule(text).runs


@pytest.mark.parametrize("text", ["0 0 29 2 *", "0 0 30 2 1", "0 0 31 2 MON"])
def test_a_date_that_comes_seldom_does(text: str) -> None:
    assert schedule(text).runs


@pytest.mark.parametrize(
    ("text", "seconds", "starts"),
    [
        ("0 */6 * * *", 30 * DAY, 120),
        ("0 10 * * 1-5", 30 * DAY, 22),
        ("0 10 * * 2", 30 * DAY, 5),
        ("0 10 * * 2", 28 * DAY, 4),
        ("0 10 1 * *", 30 * DAY, 2),
        ("0 10 1 * *", 28 * DAY, 1),
        ("0 0 29 2 *", 90 * DAY, 1),
        ("@every 6h", 30 * DAY, 120),
        ("@every 7h", DAY, 4),
        ("*/20 9 * * *", 3600, 3),
        ("*/20 * * * *", 3600, 3),
        ("0,5 * * * *", 900, 2),
        ("0 0,23 * * *", 2 * 3600, 2),
        ("* * * * *", 7 * DAY, 7 * 1440),
    ],
)
def test_the_most_starts_within_any_window(text: str, seconds: int, starts: int) -> None:
    assert schedule(text).most_within(seconds) == starts


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0 */6 * * *", 6 * 3600),
        ("0 10 * * 1-5", DAY),
        ("0 10 * * 1", 7 * DAY),
        ("0 0,23 * * *", 3600),
        ("0 0,23 * * 1", 23 * 3600),
        ("0 10 1 * *", 28 * DAY),
        ("0 0 31 12 *", 365 * DAY),
        ("*/7 * * * *", 4 * 60),
        ("@every 90s", 90),
    ],
)
def test_the_shortest_gap_between_two_starts(text: str, seconds: int) -> None:
    assert schedule(text).shortest_gap == seconds


def test_the_span_holds_each_date_with_each_day_of_the_week() -> None:
    for weekday in range(7):
        leap = parse(f"0 0 29 2 {weekday}")
        assert isinstance(leap, Cron)
    days = cron._days(frozenset({29}), frozenset({2}), frozenset(range(7)), False)
    assert len(days) == 7
    assert len({day % 7 for day in days}) == 7
