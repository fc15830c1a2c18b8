"""Rows of panels → their places on the grid and their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generators.grafana.panels import COLUMNS, Panel, place, row, size_of

# The ids of a row start at a multiple of this, so that one panel more in one row leaves those of
# the others, and links to them, as they are.
_IDS_OF_A_ROW = 100


@dataclass(frozen=True)
class Row:
    """A heading and the panels below it, from left to right and line by line; a panel that does
    not fit the line starts the next one. `closed`: they are shown after a click."""

    title: str
    panels: Sequence[Panel]
    closed: bool = False


def arrange(head: Sequence[Panel], rows: Sequence[Row]) -> list[Panel]:
    """The panels of a dashboard: `head` without a heading, then the rows. Each panel has to be
    new; it gets its place and its id here."""
    found = list(head)
    y = _flow(head, 0, 1)
    for index, item in enumerate(rows):
        first = (index + 1) * _IDS_OF_A_ROW
        heading = row(item.title, item.panels if item.closed else ())
        place(heading, 0, y, first)
        below = _flow(item.panels, y + 1, first + 1)
        found += [heading] if item.closed else [heading, *item.panels]
        # A closed row takes one line; what is in it is below that line once it opens.
        y = y + 1 if item.closed else below
    return found


def _flow(panels: Sequence[Panel], y: int, number: int) -> int:
    """Places panels from line `y` on, with ids from `number` on, and gives the line below."""
    x = height = 0
    for index, panel in enumerate(panels):
        size = size_of(panel)
        if x + size.w > COLUMNS:
            x, y, height = 0, y + height, 0
        place(panel, x, y, number + index)
        x, height = x + size.w, max(height, size.h)
    return y + height
