"""The tests of single tiers: weeks of recorded rates, in which each pair of windows of a severity
is put just below and just above its threshold.

Evaluating weeks from raw series would take promtool minutes, so the rates that the fast rules
record are fed in, and the rules are evaluated where something is to be seen: once every 25 hours.
At that pace a group sees of another only what it recorded just before. Pages need the history,
which the slow groups record, and tickets the ratios of the fast ones: so each severity is a file
of its own, with its own order of groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from generators.rule_tests import courses, expected, feeds
from generators.rule_tests.courses import Course, Plan
from generators.rule_tests.episodes import STEP
from generators.rule_tests.expected import Number
from generators.rule_tests.life import MINUTE
from generators.rule_tests.oracle import HOUR, Terms
from generators.rule_tests.suite import Check, Scenario
from slosmith import series
from slosmith.model import Project, Service, SeverityKey, Slo
from slosmith.probes.probe import Probe
from slosmith.probes.strangers import is_read
from slosmith.series import BASE_WINDOW

EVALUATION = STEP * MINUTE


@dataclass(frozen=True)
class Subject:
    """An SLO, the `by` labels that its series carry here, and its raw series, if they are known
    and can show any error ratio."""

    slo: Slo
    by: Mapping[str, str]
    probe: Probe | None


@dataclass(frozen=True)
class _Life:
    """A subject and the course of its life."""

    subject: Subject
    course: Course

    @property
    def slo(self) -> Slo:
        return self.subject.slo

    @property
    def by(self) -> Mapping[str, str]:
        return self.subject.by


def scenarios(
    service: Service, project: Project, subjects: Sequence[Subject], severity: SeverityKey
) -> list[Scenario]:
    """Scenarios for all SLOs that have an alert of this severity; none without any."""
    able = [
        subject
        for subject in subjects
        if _has_alert(subject.slo, severity)
        and (subject.probe is not None or not feeds.needs_raw(subject.slo, severity))
    ]
    found: list[list[Subject]] = []
    for subject in able:
        for group in found:
            if not any(_disturb(subject, other, severity) for other in group):
                group.append(subject)
                break
        else:
            found.append([subject])
    return [
        scenario
        for group in found
        for scenario in (
            _scenario(service, project, group, severity),
            *_rash(service, project, group, severity),
        )
    ]


def _disturb(one: Subject, other: Subject, severity: SeverityKey) -> bool:
    """Whether the raw series that are fed for one SLO would be read by the rules of the other."""
    pairs = [(one, other), (other, one)]
    return any(
        feeds.needs_raw(a.slo, severity) and a.probe and is_read(a.probe, b.slo) for a, b in pairs
    )


def _scenario(
    service: Service, project: Project, able: Sequence[Subject], severity: SeverityKey
) -> Scenario:
    terms = [Terms.of(subject.slo) for subject in able]
    steps = max(courses.steps(each, severity) for each in terms)
    if severity == "ticket":
        # Long enough for the SLO's own window to leave some episodes behind.
        steps = max(steps, *(-(-subject.slo.window // EVALUATION) + 4 for subject in able))
    exhausted = [expected.has_exhausted(subject.slo, severity) for subject in able]
    end = steps + (2 if any(exhausted) else 0)
    lives = [
        _Life(subject, courses.course(Plan(each, severity, spent, steps, end)))
        for subject, each, spent in zip(able, terms, exhausted, strict=True)
    ]
    fed: dict[str, str] = {}
    for life in lives:
        fed |= _fed(service, life, severity)
    checks = list(_checks(service, project, lives, severity, steps, end))
    return Scenario(f"each {severity} just below and just above its threshold", MINUTE, fed, checks)


def _rash(
    service: Service, project: Project, able: Sequence[Subject], severity: SeverityKey
) -> Iterator[Scenario]:
    """One step each: SLOs that alert although their history is short."""
    most = max(len(courses.rash(Terms.of(subject.slo), severity)) for subject in able)
    for number in range(most):
        lives = [
            _Life(subject, courses.course(Plan(terms, severity, False, 1, 1, rash=number)))
            for subject in able
            for terms in [Terms.of(subject.slo)]
            if subject.slo.burn_alert(severity) and number < len(courses.rash(terms, severity))
        ]
        if lives:
            fed: dict[str, str] = {}
            for life in lives:
                fed |= _fed(service, life, severity)
            checks = [_moment(project, lives, severity, STEP)]
            yield Scenario(f"a {severity} in the first hours of an SLO", MINUTE, fed, checks)


def _has_alert(slo: Slo, severity: SeverityKey) -> bool:
    return slo.burn_alert(severity) is not None or expected.has_exhausted(slo, severity)


def _fed(service: Service, life: _Life, severity: SeverityKey) -> dict[str, str]:
    slo, by, course, probe = life.slo, life.by, life.course, life.subject.probe
    if feeds.needs_raw(slo, severity):
        assert probe is not None, "others were left out"
        return feeds.from_raw(service, slo, by, course.life, course.minutes, probe)
    windows = feeds.raw_windows(slo, severity)
    return feeds.from_recorded(service, slo, by, course.oracle, course.minutes, windows)


def _checks(
    service: Service,
    project: Project,
    lives: Sequence[_Life],
    severity: SeverityKey,
    steps: int,
    end: int,
) -> Iterator[Check]:
    for step in range(1, end + 1):
        yield _moment(project, lives, severity, step * STEP)
    if severity == "page":
        yield from _gone(project, lives, end)
    for life in lives:
        slo, course = life.slo, life.course
        for minute in (STEP, steps * STEP):
            wanted = list(_numbers(life, minute, severity))
            yield expected.numbers(minute * MINUTE, service, slo, life.by, wanted)
        if severity == "ticket":
            yield from expected.constants(steps * STEP * MINUTE, service, slo)
        told, alert = expected.burn(slo, project, severity, life.by), slo.burn_alert(severity)
        if told and alert and course.first and course.oracle.burning(severity, course.first):
            at = course.first * MINUTE
            yield expected.whole_alert(at, told, service, slo, alert.labels)
        if expected.has_exhausted(slo, severity) and course.moments[-1].spent:
            spent = expected.exhausted(slo, project, life.by)
            yield expected.whole_alert(course.moments[-1].minute * MINUTE, spent, service, slo, {})


def _gone(project: Project, lives: Sequence[_Life], last: int) -> Iterator[Check]:
    """All data has ended: missing for a day, then as if it had never been."""
    slos = [life.slo for life in lives]
    only = f'alertname="{series.MISSING_ALERT}",slo=~"{"|".join(slo.name for slo in slos)}"'

    def all_of(*, was_there: bool) -> list[expected.Alert]:
        found = [expected.missing(slo, project, was_there=was_there) for slo in slos]
        return [alert for alert in found if alert is not None]

    soon, later = (all_of(was_there=there) for there in (True, False))
    # Of an SLO with one alert for both it has fired by then; of two, the second has only begun.
    lasting = [alert for alert in later if alert in soon]
    begun = [alert for alert in later if alert not in soon]
    times = [(last + number) * STEP * MINUTE for number in (1, 2, 3)]
    yield expected.alerts(times[0], soon, (), state="pending", only=only)
    yield expected.alerts(times[1], lasting, (), only=only)
    yield expected.alerts(times[1], begun, (), state="pending", only=only)
    yield expected.alerts(times[2], later, (), only=only)


def _moment(project: Project, lives: Sequence[_Life], severity: SeverityKey, minute: int) -> Check:
    """All alerts of a severity at a moment. SLOs of which it cannot be told are left out."""
    found, known, names = [], [], set()
    for life in lives:
        slo = life.slo
        burn = expected.burn(slo, project, severity, life.by)
        names |= {burn.name} if burn else set()
        if expected.has_exhausted(slo, severity):
            names.add(series.EXHAUSTED_ALERT)
        moment = next((m for m in life.course.moments if m.minute == minute), None)
        if moment is None or moment.burning is None or moment.spent is None:
            continue
        known.append(slo.name)
        if moment.burning and burn:
            found.append(burn)
        if moment.spent and expected.has_exhausted(slo, severity):
            found.append(expected.exhausted(slo, project, life.by))
    by = sorted({label for life in lives for label in life.by})
    only = f'alertname=~"{"|".join(sorted(names))}",slo=~"{"|".join(known)}"'
    return expected.alerts(minute * MINUTE, found, by, only=only)


def _numbers(life: _Life, minute: int, severity: SeverityKey) -> Iterator[Number]:
    """The recorded numbers of a moment that alerts of a severity, or people, look at. Ratios that
    are fed in are not among them."""
    slo, oracle = life.slo, life.course.oracle
    raw = feeds.needs_raw(slo, severity)
    windows = {window for t in oracle.terms.tiers_of(severity) for window in (t.long, t.short)}
    # Where the last sample is made from raw series, too little is left of errors for the SLO's
    # own window to be met exactly.
    own = set() if raw else {slo.window}
    for window in sorted(windows | own | {BASE_WINDOW}):
        if window == BASE_WINDOW or window > HOUR or raw:
            ratios = oracle.ratios(window, minute)
            yield Number(series.error_ratio(window), min(ratios), max(ratios))
    history = oracle.history(minute)
    yield Number(series.HISTORY, history - 1800, history)
    left = oracle.remaining(minute)
    assert left is not None, "there is traffic"
    # As exact as the ratio that it is worked out from, which may be many times the budget.
    inexact = (1 - left) * expected.TOLERANCE
    yield Number(series.REMAINING, left - inexact, left + inexact)
