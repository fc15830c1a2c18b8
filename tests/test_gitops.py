"""What GitOps syncs: objects that say how, a tree without remains, and the examples of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubectl import needs_kubectl
from tests.projects import OFF, PROJECT, ROOT, built, invoke, spec, tree, write

EXAMPLE = ROOT / "examples/gitops"
SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"
OPTIONS = "argocd.argoproj.io/sync-options"
# Kinds of Kubernetes itself; all others come with a CustomResourceDefinition.
OWN_KINDS = {"ConfigMap", "HorizontalPodAutoscaler", "Secret"}
# Objects that hold rules or dashboards, which may outgrow an annotation.
LARGE_KINDS = {"ConfigMap", "PrometheusRule"}
SCALING = (
    "autoscaling: {target: deployment/NAME, replicas: {min: 1, max: 3}, triggers: [{cpu: 70}]}\n"
)


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def objects(folder: Path) -> list[Any]:
    """Every object below a folder, but for kustomizations."""
    return [
        document
        for path in sorted(folder.rglob("*.yaml"))
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if document["kind"] != "Kustomization"
    ]


def kustomized(folder: Path) -> list[Any]:
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))


def trees() -> list[Path]:
    return [ROOT / "out", *sorted((ROOT / "tests/cases").glob("*/out"))]


def test_flux_substitutes_nothing_in_any_object() -> None:
    found = [item for out in trees() for item in objects(out / "kubernetes")]
    assert len(found) > 20
    for item in found:
        assert item["metadata"]["annotations"][SUBSTITUTE] == "disabled", item["metadata"]


def test_argo_is_told_of_custom_and_of_large_objects() -> None:
    for item in (item for out in trees() for item in objects(out / "kubernetes")):
        options = item["metadata"]["annotations"].get(OPTIONS, "").split(",")
        kind = item["kind"]
        custom = "SkipDryRunOnMissingResource=true" in options
        assert custom == (kind not in OWN_KINDS), kind
        assert ("ServerSideApply=true" in options) == (kind in LARGE_KINDS), kind


def test_every_object_names_its_namespace() -> None:
    for item in (item for out in trees() for item in objects(out / "kubernetes")):
        assert item["metadata"]["namespace"]


@needs_kubectl
def test_a_removed_service_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = {
        f"specs/{name}.yaml": spec(name, more=SCALING.replace("NAME", name))
        for name in ("api", "web")
    }
    write(tmp_path, {"slosmith.yaml": PROJECT, **specs})
    before = built(tmp_path, monkeypatch)
    names = {item["metadata"]["name"] for item in kustomized(tmp_path / "out/kubernetes")}
    assert {"slo-api", "slo-web"} <= names
    (tmp_path / "specs/web.yaml").unlink()
    after = built(tmp_path, monkeypatch)
    assert {path for path in before if "web" in path}
    assert not {path for path in after if "web" in path}
    assert not list((tmp_path / "out").rglob("*web*"))
    for path, raw in after.items():
        assert b"web" not in raw, path
    left = kustomized(tmp_path / "out/kubernetes")
    assert left
    assert all("web" not in item["metadata"]["name"] for item in left)


@needs_kubectl
def test_without_any_service_the_tree_is_empty_and_still_renders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    built(tmp_path, monkeypatch)
    (tmp_path / "specs/api.yaml").unlink()
    assert invoke("build", *OFF, "--allow-empty").exit_code == 0
    assert kustomized(tmp_path / "out/kubernetes") == []


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, compiled for both environments, as the working directory."""
    folder = tmp_path / "slos"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("out", ".slosmith"))
    monkeypatch.chdir(folder)
    for name in ("production", "staging"):
        result = invoke("build", *OFF, "--config", f"{name}.yaml")
        assert (result.exit_code, result.stderr) == (0, ""), result.output
    return folder


def named(folder: Path, kind: str, name: str) -> Any:
    (found,) = [
        item for item in objects(folder) if (item["kind"], item["metadata"]["name"]) == (kind, name)
    ]
    return found


