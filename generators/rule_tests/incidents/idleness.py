"""Hardly any traffic, and few errors."""

from __future__ import annotations

from collections.abc import Iterator

from generators.rule_tests import expected
from generators.rule_tests.expected import Number
from generators.rule_tests.incidents.ward import HOUR, MINUTE, Ward, among
from generators.rule_tests.patients import Patient
from generators.rule_tests.raw import Gaps, Phase
from generators.rule_tests.suite import Check, Scenario
from slosmith import series


def idle(ward: Ward) -> Scenario:
    """No traffic at first, a little, a restart, none again, and then fewer errors than an alert
    asks for."""
    born, busy, idle, few = 5 * MINUTE, 10 * MINUTE, 8 * MINUTE, 4 * MINUTE
    rest = born + busy
    last = rest + idle + few
    fed: dict[str, str] = {}
    checks = [expected.fired(last, 0, [], ward.by, among(ward.patients))]
    burst = 0.7 * min(ward.least, default=0) / MINUTE
    for patient in ward.patients:
        slow = patient.counts_events and not patient.given
        rate = 1 / 120 if slow else 1.0
        phases = [
            Phase(born, 0),
            Phase(busy // 2, rate),
            Phase(busy // 2, rate, reset=True),
            Phase(idle, 0),
            Phase(MINUTE, burst, 1) if burst and slow else Phase(MINUTE, rate),
            Phase(few, 0 if burst and slow else rate),
        ]
        fed |= ward.feed(patient, phases, phases, Gaps())
        # However short, and before the history's first look back.
        young = [Number(series.HISTORY, 0, born)]
        checks.append(ward.numbers(born - MINUTE, patient, young, tolerance=0.1))
        if patient.counts_events:
            left = [Number(series.REMAINING, 1, 1)]
            checks.append(ward.numbers(born - MINUTE, patient, left))
            checks += _little_traffic(ward, patient, rest - MINUTE)
            checks += _idle_numbers(ward, patient, rest + idle - MINUTE)
        if slow:
            # Three of the five minutes of a rate were not idle.
            some = [Number(series.TOTAL, 0.35 * rate, 0.7 * rate)]
            checks.append(ward.numbers(rest + 2 * MINUTE, patient, some))
    return Scenario("idle hours and a few errors are silent", ward.scrape, fed, checks)


def _little_traffic(ward: Ward, patient: Patient, at: int) -> list[Check]:
    """However little happens, there is an error ratio over every window."""
    windows = {window for t in patient.slo.tiers for window in (t.long, t.short)}
    names = [series.error_ratio(w) for w in sorted(windows | {patient.slo.window, 300, HOUR})]
    return [ward.numbers(at, patient, [Number(name, 0, 0) for name in names])]


def _idle_numbers(ward: Ward, patient: Patient, at: int) -> Iterator[Check]:
    yield ward.numbers(at, patient, [Number(series.TOTAL, 0, 0), Number(series.BAD, 0, 0)])
    matchers = series.matchers(ward.service.name, patient.slo.name)
    yield Check(at, f"{series.error_ratio(series.BASE_WINDOW)}{matchers}")
