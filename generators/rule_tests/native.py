"""Native histograms as promtool 3 writes them: `{{offset:-1 count:3 sum:1.5 buckets:[2 1]}}`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from generators.rule_tests.notation import Counter, Run, number

# Schema 0: bucket i holds what is above 2^(i-1) and at most 2^i.


def text(bound: float, phases: Iterable[tuple[int, float, float, bool]]) -> str:
    """The samples of a histogram of observations below and above a bound.

    Each phase is the number of samples, the good and the bad observations from each to the next,
    and whether the histogram begins anew.
    """
    good, bad = Counter(), Counter()
    pieces = []
    for count, fine, slow, reset in phases:
        if reset:
            good.reset()
            bad.reset()
        if count:
            pieces.append(_text(bound, good.grown(count, fine), bad.grown(count, slow)))
    return " ".join(pieces)


def _text(bound: float, good: Run, bad: Run) -> str:
    start = _histogram(bound, good.start or 0.0, bad.start or 0.0)
    if good.count == 1:
        return start
    step = f"+{_histogram(bound, good.step, bad.step)}" if good.step or bad.step else ""
    return f"{start}{step}x{good.count - 1}"


def _histogram(bound: float, good: float, bad: float) -> str:
    """Good observations a bucket clear of the bound, bad ones as well."""
    below = math.floor(math.log2(bound)) - 1
    above = math.ceil(math.log2(bound)) + 2
    buckets = [good, *[0.0] * (above - below - 1), bad]
    total = good * 2.0 ** (below - 0.5) + bad * 2.0 ** (above - 0.5)
    inside = " ".join(map(number, buckets))
    return (
        f"{{{{offset:{below} count:{number(good + bad)} sum:{number(total)} buckets:[{inside}]}}}}"
    )
