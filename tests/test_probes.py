"""Series for generated tests, worked out from the queries of indicators: labels and values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slosmith.model import (
    ErrorRatioIndicator,
    ExpressionCount,
    Indicator,
    LatencyIndicator,
    RatioIndicator,
    Selector,
    Slo,
    ThresholdIndicator,
)
from slosmith.probes import labels
from slosmith.probes.build import Probes, probes, read_by
from slosmith.probes.labels import NAME
from slosmith.probes.limits import answers_alone
from slosmith.probes.patterns import examples
from slosmith.probes.probe import Probe, Raw
from slosmith.probes.steady import TooFree, selectors
from slosmith.probes.strangers import disturb, is_read, strangers
from slosmith.promql import syntax
from slosmith.promql.matching import Matcher
from tests.models import make_service, make_slo
from tests.promtest import MINUTE, Check, Scenario, counter, needs_promtool, true, verify
from tests.worlds import KINDS

# --- regular expressions ---

_ATOMS = st.sampled_from(
    [*"ab5/-", ".", r"\d", r"\w", r"\.", "[a-c]", "[^a]", r"[^\d]", "[]a]", "[a-]", r"\s", r"\n"]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.sampled_from(["(%s)", "(?:%s)", "(?P<n>%s)"])
    return st.one_of(
        st.tuples(group, inner).map(lambda pair: pair[0].replace("%s", pair[1])),
        st.tuples(
            st.one_of(_ATOMS, inner.map("(?:{})".format)),
            st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "+?", "*?"]),
        ).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join),
    )


PATTERNS = st.recursive(_ATOMS, _larger, max_leaves=8)


def _matches(pattern: str, text: str) -> bool:
    # A name may stand once in Python.
    return re.fullmatch(pattern.replace("?P<n>", ""), text, re.DOTALL) is not None


@settings(max_examples=300, deadline=None)
@given(PATTERNS)
def test_every_pattern_of_the_usual_syntax_has_examples_that_match(pattern: str) -> None:
    found = examples(pattern)
    assert found
    assert [text for text in found if not _matches(pattern, text)] == []


@pytest.mark.parametrize(
    ("pattern", "first"),
    [
        ("5..", "5xx"),
        ("GET|POST", "GET"),
        ("/api/(v1|v2)/.*", "/api/v1/x"),
        ("^api$", "api"),
        (r"10\.0\.[0-9]+", "10.0.0"),
        ("(?i)error", "error"),
        ("a{3}", "aaa"),
        ("[^a-z]+", "0"),
        ("", ""),
    ],
)
def test_the_first_example_is_the_plainest(pattern: str, first: str) -> None:
    assert examples(pattern)[0] == first


@pytest.mark.parametrize(
    "pattern", ["(", "[", "a{1001}", r"\pL", r"\Qa.b\E", "[[:alpha:]]", "a)", "\\", "a{x}"]
)
def test_nothing_is_claimed_of_other_patterns(pattern: str) -> None:
    assert examples(pattern) == []


@pytest.mark.parametrize("pattern", ["(a|b|c|d)" * 12, "a|" * 200 + "a", "(" * 60 + "a" + ")" * 60])
def test_examples_of_large_patterns_are_few(pattern: str) -> None:
    found = examples(pattern)
    assert 1 <= len(found) <= 8
    assert all(_matches(pattern, text) for text in found)


# --- labels ---


def selector(text: str) -> list[Matcher]:
    """The matchers of a selector, its name among them."""
    expr, _, _ = syntax.parse(text)
    assert expr is not None
    return selectors(expr)[0]


def find(
    wanted: Sequence[str], unwanted: Sequence[str] = (), fixed: Mapping[str, str] | None = None
) -> dict[str, str] | None:
    return labels.find(map(selector, wanted), map(selector, unwanted), fixed)


def test_a_series_has_the_labels_that_are_asked_for_and_no_more() -> None:
    assert find(['a{job="api", env!="test", zone=~"eu-.+"}']) == {
        NAME: "a",
        "job": "api",
        "env": "a",
        "zone": "eu-x",
    }


def test_codes_are_chosen_where_a_pattern_is_about_numbers() -> None:
    assert find(['a{status=~"5.."}']) == {NAME: "a", "status": "500"}
    assert find(['a{status!~"4..|5.."}']) == {NAME: "a", "status": "200"}


def test_a_series_of_one_selector_alone_keeps_clear_of_the_others() -> None:
    assert find(['a{job="x"}'], ['a{job="x", code=~"5.."}']) == {
        NAME: "a",
        "job": "x",
        "code": "200",
    }
    assert find(['a{job="x"}'], ['a{job="x", code!="200"}']) == {
        NAME: "a",
        "job": "x",
        "code": "200",
    }
    assert find(['a{code=~"5.."}'], ["a"]) is None


def test_a_series_of_several_selectors_satisfies_all() -> None:
    both = find(['{__name__=~"(a|b)_total", code!~"2.."}', 'b_total{code=~"[2-5].."}'])
    assert both is not None and both[NAME] == "b_total" and both["code"][0] in "345"
    assert find(['a{x="1"}', 'a{x="2"}']) is None
    assert find(["a", "b"]) is None


def test_fixed_labels_stay() -> None:
    assert find(['a{zone=~".+"}'], (), {"zone": "north", "pod": "p"}) == {
        NAME: "a",
        "zone": "north",
        "pod": "p",
    }
    assert find(['a{zone="south"}'], (), {"zone": "north"}) is None


def test_an_absent_label_is_the_empty_one() -> None:
    assert find(['a{x=""}']) == {NAME: "a"}
    assert find(['a{x!=""}']) == {NAME: "a", "x": "a"}


def test_a_pattern_that_python_cannot_try_is_not_guessed_at() -> None:
    assert Matcher("x", "=~", r"\pL+").accepts("a") is None
    assert find([r'a{x=~"\\pL+"}']) is None
    assert labels.takes(selector(r'a{x=~"\\pL+"}'), {NAME: "a", "x": "a"}) is None
    assert labels.takes(selector(r'a{x=~"\\pL+"}'), {NAME: "b", "x": "a"}) is False


def test_values_of_a_label_are_taken_by_all_selectors() -> None:
    both = [selector('a{zone=~"n|s|w"}'), selector('b{zone!="n"}')]
    assert labels.values("zone", both) == ["s", "w"]


# --- the series of indicators ---

MINUTES = 12


def fed(probe: Probe, share: float) -> dict[str, str]:
    """The series of a probe while that share of all is bad."""
    found = {}
    for raw in probe.series:
        pace = raw.good + (raw.bad - raw.good) * share
        found[raw.text] = (
            counter((MINUTES * MINUTE, pace))
            if raw.counter
            else f"{pace:.12g}+{raw.drift * 30:.12g}x{MINUTES * 2}"
        )
    return found


def prove(folder: Path, slo: Slo) -> Probes:
    """Fails unless promtool reads from the rules of an SLO, fed with its probes, all good and all
    bad events, and a share of them. The second value of `by` stays good."""
    found = probes(slo)
    probe = found[0][1]
    scenarios = []
    for share in (0, 1, *((0.25,) if probe.partial else ())):
        series = fed(probe, share)
        checks = [ratio(slo, found[0][0], share)]
        for by, other in found[1:]:
            series |= fed(other, 0)
            checks.append(ratio(slo, by, 0))
        scenarios.append(Scenario(f"{share} is bad", series, checks))
    verify(folder, make_service("api", slo), *scenarios, evaluate=MINUTE)
    return found


def ratio(slo: Slo, by: Mapping[str, str], wanted: float) -> Check:
    own = "".join(f',{name}="{value}"' for name, value in by.items())
    query = f'slo:sli_error:ratio_rate5m{{slo="{slo.name}"{own}}}'
    return true(f"abs({query} - {wanted}) < bool 1e-6", (MINUTES - 1) * MINUTE)


@needs_promtool
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_indicator_has_series_that_show_it_good_and_bad(
    kind: str, tmp_path: Path
) -> None:
    prove(tmp_path, make_slo("x", indicator=KINDS[kind]))


def below(query: str, bound: str = "5") -> Indicator:
    return ThresholdIndicator(query, below=Decimal(bound))


def counts(bad: str, total: str, *, per_window: bool = False) -> Indicator:
    return RatioIndicator(ExpressionCount(total, per_window), bad=ExpressionCount(bad, per_window))


TRICKY: dict[str, tuple[Indicator, tuple[str, ...]]] = {
    "age": (below('time() - max(done_timestamp{job="a"})', "3600"), ()),
    "age by": (below("time() - max by (zone) (done_timestamp)", "3600"), ("zone",)),
    "free": (below('1 - min(free_ratio{disk!~"loop.*"})', "0.9"), ()),
    "above 0": (ThresholdIndicator("min(a)", above=Decimal(0)), ()),
    "below a negative": (below("max(a)", "-20"), ()),
    "average": (below('avg(queue{queue=~"mail|sms"})'), ()),
    "scaled": (below("100 * max(used / on (pod) size)", "80"), ()),
    "ignoring": (below("max(used / ignoring (mode) size)", "80"), ()),
    "several labels": (below("max by (zone, pod) (queue)"), ("zone", "pod")),
    "sums": (
        counts(
            "sum(rate(a_total[$window])) + sum(rate(b_total[$window]))",
            "sum(rate(all_total[$window]))",
        ),
        (),
    ),
    "increase": (
        counts(
            "sum(increase(a_total[$window]))", "sum(increase(b_total[$window]))", per_window=True
        ),
        (),
    ),
    "without": (
        counts(
            'sum without (code, pod) (rate(a_total{code=~"5..", zone=""}[$window]))',
            'sum without (code, pod) (rate(a_total{zone=""}[$window]))',
        ),
        (),
    ),
    "by": (
        counts(
            'sum by (route) (rate(a_total{route!="", code="500"}[$window]))',
            'sum by (route) (rate(a_total{route!=""}[$window]))',
        ),
        ("route",),
    ),
    "fallback": (
        counts("sum(rate(a_total[$window])) or vector(0)", "sum(rate(b_total[$window]))"),
        (),
    ),
    "names": (
        counts(
            'sum(rate({__name__=~"(api|web)_errors_total"}[$window]))',
            'sum(rate({__name__=~"(api|web)_all_total"}[$window]))',
        ),
        (),
    ),
    "probes": (ErrorRatioIndicator("1 - avg(avg_over_time(probe_success[$window]))"), ()),
    "ratio": (
        ErrorRatioIndicator(
            "sum(rate(failed_total[$window])) / "
            "(sum(rate(failed_total[$window])) + sum(rate(fine_total[$window])))"
        ),
        (),
    ),
}


@needs_promtool
@pytest.mark.parametrize("name", TRICKY)
def test_tricky_queries_have_series_that_show_them_good_and_bad(name: str, tmp_path: Path) -> None:
    indicator, by = TRICKY[name]
    found = prove(tmp_path, make_slo("x", indicator=indicator, by=by))
    assert len(found) == (2 if by else 1)


def test_both_values_of_a_label_are_taken_by_all_queries() -> None:
    indicator = counts(
        'sum by (zone) (rate(a_total{zone=~"n|s|w"}[$window]))',
        'sum by (zone) (rate(b_total{zone!="n"}[$window]))',
    )
    found = probes(make_slo("x", indicator=indicator, by=("zone",)))
    assert [by for by, _ in found] == [{"zone": "s"}, {"zone": "w"}]


def test_a_label_with_one_value_has_one() -> None:
    indicator = below('max by (zone, pod) (a{zone="n", pod="p"})')
    found = probes(make_slo("x", indicator=indicator, by=("zone", "pod")))
    assert [by for by, _ in found] == [{"zone": "n", "pod": "p"}]


def test_a_value_is_bad_at_its_bound_already() -> None:
    ((_, probe),) = probes(make_slo("x", indicator=below("max(a)", "0.8")))
    (raw,) = probe.series
    assert raw.good == pytest.approx(0.72)
    assert raw.bad == 0.8


@pytest.mark.parametrize("scale", [3, 7, 0.1, 1.1, 100, 1e-9])
@pytest.mark.parametrize("bound", ["0.1", "0.3", "0.7", "2.2", "129600"])
def test_a_bad_value_is_never_just_short_of_its_bound(scale: float, bound: str) -> None:
    ((_, probe),) = probes(make_slo("x", indicator=below(f"max(a) / {scale}", bound)))
    (raw,) = probe.series
    assert raw.good / scale < float(bound) <= raw.bad / scale


FREE: dict[str, tuple[Indicator, str, bool]] = {
    "offset": (below("max(a offset 5m)"), "an offset or @", False),
    "at": (below("max(a @ 0)"), "an offset or @", False),
    "offset in a count": (
        counts("sum(rate(a_total[$window] offset 1m))", "sum(rate(b_total[$window]))"),
        "an offset or @",
        False,
    ),
    "range": (below("sum(rate(a_total[5m]))"), "a range, so that its value follows late", False),
    "subquery": (below("max_over_time(max(a)[1h:1m])"), "a range", False),
    "from nothing": (below("sum(a) or vector(0)"), "a value even where there are no series", False),
    "function": (
        below('max(label_replace(a, "b", "$1", "c", "(.*)"))'),
        "the function label_replace",
        True,
    ),
    "topk": (below("sum(topk(3, a))"), "the aggregation topk", True),
    "quantile": (
        ErrorRatioIndicator("histogram_quantile(0.9, sum by (le) (rate(a_bucket[$window])))"),
        "the function histogram_quantile",
        True,
    ),
    "group_left": (below("max(a * on (b) group_left () c)"), "group_left", True),
    "pattern": (below(r'max(a{b=~"\\pL+"})'), "for which no series was found", True),
    "jump": (below("count(a > 5)"), "no single series moves over its bound", True),
    "square": (below("max(a) * max(a)"), "no single series moves over its bound", True),
    "never bad": (
        counts("sum(rate(a_total[$window])) * 0", "sum(rate(b_total[$window]))"),
        "no series make all good and all bad",
        True,
    ),
    "never 1": (
        ErrorRatioIndicator("sum(rate(a_total[$window])) / sum(rate(a_total[$window])) / 2"),
        "no series make 0 and 1",
        True,
    ),
    "many series": (below(" + ".join(f"max(a{n})" for n in range(8))), "more than 7 series", True),
}


@pytest.mark.parametrize("name", FREE)
def test_what_is_too_free_has_a_reason_and_may_be_mended_by_hand(name: str) -> None:
    indicator, reason, by_hand = FREE[name]
    with pytest.raises(TooFree) as caught:
        probes(make_slo("x", indicator=indicator))
    assert reason in str(caught.value)
    assert caught.value.by_hand == by_hand


@pytest.mark.parametrize(
    ("query", "alone"),
    [
        ("sum(a)", False),
        ("sum(a) or vector(0)", True),
        ("sum(a) and vector(0)", False),
        ("vector(0) unless a", True),
        ("time() - max(a)", False),
        ("absent(a)", True),
        ("abs(absent(a))", True),
        ("clamp_min(sum(a), 0)", False),
        ("1 - scalar(a)", True),
        ("max(sum(a) or vector(0))", True),
    ],
)
def test_a_query_that_answers_without_series_is_known(query: str, alone: bool) -> None:
    assert answers_alone(make_slo("x", indicator=below(query))) == alone


def test_bad_events_may_be_none_where_there_are_no_series() -> None:
    bad, total = "sum(rate(a_total[$window])) or vector(0)", "sum(rate(b_total[$window]))"
    assert not answers_alone(make_slo("x", indicator=counts(bad, total)))
    assert answers_alone(make_slo("x", indicator=counts(total, bad)))


# --- series of others ---


def known(slo: Slo) -> tuple[Slo, Probes]:
    return slo, probes(slo)


def test_strangers_fail_one_matcher_and_are_read_by_nobody() -> None:
    slo = make_slo(
        "x",
        indicator=LatencyIndicator(
            Selector("web_seconds", ('job="api"', 'code!="500"')),
            below=Decimal(1),
            bound=Decimal(1),
        ),
    )
    found = strangers(slo, [slo], {})
    assert {NAME: "web_seconds_bucket", "le": "1", "job": "api", "code": "500"} in found
    assert any(series.get("job") != "api" and series.get("code") != "500" for series in found)
    for series in found:
        assert [labels.takes(own, series) for own in read_by(slo)] == [False] * 2


def test_series_of_another_slo_are_no_strangers() -> None:
    one = make_slo("one", indicator=below('max(queue{queue="mail"})'))
    all_others = make_slo("two", indicator=below('max(queue{queue!="mail"})'))
    assert strangers(one, [one], {}) == [{NAME: "queue", "queue": "a"}]
    assert strangers(one, [one, all_others], {}) == []


def test_strangers_have_the_labels_of_by() -> None:
    slo = make_slo("x", indicator=below('max by (zone) (queue{job="a"})'), by=("zone",))
    assert strangers(slo, [slo], {"zone": "n"}) == [{NAME: "queue", "job": "b", "zone": "n"}]


def test_slos_that_read_the_same_series_with_other_paces_disturb_each_other() -> None:
    bad = known(make_slo("one", indicator=KINDS["bad"]))
    fast = known(make_slo("two", indicator=KINDS["half"]))
    low = known(make_slo("low", indicator=below("max(queue)")))
    lower = known(make_slo("lower", indicator=below("max(queue)", "1")))
    assert not disturb(bad, fast)
    assert not disturb(bad, bad)
    assert disturb(low, lower) and disturb(lower, low)


def test_one_that_reads_a_part_disturbs_and_is_disturbed() -> None:
    every = known(make_slo("every", indicator=below("max(queue)")))
    mail = known(make_slo("mail", indicator=below('max(queue{queue="mail"})', "9")))
    assert disturb(every, mail) and disturb(mail, every)
    sms = known(make_slo("sms", indicator=below('max(queue{queue="sms"})', "9")))
    assert not disturb(mail, sms)


def test_a_probe_is_read_unless_its_series_are_left_out() -> None:
    slo, found = known(make_slo("x", indicator=below("max(queue)")))
    ((_, probe),) = found
    assert is_read(probe, slo)
    assert not is_read(probe, slo, frozenset(probe.series))
    other = Probe((Raw({NAME: "other"}, 0, 1, False),), partial=False)
    assert not is_read(other, slo)
    hidden = make_slo("x", indicator=below(r'max(queue{a=~"\\pL"})'))
    assert is_read(probe, hidden), "a pattern that cannot be tried may take anything"
