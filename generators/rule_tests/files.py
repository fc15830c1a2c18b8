"""The files of unit tests of a service, for `promtool test rules`."""

from __future__ import annotations

from collections.abc import Sequence

from generators.rule_tests import incidents, tiers
from generators.rule_tests.patients import Patient
from generators.rule_tests.suite import Scenario, document
from generators.rule_tests.tiers import Subject
from generators.rules.groups import FAST, SLOW, group_name
from slosmith.artifacts import Artifact
from slosmith.escape import one_line
from slosmith.model import LatencyIndicator, Project, Service, Slo
from slosmith.probes.build import Probes, probes
from slosmith.probes.limits import answers_alone
from slosmith.probes.steady import TooFree
from slosmith.yamlout import header

_INCIDENTS = """\
# Incidents, from raw series: promtool test rules FILE. Evaluated every minute, whatever the
# intervals of the groups.
"""
_NATIVE = _INCIDENTS + "# Native histograms: for promtool 3 or newer.\n"
_TIERS = """\
# Each {0} just below and just above its threshold, from recorded rates: promtool test rules FILE.
# Before each of them, busy and healthy minutes outweigh what was before.
"""


def generate(service: Service, project: Project) -> list[Artifact]:
    """`prometheus/tests/<service>.yaml` with incidents, `<service>.pages.yaml` and
    `<service>.tickets.yaml` with single tiers, and `native/<service>.native.yaml` with the
    incidents of native histograms, which old promtools cannot read."""
    known = [(slo, _probes(slo)) for slo in service.slos]
    usual = [Patient(slo, found) for slo, found in known if found and not _is_native(slo)]
    native = [Patient(slo, found) for slo, found in known if found and _is_native(slo)]
    subjects = [_subject(slo, found) for slo, found in known if not answers_alone(slo)]
    fast, slow = ([group_name(service, slo, kind) for slo in service.slos] for kind in (FAST, SLOW))
    in_pairs = [name for pair in zip(fast, slow, strict=True) for name in pair]
    name = service.name
    minutely, rarely = incidents.EVALUATION, tiers.EVALUATION
    of_usual, of_native = (incidents.scenarios(service, project, p) for p in (usual, native))
    pages = tiers.scenarios(service, project, subjects, "page")
    tickets = tiers.scenarios(service, project, subjects, "ticket")
    made = [
        (f"{name}.yaml", _INCIDENTS, minutely, in_pairs, of_usual),
        (f"{name}.pages.yaml", _TIERS.format("page"), rarely, slow + fast, pages),
        (f"{name}.tickets.yaml", _TIERS.format("ticket"), rarely, fast + slow, tickets),
        (f"native/{name}.native.yaml", _NATIVE, minutely, in_pairs, of_native),
    ]
    return [
        _file(service, path, note, evaluation, order, scenarios)
        for path, note, evaluation, order, scenarios in made
        if scenarios
    ]


def _file(
    service: Service,
    path: str,
    note: str,
    evaluation: int,
    order: Sequence[str],
    scenarios: Sequence[Scenario],
) -> Artifact:
    up = "../" * (path.count("/") + 1)
    text = document(f"{up}rules/{service.name}.yaml", evaluation, order, scenarios)
    return Artifact(f"prometheus/tests/{path}", header(one_line(service.source)) + note + text)


def _probes(slo: Slo) -> Probes:
    """None of an SLO whose queries are too free: the check `tests-none` tells of it."""
    try:
        return probes(slo)
    except TooFree:
        return []


def _is_native(slo: Slo) -> bool:
    return isinstance(slo.indicator, LatencyIndicator) and slo.indicator.native


def _subject(slo: Slo, found: Probes) -> Subject:
    if not found:
        return Subject(slo, dict.fromkeys(slo.by, "a"), None)
    by, probe = found[0]
    return Subject(slo, by, probe if probe.partial else None)
