"""Guards → the PromQL that keeps a trigger from adding replicas."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from slosmith import series
from slosmith.model import Guard
from slosmith.numbers import plain


def held(query: str, target: Decimal, guards: Sequence[Guard]) -> str:
    """A trigger's query, whose value is at most `target` while any of `guards` holds.

    At its target a value asks for the present replicas; below it asks for fewer, as ever. The
    bound is one number, of a vector that always has one element: without a guard, or without the
    data of any, it is infinite. So the value keeps being one series, or none where data is missing.
    """
    if not guards:
        return query
    burning = "\nor ".join(_burns(guard) for guard in guards)
    return "\n".join(
        (
            "clamp_max(",
            _indented(query, 2) + ",",
            "  scalar(",
            f"    vector({plain(target)}) and on () (",
            _indented(burning, 6),
            "    )",
            "    or vector(Inf)",
            "  )",
            ")",
        )
    )


def _burns(guard: Guard) -> str:
    """The error ratios over budget × burn; one for each value of the `by` of an SLO that has it."""
    labels = series.matchers(*guard.slo.split("/"))
    return f"{series.error_ratio(series.BASE_WINDOW)}{labels} > {plain(guard.threshold)}"


def _indented(text: str, spaces: int) -> str:
    if "`" in text:
        # The string may have lines, which are not ours to change.
        return text
    return "\n".join(" " * spaces + line for line in text.splitlines())
