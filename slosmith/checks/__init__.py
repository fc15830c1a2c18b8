"""The resolved fleet → what would be wrong, or unwise, to run: semantic checks.

Each check is a pure function of one service and one of its SLOs, or of the whole fleet. Warnings
can be silenced by `allow`, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from slosmith.checks import (
    chaos,
    error_triggers,
    generated_tests,
    latency,
    load_tests,
    queries,
    ratios,
    scaling,
    tiers,
    values,
)
from slosmith.checks import fleet as fleet_wide
from slosmith.checks.findings import Finding, at_slo
from slosmith.model import Fleet, Project, Service, Slo
from slosmith.problems import Problem

SloCheck = Callable[[Slo, Project], Iterator[Finding]]
_OF_SLO: tuple[SloCheck, ...] = (
    tiers.clamped,
    tiers.slow_detection,
    ratios.subset,
    queries.broad_selectors,
    queries.gauges_as_counters,
    queries.counters_as_values,
    values.hidden_absence,
    values.filtered_values,
    values.percents,
    latency.unit,
    generated_tests.untested,
)
_OF_FLEET: tuple[Callable[[Fleet], Iterator[Problem]], ...] = (
    fleet_wide.retention,
    fleet_wide.same_indicator,
    scaling.names,
    scaling.late_targets,
    scaling.coarse_thresholds,
    scaling.hidden_absence,
    scaling.unused_times,
    error_triggers.errors,
    load_tests.few_samples,
    chaos.experiments,
)

# What `allow` may silence: the ids of all warnings about specs and slosmith.yaml.
WARNINGS = frozenset(
    {
        "absent-hidden",
        "chaos-unnoticed",
        "counter-value",
        "gauge-rate",
        "indicator-twice",
        "latency-unit",
        "load-test-samples",
        "objective-fraction",
        "outage-slow",
        "policy-factor",
        "ratio-percent",
        "ratio-subset",
        "scaling-unused",
        "selector-broad",
        "tests-none",
        "tier-clamped",
        "trigger-coarse",
        "trigger-hidden",
        "trigger-late",
        "value-filtered",
        "window-retention",
    }
)


def check(fleet: Fleet) -> list[Problem]:
    """All findings about a fleet that resolved without errors."""
    found = [problem for check in _OF_FLEET for problem in check(fleet)]
    for service in fleet.services:
        for index, slo in enumerate(service.slos):
            found += _of_slo(service, index, slo, fleet.project)
    return found


def _of_slo(service: Service, index: int, slo: Slo, project: Project) -> Iterator[Problem]:
    for check in _OF_SLO:
        for finding in check(slo, project):
            yield at_slo(finding, service, index)
