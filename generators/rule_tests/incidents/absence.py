"""Data that ends, and data that never came."""

from __future__ import annotations

from collections.abc import Iterator

from generators.rule_tests import expected
from generators.rule_tests.incidents.ward import MINUTE, Ward, among
from generators.rule_tests.patients import Patient, foreign_series
from generators.rule_tests.raw import Gaps, Phase, samples
from generators.rule_tests.suite import Check, Scenario
from slosmith import series


def dead(ward: Ward) -> Scenario:
    """All series end, as when the last pod dies."""
    start = 10 * MINUTE
    fed: dict[str, str] = {}
    waits = {}
    checks = [ward.silence(start + 3 * MINUTE)]
    for patient in ward.patients:
        phases = [Phase(start, ward.rate(patient))]
        fed |= ward.feed(patient, phases, phases, Gaps(dies=True))
        if alert := expected.missing(patient.slo, ward.project, was_there=True):
            waits[alert] = expected.missing_wait(patient.slo, ward.project, was_there=True)
        for raw in foreign_series(ward.service, patient):
            fed.setdefault(raw.text, samples(raw, [Phase(2 * start, 1)], ward.scrape))
        checks += _ending(ward, patient, start)
    # Recorded rates end 4 to 5 minutes after the raw series do. Nothing follows later on.
    later = max(waits.values(), default=0) + 12
    for minutes in sorted({later, *(wait + n for wait in waits.values() for n in (3, 7))}):
        found = [alert for alert, own in waits.items() if own + 6 < minutes]
        at = start + minutes * MINUTE
        checks.append(expected.alerts(at, found, ward.by, only=among(ward.patients)))
    checks += _whole_missing(ward, start + later * MINUTE, was_there=True)
    return Scenario("dead pods page for missing data alone", ward.scrape, fed, checks)


def never(ward: Ward) -> Scenario:
    """No series at all, but recorded ones of other SLOs."""
    checks = []
    for minutes in (4, 9, 11):
        found = []
        for patient in ward.patients:
            alert = expected.missing(patient.slo, ward.project, was_there=False)
            wait = expected.missing_wait(patient.slo, ward.project, was_there=False)
            if alert and wait < minutes:
                found.append(alert)
        only = among(ward.patients)
        checks.append(expected.alerts(minutes * MINUTE, found, ward.by, only=only))
    checks += _whole_missing(ward, 11 * MINUTE, was_there=False)
    fed: dict[str, str] = {}
    for patient in ward.patients:
        for name in (series.TOTAL, series.BAD):
            for own in (("somebody-else", patient.slo.name), (ward.service.name, "other")):
                fed[f"{name}{series.matchers(*own)}"] = "1x" + str(15 * MINUTE // ward.scrape)
        checks.append(_nothing(ward, patient))
    return Scenario("an indicator without any data is a ticket", ward.scrape, fed, checks)


def _ending(ward: Ward, patient: Patient, start: int) -> Iterator[Check]:
    """Base rates tell of five minutes: they are there a while after the raw series have
    ended, and soon no more."""
    own = series.matchers(ward.service.name, patient.slo.name)
    there = start + (4 if patient.is_state else 2) * MINUTE
    names = {"service": ward.service.name, "slo": patient.slo.name}
    for name in (series.TOTAL, series.BAD):
        query = f"group by (service, slo) ({name}{own})"
        yield Check(there, query, [(names, 1)])
        yield Check(start + 7 * MINUTE, query)


def _nothing(ward: Ward, patient: Patient) -> Check:
    """Nothing is recorded of an SLO without data, but for what describes it."""
    own = series.matchers(ward.service.name, patient.slo.name)[1:-1]
    names = "slo:(sli_.+|history:seconds|error_budget_remaining:ratio)"
    return Check(11 * MINUTE, f'{{__name__=~"{names}",{own}}}')


def _whole_missing(ward: Ward, at: int, *, was_there: bool) -> Iterator[Check]:
    """The alerts for missing data with all their labels."""
    for patient in ward.patients:
        if alert := expected.missing(patient.slo, ward.project, was_there=was_there):
            yield expected.whole_alert(at, alert, ward.service, patient.slo, {})
