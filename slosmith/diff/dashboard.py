"""The panels of a service's dashboard before and after, as Grafana shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from slosmith.diff.changes import Change, Part, state_of
from slosmith.diff.sides import Side

SECTION = "dashboard"
# The row of an SLO, such as `availability (99.9% over 30d)`.
_SLO_ROW = re.compile(r"([a-z0-9-]+) \([0-9.]+% over ")
# Titles tell figures of the SLO: another figure makes no other panel.
_FIGURES = re.compile(r"\([^()]*\)|\d+(?:\.\d+)?(?:%|[a-z]+\b)?")


def compare(before: Side, after: Side, renames: Mapping[str, str]) -> Iterator[Part]:
    """`renames` has the old names of SLOs, and the new ones: their panels stay what they were."""
    old, new = _panels(before, renames), _panels(after, {})
    gone = [Change("panel", title, None) for key, title in old.items() if key not in new]
    come = [Change("panel", None, title) for key, title in new.items() if key not in old]
    if gone or come:
        yield Part(SECTION, "", state_of(old, new), (*gone, *come))


def _panels(side: Side, renames: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Titles of panels, with that of their row, by what is the same in each version of them."""
    text = side.text(f"grafana/dashboards/{side.service.name}.json")
    found: dict[tuple[str, ...], str] = {}
    row = ""
    for panel in json.loads(text)["panels"] if text else ():
        if panel["type"] == "row":
            row = str(panel.get("title", ""))
            for inner in panel.get("panels", []):
                _add(found, row, inner, renames)
        else:
            _add(found, row, panel, renames)
    return found


def _add(
    found: dict[tuple[str, ...], str], row: str, panel: dict[str, Any], renames: Mapping[str, str]
) -> None:
    title = str(panel.get("title", ""))
    slo = _SLO_ROW.match(row)
    name = slo[1] if slo else ""
    base = tuple(_same(text, name, renames.get(name, name)) for text in (row, title))
    base = (*base, str(panel["type"]))
    number = 1
    while (key := (*base, str(number))) in found:
        number += 1
    found[key] = f"{row}: {title}" if row else title


def _same(title: str, slo: str, new: str) -> str:
    """A title without figures, with the SLO that it begins with by its new name. Other words stay:
    an SLO may be called `latency`, as a panel of all SLOs of that kind is."""
    rest = title.removeprefix(slo)
    if slo and rest != title and rest[:1] in (":", " "):
        title = new + rest
    return _FIGURES.sub("", title)
