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

from generators.rule_tests import episodes, expected, feeds
from generators.rule_tests.episodes import STEP, TAIL, Episode
from generators.rule_tests.expected import Number
from generators.rule_tests.life import MINUTE, Part, within
from generators.rule_tests.oracle import HOUR, Oracle, Terms
from generators.rule_tests.suite import Check, Scenario
from slosmith import series
from slosmith.model import Project, Service, SeverityKey, Slo
from slosmith.probes.probe import Probe
from slosmith.probes.strangers import is_read
from slosmith.series import BASE_WINDOW

EVALUATION = STEP * MINUTE
_SPENT = 1e12  # so busy that nothing else counts


@dataclass(frozen=True)
class Subject:
    """An SLO, the `by` labels that its series carry here, and its raw series, if they are known
    and can show any error ratio."""

    slo: Slo
    by: Mapping[str, str]
    probe: Probe | None


@dataclass(frozen=True)
class _Course:
    """The life of a subject, the moments (minutes) at which it is looked at, and the first of
    them at which it must alert."""

    subject: Subject
    oracle: Oracle
    moments: Sequence[int]
    first: int | None

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
    return [_scenario(service, project, group, severity) for group in found]


def _disturb(one: Subject, other: Subject, severity: SeverityKey) -> bool:
    """Whether the raw series that are fed for one SLO would be read by the rules of the other."""
    pairs = [(one, other), (other, one)]
    return any(
        feeds.needs_raw(a.slo, severity) and a.probe and is_read(a.probe, b.slo) for a, b in pairs
    )


