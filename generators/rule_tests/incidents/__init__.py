"""The incidents that every service is put through, from raw series: one scenario each, with all
SLOs in it that do not read each other's series. Evaluated every minute."""

from __future__ import annotations

from collections.abc import Sequence

from generators.rule_tests.incidents.absence import dead, never
from generators.rule_tests.incidents.first_errors import first_errors
from generators.rule_tests.incidents.idleness import idle
from generators.rule_tests.incidents.outage import outage
from generators.rule_tests.incidents.stuck import stuck
from generators.rule_tests.incidents.ward import EVALUATION, Ward
from generators.rule_tests.patients import Patient, wards
from generators.rule_tests.suite import Scenario
from slosmith.model import Project, Service

__all__ = ["EVALUATION", "scenarios"]


def scenarios(service: Service, project: Project, patients: Sequence[Patient]) -> list[Scenario]:
    """All incidents; none without patients."""
    found: list[Scenario] = []
    for group in wards(patients):
        ward = Ward(service, project, group)
        found += [outage(ward), first_errors(ward), dead(ward), idle(ward), never(ward)]
        found += stuck(ward)
    return found
