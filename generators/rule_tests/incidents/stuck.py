"""States that are bad for long."""

from __future__ import annotations

from collections.abc import Iterator

from generators.rule_tests.expected import Number
from generators.rule_tests.incidents.ward import MINUTE, Ward, raw_windows
from generators.rule_tests.raw import Gaps, Phase
from generators.rule_tests.suite import Check, Scenario
from slosmith import series


def stuck(ward: Ward) -> Iterator[Scenario]:
    """States that are bad for longer than any window of samples, from the first one on."""
    patients = [p for p in ward.patients if p.is_state and not p.given and raw_windows(p)]
    if not patients:
        return
    last = max(window for patient in patients for window in raw_windows(patient))
    fed: dict[str, str] = {}
    checks: list[Check] = []
    for patient in patients:
        phases = [Phase(last + MINUTE, 1, 1)]
        fed |= ward.feed(patient, phases, [Phase(last + MINUTE, 1)], Gaps())
        names = [series.error_ratio(window) for window in raw_windows(patient)]
        whole = [Number(name, 1, 1) for name in names]
        checks.append(ward.numbers(last, patient, whole, tolerance=1e-6))
    yield Scenario("a state bad throughout is bad throughout", ward.scrape, fed, checks)
