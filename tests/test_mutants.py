"""A sample of wrong rules: the generated unit tests catch every one. `make mutants` tries all."""

from __future__ import annotations

import shutil

import pytest

from tests import mutants
from tests.mutants import Trial

PROMTOOL = shutil.which("promtool")
# One of each kind of indicator, and a sample of about forty changes.
SLOS = ("api/availability", "api/latency", "checkout/instances", "reports/free-space")
EVERY = 41


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool: no wrong rule was tried")
def test_a_sample_of_wrong_rules_is_caught() -> None:
    assert PROMTOOL
    project, services = mutants.single_slo_services()
    wanted = list(mutants.wanted(project, services, SLOS))[::EVERY]
    assert len(wanted) > 20
    verdicts = mutants.judge_all(wanted, PROMTOOL)
    gaps = [v for v in verdicts if not v.caught_by and not v.reason]
    assert not gaps, "\n".join(mutants.report(gaps))
    # The explained ones weigh more in a sample than in the whole.
    assert sum(1 for v in verdicts if v.caught_by) >= 0.9 * len(verdicts)


def test_right_rules_pass() -> None:
    """The sample says nothing if the tests fail on right rules as well."""
    if PROMTOOL is None:
        pytest.skip("no promtool: the right rules were not tried")
    project, services = mutants.single_slo_services()
    one = next(iter(mutants.wanted(project, services, SLOS[:1])))
    right = mutants.unchanged(services[0], project)
    assert (
        mutants.judge(Trial(one.service, one.slo, right, one.scenarios), PROMTOOL).caught_by == ""
    )
