"""What queries yield over steady series: as we work it out, and as promtool does."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from generators.rule_tests.suite import labels_text
from slosmith.probes.steady import Steady, TooFree, World, evaluate, selectors
from slosmith.promql import syntax
from slosmith.promql.matching import Matcher
from tests.promtest import PROMTOOL, needs_promtool

# Counters and gauges, with their paces; some label sets are in several metrics. Rates are not
# exact, so none is a round number.
STEADY = {
    'done_total{zone="n",code="200"}': 3.3137,
    'done_total{zone="n",code="500"}': 0.4513,
    'done_total{zone="s",code="200"}': 2.2171,
    'failed_total{zone="n",code="500"}': 0.6229,
    'failed_total{zone="s",code="200"}': 0.0,
    'used{zone="n",pod="a"}': 40.0,
    'used{zone="n",pod="b"}': -2.5,
    'used{zone="s",pod="a"}': 0.0,
    'size{zone="n",pod="a"}': 64.0,
    'size{zone="s",pod="a"}': 0.0,
    "limit": 9.0,
}
COUNTERS = ("done_total", "failed_total")
LATE = 3600
# Values are compared when rounded to this: rates are not exact.
GRAIN = 2**-10


def matchers_of(series: str) -> list[Matcher]:
    expr, _, _ = syntax.parse(series)
    assert expr is not None
    return selectors(expr)[0]


def value_of(query: str) -> dict[frozenset[tuple[str, str]], float]:
    """What we think that a query yields. Raises TooFree."""
    expr, _, faults = syntax.parse(query)
    assert expr is not None, faults
    series = [
        Steady({m.label: m.value for m in matchers_of(text)}, pace) for text, pace in STEADY.items()
    ]
    found = evaluate(expr, World(series, LATE))
    return found if isinstance(found, dict) else {frozenset(): found}


def judged(folder: Path, queries: Sequence[str]) -> str:
    """What promtool, asked for their values late in a steady world, has against ours."""
    tests: list[tuple[str, Mapping[frozenset[tuple[str, str]], float]]] = []
    for query in queries:
        values = value_of(query)
        expr, _, _ = syntax.parse(query)
        assert expr is not None
        vector = f"vector({query})" if syntax.is_scalar(expr) else f"({query})"
        # NaN equals nothing, not even NaN: those are counted.
        numbers = {key: value for key, value in values.items() if value == value}
        found = {
            key: math.floor(value / GRAIN + 0.5) * GRAIN if math.isfinite(value) else value
            for key, value in numbers.items()
        }
        tests += [
            (f"round({vector} == {vector}, {GRAIN})", found),
            (f"count({vector})", {frozenset(): len(values)} if values else {}),
        ]
    document = {
        "evaluation_interval": "1h",
        "tests": [
            {
                "interval": "30s",
                "input_series": [
                    {
                        "series": name,
                        "values": f"0+{pace * 30}x130"
                        if name.startswith(COUNTERS)
                        else f"{pace}x130",
                    }
                    for name, pace in STEADY.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": query,
                        "eval_time": f"{LATE}s",
                        "exp_samples": [
                            {"labels": labels_text(dict(key)), "value": value}
                            for key, value in found.items()
                        ],
                    }
                    for query, found in tests
                ],
            }
        ],
    }
    (folder / "tests.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    run = subprocess.run(
        [str(PROMTOOL), "test", "rules", "tests.yaml"], cwd=folder, capture_output=True, text=True
    )
    return run.stdout + run.stderr if run.returncode else ""


_WINDOW = st.sampled_from(["5m", "10m"])
_GROUP = st.sampled_from(
    ["", " by (zone)", " by (zone, pod)", " without (code)", " without (pod)", " by ()"]
)
_AGGREGATE = st.sampled_from(["sum", "avg", "min", "max", "count", "group"])
_MATCHING = st.sampled_from(
    ["", "", " on (zone)", " on ()", " ignoring (code)", " ignoring (code, pod)"]
)
_MATCHERS = st.sampled_from(
    ["", '{zone="n"}', '{zone!="n"}', '{pod=~"a|c"}', '{code!~"2.."}', '{zone="x"}']
)
_GAUGE = st.tuples(st.sampled_from(["used", "size", "limit"]), _MATCHERS).map("".join)
_SCALAR = st.sampled_from(["0", "1", "2.5", "-3", "time()", "scalar(limit)", "scalar(used)"])


@st.composite
def _leaf(draw: Any) -> str:
    match draw(st.sampled_from(["gauge", "counter", "gauge over time", "scalar"])):
        case "gauge":
            return str(draw(_GAUGE))
        case "counter":
            # Each in one way alone: two that are equal but for rounding compare either way.
            if draw(st.booleans()):
                return f"rate(done_total{draw(_MATCHERS)}[5m])"
            return f"increase(failed_total{draw(_MATCHERS)}[10m])"
        case "scalar":
            return f"vector({draw(_SCALAR)})"
    function = draw(st.sampled_from(["avg", "max", "min", "last"]))
    return f"{function}_over_time({draw(_GAUGE)}[{draw(_WINDOW)}])"


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arithmetic, compare = ["+", "-", "*", "/"], ["==", "!=", ">", "<", ">=", "<="]
    sign = st.sampled_from([*arithmetic, *arithmetic, *compare, *(f"{c} bool" for c in compare)])
    sets = st.sampled_from(["and", "or", "unless"])
    return st.one_of(
        st.tuples(_AGGREGATE, _GROUP, inner).map(lambda t: f"{t[0]}{t[1]} ({t[2]})"),
        st.tuples(inner, sign, _MATCHING, inner).map(lambda t: f"({t[0]}) {t[1]}{t[2]} ({t[3]})"),
        st.tuples(inner, sets, _MATCHING, inner).map(lambda t: f"({t[0]}) {t[1]}{t[2]} ({t[3]})"),
        st.tuples(inner, sign, _SCALAR).map(lambda t: f"({t[0]}) {t[1]} {t[2]}"),
        st.tuples(_SCALAR, sign, inner).map(lambda t: f"{t[0]} {t[1]} ({t[2]})"),
        inner.map("abs({})".format),
        inner.map("-({})".format),
        inner.map("ceil({})".format),
        inner.map("clamp_min({}, 1)".format),
        inner.map("clamp({}, -1, 2)".format),
        # Not of what moves with time.
        inner.filter(lambda query: "time()" not in query).map("max_over_time(({})[10m:1m])".format),
        inner.map("vector(scalar({}))".format),
    )


QUERIES = st.recursive(_leaf(), _wider, max_leaves=4)


def is_known(query: str) -> bool:
    try:
        value_of(query)
    except TooFree:
        return False
    return True


@needs_promtool
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # promtool names the query at fault
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(st.lists(QUERIES, min_size=40, max_size=80))
def test_values_are_those_of_promtool(
    tmp_path_factory: pytest.TempPathFactory, queries: list[str]
) -> None:
    known = [query for query in queries if is_known(query)]
    assert judged(tmp_path_factory.mktemp("values"), known) == ""


KNOWN = [
    "time() - max(limit)",
    "1 - min(used / size)",
    "max by (zone) (used / size)",
    "avg(used)",
    "sum without (code) (rate(done_total[5m]))",
    "sum(increase(done_total[5m])) / 300",
    "sum(rate(failed_total[5m])) / sum(rate(done_total[5m]))",
    "sum by (zone) (rate(failed_total[5m])) / on (zone) sum by (zone) (rate(done_total[5m]))",
    "sum(rate(failed_total[5m]) / ignoring (pod) rate(done_total[5m]))",
    "sum(used > 1) or vector(0)",
    "count(used > bool 1)",
    "sum(5 > used)",
    "ceil(used / size)",
    "max(used / size)",
    "min(size / size)",
    "sqrt(used)",
    "clamp(used / size, 0, 1)",
    "used unless size",
    "used and on (zone) limit",
    "vector(scalar(used))",
    "irate(done_total[5m])",
    "max_over_time((used - size)[10m:1m])",
    'absent_label{a="b"}',
]


@needs_promtool
def test_values_of_the_queries_that_indicators_have_are_known(tmp_path: Path) -> None:
    assert judged(tmp_path, KNOWN) == ""


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("max(used offset 5m)", "an offset or @"),
        ("max(used @ 0)", "an offset or @"),
        ('label_replace(used, "a", "$1", "pod", "(.*)")', "the function label_replace"),
        ("topk(1, used)", "the aggregation topk"),
        ("quantile(0.9, used)", "the aggregation quantile"),
        ("histogram_quantile(0.9, done_total)", "the function histogram_quantile"),
        ("rate(max(done_total)[10m:1m])", "rate of a subquery"),
        ("used * on (zone) group_left () limit", "group_left or group_right"),
        ("used - on (zone) used", "a join of several series"),
        ("max(used ^ 2)", "the operator ^"),
        ("deriv(used[5m])", "the function deriv"),
        (r'max(used{pod=~"\\pL"})', "a pattern that cannot be tried"),
        ("rate(used[5m]) + used", "a series that is both a counter and a gauge"),
        ('{__name__=~"done_total|failed_total", zone="s"}', "series that differ in their name"),
    ],
)
def test_other_queries_are_too_free_for_a_reason(query: str, reason: str) -> None:
    with pytest.raises(TooFree, match=reason.replace("^", r"\^")):
        value_of(query)
