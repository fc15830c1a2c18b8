"""The SLOs that share a scenario, and what every scenario asks of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from generators.rule_tests import expected
from generators.rule_tests.expected import Number
from generators.rule_tests.patients import Patient
from generators.rule_tests.raw import Gaps, Phase, samples
from generators.rule_tests.suite import Check
from slosmith import series, slomath
from slosmith.model import Project, Service
from slosmith.probes.probe import Raw

EVALUATION = MINUTE = 60
HOUR = 3600
_LONGEST_WAIT = 40 * MINUTE  # for a page; who waits longer is tested by its tiers alone


@dataclass(frozen=True)
class Ward:
    """Patients whose rules read none of each other's series."""

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

    def feed(
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

    def silence(self, until: int) -> Check:
        return expected.fired(until, 0, [], self.by, among(self.patients))

    def paged(self, patient: Patient, start: int) -> list[Check]:
        wait = self.page_wait(patient)
        alert = expected.burn(patient.slo, self.project, "page", patient.by)
        if not wait or not alert:
            return []
        only = f'alertname="{alert.name}",slo="{patient.slo.name}"'
        return [expected.alerts(start + wait, [alert], self.by, only=only)]

    def waits(self) -> Iterable[int]:
        return [wait for patient in self.patients if (wait := self.page_wait(patient))]

    def page_wait(self, patient: Patient) -> int | None:
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

    def numbers(
        self, at: int, patient: Patient, wanted: Sequence[Number], tolerance: float = 0.03
    ) -> Check:
        return expected.numbers(at, self.service, patient.slo, patient.by, wanted, tolerance)


def raw_windows(patient: Patient) -> list[int]:
    """The windows, in seconds, that are read from raw series."""
    windows = {window for tier in patient.slo.tiers for window in (tier.long, tier.short)} | {HOUR}
    return sorted(window for window in windows if series.BASE_WINDOW < window <= HOUR)


def among(patients: Sequence[Patient]) -> str:
    """A matcher for their SLOs."""
    return f'slo=~"{"|".join(patient.slo.name for patient in patients)}"'


def _respelt(raw: Raw) -> Raw:
    """A bucket bound as Prometheus 3 stores it: `1.0` for `1`."""
    bound = raw.labels.get("le", "")
    return replace(raw, labels={**raw.labels, "le": f"{bound}.0"}) if bound.isdigit() else raw
