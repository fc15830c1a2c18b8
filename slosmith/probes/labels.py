"""Selectors → label sets: series that one selector takes and others do not."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from slosmith.probes.patterns import examples
from slosmith.promql.matching import Matcher

NAME = "__name__"
Labels = dict[str, str]
# Tried where no matcher names a value: plain words, responses, methods.
_CODES = ("200", "404", "500", "503")
_USUAL = ("a", "b", *_CODES, "GET", "POST", "x", "")
_MOST_VALUES, _MOST_SETS = 12, 4000


def takes(selector: Sequence[Matcher], labels: Mapping[str, str]) -> bool | None:
    """Whether a selector takes a series; None where it cannot be told."""
    verdicts = [matcher.accepts(labels.get(matcher.label, "")) for matcher in selector]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def find(
    wanted: Iterable[Sequence[Matcher]],
    unwanted: Iterable[Sequence[Matcher]] = (),
    fixed: Mapping[str, str] | None = None,
) -> Labels | None:
    """Labels of a series that all selectors in `wanted` take and none in `unwanted` does; None
    if none was found. `fixed` labels have these values."""
    needed, refused = [*wanted], [*unwanted]
    names = list(dict.fromkeys(m.label for selector in [*needed, *refused] for m in selector))
    choices = [_values(name, needed, refused, fixed or {}) for name in names]
    for values in itertools.islice(itertools.product(*choices), _MOST_SETS):
        labels = {name: value for name, value in zip(names, values, strict=True) if value}
        labels |= fixed or {}
        if all(takes(selector, labels) for selector in needed) and all(
            takes(selector, labels) is False for selector in refused
        ):
            return labels
    return None


def values(label: str, selectors: Iterable[Sequence[Matcher]]) -> list[str]:
    """Values of a label that every one of the selectors takes."""
    needed = [*selectors]
    return [value for value in _values(label, needed, [], {}) if value]


def _values(
    label: str,
    needed: Sequence[Sequence[Matcher]],
    refused: Sequence[Sequence[Matcher]],
    fixed: Mapping[str, str],
) -> list[str]:
    """Values to try for a label, those that `needed` takes."""
    if label in fixed:
        return [fixed[label]]
    own = [m for selector in needed for m in selector if m.label == label]
    other = [m for selector in refused for m in selector if m.label == label]
    tried: list[str] = []
    for matcher in [*own, *other]:
        if matcher.op in ("=", "!="):
            tried.append(matcher.value)
        else:
            # `5..` is meant for codes; any other text that it takes would puzzle a reader.
            tried += _CODES if any(char.isdigit() for char in matcher.value) else ()
            tried += examples(matcher.value)
    if label != NAME:
        # Next to a value that is asked for, an absent label is the plainest choice.
        tried += _USUAL if any(m.op != "=" for m in own) or other else ["", *_USUAL]
    fitting = [v for v in dict.fromkeys(tried) if all(m.accepts(v) for m in own)]
    return fitting[:_MOST_VALUES]
