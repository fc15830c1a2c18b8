"""The incidents that every service is put through, from raw series: one scenario each, with all
SLOs in it that do not read each other's series. Evaluated every minute."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from generators.rule_tests import expected
from generators.rule_tests.expected import Number
from generators.rule_tests.patients import Patient, foreign_series, wards
from generators.rule_tests.raw import Gaps, Phase, samples
from generators.rule_tests.suite import Check, Scenario
from slosmith import series, slomath
from slosmith.model import Project, RatioIndicator, Service, UptimeIndicator
from slosmith.probes.probe import Raw

EVALUATION = MINUTE = 60
HOUR = 3600
_SKEW = 1e-4  # of all events: so few that no alert is any later
_LONGEST_WAIT = 40 * MINUTE  # for a page; who waits longer is tested by its tiers alone


def scenarios(service: Service, project: Project, patients: Sequence[Patient]) -> list[Scenario]:
    """All incidents; none without patients."""
    found: list[Scenario] = []
    for group in wards(patients):
        ward = _Ward(service, project, group)
        found += [ward.outage(), ward.late_errors(), ward.dead(), ward.idle(), ward.never()]
        found += ward.stuck()
    return found


@dataclass(frozen=True)
class _Ward:
    service: Service
    project: Project
    patients: Sequence[Patient]

    @property
    def scrape(self) -> int:
        return self.project.prometheus.scrape_interval

    @property
    def by(self) -> list[str]:
        return sorted({label for patient in self.patients for label in patient.by})

    @property
    def least(self) -> list[int]:
        """The numbers of bad events that the alerts wait for, those of given series left out."""
        return [p.terms.least_events for p in self.patients if p.counts_events and not p.given]

    def rate(self, patient: Patient) -> float:
        """Events per second: so few that an alert has to count the last five minutes by
        themselves to be in time."""
        return max(self.least, default=0) / 75 or 1.0 if not patient.given else 1.0

    def outage(self) -> Scenario:
        """Everything is bad at once, then good again."""
        start = 15 * MINUTE
        end = start + max([12 * MINUTE, *(wait + MINUTE for wait in self._waits())])
        clearing = [p for p in self.patients if self._page_wait(p) and _clears_soon(p)]
        shorts = [tier.short for p in clearing for tier in p.terms.tiers_of("page")]
        # Until pages are over, and an hour's window holds none of it any more.
        last = end + max([HOUR, *shorts]) + 3 * MINUTE
        fed: dict[str, str] = {}
        checks = [self._silence(start - MINUTE)]
        for patient in self.patients:
            rate = self.rate(patient)
            # Where events count, twice as many, as clients try again.
            busy = 2 * rate if patient.counts_events else rate
            skew = -_SKEW if patient.may_skew else 0.0
            ill = [Phase(start, rate, skew), Phase(end - start, busy, 1), Phase(last - end, rate)]
            ill.append(Phase(MINUTE, rate))
            if skew:
                checks.append(self._no_errors(patient, start - MINUTE))
            gaps = Gaps(vanishing=isinstance(patient.slo.indicator, RatioIndicator))
            fed |= self._fed(patient, ill, [Phase(last + MINUTE, rate)], gaps)
            for raw in foreign_series(self.service, patient):
                fed.setdefault(raw.text, samples(raw, ill, self.scrape))
            checks += self._paged(patient, start)
            checks += self._outage_numbers(patient, ill, start, end, last)
        if clearing:
            names = {alert.name for p in clearing if (alert := p.slo.burn_alert("page"))}
            only = f'alertname=~"{"|".join(sorted(names))}",{_among(clearing)}'
            checks.append(expected.alerts(last, [], self.by, only=only))
        return Scenario("a total outage pages, and the page clears", self.scrape, fed, checks)

    def late_errors(self) -> Scenario:
        """Error series that appear with the first error, good ones that never come, and one of
        two targets down. With `by`, it is the other value that fails."""
        start = 9 * MINUTE
        last = start + max([5 * MINUTE, *self._waits()])
        fed: dict[str, str] = {}
        checks = [self._silence(start - MINUTE)]
        for patient in (patient.swapped() for patient in self.patients):
            rate = self.rate(patient)
            ill = [Phase(start, rate), Phase(last - start + MINUTE, rate, 1)]
            if isinstance(patient.slo.indicator, UptimeIndicator):
                fed |= self._one_target_down(patient, ill)
                checks += self._one_target_checks(patient, start, last)
                continue
            gaps = Gaps(late=isinstance(patient.slo.indicator, RatioIndicator))
            if patient.counts_good and not patient.given:
                # Nothing is known of it before its first requests, which all fail.
                gaps = Gaps(never_good=True)
                ill = [Phase(start, 0), Phase(last - start + MINUTE, rate, 1)]
            else:
                checks += self._ratios(patient, start - MINUTE, 0)
            fed |= self._fed(patient, ill, [Phase(last + MINUTE, rate)], gaps, respelt=True)
            checks += self._paged(patient, start)
            if gaps.never_good:
                checks += self._ratios(patient, last, 1)
        return Scenario("errors that were never seen before page", self.scrape, fed, checks)

    def dead(self) -> Scenario:
        """All series end, as when the last pod dies."""
        start = 10 * MINUTE
        fed: dict[str, str] = {}
        waits = {}
        checks = [self._silence(start + 3 * MINUTE)]
        for patient in self.patients:
            phases = [Phase(start, self.rate(patient))]
            fed |= self._fed(patient, phases, phases, Gaps(dies=True))
            if alert := expected.missing(patient.slo, self.project, was_there=True):
                waits[alert] = expected.missing_wait(patient.slo, self.project, was_there=True)
            for raw in foreign_series(self.service, patient):
                fed.setdefault(raw.text, samples(raw, [Phase(2 * start, 1)], self.scrape))
            checks += self._ending(patient, start)
        # Recorded rates end 4 to 5 minutes after the raw series do. Nothing follows later on.
        later = max(waits.values(), default=0) + 12
        for minutes in sorted({later, *(wait + n for wait in waits.values() for n in (3, 7))}):
            found = [alert for alert, own in waits.items() if own + 6 < minutes]
            at = start + minutes * MINUTE
            checks.append(expected.alerts(at, found, self.by, only=_among(self.patients)))
        checks += self._whole_missing(start + later * MINUTE, was_there=True)
        return Scenario("dead pods page for missing data alone", self.scrape, fed, checks)

    def _ending(self, patient: Patient, start: int) -> Iterator[Check]:
        """Base rates tell of five minutes: they are there a while after the raw series have
        ended, and soon no more."""
        own = series.matchers(self.service.name, patient.slo.name)
        there = start + (4 if patient.is_state else 2) * MINUTE
        names = {"service": self.service.name, "slo": patient.slo.name}
        for name in (series.TOTAL, series.BAD):
            query = f"group by (service, slo) ({name}{own})"
            yield Check(there, query, [(names, 1)])
            yield Check(start + 7 * MINUTE, query)

    def stuck(self) -> Iterator[Scenario]:
        """States that are bad for longer than any window of samples, from the first one on."""
        patients = [p for p in self.patients if p.is_state and not p.given and _raw_windows(p)]
        if not patients:
            return
        last = max(window for patient in patients for window in _raw_windows(patient))
        fed: dict[str, str] = {}
        checks: list[Check] = []
        for patient in patients:
            phases = [Phase(last + MINUTE, 1, 1)]
            fed |= self._fed(patient, phases, [Phase(last + MINUTE, 1)], Gaps())
            names = [series.error_ratio(window) for window in _raw_windows(patient)]
            whole = [Number(name, 1, 1) for name in names]
            checks.append(self._numbers(last, patient, whole, tolerance=1e-6))
        yield Scenario("a state bad throughout is bad throughout", self.scrape, fed, checks)

    def idle(self) -> Scenario:
        """No traffic at first, a little, a restart, none again, and then fewer errors than an alert
        asks for."""
        born, busy, idle, few = 5 * MINUTE, 10 * MINUTE, 8 * MINUTE, 4 * MINUTE
        rest = born + busy
        last = rest + idle + few
        fed: dict[str, str] = {}
        checks = [expected.fired(last, 0, [], self.by, _among(self.patients))]
        burst = 0.7 * min(self.least, default=0) / MINUTE
        for patient in self.patients:
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
            fed |= self._fed(patient, phases, phases, Gaps())
            # However short, and before the history's first look back.
            young = [Number(series.HISTORY, 0, born)]
            checks.append(self._numbers(born - MINUTE, patient, young, tolerance=0.1))
            if patient.counts_events:
                left = [Number(series.REMAINING, 1, 1)]
                checks.append(self._numbers(born - MINUTE, patient, left))
                checks += self._little_traffic(patient, rest - MINUTE)
                checks += self._idle_numbers(patient, rest + idle - MINUTE)
            if slow:
                # Three of the five minutes of a rate were not idle.
                some = [Number(series.TOTAL, 0.35 * rate, 0.7 * rate)]
                checks.append(self._numbers(rest + 2 * MINUTE, patient, some))
        return Scenario("idle hours and a few errors are silent", self.scrape, fed, checks)

    def never(self) -> Scenario:
        """No series at all, but recorded ones of other SLOs."""
        checks = []
        for minutes in (4, 9, 11):
            found = []
            for patient in self.patients:
                alert = expected.missing(patient.slo, self.project, was_there=False)
                wait = expected.missing_wait(patient.slo, self.project, was_there=False)
                if alert and wait < minutes:
                    found.append(alert)
            only = _among(self.patients)
            checks.append(expected.alerts(minutes * MINUTE, found, self.by, only=only))
        checks += self._whole_missing(11 * MINUTE, was_there=False)
        fed: dict[str, str] = {}
        for patient in self.patients:
            for name in (series.TOTAL, series.BAD):
                for own in (("somebody-else", patient.slo.name), (self.service.name, "other")):
                    fed[f"{name}{series.matchers(*own)}"] = "1x" + str(15 * MINUTE // self.scrape)
            checks.append(self._nothing(patient))
        return Scenario("an indicator without any data is a ticket", self.scrape, fed, checks)

    def _nothing(self, patient: Patient) -> Check:
        """Nothing is recorded of an SLO without data, but for what describes it."""
        own = series.matchers(self.service.name, patient.slo.name)[1:-1]
        names = "slo:(sli_.+|history:seconds|error_budget_remaining:ratio)"
        return Check(11 * MINUTE, f'{{__name__=~"{names}",{own}}}')

    def _whole_missing(self, at: int, *, was_there: bool) -> Iterator[Check]:
        """The alerts for missing data with all their labels."""
        for patient in self.patients:
            if alert := expected.missing(patient.slo, self.project, was_there=was_there):
                yield expected.whole_alert(at, alert, self.service, patient.slo, {})

    def _fed(
        self,
        patient: Patient,
        ill: Sequence[Phase],
        well: Sequence[Phase],
        gaps: Gaps,
        *,
        respelt: bool = False,
    ) -> dict[str, str]:
        """The first value falls ill, the others keep well."""
        fed = {}
        for index, (_, probe) in enumerate(patient.values):
            for raw in probe.series:
                own, phases = (gaps, ill) if index == 0 else (Gaps(dies=gaps.dies), well)
                if values := samples(raw, phases, self.scrape, own):
                    fed[(_respelt(raw) if respelt else raw).text] = values
        return fed

    def _one_target_down(self, patient: Patient, ill: Sequence[Phase]) -> dict[str, str]:
        well = [replace(phase, error=0.0) for phase in ill]
        return {
            raw.text: samples(raw, ill if (index, number) == (0, 0) else well, self.scrape)
            for index, (_, probe) in enumerate(patient.values)
            for number, raw in enumerate(probe.series)
        }

    def _one_target_checks(self, patient: Patient, start: int, last: int) -> list[Check]:
        indicator = patient.slo.indicator
        assert isinstance(indicator, UptimeIndicator), "only those have targets"
        targets = len(patient.probe.series)
        if targets == 1 or indicator.healthy == "all":
            return self._paged(patient, start)
        half_is_less = all(tier.threshold > Decimal("0.55") for tier in patient.terms.tiers)
        if indicator.healthy == "any" or half_is_less:
            return [expected.fired(last, start, [], self.by, f'slo="{patient.slo.name}"')]
        return []

    def _silence(self, until: int) -> Check:
        return expected.fired(until, 0, [], self.by, _among(self.patients))

    def _paged(self, patient: Patient, start: int) -> list[Check]:
        wait = self._page_wait(patient)
        alert = expected.burn(patient.slo, self.project, "page", patient.by)
        if not wait or not alert:
            return []
        only = f'alertname="{alert.name}",slo="{patient.slo.name}"'
        return [expected.alerts(start + wait, [alert], self.by, only=only)]

    def _waits(self) -> Iterable[int]:
        return [wait for patient in self.patients if (wait := self._page_wait(patient))]

    def _page_wait(self, patient: Patient) -> int | None:
        """Seconds after which a total outage must page; None where it does not, or much later."""
        if not patient.slo.burn_alert("page"):
            return None
        tiers = patient.terms.tiers_of("page")
        found = min(float(slomath.detection(tier) or 0) for tier in tiers)
        if patient.terms.least_events:
            found = max(found, patient.terms.least_events / self.rate(patient))
        # What happened has to be scraped and then evaluated.
        wait = math.ceil((found + self.scrape + EVALUATION) / MINUTE) * MINUTE
        return wait if wait <= _LONGEST_WAIT else None

    def _outage_numbers(
        self, patient: Patient, phases: Sequence[Phase], start: int, end: int, last: int
    ) -> list[Check]:
        probe = patient.probe
        short, bad = series.error_ratio(series.BASE_WINDOW), series.BAD
        well, ill = [Number(bad, 0, 0), Number(short, 0, 0)], [Number(short, 1, 1)]
        if probe.total is not None:
            usual = probe.total * (self.rate(patient) if patient.counts_events else 1.0)
            busy = usual * (2 if patient.counts_events else 1)
            well.append(Number(series.TOTAL, usual, usual))
            ill += [Number(series.TOTAL, busy, busy), Number(bad, busy, busy)]
        found = []
        for at, wanted in ((start - MINUTE, well), (start + 7 * MINUTE, ill), (last, well)):
            found.append(self._numbers(at, patient, wanted))
        hour = start + HOUR - 5 * MINUTE
        for at in sorted({start - MINUTE, start + 7 * MINUTE, end + 10 * MINUTE, hour, last}):
            ratios = list(_raw_ratios(patient, phases, at, self.scrape))
            found += [self._numbers(at, patient, ratios, tolerance=0.06)] if ratios else []
        return found

    def _no_errors(self, patient: Patient, at: int) -> Check:
        """Less than no errors are none."""
        names = [series.error_ratio(window) for window in (300, *_raw_windows(patient))]
        wanted = [Number(name, 0, 0) for name in (series.BAD, *names)]
        return self._numbers(at, patient, wanted)

    def _ratios(self, patient: Patient, at: int, ratio: int) -> list[Check]:
        """No errors are no errors, in every window, even where no error series exists; and
        nothing good is nothing good."""
        names = [series.error_ratio(window) for window in (300, *_raw_windows(patient))]
        return [self._numbers(at, patient, [Number(name, ratio, ratio) for name in names])]

    def _little_traffic(self, patient: Patient, at: int) -> list[Check]:
        """However little happens, there is an error ratio over every window."""
        windows = {window for t in patient.slo.tiers for window in (t.long, t.short)}
        names = [series.error_ratio(w) for w in sorted(windows | {patient.slo.window, 300, HOUR})]
        return [self._numbers(at, patient, [Number(name, 0, 0) for name in names])]

    def _idle_numbers(self, patient: Patient, at: int) -> Iterator[Check]:
        yield self._numbers(at, patient, [Number(series.TOTAL, 0, 0), Number(series.BAD, 0, 0)])
        matchers = series.matchers(self.service.name, patient.slo.name)
        yield Check(at, f"{series.error_ratio(series.BASE_WINDOW)}{matchers}")

    def _numbers(
        self, at: int, patient: Patient, wanted: Sequence[Number], tolerance: float = 0.03
    ) -> Check:
        return expected.numbers(at, self.service, patient.slo, patient.by, wanted, tolerance)


def _raw_windows(patient: Patient) -> list[int]:
    """The windows, in seconds, that are read from raw series."""
    windows = {window for tier in patient.slo.tiers for window in (tier.long, tier.short)} | {HOUR}
    return sorted(window for window in windows if series.BASE_WINDOW < window <= HOUR)


def _raw_ratios(
    patient: Patient, phases: Sequence[Phase], at: int, scrape: int
) -> Iterator[Number]:
    """The error ratios over windows of raw series, where they reach back as far."""
    for window in _raw_windows(patient):
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
    return bad / total


def _clears_soon(patient: Patient) -> bool:
    return all(tier.short <= HOUR for tier in patient.terms.tiers_of("page"))


def _among(patients: Sequence[Patient]) -> str:
    return f'slo=~"{"|".join(patient.slo.name for patient in patients)}"'


def _respelt(raw: Raw) -> Raw:
    """A bucket bound as Prometheus 3 stores it: `1.0` for `1`."""
    bound = raw.labels.get("le", "")
    return replace(raw, labels={**raw.labels, "le": f"{bound}.0"}) if bound.isdigit() else raw