def _scenario(
    service: Service, project: Project, able: Sequence[Subject], severity: SeverityKey
) -> Scenario:
    plans = [list(_plan(Terms.of(subject.slo), severity)) for subject in able]
    steps = max(sum(episode.steps for episode, _ in plan) for plan in plans)
    if severity == "ticket":
        # Long enough for the SLO's own window to leave something behind.
        steps = max(steps, *(-(-subject.slo.window // EVALUATION) + 1 for subject in able))
    courses = [_course(s, plan, steps, severity) for s, plan in zip(able, plans, strict=True)]
    fed: dict[str, str] = {}
    for course in courses:
        fed |= _fed(service, course, severity)
    checks = list(_checks(service, project, courses, severity, steps))
    return Scenario(f"each {severity} just below and just above its threshold", MINUTE, fed, checks)


def _has_alert(slo: Slo, severity: SeverityKey) -> bool:
    return slo.burn_alert(severity) is not None or expected.has_exhausted(slo, severity)


def _plan(terms: Terms, severity: SeverityKey) -> Iterator[tuple[Episode, bool]]:
    """The episodes of an SLO, and whether each must fire."""
    yield episodes.young(terms, severity), False
    if ripening := episodes.ripening(terms, severity):
        yield ripening, True
    for tier in terms.tiers_of(severity):
        for kind in episodes.KINDS:
            if episode := episodes.of_tier(terms, tier, kind):
                yield episode, kind == "fires"


def _course(
    subject: Subject, plan: Sequence[tuple[Episode, bool]], steps: int, severity: SeverityKey
) -> _Course:
    life: list[Part] = []
    first = None
    step = 0
    for episode, fires in plan:
        step += episode.steps
        life += _placed(episode, step)
        if fires and first is None:
            first = step * STEP
    exhausted = expected.has_exhausted(subject.slo, severity)
    while step < steps + (2 if exhausted else 0):
        if exhausted and step == steps:
            life.append(Part(steps * STEP + 10 * TAIL, 3, _SPENT, 1.0))
        step += 1
        life += _placed(episodes.calm(), step)
    if severity == "page":
        # The end of all data, two hours after the last moment.
        life.append(Part(step * STEP + 1, 2 * TAIL, 1.0, 0.0))
    moments = [n * STEP for n in range(1, step + 1) if _whole(life, n * STEP)]
    return _Course(subject, Oracle(Terms.of(subject.slo), life), moments, first)


def _placed(episode: Episode, step: int) -> list[Part]:
    """The parts of an episode that ends at a step. At the steps before, where it has nothing,
    there is data, but hardly any traffic, so that it weighs nothing."""
    end = step * STEP
    parts = [Part(end + p.start, p.count, p.total, p.error) for p in episode.parts]
    for between in range(end - (episode.steps - 1) * STEP, end, STEP):
        if not any(True for _ in within(parts, between - TAIL, between)):
            parts.append(Part(between - TAIL, TAIL + 1, 1e-9, 0.0))
    return sorted(parts, key=lambda part: part.start)


def _whole(life: Sequence[Part], moment: int) -> bool:
    """Whether the hour before a moment is recorded without a gap."""
    return sum(part.count for part in within(life, moment - TAIL, moment)) == TAIL + 1


def _fed(service: Service, course: _Course, severity: SeverityKey) -> dict[str, str]:
    slo, by, oracle = course.slo, course.by, course.oracle
    probe = course.subject.probe
    if feeds.needs_raw(slo, severity):
        assert probe is not None, "others were left out"
        return feeds.from_raw(service, slo, by, oracle.life, course.moments, probe)
    windows = feeds.raw_windows(slo, severity)
    return feeds.from_recorded(service, slo, by, oracle, course.moments, windows)


def _checks(
    service: Service,
    project: Project,
    courses: Sequence[_Course],
    severity: SeverityKey,
    steps: int,
) -> Iterator[Check]:
    last = max(course.moments[-1] for course in courses) // STEP
    for step in range(1, last + 1):
        yield _moment(project, courses, severity, step * STEP)
    if severity == "page":
        yield from _gone(project, courses, last)
    for course in courses:
        for moment in (STEP, steps * STEP):
            wanted = list(_numbers(course, moment, severity))
            yield expected.numbers(moment * MINUTE, service, course.slo, course.by, wanted)
        if severity == "ticket":
            yield from expected.constants(steps * STEP * MINUTE, service, course.slo)
        told = expected.burn(course.slo, project, severity, course.by)
        alert = course.slo.burn_alert(severity)
        if told and alert and course.first and course.oracle.burning(severity, course.first):
            at = course.first * MINUTE
            yield expected.whole_alert(at, told, service, course.slo, alert.labels)


def _gone(project: Project, courses: Sequence[_Course], last: int) -> Iterator[Check]:
    """All data has ended: missing for a day, then as if it had never been."""
    slos = [course.slo for course in courses]
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


def _moment(
    project: Project, courses: Sequence[_Course], severity: SeverityKey, minute: int
) -> Check:
    """All alerts of a severity at a moment. SLOs of which it cannot be told are left out."""
    found, unknown, names = [], set(), set()
    for course in courses:
        slo = course.slo
        burn = expected.burn(slo, project, severity, course.by)
        names |= {burn.name} if burn else set()
        if expected.has_exhausted(slo, severity):
            names.add(series.EXHAUSTED_ALERT)
        verdict = course.oracle.burning(severity, minute)
        if minute not in course.moments or verdict is None:
            unknown.add(slo.name)
            continue
        if verdict and burn:
            found.append(burn)
        if expected.has_exhausted(slo, severity):
            left = [course.oracle.remaining(m) for m in (minute - STEP, minute)]
            if all(value is not None and value <= 0 for value in left):
                found.append(expected.exhausted(slo, project, course.by))
    by = sorted({label for course in courses for label in course.by})
    known = [course.slo.name for course in courses if course.slo.name not in unknown]
    only = f'alertname=~"{"|".join(sorted(names))}",slo=~"{"|".join(known)}"'
    return expected.alerts(minute * MINUTE, found, by, only=only)


def _numbers(course: _Course, moment: int, severity: SeverityKey) -> Iterator[Number]:
    """The recorded numbers of a moment that alerts of a severity, or people, look at. Ratios that
    are fed in are not among them."""
    slo, oracle = course.slo, course.oracle
    raw = feeds.needs_raw(slo, severity)
    windows = {window for t in oracle.terms.tiers_of(severity) for window in (t.long, t.short)}
    for window in sorted(windows | {slo.window, BASE_WINDOW}):
        if window == BASE_WINDOW or window > HOUR or raw:
            ratios = oracle.ratios(window, moment)
            yield Number(series.error_ratio(window), min(ratios), max(ratios))
    history = oracle.history(moment)
    yield Number(series.HISTORY, history - 1800, history)
    left = oracle.remaining(moment)
    assert left is not None, "there is traffic"
    yield Number(series.REMAINING, left, left)
