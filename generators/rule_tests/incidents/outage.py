"""Everything is bad at once, then good again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from generators.rule_tests import expected
from generators.rule_tests.expected import Number
from generators.rule_tests.incidents.ward import HOUR, MINUTE, Ward, among, raw_windows
from generators.rule_tests.patients import Patient, foreign_series
from generators.rule_tests.raw import Gaps, Phase, samples
from generators.rule_tests.suite import Check, Scenario
from slosmith import series
from slosmith.model import RatioIndicator

_SKEW = 1e-4  # of all events: so few that no alert is any later


def outage(ward: Ward) -> Scenario:
    """Everything is bad at once, then good again."""
    start = 15 * MINUTE
    end = start + max([12 * MINUTE, *(wait + MINUTE for wait in ward.waits())])
    clearing = [p for p in ward.patients if ward.page_wait(p) and _clears_soon(p)]
    shorts = [tier.short for p in clearing for tier in p.terms.tiers_of("page")]
    # Until pages are over, and an hour's window holds none of it any more.
    last = end + max([HOUR, *shorts]) + 3 * MINUTE
    fed: dict[str, str] = {}
    checks = [ward.silence(start - MINUTE)]
    for patient in ward.patients:
        rate = ward.rate(patient)
        # Where events count, twice as many, as clients try again.
        busy = 2 * rate if patient.counts_events else rate
        skew = -_SKEW if patient.may_skew else 0.0
        ill = [Phase(start, rate, skew), Phase(end - start, busy, 1), Phase(last - end, rate)]
        ill.append(Phase(MINUTE, rate))
        gaps = Gaps(vanishing=isinstance(patient.slo.indicator, RatioIndicator))
        fed |= ward.feed(patient, ill, [Phase(last + MINUTE, rate)], gaps)
        for raw in foreign_series(ward.service, patient):
            fed.setdefault(raw.text, samples(raw, ill, ward.scrape))
        checks += ward.paged(patient, start)
        checks += _outage_numbers(ward, patient, ill, start, end, last)
    if clearing:
        names = {alert.name for p in clearing if (alert := p.slo.burn_alert("page"))}
        only = f'alertname=~"{"|".join(sorted(names))}",{among(clearing)}'
        checks.append(expected.alerts(last, [], ward.by, only=only))
    return Scenario("a total outage pages, and the page clears", ward.scrape, fed, checks)


def _outage_numbers(
    ward: Ward, patient: Patient, phases: Sequence[Phase], start: int, end: int, last: int
) -> list[Check]:
    probe = patient.probe
    short, bad = series.error_ratio(series.BASE_WINDOW), series.BAD
    well, ill = [Number(bad, 0, 0), Number(short, 0, 0)], [Number(short, 1, 1)]
    if probe.total is not None:
        usual = probe.total * (ward.rate(patient) if patient.counts_events else 1.0)
        busy = usual * (2 if patient.counts_events else 1)
        well.append(Number(series.TOTAL, usual, usual))
        ill += [Number(series.TOTAL, busy, busy), Number(bad, busy, busy)]
    found = []
    for at, wanted in ((start - MINUTE, well), (start + 7 * MINUTE, ill), (last, well)):
        found.append(ward.numbers(at, patient, wanted))
    hour = start + HOUR - 5 * MINUTE
    for at in sorted({start - MINUTE, start + 7 * MINUTE, end + 10 * MINUTE, hour, last}):
        ratios = list(_raw_ratios(patient, phases, at, ward.scrape))
        found += [ward.numbers(at, patient, ratios, tolerance=0.06)] if ratios else []
    return found


def _raw_ratios(
    patient: Patient, phases: Sequence[Phase], at: int, scrape: int
) -> Iterator[Number]:
    """The error ratios over windows of raw series, where they reach back as far."""
    for window in raw_windows(patient):
        # The first scrape of a phase shows it already, and at either end of a window one less may
        # count.
        found = [
            _ratio(patient, phases, at, length, shift)
            for length in (window, window - scrape)
            for shift in (scrape, 0)
        ]
        if window <= at or not any(found):
            yield Number(series.error_ratio(window), min(found), max(found))


def _ratio(patient: Patient, phases: Sequence[Phase], at: int, window: int, shift: int) -> float:
    bad = total = 0.0
    begin = -shift
    for phase in phases:
        seconds = min(begin + phase.seconds, at) - max(begin, at - window)
        begin += phase.seconds
        if seconds > 0:
            weight = phase.rate if patient.counts_events else 1.0
            bad += seconds * weight * phase.error
            total += seconds * weight
    # A little less than none, where more seemed good than there was, is none.
    return max(bad, 0.0) / total


def _clears_soon(patient: Patient) -> bool:
    return all(tier.short <= HOUR for tier in patient.terms.tiers_of("page"))
