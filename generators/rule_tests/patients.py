"""The SLOs of a service with their raw series, sorted into wards that can share a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generators.rule_tests.oracle import Terms
from slosmith.model import (
    LatencyIndicator,
    RatioIndicator,
    Service,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.probes.build import Probes
from slosmith.probes.probe import Probe, Raw
from slosmith.probes.strangers import disturb, strangers


@dataclass(frozen=True)
class Patient:
    """An SLO and its raw series, for one or two values of its `by` labels."""

    slo: Slo
    values: Probes

    @property
    def by(self) -> Mapping[str, str]:
        """The value that falls ill."""
        return self.values[0][0]

    @property
    def probe(self) -> Probe:
        return self.values[0][1]

    @property
    def terms(self) -> Terms:
        return Terms.of(self.slo)

    @property
    def given(self) -> bool:
        """Whether the spec gives the series, which then have a pace of their own."""
        return bool(self.slo.given)

    @property
    def counts_events(self) -> bool:
        return isinstance(self.slo.indicator, RatioIndicator | LatencyIndicator)

    @property
    def counts_good(self) -> bool:
        indicator = self.slo.indicator
        return isinstance(indicator, RatioIndicator) and indicator.good is not None

    @property
    def may_skew(self) -> bool:
        """Whether what is good is counted in a series of its own, scraped a little later than the
        total: then a little more than all may seem good."""
        indicator = self.slo.indicator
        in_buckets = isinstance(indicator, LatencyIndicator) and not indicator.native
        return (self.counts_good or in_buckets) and self.probe.partial and not self.given

    @property
    def is_state(self) -> bool:
        """Whether samples are bad or good as a whole, and counted."""
        indicator = self.slo.indicator
        if isinstance(indicator, UptimeIndicator):
            return indicator.healthy != "each"
        return isinstance(indicator, ThresholdIndicator)

    def swapped(self) -> Patient:
        """The same, but another value falls ill."""
        return Patient(self.slo, [*reversed(self.values)])


def wards(patients: Sequence[Patient]) -> list[list[Patient]]:
    """Patients in as few groups as a simple look finds, so that in no group the series of one
    are read by the rules of another, unless both have the same."""
    found: list[list[Patient]] = []
    for patient in patients:
        own = (patient.slo, patient.values)
        for ward in found:
            if not any(disturb(own, (o.slo, o.values)) for o in ward):
                ward.append(patient)
                break
        else:
            found.append([patient])
    return found


def foreign_series(service: Service, patient: Patient) -> list[Raw]:
    """Series of others, next to those of a patient, that would disturb it if it took them: gauges
    that are bad while the patient's are good, and good while they are bad."""
    kinds = {raw.labels["__name__"]: raw for raw in patient.probe.series}
    found = []
    for labels in strangers(patient.slo, service.slos, dict(patient.by)):
        like = kinds.get(labels["__name__"])
        if like is not None and like.slow_above is None:
            good, bad = (10.0, 10.0) if like.counter else (like.bad, like.good)
            found.append(Raw(labels, good, bad, like.counter, like.drift))
    return found
