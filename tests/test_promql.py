"""What each PromQL field takes, where faults are, and what is advised instead."""

from __future__ import annotations

import subprocess
import sys

import pytest

from slosmith.model import ExpressionCount, Selector, SelectorCount
from slosmith.promql import fields, identity, syntax
from slosmith.promql.faults import Fault
from slosmith.promql.tokens import MAX_BYTES, MAX_DEPTH, MAX_TOKENS, canonical, tokenize


def only(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, faults
    return faults[0]


def shown(query: str, fault: Fault) -> str:
    return query[fault.start : fault.end]


def test_a_selector_keeps_the_spelling_of_its_matchers() -> None:
    found, faults = fields.selector("up{job = 'api', path=~\"a|b\\\\.c\",}")
    assert not faults
    assert found == Selector("up", ('job="api"', 'path=~"a|b\\\\.c"'))
    assert found.promql() == 'up{job="api", path=~"a|b\\\\.c"}'


def test_a_selector_may_have_no_name_or_no_matchers() -> None:
    assert fields.selector('{__name__="x"}')[0] == Selector("", ('__name__="x"',))
    assert fields.selector("(up)")[0] == Selector("up")


@pytest.mark.parametrize(
    "query",
    [
        'http_requests_total{job="api"}',
        "sum(rate(a_total[$window])) + sum(rate(b_total[$window]))",
        "sum(increase(a_total[$window]))",
        "2 * sum(rate(a_total[$window]))",
        "sum(sum_over_time(batch_errors[$window:1m]))",
        "sum(count_over_time((x > 5)[$window:30s]))",
        "sum(sum_over_time((max(x) > bool 5)[$window:30s]))",
        "sum(rate(a_total[$window])) or vector(0)",
        "sum(rate(a_total[$window])) or 0 * sum(rate(b_total[$window]))",
        "sum(rate(a_total[$window])) * 100 / 7",
        "clamp_min(sum(rate(a_total[$window])) - sum(rate(b_total[$window])), 0)",
        "sum(histogram_count(rate(a[$window])))",
        "sum(max by (shard) (rate(a_total[$window])))",
        "max(sum by (replica) (rate(a_total[$window])))",
        "avg(sum by (replica) (rate(a_total[$window])) + sum by (replica) (rate(b[$window])))",
        "sum(rate(a_total[$window]) * on (pod) group_left () last_over_time(info[$window]))",
        "sum(max_over_time(info[$window]) * on (pod) group_right () rate(a_total[$window]))",
        "sum(rate(a_total[$window]) unless on (pod) last_over_time(paused[$window]))",
    ],
)
def test_event_counts_that_pass(query: str) -> None:
    found, faults = fields.event_count(query)
    assert faults == []
    assert found is not None


@pytest.mark.parametrize(
    ("query", "check", "at"),
    [
        ("sum(rate(a[5m]))", "promql-window", "5m"),
        ("rate(a[$window])", "promql-aggregation", "rate(a[$window])"),
        ("sum by (x) (rate(a[$window]))", "promql-aggregation", "sum by (x) (rate(a[$window]))"),
        ("sum without (x) (rate(a[$window]))", "promql-aggregation", None),
        ("topk(1, rate(a[$window]))", "promql-function", "topk"),
        ("count(count_over_time(up[$window]))", "promql-function", "count"),
        ("sum(rate(a_total[$window] offset 1m))", "promql-offset", "offset 1m"),
        ("sum(rate(a[$window]) * on () group_left () vector(2))", "promql-type", "*"),
        ("sum(sum_over_time((x > 5)[$window:30s]))", "promql-comparison", ">"),
        ("sum(a)", "promql-window", "sum(a)"),
        ("a[5m]", "promql-selector", "[5m]"),
        ("a offset 5m", "promql-selector", "a offset 5m"),
        ("sum(irate(a[$window]))", "promql-function", "irate"),
        ("sum(rate(a[$window])) + sum(increase(b[$window]))", "promql-function", None),
        ("sum(rate(a[$window])) / sum(rate(b[$window]))", "promql-ratio", None),
        ("sum(rate(a[$window]) / rate(b[$window]))", "promql-ratio", None),
        ("100 * (sum(rate(a[$window])) / sum(rate(b[$window])))", "promql-ratio", None),
        ("sum(rate(a[$window])) > 0", "promql-comparison", ">"),
        ("sum(rate(a[$window])) + sum(b)", "promql-window", None),
        ("1", "promql-type", "1"),
        ('"text"', "promql-type", '"text"'),
        ("scalar(sum(rate(a[$window])))", "promql-type", None),
        ("sum(rate(a[$window])", "promql-syntax", "("),
        ("sum(rate(a[$window])))", "promql-syntax", ")"),
        ('sum(rate(a{b="c}[$window]))', "promql-syntax", '"c}[$window]))'),
        ("sum(rate(a[$win]))", "promql-variable", "$win"),
        ("sum(rate(a[5]))", "promql-range", "5"),
        ("sum(rate(a[]))", "promql-range", "[]"),
        ("sum(rate(a[1m1h]))", "promql-range", "1m1h"),
        ("sumo(rate(a[$window]))", "promql-syntax", "sumo"),
        ('sum(rate(a{x="$window"}[$window]))', "promql-window", '"$window"'),
        ('{"utf8.name"}', "promql-selector", '"utf8.name"'),
    ],
)
def test_event_counts_that_are_refused(query: str, check: str, at: str | None) -> None:
    found, faults = fields.event_count(query)
    fault = only(faults)
    assert found is None
    assert fault.check == check, fault
    assert shown(query, fault) == (query if at is None else at)


def test_the_guide_s_error_rate_is_answered_with_a_ratio() -> None:
    query = 'rate(http_requests_total{status=~"5.."}[5m]) / rate(http_requests_total[5m])'
    for reader in (fields.event_count, fields.instant_value):
        message = only(reader(query)[1]).message
        assert "bad: 'http_requests_total{status=~\"5..\"}'" in message
        assert "total: 'http_requests_total'" in message
        assert "divided by itself" in message


def test_the_guide_s_p95_is_answered_with_a_latency_indicator() -> None:
    query = "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) * 1000"
    fault = only(fields.instant_value(query)[1])
    assert fault.check == "promql-quantile"
    assert "sum by (le)" in fault.message
    assert "histogram: 'http_request_duration_seconds'" in fault.message
    dropped = "histogram_quantile(0.95, sum(rate(x_bucket[5m])))"
    assert "drops le" in only(fields.instant_value(dropped)[1]).message


@pytest.mark.parametrize(
    "query",
    [
        "max(a / b)",
        "time() - max(last_success)",
        "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))",
        "sum(rate(a[5m])) / sum(rate(b[5m]))",
        "max(a) > bool 5",
        "min(a) or vector(1)",
        "count(a > 3) or vector(0)",
        "max(a / (b > 0))",
        "max(a > 0)",
        "max(a) - max(a offset 1w)",
        'max(a{offset="1h", b!="@"})',
    ],
)
def test_instant_values_that_pass(query: str) -> None:
    assert fields.instant_value(query) == (query, [])


@pytest.mark.parametrize(
    ("query", "check"),
    [
        ("a", "promql-series"),
        ("a / b", "promql-series"),
        ("sum by (x) (a)", "promql-series"),
        ("absent(a)", "promql-comparison"),
        ("count(a > 3)", "promql-comparison"),
        ("(max(a) > 5) + 0", "promql-comparison"),
        ("max(a offset 1h)", "promql-offset"),
        ("max(a) - max(a @ 5)", "promql-offset"),
        ("vector(1)", "promql-type"),
        ("max(a) * (0 / 0)", "promql-type"),
        ("max(a) > 5", "promql-comparison"),
        ("max(rate(a[$window]))", "promql-window"),
        ("a[5m]", "promql-type"),
        ("5", "promql-type"),
        ("time()", "promql-type"),
        ('"x"', "promql-type"),
    ],
)
def test_instant_values_that_are_refused(query: str, check: str) -> None:
    found, faults = fields.instant_value(query)
    assert found is None
    assert only(faults).check == check


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("t{a='1', b='2'}", '{b="2", __name__=\'t\', a=~"1"}', True),
        ("sum(rate(t[$window]))", "t", True),
        ("sum(sum by (x) (increase(t[$window])))", "((t))", True),
        (
            "sum(rate(t[$window])) + sum(rate(u[$window]))",
            "sum(rate(u[$window]) + rate(t[$window]))",
            False,
        ),
        (
            "sum(rate(t[$window])) - sum(rate(u[$window]))",
            "sum(rate(u[$window])) - sum(rate(t[$window]))",
            False,
        ),
        ('t{a=~"1|2"}', 't{a="1"}', False),
        ('t{a="1"}', 't{a!="1"}', False),
        ("2 * sum(rate(t[$window]))", "t", False),
        ("max(sum by (x) (rate(t[$window])))", "t", False),
        ("sum(count_over_time(t[$window]))", "sum(sum_over_time(t[$window]))", False),
        ("sum(rate(t[$window])) or sum(rate(u[$window]))", "t", False),
    ],
)
def test_counts_of_the_same_events_are_told_by_their_meaning(
    one: str, other: str, same: bool
) -> None:
    counts = [fields.event_count(query)[0] for query in (one, other)]
    assert counts[0] is not None and counts[1] is not None
    assert identity.same_events(counts[0], counts[1], ()) is same


