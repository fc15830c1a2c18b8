"""Every rule of the artifact checks, each on an artifact that breaks it and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.artifact_tree import (
    ALERTMANAGER,
    CONFIG_MAP,
    GONE,
    KUSTOMIZATION,
    PROVISIONING,
    ROOT,
    RULE_OBJECT,
    RULES,
    SCALED_OBJECT,
    UNIT_TESTS,
    changed,
    groups,
    place,
    run,
    scaled_object,
    tree,
)


def test_what_is_right_gives_no_problem() -> None:
    assert run(tree()) == []


def deep(levels: int) -> str:
    return "(" * levels + "a" + ")" * levels


SPEC = "spec|triggers|0|metadata"
UP = "spec|advanced|horizontalPodAutoscalerConfig|behavior|scaleUp"
ALERT = "groups|0|rules|2"
TEST = "tests|1"
QUERY = "tests|1|promql_expr_test|1"
CHILD = "route|routes|0"
RULE = "inhibit_rules|0"
NUMBERS = ("0", "0.0009", "-5", ".5", "5.", "+5", "05", "1_000", "100m", "50%", "NaN", "", "1e3")

# The file, the path to a value in it, what stands there instead, the rule that finds it and a
# part of the message.
BROKEN: list[tuple[str, str, Any, str, str]] = [
    # Rules: shapes and names.
    (RULES, "bogus", 1, "schema", "holds bogus, which slosmith does not write"),
    (RULES, "groups", [], "schema", "groups: [] should be non-empty"),
    (RULES, "groups|0|limit", 3, "schema", "groups[0]: holds limit"),
    (RULES, "groups|0|rules", [], "schema", "groups[0].rules"),
    (RULES, "groups|0|interval", GONE, "schema", "groups[0]: 'interval' is a required property"),
    (RULES, "groups|0|interval", "90", "rule", "groups[0].interval: '90' is no Prometheus"),
    (RULES, "groups|0|interval", "1.5h", "rule", "groups[0].interval"),
    (RULES, "groups|0|interval", "1m1h", "rule", "groups[0].interval"),
    (RULES, "groups|0|interval", "0s", "rule", "groups[0].interval"),
    (RULES, f"{ALERT}|for", "5 m", "rule", "groups[0].rules[2].for"),
    (RULES, f"{ALERT}|keep_firing_for", "5m", "schema", "holds keep_firing_for"),
    (RULES, "groups|1|name", "slosmith.api.availability.fast", "rule", "names two groups"),
    (RULES, "groups|0|name", "a\nb", "schema", "groups[0].name"),
    (
        RULES,
        "groups|1|rules",
        [{"record": f"a{i}", "expr": "1"} for i in range(21)],
        "rule",
        "21 rules in a group",
    ),
    (RULES, f"{ALERT}|record", "a", "rule", "exactly one of record and alert"),
    (RULES, f"{ALERT}|alert", GONE, "rule", "exactly one of record and alert"),
    (RULES, f"{ALERT}|alert", "a\nb", "schema", "groups[0].rules[2].alert"),
    (RULES, "groups|0|rules|0|for", "5m", "schema", "holds for"),
    (RULES, "groups|0|rules|0|annotations", {}, "schema", "holds annotations"),
    (RULES, "groups|0|rules|0|record", "a-b", "schema", "'a-b' is not a metric name"),
    (RULES, "groups|0|rules|0|record", "a\n", "schema", "is not a metric name"),
    (RULES, "groups|0|rules|1|record", "slo:sli_total:rate5m", "rule", "that an earlier rule"),
    (RULES, f"{ALERT}|labels|a-b", "x", "schema", "'a-b' is not a label name"),
    (RULES, f"{ALERT}|labels|__name__", "x", "schema", "'__name__' is not a label name"),
    (RULES, f"{ALERT}|labels|tier", 1, "schema", "labels.tier: 1 is not of type string"),
    (RULES, f"{ALERT}|labels|tier", True, "schema", "True is not of type string"),
    (RULES, f"{ALERT}|annotations|runbook-url", "x", "schema", "'runbook-url' is not a label"),
    (RULES, f"{ALERT}|annotations|a", "{{ evil }}", "template", "annotations.a: the template"),
    (RULES, f"{ALERT}|labels|a", "{{ x", "template", "rules[2].labels.a: the template has no"),
    # Rules: PromQL.
    (RULES, "groups|0|rules|0|expr", "sum(", "promql", "groups[0].rules[0].expr: is not PromQL"),
    (RULES, "groups|0|rules|0|expr", "rate(a)", "promql", "expected type matrix"),
    (RULES, "groups|0|rules|0|expr", " \n", "schema", "is not a text that is not blank"),
    (RULES, "groups|0|rules|0|expr", 1, "schema", "1 is not of type string"),
    (RULES, "groups|0|rules|0|expr", deep(201), "promql", "brackets more than 200 deep"),
    (RULES, "groups|0|rules|0|expr", deep(100_000), "promql", "brackets more than 200 deep"),
    (RULES, "groups|0|rules|0|expr", "-" * 3000 + "a", "promql", "3001 tokens, more than 3000"),
    # Objects: metadata.
    (RULE_OBJECT, "metadata|name", "API_x", "schema", "metadata.name: 'API_x' is not a DNS name"),
    (RULE_OBJECT, "metadata|namespace", "a.b", "schema", "'a.b' is not a DNS label"),
    (RULE_OBJECT, "metadata|namespace", GONE, "schema", "'namespace' is a required property"),
    (RULE_OBJECT, "metadata|labels|release", 1, "schema", "1 is not of type string"),
    (RULE_OBJECT, "metadata|labels|release", "a b", "schema", "not a Kubernetes label value"),
    (RULE_OBJECT, "metadata|labels|release", "x" * 64, "schema", "at most 63 characters"),
    (RULE_OBJECT, "metadata|labels|a b", "x", "schema", "'a b' is not a key of Kubernetes"),
    (RULE_OBJECT, "metadata|uid", "x", "schema", "metadata: holds uid"),
    (RULE_OBJECT, "spec|bogus", "x", "schema", "spec: holds bogus"),
    (RULE_OBJECT, "apiVersion", "v1", "schema", "apiVersion: 'monitoring.coreos.com/v1' was"),
    (RULE_OBJECT, "kind", "Rule", "unknown", "kind: Rule is no kind that slosmith writes here"),
    (RULE_OBJECT, "spec|groups", groups()[:1], "copy", "spec.groups: holds other groups than"),
    # ScaledObjects.
    (SCALED_OBJECT, "spec|minReplicaCount", 21, "scaledobject", "21 is above maxReplicaCount, 20"),
    (SCALED_OBJECT, "spec|minReplicaCount", -1, "schema", "-1 is less than the minimum of 0"),
    (SCALED_OBJECT, "spec|maxReplicaCount", "20", "schema", "'20' is not of type integer"),
    (SCALED_OBJECT, "spec|pollInterval", 5, "schema", "spec: holds pollInterval"),
    (SCALED_OBJECT, "spec|scaleTargetRef|kind", "a/b", "schema", "'a/b' is not a kind"),
    (SCALED_OBJECT, "spec|scaleTargetRef|apiVersion", "x", "schema", "not an API version"),
    (SCALED_OBJECT, "metadata|name", "a" * 55, "scaledobject", "more than 54 characters"),
    (SCALED_OBJECT, "spec|triggers", [], "schema", "spec.triggers: [] should be non-empty"),
    (SCALED_OBJECT, "spec|triggers|0", GONE, "scaledobject", "spec.fallback: KEDA refuses"),
    (SCALED_OBJECT, "spec|triggers|1|metadata|value", 70, "schema", "70 is not of type string"),
    (SCALED_OBJECT, "spec|triggers|1|metadata|value", "0", "schema", "'0' is not a whole number"),
    (SCALED_OBJECT, "spec|triggers|1|type", "cron", "schema", "spec.triggers[1].type: 'cron'"),
    (SCALED_OBJECT, "spec|triggers|1|type", GONE, "schema", "'type' is a required property"),
    (
        SCALED_OBJECT,
        "spec|triggers|3",
        scaled_object()["spec"]["triggers"][0],
        "scaledobject",
        "spec.triggers[3].name: traffic names two triggers",
    ),
    (SCALED_OBJECT, "spec|triggers|0|name", [], "schema", "[] is not of type string"),
    (SCALED_OBJECT, "spec|triggers|0|metricType", "value", "schema", "metricType: 'value'"),
    (SCALED_OBJECT, "spec|triggers|0|metricType", "Utilization", "schema", "metricType"),
    (SCALED_OBJECT, f"{SPEC}|threshold", 100, "schema", "100 is not of type string"),
    *[
        (SCALED_OBJECT, f"{SPEC}|threshold", number, "scaledobject", "metadata.threshold")
        for number in NUMBERS
    ],
    (SCALED_OBJECT, f"{SPEC}|ignoreNullValues", "true", "schema", "'false' was expected"),
    (SCALED_OBJECT, f"{SPEC}|ignoreNullValues", GONE, "schema", "is a required property"),
    (SCALED_OBJECT, f"{SPEC}|treshold", "5", "schema", "metadata: holds treshold"),
    (SCALED_OBJECT, f"{SPEC}|serverAddress", "http://x/", "schema", "without a / at its end"),
    (SCALED_OBJECT, f"{SPEC}|serverAddress", "x:9090", "schema", "is not a URL"),
    (SCALED_OBJECT, f"{SPEC}|query", "sum(", "promql", "metadata.query: is not PromQL"),
    (SCALED_OBJECT, f"{SPEC}|query", "sum by (pod) (a)", "promql", "one series per pod"),
    (SCALED_OBJECT, f"{SPEC}|query", "rate(a[5m])", "promql", "may give several series"),
    (SCALED_OBJECT, f"{SPEC}|query", "a[5m]", "promql", "a range of samples"),
    (SCALED_OBJECT, f"{SPEC}|query", "scalar(a)", "promql", "gives a scalar"),
    (SCALED_OBJECT, "spec|fallback|replicas", -1, "schema", "spec.fallback.replicas: -1"),
    (SCALED_OBJECT, "spec|fallback|behavior", "x", "schema", "spec.fallback.behavior: 'x'"),
    (SCALED_OBJECT, f"{UP}|stabilizationWindowSeconds", 3601, "schema", "maximum of 3600"),
    (SCALED_OBJECT, f"{UP}|policies", [], "schema", "[] should be non-empty"),
    (SCALED_OBJECT, f"{UP}|policies|0|value", 0, "schema", "minimum of 1"),
    (SCALED_OBJECT, f"{UP}|policies|0|periodSeconds", 0, "schema", "minimum of 1"),
    (SCALED_OBJECT, f"{UP}|policies|0|periodSeconds", 1801, "schema", "maximum of 1800"),
    (SCALED_OBJECT, f"{UP}|policies|0|type", "Nodes", "schema", "'Nodes' is not one of"),
    # ConfigMaps.
    (CONFIG_MAP, "data", {"a.url": "x"}, "schema", "'a.url' is not a file name in .json"),
    (CONFIG_MAP, "data", {}, "schema", "data: {} should be non-empty"),
    (CONFIG_MAP, "data", {"a.json": "{}", "b.json": "{}"}, "schema", "too many properties"),
    (CONFIG_MAP, "data|slo-api.json", 5, "schema", "5 is not of type string"),
    (CONFIG_MAP, "data|slo-api.json", "{", "json", 'data["slo-api.json"]: is not readable'),
    (CONFIG_MAP, "data|slo-api.json", '{"uid": "slo-api"}', "copy", "differs from the dashboard"),
    (CONFIG_MAP, "data|slo-api.json", "[]", "schema", "[] is not of type object"),
    (CONFIG_MAP, "binaryData", {}, "schema", "holds binaryData"),
    # Kustomizations.
    (KUSTOMIZATION, "resources|0", GONE, "kustomization", "does not list dashboard.yaml"),
    (KUSTOMIZATION, "resources|3", "x.yaml", "kustomization", "no kubernetes/api/x.yaml to"),
    (
        KUSTOMIZATION,
        "resources",
        ["prometheusrule.yaml", "dashboard.yaml", "scaledobject.yaml"],
        "kustomization",
        "resources: is not sorted",
    ),
    (KUSTOMIZATION, "resources|3", "../x.yaml", "schema", "'../x.yaml' is not a name in the same"),
    (KUSTOMIZATION, "resources|0", "prometheusrule.yaml", "schema", "non-unique elements"),
    (KUSTOMIZATION, "namePrefix", "x-", "schema", "holds namePrefix"),
    (ROOT, "resources", [], "kustomization", "resources: does not list api"),
    (ROOT, "resources|1", "web", "kustomization", "there is no kubernetes/web to include"),
    # Alertmanager.
    (ALERTMANAGER, "global", {}, "schema", "holds global"),
    (ALERTMANAGER, "receivers|0|webhook_configs", [], "schema", "holds webhook_configs"),
    (ALERTMANAGER, "receivers|3", {"name": "x"}, "alertmanager", "no route leads to 'x'"),
    (ALERTMANAGER, "receivers|3", {"name": "all"}, "alertmanager", "'all' is there 2 times"),
    (ALERTMANAGER, "route|receiver", "x", "alertmanager", "route: there is no receiver 'x'"),
    (ALERTMANAGER, "route|receiver", GONE, "schema", "route: 'receiver' is a required property"),
    (ALERTMANAGER, "route|matchers", ['a="b"'], "alertmanager", "first route takes every alert"),
    (ALERTMANAGER, "route|continue", True, "schema", "route: holds continue"),
    (ALERTMANAGER, "route|group_by|2", "slo", "schema", "non-unique elements"),
    (ALERTMANAGER, "route|group_by|0", "...", "schema", "'...' is not a label name"),
    (ALERTMANAGER, f"{CHILD}|matchers", GONE, "alertmanager", "routes[0]: takes every alert"),
    (ALERTMANAGER, f"{CHILD}|matchers|0", "a=b", "schema", "'a=b' is not a matcher with a value"),
    (ALERTMANAGER, f"{CHILD}|matchers|0", 'a="b"c"', "schema", "is not a matcher with a value"),
    (ALERTMANAGER, f"{CHILD}|matchers|0", 'a="\\t"', "schema", "is not a matcher with a value"),
    (ALERTMANAGER, f"{CHILD}|matchers|0", 'a="b\nc"', "schema", "is not a matcher with a value"),
    (ALERTMANAGER, f"{CHILD}|matchers|0", 'a="b", c="d"', "schema", "is not a matcher with"),
    (ALERTMANAGER, f"{CHILD}|matchers|0", '{a="b"}', "schema", "is not a matcher with a value"),
    (ALERTMANAGER, f"{CHILD}|group_wait", "5", "alertmanager", "'5' is no duration above zero"),
    (ALERTMANAGER, f"{CHILD}|routes|0|x", 1, "schema", "route.routes[0].routes[0]: holds x"),
    (ALERTMANAGER, f"{RULE}|equal", ["slo"], "alertmanager", "does not compare service"),
    (ALERTMANAGER, f"{RULE}|source_match", {}, "schema", "inhibit_rules[0]: holds source_match"),
    (ALERTMANAGER, f"{RULE}|source_matchers|1", GONE, "alertmanager", "without the label service"),
    (ALERTMANAGER, f"{RULE}|target_matchers|2", GONE, "alertmanager", "without the label slo"),
    (ALERTMANAGER, f"{RULE}|target_matchers|2", 'slo=""', "alertmanager", "without the label slo"),
    (ALERTMANAGER, f"{RULE}|target_matchers|2", 'slo!="x"', "alertmanager", "the label slo"),
    (ALERTMANAGER, f"{RULE}|target_matchers|0", GONE, "alertmanager", "names no alert"),
    (ALERTMANAGER, f"{RULE}|target_matchers|0", 'alertname!="a"', "alertmanager", "names no alert"),
    (
        ALERTMANAGER,
        f"{RULE}|target_matchers|0",
        'alertname=~"Slow|Faster"',
        "alertmanager",
        "inhibit_rules[0].target_matchers: Faster is on both sides",
    ),
    # Unit tests.
    (UNIT_TESTS, "fuzzy_compare", True, "schema", "holds fuzzy_compare"),
    (UNIT_TESTS, "rule_files", [], "schema", "rule_files: [] should be non-empty"),
    (UNIT_TESTS, "rule_files|1", "../../rules/api.yaml", "schema", "is too long"),
    (UNIT_TESTS, "rule_files|0", "../rules/api.yaml", "unit-test", "no prometheus/tests/rules/api"),
    (UNIT_TESTS, "rule_files|0", "../../rules/web.yaml", "unit-test", "no prometheus/rules/web"),
    (UNIT_TESTS, "rule_files|0", "/rules/api.yaml", "unit-test", "there is no /rules/api.yaml"),
    (UNIT_TESTS, "evaluation_interval", "60", "unit-test", "evaluation_interval: '60' is no"),
    (UNIT_TESTS, "evaluation_interval", "0s", "unit-test", "evaluation_interval: '0s' is no"),
    (UNIT_TESTS, "evaluation_interval", GONE, "schema", "is a required property"),
    (UNIT_TESTS, "group_eval_order|0", GONE, "unit-test", "does not list slosmith.api.avail"),
    (UNIT_TESTS, "group_eval_order|2", "x", "unit-test", "group_eval_order: prometheus/rules/api"),
    (UNIT_TESTS, "group_eval_order|2", "slosmith.api.availability.slow", "schema", "non-unique"),
    (UNIT_TESTS, "tests", [], "schema", "tests: [] should be non-empty"),
    (UNIT_TESTS, f"{TEST}|name", GONE, "schema", "tests[1]: 'name' is a required property"),
    (UNIT_TESTS, f"{TEST}|name", " ", "schema", "tests[1].name: ' ' is not a text that is not"),
    (UNIT_TESTS, f"{TEST}|interval", "1", "unit-test", "tests[1].interval: '1' is no Prometheus"),
    (UNIT_TESTS, f"{TEST}|external_labels", {}, "schema", "tests[1]: holds external_labels"),
    (UNIT_TESTS, f"{TEST}|input_series|1|values", GONE, "schema", "'values' is a required"),
    (UNIT_TESTS, f"{TEST}|input_series|1|values", 5, "schema", "values: 5 is not of type string"),
    (UNIT_TESTS, f"{TEST}|input_series|1|series", "a{", "promql", "input_series[1].series: is"),
    (
        UNIT_TESTS,
        f"{TEST}|input_series|1|series",
        'up{job="api"}',
        "unit-test",
        "tests[1].input_series: 'up{job=\"api\"}' is there 2 times",
    ),
    (UNIT_TESTS, f"{TEST}|promql_expr_test", [], "schema", "promql_expr_test: [] should be"),
    (UNIT_TESTS, f"{QUERY}|expr", "sum(", "promql", "promql_expr_test[1].expr: is not PromQL"),
    (UNIT_TESTS, f"{QUERY}|eval_time", "5", "unit-test", "promql_expr_test[1].eval_time: '5' is"),
    (UNIT_TESTS, f"{QUERY}|exp_samples", GONE, "schema", "'exp_samples' is a required"),
    (UNIT_TESTS, f"{QUERY}|exp_samples|0|value", "1", "schema", "'1' is not of type number"),
    (UNIT_TESTS, f"{QUERY}|exp_samples|0|value", GONE, "schema", "'value' is a required"),
    (UNIT_TESTS, f"{QUERY}|exp_samples|1|labels", "{a}", "promql", "exp_samples[1].labels: is"),
    (UNIT_TESTS, f"{QUERY}|exp_samples|1|labels", "{}", "unit-test", "'{}' is there 2 times"),
    # Provisioning.
    (PROVISIONING, "apiVersion", "1", "schema", "1 was expected"),
    (PROVISIONING, "providers|0|options|paths", "x", "schema", "holds paths"),
]


@pytest.mark.parametrize(
    ("file", "path", "value", "rule", "message"),
    BROKEN,
    ids=[f"{index}-{case[1].split('|')[-1]}-{case[3]}" for index, case in enumerate(BROKEN)],
)
def test_a_broken_artifact_is_found(
    file: str, path: str, value: object, rule: str, message: str
) -> None:
    problems = run(changed(file, path, value))
    assert {place(problem) for problem in problems} == {f"out/{file}"} | (
        # Faults of a plain rule file are those of its copy.
        {f"out/{RULE_OBJECT}"} if file == RULES and len(problems) > 1 else set()
    )
    assert {problem.check for problem in problems} == {f"artifact-{rule}"}
    assert any(message in problem.message for problem in problems), problems


@pytest.mark.parametrize("data", ["x", 5, [], None, {"groups": 1}, {"spec": []}, {"data": {"": 1}}])
@pytest.mark.parametrize("file", list(tree()))
def test_nothing_raises(file: str, data: object) -> None:
    files = tree()
    files[file] = json.dumps(data) + "\n"
    problems = [problem for problem in run(files) if place(problem)[4:] == file]
    assert problems
    assert "artifact-unchecked" not in {problem.check for problem in problems}
