"""Artifacts that contradict each other, and those that are too large."""

from __future__ import annotations

import json

import pytest

from slosmith.problems import Place, Problem
from slosmith.validate import check
from tests.artifact_tree import (
    CONFIG_MAP,
    DASHBOARD,
    KUSTOMIZATION,
    ROOT,
    RULE_OBJECT,
    RULES,
    SCALED_OBJECT,
    UNIT_TESTS,
    Tree,
    artifacts,
    config_map,
    dashboard,
    found,
    kustomization,
    place,
    rule_object,
    run,
    scaled_object,
    tree,
)


def with_second_service() -> Tree:
    files = tree()
    for path in (SCALED_OBJECT, KUSTOMIZATION):
        files[path.replace("/api/", "/web/")] = tree()[path]
    files["kubernetes/web/kustomization.yaml"]["resources"] = ["scaledobject.yaml"]
    files["kubernetes/web/scaledobject.yaml"]["metadata"]["name"] = "web"
    files["kubernetes/web/scaledobject.yaml"]["spec"]["scaleTargetRef"]["name"] = "web"
    files[ROOT] = kustomization("api", "web")
    return files


def test_two_services_are_right() -> None:
    assert run(with_second_service()) == []


def test_two_objects_of_one_identity_are_found() -> None:
    files = with_second_service()
    files["kubernetes/web/scaledobject.yaml"]["metadata"]["name"] = "api"
    [problem] = run(files)
    assert problem == Problem(
        "artifact-duplicate",
        "metadata.name: keda.sh/v1alpha1 ScaledObject prod api stands in "
        "kubernetes/api/scaledobject.yaml already",
        Place("out/kubernetes/web/scaledobject.yaml"),
    )


def test_two_scalers_of_one_workload_are_found() -> None:
    files = with_second_service()
    files["kubernetes/web/scaledobject.yaml"]["spec"]["scaleTargetRef"]["name"] = "api"
    [problem] = run(files)
    assert problem.check == "artifact-duplicate"
    assert problem.message.startswith("spec.scaleTargetRef: a scaler of apps Deployment prod")


def test_the_same_names_in_two_namespaces_are_right() -> None:
    files = with_second_service()
    files["kubernetes/web/scaledobject.yaml"] = scaled_object()
    files["kubernetes/web/scaledobject.yaml"]["metadata"]["namespace"] = "staging"
    assert run(files) == []


@pytest.mark.parametrize("field", ["uid", "title"])
def test_two_dashboards_of_one_uid_or_title_are_found(field: str) -> None:
    other = dashboard() | {"uid": "slo-web", "title": "SLO / web"}
    other[field] = dashboard()[field]
    files = {DASHBOARD: dashboard(), "grafana/dashboards/web.json": other}
    assert found(files) == [("grafana/dashboards/web.json", "artifact-duplicate")]


def test_two_config_maps_with_one_file_name_are_found() -> None:
    other = config_map()
    other["metadata"]["name"] = "slo-web"
    other["data"]["slo-api.json"] = json.dumps(dashboard() | {"uid": "w", "title": "w"})
    files = {CONFIG_MAP: config_map(), "kubernetes/web/dashboard.yaml": other}
    assert found(files) == [("kubernetes/web/dashboard.yaml", "artifact-duplicate")]


def test_config_maps_that_are_wrong_by_themselves_are_not_compared() -> None:
    broken = config_map() | {"data": {}}
    files = {CONFIG_MAP: broken, "kubernetes/web/dashboard.yaml": broken}
    assert {check for _, check in found(files)} == {"artifact-schema"}


def test_a_config_map_may_be_larger_than_an_annotation() -> None:
    """It is for server-side apply, as its own annotation says."""
    text = json.dumps(dashboard() | {"tags": ["x" * 300_000]})
    assert check(artifacts({CONFIG_MAP: config_map() | {"data": {"slo-api.json": text}}})) == []


def test_a_config_map_has_a_limit() -> None:
    text = json.dumps(dashboard() | {"tags": ["x" * 900 * 1024]})
    [problem] = check(artifacts({CONFIG_MAP: config_map() | {"data": {"slo-api.json": text}}}))
    assert (problem.check, problem.severity) == ("artifact-size", "error")
    assert problem.message.startswith('data["slo-api.json"]: ')


def test_a_rule_object_may_not_be_larger_than_an_annotation() -> None:
    files = tree()
    # 6 characters as kubectl stores it.
    files[RULES]["groups"][1]["rules"][0]["expr"] = "1 " + ">" * 44_000
    assert (RULE_OBJECT, "artifact-size") in found(files)
    files[RULES]["groups"][1]["rules"][0]["expr"] = "1 " + ">" * 43_000
    assert (RULE_OBJECT, "artifact-size") not in found(files)


def test_rules_may_be_split_over_several_objects() -> None:
    files = tree()
    both = files[RULES]["groups"]
    first, second = rule_object("slo-api", both[:1]), rule_object("slo-api-2", both[1:])
    files[RULE_OBJECT] = (first, second)
    assert run(files) == []
    second["metadata"]["name"] = "API"
    [problem] = run(files)
    assert problem.message.startswith("[1].metadata.name: 'API' is not a DNS name")


def test_the_objects_of_one_file_are_compared_too() -> None:
    files = tree()
    both = files[RULES]["groups"]
    files[RULE_OBJECT] = (rule_object("slo-api", both[:1]), rule_object("slo-api", both[1:]))
    assert found(files) == [(RULE_OBJECT, "artifact-duplicate")]


def test_groups_of_an_object_without_a_plain_file_are_checked() -> None:
    files = tree()
    del files[RULES], files[UNIT_TESTS]
    assert run(files) == []
    files[RULE_OBJECT]["spec"]["groups"][0]["rules"][0]["expr"] = "sum("
    [problem] = run(files)
    assert problem.message.startswith("spec.groups[0].rules[0].expr: is not PromQL")


def test_places_are_below_the_output_folder() -> None:
    [problem] = check(artifacts({ROOT: kustomization("api")}), out="build/staging")
    assert place(problem) == "build/staging/kubernetes/kustomization.yaml"
