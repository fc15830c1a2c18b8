"""Prometheus durations: text → time and back, in one normal form."""

from __future__ import annotations

import re
from decimal import Decimal

# The order and the units are Prometheus' own (model.ParseDuration): descending, integers only.
_DURATION = re.compile(
    r"(?:(?P<y>\d+)y)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?"
    r"(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?(?:(?P<ms>\d+)ms)?"
)
_MILLISECONDS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
# Weeks and years are not written, so that the same time has one name: `4w` is `28d`.
_WRITTEN = ("d", "h", "m", "s", "ms")
MAX_MILLISECONDS = 100 * 365 * 86_400_000


def parse_milliseconds(text: str) -> int | None:
    """Milliseconds of a Prometheus duration such as `1h30m`; None if `text` is none, or is
    longer than a hundred years."""
    match = _DURATION.fullmatch(text) if text.isascii() and len(text) <= 40 else None
    if match is None or not any(match.groups()):
        return None
    total = sum(int(count) * _MILLISECONDS[unit] for unit, count in match.groupdict("0").items())
    return total if total <= MAX_MILLISECONDS else None


def parse_seconds(text: str) -> Decimal | None:
    """Like parse_milliseconds, as exact seconds."""
    milliseconds = parse_milliseconds(text)
    return None if milliseconds is None else Decimal(milliseconds) / 1000


def format_duration(seconds: int | Decimal) -> str:
    """The normal form of a duration: `86400` is `1d`, `5400` is `1h30m`, 4 weeks are `28d`."""
    rest = int(Decimal(seconds) * 1000)
    parts = []
    for unit in _WRITTEN:
        count, rest = divmod(rest, _MILLISECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def format_go(seconds: int) -> str:
    """A duration as Go reads it, which has no unit above hours: a day is `24h`."""
    hours, rest = divmod(seconds, 3600)
    minutes, last = divmod(rest, 60)
    parts = [
        f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (last, "s")) if count
    ]
    return "".join(parts) or "0s"
