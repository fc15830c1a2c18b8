"""Errors where there never were any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from generators.rule_tests import expected
from generators.rule_tests.expected import Number
from generators.rule_tests.incidents.ward import MINUTE, Ward, raw_windows
from generators.rule_tests.patients import Patient
from generators.rule_tests.raw import Gaps, Phase, samples
from generators.rule_tests.suite import Check, Scenario
from slosmith import series
from slosmith.model import RatioIndicator, UptimeIndicator


def first_errors(ward: Ward) -> Scenario:
    """Error series that appear with the first error, good ones that never come, and one of
    two targets down. With `by`, it is the other value that fails."""
    start = 9 * MINUTE
    last = start + max([5 * MINUTE, *ward.waits()])
    fed: dict[str, str] = {}
    checks = [ward.silence(start - MINUTE)]
    for patient in (patient.swapped() for patient in ward.patients):
        rate = ward.rate(patient)
        ill = [Phase(start, rate), Phase(last - start + MINUTE, rate, 1)]
        if isinstance(patient.slo.indicator, UptimeIndicator):
            fed |= _one_target_down(ward, patient, ill)
            checks += _one_target_checks(ward, patient, start, last)
            continue
        gaps = Gaps(late=isinstance(patient.slo.indicator, RatioIndicator))
        if patient.counts_good and not patient.given:
            # Nothing is known of it before its first requests, which all fail.
            gaps = Gaps(never_good=True)
            ill = [Phase(start, 0), Phase(last - start + MINUTE, rate, 1)]
        else:
            checks += _ratios(ward, patient, start - MINUTE, 0)
        fed |= ward.feed(patient, ill, [Phase(last + MINUTE, rate)], gaps, respelt=True)
        checks += ward.paged(patient, start)
        if gaps.never_good:
            checks += _ratios(ward, patient, last, 1)
    return Scenario("errors that were never seen before page", ward.scrape, fed, checks)


def _ratios(ward: Ward, patient: Patient, at: int, ratio: int) -> list[Check]:
    """No errors are no errors, in every window, even where no error series exists; and
    nothing good is nothing good."""
    names = [series.error_ratio(window) for window in (300, *raw_windows(patient))]
    return [ward.numbers(at, patient, [Number(name, ratio, ratio) for name in names])]


def _one_target_down(ward: Ward, patient: Patient, ill: Sequence[Phase]) -> dict[str, str]:
    well = [replace(phase, error=0.0) for phase in ill]
    return {
        raw.text: samples(raw, ill if (index, number) == (0, 0) else well, ward.scrape)
        for index, (_, probe) in enumerate(patient.values)
        for number, raw in enumerate(probe.series)
    }


def _one_target_checks(ward: Ward, patient: Patient, start: int, last: int) -> list[Check]:
    indicator = patient.slo.indicator
    assert isinstance(indicator, UptimeIndicator), "only those have targets"
    targets = len(patient.probe.series)
    if targets == 1 or indicator.healthy == "all":
        return ward.paged(patient, start)
    half_is_less = all(tier.threshold > Decimal("0.55") for tier in patient.terms.tiers)
    if indicator.healthy == "any" or half_is_less:
        return [expected.fired(last, start, [], ward.by, f'slo="{patient.slo.name}"')]
    return []
