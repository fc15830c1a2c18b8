"""`tests.series`: the raw series that a spec gives for the generated tests of an SLO."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from slosmith.model import GivenSeries
from slosmith.problems import Path
from slosmith.promql import fields
from slosmith.promql.matching import matchers
from slosmith.resolve.context import Context, mapping, number

_PER_SECOND = re.compile(r"([0-9]+(?:\.[0-9]+)?)/s")


def build(
    context: Context, data: dict[str, Any], by: tuple[str, ...], at: Path
) -> tuple[GivenSeries, ...]:
    """The series in `data`, which stands at model path `at`, without those that were refused."""
    found = (
        _series(context, text, mapping(paces), by, (*at, "series", text))
        for text, paces in mapping(data.get("series")).items()
    )
    return tuple(series for series in found if series)


def _series(
    context: Context, text: str, paces: dict[str, Any], by: tuple[str, ...], at: Path
) -> GivenSeries | None:
    selector, faults = fields.selector(text)
    for fault in faults:
        context.error(fault.check, f"`{text}`: {fault.message}", at, key=True)
    if selector is None:
        return None
    labels = {matcher.label: matcher for matcher in matchers(selector)}
    if not selector.name or any(matcher.op != "=" for matcher in labels.values()):
        message = (
            f'`{text}` is no one series: write its name and its labels with =, as in a{{b="c"}}'
        )
        context.error("tests-series", message, at, key=True)
        return None
    if missing := [label for label in by if label not in labels]:
        message = f"`{text}` lacks the label {missing[0]} of `by`"
        context.error("tests-series", message, at, key=True)
        return None
    good, bad = _pace(paces.get("good")), _pace(paces.get("bad"))
    if good is None or bad is None:
        return None
    if good[1] != bad[1]:
        message = f"`{text}` is a gauge here and a counter there: write both paces as N or as N/s"
        context.error("tests-series", message, at)
        return None
    return GivenSeries(selector, good[0], bad[0], counter=good[1])


def _pace(value: Any) -> tuple[Decimal, bool] | None:
    """A pace, and whether it is a counter's; None for what was refused."""
    if isinstance(value, str) and (match := _PER_SECOND.fullmatch(value)):
        return Decimal(match[1]), True
    found = number(value)
    return None if found is None else (found, False)