@pytest.mark.parametrize(
    "query",
    [
        "sum(rate(a[$window])) / (sum(rate(b[$window])) > 0)",
        "1 - avg(avg_over_time(probe_success[$window]))",
        "(sum(rate(a[$window])) or vector(0)) / sum(rate(b[$window]))",
        "avg(avg_over_time((x > bool 3)[$window:30s]))",
    ],
)
def test_error_ratios_that_pass(query: str) -> None:
    assert fields.error_ratio(query) == (query, [])


def test_joined_series_do_not_decide_what_a_count_is_per() -> None:
    query = "sum(rate(a[$window]) * on (pod) group_left () last_over_time(info[$window]))"
    assert fields.event_count(query)[0] == ExpressionCount(query, per_window=False)
    assert fields.event_count(query.replace("rate", "increase"))[0] == ExpressionCount(
        query.replace("rate", "increase"), per_window=True
    )


def test_counts_per_window_are_told_from_counts_per_second() -> None:
    assert fields.event_count("sum(increase(a[$window]))")[0] == ExpressionCount(
        "sum(increase(a[$window]))", per_window=True
    )
    assert fields.event_count("sum(rate(a[$window]))")[0] == ExpressionCount(
        "sum(rate(a[$window]))", per_window=False
    )
    assert fields.event_count("a_total")[0] == SelectorCount(Selector("a_total"))