def test_each_environment_has_its_own_output(example: Path) -> None:
    for name in ("production", "staging"):
        result = invoke("check", *OFF, "--strict", "--config", f"{name}.yaml")
        assert result.exit_code == 0, result.output
    outs = {path.name for path in (example / "out").iterdir()}
    assert outs - {".slosmith"} == {"production", "staging"}


def test_overrides_make_the_difference(example: Path) -> None:
    production, staging = (
        example / "out" / name / "kubernetes" for name in ("production", "staging")
    )
    big, small = (named(folder, "ScaledObject", "api") for folder in (production, staging))
    assert (big["spec"]["minReplicaCount"], big["spec"]["maxReplicaCount"]) == (3, 20)
    assert (small["spec"]["minReplicaCount"], small["spec"]["maxReplicaCount"]) == (1, 3)
    assert big["metadata"]["namespace"] == "shop"
    assert small["metadata"]["namespace"] == "shop-staging"
    rules = [
        rule
        for item in objects(staging)
        if item["kind"] == "PrometheusRule"
        for group in item["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert rules
    assert {rule["labels"]["severity"] for rule in rules} == {"ticket"}
    assert {rule["labels"]["environment"] for rule in rules} == {"staging"}


def test_a_build_of_one_environment_touches_no_other(example: Path) -> None:
    before = tree(example / "out/production")
    (example / "specs/worker.yaml").unlink()
    assert invoke("build", *OFF, "--config", "staging.yaml").exit_code == 0
    assert tree(example / "out/production") == before
    assert not list((example / "out/staging").rglob("*worker*"))


@needs_kubectl
@pytest.mark.parametrize("environment", ["production", "staging"])
def test_argo_and_flux_sync_what_is_there(environment: str, example: Path) -> None:
    application = load(example / f"argocd/{environment}.yaml")
    path = application["spec"]["source"]["path"]
    flux = load(example / f"flux/{environment}.yaml")
    assert flux["spec"]["path"] == f"./{path}"
    assert path == f"out/{environment}/kubernetes"
    kinds = sorted(
        f"{item['kind']} {item['metadata']['labels']['app.kubernetes.io/name']}"
        for item in kustomized(example / path)
    )
    assert kinds == [
        "ConfigMap api",
        "ConfigMap overview",
        "ConfigMap worker",
        "PrometheusRule api",
        "PrometheusRule worker",
        "ScaledObject api",
    ]


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_argo_applies_server_side_and_prunes(environment: str) -> None:
    application = load(EXAMPLE / f"argocd/{environment}.yaml")
    policy = application["spec"]["syncPolicy"]
    assert "ServerSideApply=true" in policy["syncOptions"]
    assert policy["automated"] == {"prune": True, "selfHeal": True, "allowEmpty": True}
    # A namespace of the destination would go into objects that have none; ours all have one.
    assert "namespace" not in application["spec"]["destination"]


def test_the_workloads_replicas_are_the_autoscalers_business(example: Path) -> None:
    workload = load(EXAMPLE / "argocd/workload.yaml")["spec"]
    (ignored,) = workload["ignoreDifferences"]
    scaled = named(example / "out/production/kubernetes", "ScaledObject", "api")
    target = scaled["spec"]["scaleTargetRef"]
    assert (ignored["kind"], ignored["name"]) == (target["kind"], target["name"])
    assert target["apiVersion"].startswith(ignored["group"] + "/")
    assert ignored["jsonPointers"] == ["/spec/replicas"]
    assert workload["destination"]["namespace"] == scaled["metadata"]["namespace"]
    assert "RespectIgnoreDifferences=true" in workload["syncPolicy"]["syncOptions"]


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_flux_prunes_and_has_no_variables_to_put_in(environment: str) -> None:
    flux = load(EXAMPLE / f"flux/{environment}.yaml")["spec"]
    assert flux["prune"] is True
    assert "postBuild" not in flux
    source = load(EXAMPLE / "flux/repository.yaml")
    assert flux["sourceRef"] == {"kind": source["kind"], "name": source["metadata"]["name"]}
