"""How generated unit tests are made: notation, what they expect, who shares a scenario."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from generators.rule_tests import native
from generators.rule_tests.files import generate
from generators.rule_tests.life import Life, Part
from generators.rule_tests.notation import Counter, Run, number, text
from generators.rule_tests.oracle import Oracle, Terms
from generators.rule_tests.patients import Patient, wards
from slosmith.model import Project, Service, Slo, ThresholdIndicator, Tier
from slosmith.probes.build import probes
from slosmith.unit_tests import NATIVE_SINCE
from tests.models import INDICATORS, make_service, make_slo
from tests.promtest import DAY, HOUR, MINUTE, PROMTOOL, needs_promtool

# promtool names what is wrong: nothing is won by a smaller example, and runs take time.
UNSHRUNK = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
Samples = Mapping[str, float]


def ask(
    folder: Path, series: Mapping[str, str], *checks: tuple[str, int, Samples], interval: int = 30
) -> str:
    """What promtool has against these values of queries at a second; empty if nothing."""
    document = {
        "evaluation_interval": f"{interval}s",
        "tests": [
            {
                "interval": f"{interval}s",
                "input_series": [{"series": s, "values": v} for s, v in series.items()],
                "promql_expr_test": [
                    {
                        "expr": query,
                        "eval_time": f"{at}s",
                        "exp_samples": [{"labels": s, "value": v} for s, v in samples.items()],
                    }
                    for query, at, samples in checks
                ],
            }
        ],
    }
    (folder / "tests.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    run = subprocess.run(
        [str(PROMTOOL), "test", "rules", "tests.yaml"], cwd=folder, capture_output=True, text=True
    )
    return run.stdout + run.stderr if run.returncode else ""


# --- notation ---

NUMBERS = st.one_of(
    st.floats(1e-6, 1e18), st.floats(-1e9, 1e9), st.sampled_from([0, -0.0, 1e-5, 1e12, 1e12 - 0.1])
)


@needs_promtool
@UNSHRUNK
@given(st.lists(NUMBERS, min_size=100, max_size=200))
def test_promtool_reads_the_numbers_that_were_meant(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    for value in values:
        assert float(number(value)) == pytest.approx(value, rel=1e-11, abs=1e-17)
    series = {f'a{{n="{index}"}}': number(value) for index, value in enumerate(values)}
    read = {name: float(number(value)) for name, value in zip(series, values, strict=True)}
    assert ask(tmp_path_factory.mktemp("numbers"), series, ("a", 0, read)) == ""


def test_numbers_have_no_exponent() -> None:
    values = (1e-5, -1.5e-7, 1e12, 1e12 - 0.1, 1e21, -0.0, 1e-30)
    assert [number(value).strip("-0123456789.") for value in values] == [""] * len(values)
    assert [number(value) for value in values[-2:]] == ["0", "0"]


@needs_promtool
def test_runs_are_read_as_they_were_meant(tmp_path: Path) -> None:
    runs = [
        Run(2, None),
        Run(1, 5),
        Run(2, 5),
        Run(3, 1, 0.5),
        Run(0, 9),
        Run(2, 2, -4),
        Run(1, None),
        Run(1, 7),
        Run(3, None),
    ]
    values = (None, None, 5, 5, 5, 1, 1.5, 2, 2, -2, None, 7, None, None)
    # An interval beyond the look-back, so that a gap is one.
    checks: list[tuple[str, int, Samples]] = [
        ("a", at * 600, {} if value is None else {"a": value}) for at, value in enumerate(values)
    ]
    assert ask(tmp_path, {"a": text(runs)}, *checks, interval=600) == ""
    assert text(runs) == "_x2 5x2 1+0.5x2 2-4x1 _ 7"
    assert text([Run(3, None)]) == ""


# How a counter grows from sample to sample: paces of real scrapes, such as 8.208.
STEPS = st.one_of(
    st.sampled_from([0, 8.208, 0.1, 0.25, 1 / 3, 30 / 120, 1e6, 3e7 / 7, 1e-4, 2 / 75, 1e-7]),
    st.floats(1e-6, 1e7),
)
GROWTH = st.lists(st.tuples(st.integers(1, 40), STEPS), min_size=1, max_size=8)


@needs_promtool
@UNSHRUNK
@given(st.lists(GROWTH, min_size=30, max_size=60))
@example([[(3, 0.1), (15, 0)], [(40, 8.208), (40, 4.104)], [(26, 2 / 75), (12, 0.25), (9, 0)]])
def test_counters_never_seem_to_be_reset(
    tmp_path_factory: pytest.TempPathFactory, lives: list[list[tuple[int, float]]]
) -> None:
    series = {}
    for index, life in enumerate(lives):
        counter = Counter()
        series[f'a{{n="{index}"}}'] = text([counter.grown(count, step) for count, step in life])
    # Up to 8 phases of 40 samples, and all of them within the range.
    end = 8 * 40 * 30
    last = f"last_over_time(a[{end + 30}s])"
    totals = [sum(count * step for count, step in life) for life in lives]
    series |= {f'b{{n="{index}"}}': f"{number(total)}x320" for index, total in enumerate(totals)}
    checks: list[tuple[str, int, Samples]] = [
        (f"resets(a[{end + 30}s]) > 0", end, {}),
        (f"count({last})", end, {"{}": len(lives)}),
        (f"abs({last} - b) > 1e-6 * b", end, {}),
    ]
    assert ask(tmp_path_factory.mktemp("counters"), series, *checks) == ""


def test_a_counter_that_is_reset_begins_anew() -> None:
    counter = Counter()
    assert counter.grown(3, 2) == Run(3, 2, 2)
    assert counter.grown(2, 1) == Run(2, 7, 1)
    counter.reset()
    assert counter.grown(2, 1) == Run(2, 1, 1)


def _version() -> tuple[int, int]:
    if PROMTOOL is None:
        return (0, 0)
    said = subprocess.run([PROMTOOL, "--version"], capture_output=True, text=True)
    number = (said.stdout + said.stderr).split("version ", 1)[1].split(".")
    return int(number[0]), int(number[1])


@pytest.mark.skipif(
    _version() < NATIVE_SINCE,
    reason="promtool is too old to read native histograms: set PROMTOOL to one of 3 or newer",
)
@pytest.mark.parametrize("bound", [0.001, 0.3, 0.5, 1, 20, 256])
def test_native_histograms_are_read_as_they_were_meant(bound: float, tmp_path: Path) -> None:
    phases = [(10, 30, 10, False), (1, 5, 0, False), (10, 8.25, 0, False), (5, 0, 4, True)]
    series = {"a": native.text(bound, phases)}
    whole = f"histogram_count(a) * (1 - histogram_fraction(0, {bound}, a))"
    checks: list[tuple[str, int, Samples]] = [
        ("histogram_count(a)", 9 * 30, {"{}": 400}),
        ("histogram_count(a)", 10 * 30, {"{}": 405}),
        ("histogram_count(a)", 20 * 30, {"{}": 405 + 82.5}),
        ("histogram_count(a)", 25 * 30, {"{}": 20}),
        (f"round({whole}, 0.5)", 9 * 30, {"{}": 100}),
        (f"round({whole}, 0.5)", 20 * 30, {"{}": 100}),
        (f"round({whole}, 0.5)", 25 * 30, {"{}": 20}),
        ("resets(a[600s])", 20 * 30, {"{}": 0}),
        ("resets(a[900s])", 25 * 30, {"{}": 1}),
    ]
    assert ask(tmp_path, series, *checks) == ""


# --- what alerts must do ---


def terms(*tiers: Tier, least_events: int = 0) -> Terms:
    """Of an SLO of 99 % over 30 days."""
    return Terms(tiers, 30 * DAY, 0.01, least_events)


def tier(long: int, short: int, threshold: str) -> Tier:
    return Tier("page", long, short, Decimal(threshold))


SIX = tier(6 * HOUR, HOUR // 2, "0.06")
# Ten good hours, then one in which all is bad.
ILL: Life = (Part(0, 600, 1, 0), Part(600, 60, 1, 1))


def test_an_error_ratio_counts_the_samples_in_its_window() -> None:
    oracle = Oracle(terms(SIX), ILL)
    # Above an hour: recorded samples, with or without that at the left end.
    assert oracle.ratios(6 * HOUR, 659) == [60 / 361, 60 / 360]
    # Up to an hour: raw counters, whose first sample in a window has nothing to grow from.
    assert oracle.ratios(HOUR, 629) == [30 / 60, 30 / 59]
    # The base window is what is recorded at that minute.
    assert oracle.ratios(5 * MINUTE, 599) == [0]
    assert oracle.ratios(5 * MINUTE, 600) == [1]


def test_busy_minutes_weigh_more() -> None:
    oracle = Oracle(terms(SIX), (Part(0, 361, 3, 0), Part(361, 1, 1000, 0.5)))
    bad, total = 500, 1000 + 360 * 3
    assert oracle.ratios(6 * HOUR, 361)[0] == pytest.approx(bad / total)


@pytest.mark.parametrize(
    ("life", "minute", "fires"),
    [
        (ILL, 599, False),  # all is well
        (ILL, 605, False),  # the long window: 6/361 is below 6 %
        (ILL, 619, False),  # 20/361 = 5.54 %
        (ILL, 620, False),  # 21/360 = 5.83 %
        (ILL, 621, True),  # 22/361 = 6.09 %
        ((ILL[0], Part(600, 60, 1, 0.983)), 621, None),  # 5.99 or 6.01 %
        (ILL, 640, True),
        ((*ILL, Part(660, 60, 1, 0)), 690, False),  # half an hour of good: the short window
        ((*ILL, Part(660, 60, 0, 0)), 719, False),  # no traffic is no error ratio
        # One hour of history: the bound is 12 to 5.9 times as high.
        ((Part(0, 61, 1, 0.3),), 60, False),
        ((Part(0, 61, 1, 0.5),), 60, None),
        ((Part(0, 61, 1, 0.8),), 60, True),
    ],
)
def test_a_tier_fires_as_by_hand(life: Life, minute: int, fires: bool | None) -> None:
    assert Oracle(terms(SIX), life).tier(SIX, minute) is fires


def test_a_severity_fires_with_any_of_its_tiers() -> None:
    fast = tier(HOUR, 5 * MINUTE, "0.144")
    oracle = Oracle(terms(fast, SIX), ILL)
    assert oracle.tier(fast, 615) is True
    assert oracle.tier(SIX, 615) is False
    assert oracle.burning("page", 615) is True
    assert oracle.burning("page", 604) is False
    assert oracle.burning("ticket", 640) is False


@pytest.mark.parametrize(
    ("rate", "fires"),
    # 60 bad minutes, and 4 to 5 for which the last sample still stands.
    [(1.0, True), (0.0015, True), (5 / 3600, None), (0.0012, False)],
)
def test_a_tier_waits_for_enough_bad_events(rate: float, fires: bool | None) -> None:
    life = (Part(0, 600, rate, 0), Part(600, 60, rate, 1))
    assert Oracle(terms(SIX, least_events=5), life).tier(SIX, 659) is fires


def test_a_short_tier_counts_the_last_five_minutes_by_themselves() -> None:
    # One minute of 0.03 bad events a second adds up to 1.8; its rate is that of five minutes, 9.
    life = (Part(0, 600, 0.0001, 0), Part(600, 1, 0.03, 1))
    hour = tier(HOUR, 5 * MINUTE, "0.06")
    assert Oracle(terms(hour, least_events=5), life).tier(hour, 600) is True
    assert Oracle(terms(hour, least_events=10), life).tier(hour, 600) is False
    assert Oracle(terms(SIX, least_events=5), life).tier(SIX, 600) is False, "too long for that"


def test_the_budget_that_is_left_counts_what_was_not_seen_as_good() -> None:
    oracle = Oracle(terms(SIX), (Part(0, 15 * 1440 + 1, 1, 0.01),))
    assert oracle.remaining(15 * 1440) == pytest.approx(0.5)
    assert oracle.history(15 * 1440) == 15 * DAY
    assert Oracle(terms(SIX), (Part(0, 5, 0, 0),)).remaining(4) is None


# --- who shares a scenario ---


def value(name: str, query: str, below: str = "5", **changes: Any) -> Slo:
    return make_slo(name, indicator=ThresholdIndicator(query, below=Decimal(below)), **changes)


def documents(service: Service) -> dict[str, Any]:
    return {item.path: yaml.safe_load(item.text) for item in generate(service, Project())}


def scenario_slos(service: Service) -> list[set[str]]:
    """The SLOs that are looked at in each outage."""
    tests = documents(service)["prometheus/tests/api.yaml"]["tests"]
    return [
        {slo.name for slo in service.slos for check in checks if f'slo="{slo.name}"' in check}
        for test in tests
        if test["name"].startswith("a total outage")
        for checks in [[check["expr"] for check in test["promql_expr_test"]]]
    ]


def test_slos_that_read_each_others_series_are_in_different_scenarios() -> None:
    service = make_service(
        "api",
        value("every", "max(queue)"),
        value("mail", 'max(queue{queue="mail"})', "9"),
        value("other", "max(other)"),
        value("sms", 'max(queue{queue="sms"})', "9"),
    )
    assert scenario_slos(service) == [{"every", "other"}, {"mail", "sms"}]


def test_slos_with_series_of_their_own_share_scenarios() -> None:
    service = make_service("api")
    assert scenario_slos(service) == [{slo.name for slo in service.slos}]
    patients = [Patient(slo, probes(slo)) for slo in service.slos]
    assert wards(patients) == [patients]


def files_of(*slos: Slo) -> Sequence[str]:
    return sorted(documents(make_service("api", *slos)))


def test_an_slo_that_is_too_free_has_tests_of_its_tiers_alone() -> None:
    tiers_alone = ["prometheus/tests/api.pages.yaml", "prometheus/tests/api.tickets.yaml"]
    free = value("free", "count(queue > 5)")
    assert files_of(free) == tiers_alone
    files = documents(make_service("api", free, value("known", "max(queue)")))
    incidents = yaml.safe_dump(files.pop("prometheus/tests/api.yaml"))
    assert 'slo="known"' in incidents and 'slo="free"' not in incidents
    assert len(files) == 2
    for document in files.values():
        assert 'slo="free"' in yaml.safe_dump(document)


def test_an_slo_that_answers_without_series_has_no_tests() -> None:
    assert files_of(value("free", "sum(queue) or vector(0)")) == []


def test_native_histograms_have_a_file_of_their_own() -> None:
    indicator = INDICATORS["latency"]
    found = files_of(make_slo("native", indicator=_native(indicator)), make_slo("bad"))
    assert found == [
        "prometheus/tests/api.pages.yaml",
        "prometheus/tests/api.tickets.yaml",
        "prometheus/tests/api.yaml",
        "prometheus/tests/native/api.native.yaml",
    ]


def _native(indicator: Any) -> Any:
    return type(indicator)(**{**vars(indicator), "native": True})
