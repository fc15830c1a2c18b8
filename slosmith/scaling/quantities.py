"""Numbers → Kubernetes quantities in the one form that the API server gives back.

Any other form is a difference that GitOps never gets rid of. Source: apimachinery,
pkg/api/resource: decimal quantities take the largest suffix that leaves a whole number.
"""

from __future__ import annotations

from decimal import Decimal

_SUFFIXES = ("m", "", "k", "M", "G", "T")


def quantity(number: Decimal) -> str:
    """`Decimal("0.5")` is `500m`, 100 is `100`, 1500 is `1500`, 2000 is `2k`. Three decimals at
    most."""
    thousandths = int(number * 1000)
    assert thousandths == number * 1000, f"{number} has more than three decimals"
    step = 0
    while thousandths and thousandths % 1000 == 0 and step < len(_SUFFIXES) - 1:
        thousandths //= 1000
        step += 1
    return f"{thousandths}{_SUFFIXES[step]}"
