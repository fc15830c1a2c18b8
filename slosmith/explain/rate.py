"""Events over time, as the option `--rate` takes them: `100/s`, `2.5/m`, `3/h`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from slosmith.numbers import plain

_RATE = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)/([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Rate:
    """`count` events in each `unit` (`s`, `m`, `h`, `d`); above 0."""

    count: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{plain(self.count)}/{self.unit}"

    @property
    def per_second(self) -> Decimal:
        return self.count / _UNITS[self.unit]

    def events(self, seconds: int) -> Decimal:
        """All events in so many seconds; exact wherever the quotient ends."""
        return self.count * seconds / _UNITS[self.unit]


def parse_rate(text: str) -> Rate | None:
    """None if `text` is no rate above 0."""
    match = _RATE.fullmatch(text) if text.isascii() else None
    if match is None or not Decimal(match[1]):
        return None
    return Rate(Decimal(match[1]), match[2])
