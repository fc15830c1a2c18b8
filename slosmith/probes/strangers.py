"""Series that the rules of an SLO must not take for its own, and SLOs that share series."""

from __future__ import annotations

from collections.abc import Sequence

from slosmith.model import Slo
from slosmith.probes import labels
from slosmith.probes.build import Probes, read_by
from slosmith.probes.labels import NAME, Labels
from slosmith.probes.probe import Probe, Raw

_MOST = 8


def strangers(slo: Slo, everybody: Sequence[Slo], by: Labels) -> list[Labels]:
    """Series that an SLO's selectors would take if one of their matchers were missing, and that
    no SLO of `everybody` takes."""
    all_of_them = [selector for other in everybody for selector in read_by(other)]
    found: list[Labels] = []
    for selector in read_by(slo):
        for matcher in selector:
            if matcher.label in (NAME, "le"):
                continue
            rest = [other for other in selector if other is not matcher]
            series = labels.find([rest], all_of_them, by)
            if series is not None and NAME in series and series not in found:
                found.append(series)
    return found[:_MOST]


def is_read(probe: Probe, slo: Slo, but: frozenset[Raw] = frozenset()) -> bool:
    """Whether rules of an SLO would read the raw series of a probe, those in `but` left out."""
    readers = read_by(slo)
    return any(
        labels.takes(selector, raw.labels) is not False
        for raw in probe.series
        if raw not in but
        for selector in readers
    )


def disturb(one: tuple[Slo, Probes], other: tuple[Slo, Probes]) -> bool:
    """Whether raw series of one SLO would be read by the rules of the other. Series that both
    have, with the same paces, do no harm."""
    own, others = (_series(found) for _, found in (one, other))
    return any(is_read(probe, other[0], others) for _, probe in one[1]) or any(
        is_read(probe, one[0], own) for _, probe in other[1]
    )


def _series(found: Probes) -> frozenset[Raw]:
    return frozenset(raw for _, probe in found for raw in probe.series)
