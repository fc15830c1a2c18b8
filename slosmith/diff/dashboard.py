"""The panels of a service's dashboard before and after, as Grafana shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from slosmith.diff.changes import Change, Part, state_of
from slosmith.diff.sides import Side

SECTION = "dashboard"
# Titles tell figures of the SLO, such as `availability (99.9% over 30d)`: another figure makes no
# other panel.
_FIGURES = re.compile(r"\([^()]*\)|\d+(?:\.\d+)?(?:%|[a-z]+\b)?")


def compare(before: Side | None, after: Side | None) -> Iterator[Part]:
    old, new = _panels(before), _panels(after)
    gone = [Change("panel", title, None) for key, title in old.items() if key not in new]
    come = [Change("panel", None, title) for key, title in new.items() if key not in old]
    if gone or come:
        yield Part(SECTION, "", state_of(old, new), (*gone, *come))


def _panels(side: Side | None) -> dict[tuple[str, ...], str]:
    """Titles of panels, with that of their row, by what is the same in each version of them."""
    text = side.text(f"grafana/dashboards/{side.service.name}.json") if side else None
    found: dict[tuple[str, ...], str] = {}
    row = ""
    for panel in json.loads(text)["panels"] if text else ():
        if panel["type"] == "row":
            row = str(panel.get("title", ""))
            for inner in panel.get("panels", []):
                _add(found, row, inner)
        else:
            _add(found, row, panel)
    return found


def _add(found: dict[tuple[str, ...], str], row: str, panel: dict[str, Any]) -> None:
    title = str(panel.get("title", ""))
    base = (_FIGURES.sub("", row), _FIGURES.sub("", title), str(panel["type"]))
    number = 1
    while (key := (*base, str(number))) in found:
        number += 1
    found[key] = f"{row}: {title}" if row else title
