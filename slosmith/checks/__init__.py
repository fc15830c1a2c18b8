"""The resolved fleet → what would be wrong, or unwise, to run: semantic checks.

Each check is a pure function of one service and one of its SLOs, or of the whole fleet. Warnings
can be silenced by `allow`, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from slosmith.checks import (
    chaos,
    error_triggers,
    generated_tests,
    guards,
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
ServiceCheck = Callable[[Service, Project], Sequence[Problem]]
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
    scaling.late_targets,
    error_triggers.errors,
    chaos.experiments,
    guards.late,
)
# These see one service at a time: a fleet of it alone.
_OF_SERVICE: tuple[Callable[[Fleet], Iterator[Problem]], ...] = (
    scaling.names,
    scaling.coarse_thresholds,
    scaling.hidden_absence,
    scaling.unused_times,
    load_tests.few_samples,
)

# What `allow` may silence: the ids of all warnings about specs and slosmith.yaml.
WARNINGS = frozenset(
    {
        "absent-hidden",
        "chaos-unnoticed",
        "counter-value",
        "gauge-rate",
        "guard-late",
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
        "text-cut",
        "tier-clamped",
        "trigger-coarse",
        "trigger-hidden",
        "trigger-late",
        "value-filtered",
        "window-retention",
    }
)


def of_fleet(fleet: Fleet) -> list[Problem]:
    """What only shows in all services together."""
    return [problem for check in _OF_FLEET for problem in check(fleet)]


def of_service(service: Service, project: Project) -> list[Problem]:
    """What shows in one service alone."""
    alone = Fleet(project, (service,))
    found = [problem for check in _OF_SERVICE for problem in check(alone)]
    for index, slo in enumerate(service.slos):
        found += _of_slo(service, index, slo, project)
    return found


def check(fleet: Fleet, of_service: ServiceCheck = of_service) -> list[Problem]:
    """All findings about a fleet that resolved without errors. `of_service` may know those of a
    service already."""
    found = of_fleet(fleet)
    for service in fleet.services:
        found += of_service(service, fleet.project)
    return found


def _of_slo(service: Service, index: int, slo: Slo, project: Project) -> Iterator[Problem]:
    for check in _OF_SLO:
        for finding in check(slo, project):
            yield at_slo(finding, service, index)
