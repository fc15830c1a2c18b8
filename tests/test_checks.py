"""Semantic checks: what they must not say, what `allow` silences, and that all ids are documented.

What they do say is in tests/wrong (`warnings`, `allow`, `ratio-parts`).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slosmith.checks import WARNINGS, check
from slosmith.checks.allow import Allowance, apply
from slosmith.checks.ratios import subset
from slosmith.model import Fleet, Project, Prometheus, RatioIndicator, Selector, SelectorCount
from slosmith.problems import At, Problem
from tests.models import make_service, make_slo

ROOT = Path(__file__).parent.parent


def ratio(total: str, bad: str) -> RatioIndicator:
    """Counters named x_total, given by their matchers."""

    def count(matchers: str) -> SelectorCount:
        found = tuple(item for item in matchers.split(" ") if item)
        return SelectorCount(Selector("x_total", found))

    return RatioIndicator(count(total), bad=count(bad))


@pytest.mark.parametrize(
    ("total", "bad"),
    [
        ("", 'job="a"'),
        ('job="a"', 'job="a" code=~"5.."'),
        ('job="a" code=~"2..|5.."', 'job="a" code="500"'),
        ('method!="PUT"', 'method=~"GET|POST"'),
        ('job=~"a|b"', 'job="b"'),
        ('job!=""', 'job="a"'),
        ('code=~"[45].."', 'code=~"5.."'),
    ],
)
def test_a_part_of_the_total_is_fine(total: str, bad: str) -> None:
    assert list(subset(make_slo(indicator=ratio(total, bad)), Project())) == []


@pytest.mark.parametrize(
    ("total", "bad", "check_id"),
    [
        ('code=~"2.."', 'code=~"5.."', "ratio-disjoint"),
        ('code!~"5.."', 'code="500"', "ratio-disjoint"),
        ('code=""', 'code="500"', "ratio-disjoint"),
        ('job="a"', "", "ratio-subset"),
        ('code!~"4.."', 'code=~"5..|429"', "ratio-subset"),
        ('pod=~"api-.*"', 'pod=~".+-7"', "ratio-subset"),
    ],
)
def test_events_outside_the_total_are_told(total: str, bad: str, check_id: str) -> None:
    found = list(subset(make_slo(indicator=ratio(total, bad)), Project()))
    assert [finding.check for finding in found] == [check_id]


def test_the_usual_service_has_no_warning() -> None:
    project = Project(prometheus=Prometheus(retention=90 * 86400))
    assert check(Fleet(project, (make_service(),))) == []


def fleet() -> Fleet:
    slos = [make_slo(name, objective="90") for name in ("a", "b")]
    return Fleet(Project(), (make_service("api", *slos), make_service("web", *slos)))


def left(*allowances: Allowance) -> list[tuple[str, object]]:
    """The warnings about clamped tiers that are left, and those about allowances."""
    found, _ = apply(check(fleet()), allowances, fleet())
    return [
        (problem.check, problem.where.path[1:4:2])
        for problem in found
        if problem.check in ("tier-clamped", "allow-unused") and isinstance(problem.where, At)
    ]


def test_allow_silences_one_slo_one_service_or_all() -> None:
    api = [("tier-clamped", ("specs/api.yaml", index)) for index in (0, 1)]
    web = [("tier-clamped", ("specs/web.yaml", index)) for index in (0, 1)]
    assert left() == api + web
    assert left(Allowance("tier-clamped", "api", "b", ("x",))) == api[:1] + web
    assert left(Allowance("tier-clamped", "api", "", ("x",))) == web
    assert left(Allowance("tier-clamped", "", "", ("x",))) == []


def test_an_allowance_that_silences_nothing_is_told_and_never_hides_an_error() -> None:
    unused = Allowance("latency-unit", "api", "a", ("project", "allow", 0))
    assert ("allow-unused", ("allow",)) in left(unused)
    error = Problem("tier-clamped", "an error", At(("services", "specs/api.yaml", "slos", 0)))
    assert error in apply([error], [Allowance("tier-clamped", "", "", ("x",))], fleet())[0]


def test_what_is_allowed_keeps_its_reason() -> None:
    found = check(fleet())
    allowance = Allowance("tier-clamped", "api", "b", ("x",), "cold starts")
    (silenced,) = apply(found, [allowance], fleet())[1]
    assert silenced.reason == "cold starts"
    assert silenced.problem in found


def test_every_id_of_a_check_is_in_the_docs() -> None:
    docs = (ROOT / "docs/checks.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", docs))
    call = re.compile(
        r'(?:Problem|Finding|Fault|error|warning|problem)\(\s*(?:[\w.]+,\s*)*"([a-z]+(?:-[a-z]+)+)"'
    )
    used = set(WARNINGS)
    for path in (ROOT / "slosmith").rglob("*.py"):
        used |= set(call.findall(path.read_text(encoding="utf-8")))
    assert len(used) > 50
    assert {check for check in used if not check.startswith("artifact-")} - known == set()
