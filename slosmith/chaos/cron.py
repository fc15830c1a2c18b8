"""When a schedule of Chaos Mesh runs: cron with five fields, `@daily` and the like, `@every 6h`.

The rules are those of its parser, robfig/cron: days of the week are 0 to 6; where both kinds of
days are narrowed, either will do; and `*/2` counts as narrowed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MINUTE, DAY = 60, 86400
# In so many years every date has had every day of the week.
_FIRST, _DAYS = date(2001, 1, 1), 28 * 365 + 7

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = re.compile(r"@every (?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:(\*|\?)|(\w+)(?:-(\w+))?)(?:/([0-9]{1,4}))?", re.ASCII)


@dataclass(frozen=True)
class _Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """Runs at these `minutes` of each of the `days` (numbers of days of a span in which all kinds
    of years occur), or every `period` seconds. None of either: never."""

    minutes: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    period: int = 0

    @property
    def runs(self) -> bool:
        return bool(self.period or (self.minutes and self.days))

    def most_within(self, seconds: int) -> int:
        """The most times that it starts within any time of so many seconds."""
        if self.period:
            return -(-seconds // self.period)
        if seconds >= DAY:
            return len(self.minutes) * _most_near(self.days, -(-seconds // DAY))
        # As if it ran the next day too.
        circle = [*self.minutes, *(minute + DAY // MINUTE for minute in self.minutes)]
        return min(len(self.minutes), _most_near(circle, -(-seconds // MINUTE)))

    @property
    def shortest_gap(self) -> int:
        """The shortest time between two starts, in seconds."""
        if self.period:
            return self.period
        within = [b - a for a, b in zip(self.minutes, self.minutes[1:], strict=False)]
        nights = [b - a for a, b in zip(self.days, self.days[1:], strict=False)]
        over = [min(nights) * DAY // MINUTE + self.minutes[0] - self.minutes[-1]] if nights else []
        return min([*within, *over]) * MINUTE


def parse(text: str) -> Cron | str:
    """The schedule, or what is wrong with it."""
    if text.startswith("@every"):
        return _every(text)
    fields = _NAMED.get(text, text).split()
    if text.startswith("@") and text not in _NAMED:
        return f"there is no {text.split(' ')[0]}; known are {', '.join(_NAMED)} and @every 6h"
    if len(fields) != len(_FIELDS):
        return f"cron has five fields, as in 0 10 * * 1-5; here are {len(fields)}"
    sets = []
    for field, part in zip(_FIELDS, fields, strict=True):
        found = _values(field, part)
        if isinstance(found, str):
            return found
        sets.append(found)
    minutes, hours, days, months, weekdays = (values for values, _ in sets)
    either = not (sets[2][1] or sets[4][1])
    return Cron(
        minutes=tuple(hour * 60 + minute for hour in sorted(hours) for minute in sorted(minutes)),
        days=_days(frozenset(days), frozenset(months), frozenset(weekdays), either),
    )


def _every(text: str) -> Cron | str:
    match = _EVERY.fullmatch(text)
    counts = [int(count or 0) for count in match.groups()] if match else []
    seconds = sum(count * unit for count, unit in zip(counts, (3600, 60, 1), strict=False))
    if not seconds:
        return "after @every comes a time in h, m and s, as in @every 6h or @every 1h30m"
    return Cron(period=seconds)


def _values(field: _Field, text: str) -> tuple[set[int], bool] | str:
    """The values that a field takes, and whether it takes all without saying so."""
    found: set[int] = set()
    star = False
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return f"the {field.name} `{part}` is none"
        anything, first, last, step = match.groups()
        stride = int(step) if step else 1
        if not stride:
            return f"the {field.name} `{part}` has steps of 0"
        if anything:
            low, high = field.least, field.most
            star = star or stride == 1
        else:
            ends = [_number(field, word) for word in (first, last or first)]
            if not all(isinstance(end, int) for end in ends):
                return f"the {field.name} `{part}` is none: it is {field.least} to {field.most}" + (
                    ", and Sunday is 0" if field.names == _WEEKDAYS else ""
                )
            low, high = (end for end in ends if end is not None)
            high = field.most if step and last is None else high
            if low > high:
                return f"the {field.name} `{part}` ends before it begins"
        found.update(range(low, high + 1, stride))
    return found, star


def _number(field: _Field, word: str) -> int | None:
    """A number or a name as the number; None beyond the field."""
    if word.lower() in field.names:
        return field.names.index(word.lower()) + field.least
    value = int(word) if word.isdigit() and len(word) <= 4 else -1
    return value if field.least <= value <= field.most else None


@functools.lru_cache(maxsize=64)
def _days(
    days: frozenset[int], months: frozenset[int], weekdays: frozenset[int], either: bool
) -> tuple[int, ...]:
    """The days of the span, by their numbers in it."""
    found = []
    for number in range(_DAYS):
        day = _FIRST + timedelta(days=number)
        if day.month not in months:
            continue
        of_month, of_week = day.day in days, day.isoweekday() % 7 in weekdays
        if (of_month or of_week) if either else (of_month and of_week):
            found.append(number)
    return tuple(found)


def _most_near(sorted_numbers: Sequence[int], length: int) -> int:
    """The most of the numbers that are less than `length` apart from the first of them."""
    most, start = 0, 0
    for end, number in enumerate(sorted_numbers):
        while number - sorted_numbers[start] >= length:
            start += 1
        most = max(most, end - start + 1)
    return most
