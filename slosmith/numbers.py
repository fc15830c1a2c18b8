"""Exact numbers as text, without float noise or needless zeros."""

from __future__ import annotations

from decimal import Decimal


def plain(number: int | Decimal) -> str:
    """`Decimal("99.90")` is `99.9`, `Decimal("1E+3")` is `1000`: PromQL, JSON and Kubernetes all
    read it."""
    text = format(Decimal(number), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def percent(ratio: Decimal) -> str:
    """A ratio as percent for people: `Decimal("0.001")` is `0.1%`."""
    return plain(ratio * 100) + "%"
