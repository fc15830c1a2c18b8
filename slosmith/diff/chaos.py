"""The chaos experiments of a service before and after."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from slosmith.diff import plain
from slosmith.diff.changes import Part, Risk, state_of
from slosmith.numbers import percent

SECTION = "experiments"
TITLE = "chaos"


def compare(service: str, before: list[Any], after: list[Any]) -> Iterator[Part]:
    """`before` and `after` are plain experiments of `service`, each with a name."""
    changes = plain.compare(list(map(_spelled, before)), list(map(_spelled, after)))
    if changes:
        risks = tuple(Risk(note, service, message) for note, message in _risks(before, after))
        yield Part(TITLE, "", state_of(before, after), tuple(changes), risks=risks)


def _spelled(experiment: dict[str, Any]) -> dict[str, Any]:
    """An experiment in the words of the spec. The share that suffers is a range where the spec
    leaves it to the number of pods."""
    fields = {}
    for key, value in experiment.items():
        match key:
            case "seconds":
                fields["duration"] = value
            case "least":
                shares = dict.fromkeys((_share(value), _share(experiment["most"])))
                fields["impact"] = " to ".join(shares)
            case "budget":
                fields[key] = _share(value)
            case "most":
                pass
            case _:
                fields[key] = value
    return fields


def _share(ratio: Decimal) -> str:
    """Of pods that are hit, the share may not end."""
    return percent(round(ratio, 6))


def _risks(before: list[Any], after: list[Any]) -> Iterator[tuple[str, str]]:
    """An experiment is paused in git until somebody starts it; one that runs goes on as it says
    after the change."""
    old = {item["name"]: item for item in before}
    for item in after:
        earlier = old.get(item["name"])
        name = plain.quoted(str(item["name"]))
        if earlier is None:
            yield "experiment-added", f"{name} breaks something on purpose once it is started"
        elif any(earlier.get(key) != item.get(key) for key in ("pods", "fault", "target")):
            yield "experiment-changed", f"{name} hits other pods, or otherwise, if it was started"