def test_comments_and_white_space_do_not_reach_the_rules() -> None:
    found, _ = fields.event_count("sum(  # all\n  rate(a [ $window ])\n) # end")
    assert isinstance(found, ExpressionCount)
    assert "#" not in found.expression and "\n" not in found.expression
    assert "# no comment" in canonical(tokenize('a{b="# no comment"}')[0])


@pytest.mark.parametrize(
    "query",
    [
        "a" * (MAX_BYTES + 1),
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "+".join(["a"] * MAX_TOKENS),
        "-" * 5000 + "a",
        "(" * 5000,
    ],
)
def test_what_could_crash_the_parser_never_reaches_it(query: str) -> None:
    fault = only(fields.event_count(query)[1])
    assert fault.check in ("promql-limits", "promql-syntax")
    assert "most" in fault.message or "more than" in fault.message


def test_the_largest_query_that_passes_the_limits_is_parsed_without_a_crash() -> None:
    queries = [
        "-" * (MAX_TOKENS - 1) + "a",
        "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH,
        "+".join(["a"] * (MAX_TOKENS // 2)),
        "^".join(["a"] * (MAX_TOKENS // 2)),
    ]
    script = (
        "import sys; from slosmith.promql import fields\n"
        "for q in sys.argv[1:]: fields.event_count(q); fields.instant_value(q)\n"
    )
    # In a process of its own: a crash would end this one.
    run = subprocess.run([sys.executable, "-c", script, *queries], check=False)
    assert run.returncode == 0


def test_promtool_s_word_gives_a_fault_its_place() -> None:
    def judge(query: str) -> tuple[int, int, str]:
        assert "$" not in query
        return (1, 9, "unexpected identifier in [000005m]")

    fault = only(syntax.parse("sum(x) a[$window]", judge)[2])
    assert (fault.start, fault.end) == (8, 9)
    assert "[$window]" in fault.message
