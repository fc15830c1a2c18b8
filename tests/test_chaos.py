"""Experiments: what Chaos Mesh gets, what they should show, what they cost, what is refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators import chaos
from slosmith import slomath
from slosmith.artifacts import Artifact
from slosmith.chaos import hypothesis
from slosmith.durations import parse_seconds
from slosmith.model import Project, SeverityAlert
from slosmith.model_chaos import Delay, Experiment, Fault, Loss, PodFault, Pods, Stress
from slosmith.validate import check
from slosmith.yamlout import dump
from tests.crds import crd_errors, needs_crds
from tests.kubectl import needs_kubectl
from tests.models import make_alerting, make_service, make_slo
from tests.projects import OFF, PROJECT, ROOT, built, invoke, spec, write

PODS = Pods("prod", {"app": "api"})
FAULTS: dict[str, Fault] = {
    "fail": PodFault("fail"),
    "kill": PodFault("kill"),
    "delay": Delay("cache.prod.svc.cluster.local:6379", 200),
    "jitter": Delay("[2001:db8::1]:6379", 1500, 20),
    "loss": Loss("10.0.0.7:5432", Decimal("12.5")),
    "cpu": Stress(cpu_workers=2, cpu_load=80),
    "memory": Stress(memory_workers=1, memory_size="256MB", containers=("api",)),
    "both": Stress(1, 100, 3, "25%"),
}
SOME = [PODS, Pods("prod", {"app": "api"}, count=2), Pods("x", {"a/b": "08"}, percent=34)]


def experiment(**changes: Any) -> Experiment:
    usual: dict[str, Any] = {
        "name": "try",
        "target": "users-db",
        "fault": FAULTS["fail"],
        "pods": PODS,
        "seconds": 120,
        "schedule": "0 10 1 * *",
        "slo": "availability",
        "alerts": True,
        "least": Decimal(1),
        "most": Decimal(1),
        "budget": Decimal("0.2"),
    }
    return Experiment(**(usual | changes))


def made(*experiments: Experiment) -> list[Artifact]:
    return chaos.generate(make_service("api", experiments=experiments), Project())


def objects(*experiments: Experiment) -> Iterator[dict[str, Any]]:
    for artifact in made(*experiments):
        yield yaml.safe_load(artifact.text)


@needs_crds
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("pods", SOME, ids=["one", "count", "percent"])
def test_chaos_mesh_takes_the_schedule_and_what_it_starts(fault: str, pods: Pods) -> None:
    [data] = objects(experiment(fault=FAULTS[fault], pods=pods))
    assert crd_errors(data) == []
    spec = data["spec"]
    [key] = [key for key in spec if key.endswith("Chaos")]
    assert key.lower() == spec["type"].lower()
    inner = {
        "apiVersion": data["apiVersion"],
        "kind": spec["type"],
        "metadata": {"name": "x", "namespace": "prod"},
        "spec": spec[key],
    }
    assert crd_errors(inner) == []
    inner["spec"]["scheduler"] = {"cron": "0 */6 * * *"}
    assert crd_errors(inner), "an unknown field has to be seen"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("pods", SOME, ids=["one", "count", "percent"])
def test_every_experiment_is_bounded_paused_and_ends(fault: str, pods: Pods) -> None:
    wanted = experiment(fault=FAULTS[fault], pods=pods, seconds=2 * 86400)
    assert check(made(wanted)) == []
    [data] = objects(wanted)
    assert data["metadata"]["annotations"]["experiment.chaos-mesh.org/pause"] == "true"
    [inner] = [value for key, value in data["spec"].items() if key.endswith("Chaos")]
    assert inner["duration"] == "48h"
    assert inner["mode"] != "all"
    assert ("value" in inner) == (inner["mode"] != "one")
    assert inner["selector"]["namespaces"] == [pods.namespace]
    assert inner["selector"]["labelSelectors"] == dict(pods.labels)
    assert data["spec"]["concurrencyPolicy"] == "Forbid"
    assert data["spec"]["startingDeadlineSeconds"] > 0
    if fault in ("delay", "jitter", "loss"):
        assert inner["externalTargets"] == [FAULTS[fault].address]  # type: ignore[union-attr]
        assert inner["direction"] == "to"


def test_what_would_aim_at_more_than_was_meant_is_seen() -> None:
    [artifact] = made(experiment(pods=SOME[2]))
    for path, value in (
        ("spec/podChaos/mode", "all"),
        ("spec/podChaos/value", 34),
        ("spec/podChaos/value", "100"),
        ("spec/podChaos/selector/labelSelectors", {}),
        ("spec/podChaos/selector/namespaces", []),
        ("spec/podChaos/selector/namespaces", ["a", "b"]),
        ("spec/podChaos/duration", "1d"),
        ("spec/podChaos/duration", ""),
        ("spec/podChaos/scheduler", {"cron": "0 0 * * *"}),
        ("spec/type", "NetworkChaos"),
        ("spec/schedule", "0 0 30 2 *"),
        ("spec/schedule", "often"),
        ("spec/concurrencyPolicy", "Allow"),
        ("metadata/annotations/experiment.chaos-mesh.org/pause", "yes"),
        ("metadata/name", "a" * 58),
    ):
        data = yaml.safe_load(artifact.text)
        *parents, last = path.split("/", 3)
        if path.startswith("metadata/annotations"):
            parents, last = ["metadata", "annotations"], path.split("/", 2)[2]
        inside = data
        for key in parents:
            inside = inside[key]
        inside[last] = value
        problems = check([Artifact(artifact.path, dump(data))])
        assert problems, (path, value)
        assert {problem.check for problem in problems} <= {"artifact-chaos", "artifact-schema"}


def test_the_alert_comes_when_the_tiers_say() -> None:
    service = make_service("api")
    found = hypothesis.of(service, experiment(seconds=52), Project())
    assert found.expected is not None
    assert found.expected.alert == "SLOErrorBudgetBurnFast"
    # 14.4 × 0.1% of an hour, a scrape and an evaluation.
    assert found.expected.within == Decimal("51.84") + 60
    assert hypothesis.of(service, experiment(seconds=51), Project()).expected is None
    assert hypothesis.of(service, experiment(seconds=51), Project()).needs == Decimal("51.84")
    half = experiment(seconds=110, least=Decimal("0.5"))
    expected = hypothesis.of(service, half, Project()).expected
    assert expected is not None
    assert expected.within == Decimal("103.68") + 60
    tier = next(tier for tier in service.slos[0].tiers if tier.long == 3600)
    assert slomath.detection(tier, Decimal("0.5")) == Decimal("103.68")


def test_an_alert_that_is_off_is_not_expected() -> None:
    off = SeverityAlert("SLOErrorBudgetBurnFast", disabled=True)
    slo = make_slo(alerting=make_alerting(page=off))
    service = make_service("api", slo)
    found = hypothesis.of(service, experiment(seconds=600), Project())
    assert found.expected is not None
    assert (found.expected.alert, found.expected.severity) == ("SLOErrorBudgetBurnSlow", "ticket")
    assert found.expected.delay == 30 + 30 + 120
    silent = make_service("api", make_slo(alerting=make_alerting(disabled=True)))
    found = hypothesis.of(silent, experiment(seconds=600), Project())
    assert (found.expected, found.needs) == (None, None)


def test_what_it_spends_is_the_schedule_the_duration_and_the_objective() -> None:
    service = make_service("api")
    every_six_hours = experiment(seconds=30, schedule="0 */6 * * *")
    # The incident guide's own: 120 times 30 s, where 99.9% leave 2592 s.
    assert hypothesis.of(service, every_six_hours, Project()).spent == Decimal(3600) / 2592
    third = experiment(seconds=30, schedule="0 */6 * * *", most=Decimal("0.3"))
    assert hypothesis.of(service, third, Project()).spent == Decimal(1080) / 2592


# From here on: whole specs.

DEPENDENCIES = (
    "pods: {app: api}\n"
    "dependencies:\n"
    "- {name: db, kind: postgres, selector: {app: pg}, address: 'db.prod:5432'}\n"
    "- {name: cache, kind: redis, address: 'cache.prod:6379'}\n"
)
SCALING = (
    "autoscaling: {target: deployment/api, replicas: {min: 3, max: 4}, triggers: [{cpu: 70}]}\n"
)
FINE = "chaos:\n- {name: a, fail: db, duration: 2m, schedule: '0 10 1 * *'}\n"


def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, **changes: str) -> Path:
    text = spec(more=DEPENDENCIES + more, **changes)
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": text}))
    return tmp_path


def schedules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    files = built(folder, monkeypatch)
    return {
        path: yaml.safe_load(text)
        for path, text in files.items()
        if path.startswith("chaos/") and not path.endswith("kustomization.yaml")
    }


@needs_kubectl
def test_the_kustomization_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(tmp_path, monkeypatch, FINE)
    assert set(schedules(folder, monkeypatch)) == {"chaos/api/a.yaml"}
    for path, holds in (("chaos/api", True), ("kubernetes", False)):
        done = subprocess.run(
            ["kubectl", "kustomize", str(folder / "out" / path)],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert ("chaos-mesh.org" in done.stdout) == holds


def test_without_the_section_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for more in ("", "chaos: []\n"):
        folder = project(tmp_path, monkeypatch, more)
        files = built(folder, monkeypatch)
        assert not [path for path, text in files.items() if "chaos" in path or b"chaos" in text]


def test_own_pods_are_hit_by_their_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = (
        SCALING + "chaos:\n"
        "- {name: kill, kill: self, pods: 2, duration: 1m, schedule: '@monthly', expect: none}\n"
        "- name: busy\n  stress: self\n  cpu: {workers: 1}\n  containers: [api]\n"
        "  duration: 1m\n  schedule: '@monthly'\n  expect: none\n  impact: 1%\n"
        "- {name: lossy, lose: cache, packets: 20%, duration: 1m, schedule: '@monthly', "
        "expect: none, description: 'Lost & found: ${x}'}\n"
    )
    found = schedules(project(tmp_path, monkeypatch, more), monkeypatch)
    kill = found["chaos/api/kill.yaml"]["spec"]["podChaos"]
    assert (kill["mode"], kill["value"]) == ("fixed", "2")
    assert kill["selector"] == {"namespaces": ["default"], "labelSelectors": {"app": "api"}}
    busy = found["chaos/api/busy.yaml"]["spec"]["stressChaos"]
    assert busy["stressors"] == {"cpu": {"workers": 1, "load": 100}}
    lossy = found["chaos/api/lossy.yaml"]
    assert lossy["spec"]["networkChaos"]["externalTargets"] == ["cache.prod:6379"]
    notes = lossy["metadata"]["annotations"]
    assert notes["slosmith/description"] == "Lost & found: ${x}"
    assert notes["slosmith/hypothesis"] == "No alert of api/availability (99.9%) fires."
    assert "slosmith/alert" not in notes
    # Two of three pods, or of four.
    data = json.loads(invoke("explain", "api", "--format", "json", *OFF).output)
    experiments = {item["experiment"]: item for item in data["services"][0]["experiments"]}
    assert experiments["kill"]["bad_ratio"] == {"least": 0.5, "most": 0.666667}
    assert experiments["busy"]["bad_ratio"] == {"least": 0.01, "most": 0.01}
    assert experiments["lossy"]["bad_ratio"] == {"least": 0.25, "most": 0.333333}


def test_all_experiments_of_an_slo_share_its_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = "- {name: NAME, fail: db, duration: 2m, schedule: '0 10 1 * *'}\n"
    more = "chaos:\n" + "".join(each.replace("NAME", name) for name in "ab")
    folder = project(tmp_path, monkeypatch, more)
    assert len(schedules(folder, monkeypatch)) == 2
    folder = project(tmp_path, monkeypatch, more + each.replace("NAME", "c"))
    result = invoke("build", *OFF)
    assert result.exit_code == 1
    assert result.output.count("[chaos-budget]") == 1
    assert "specs/api.yaml:15:47: error: 2 runs of 2m in 30d spend 9.3%" in result.output


def test_a_share_of_its_own_lets_an_experiment_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly = "chaos:\n- {name: a, fail: db, duration: 2m, schedule: '@weekly', budget: SHARE}\n"
    project(tmp_path, monkeypatch, weekly.replace("SHARE", "23%"))
    assert "[chaos-budget]" in invoke("build", *OFF).output
    folder = project(tmp_path, monkeypatch, weekly.replace("SHARE", "24%"))
    assert schedules(folder, monkeypatch)


def test_what_nobody_would_notice_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = "chaos:\n- {name: a, fail: db, duration: 30s, schedule: '0 10 1 * *'}\n"
    project(tmp_path, monkeypatch, short)
    result = invoke("build", *OFF)
    assert result.exit_code == 0
    assert "would have to last longer than 52s" in result.output
    folder = project(tmp_path, monkeypatch, short.replace("30s", "30s, expect: none"))
    assert "unnoticed" not in invoke("build", *OFF).output
    assert schedules(folder, monkeypatch)


def test_a_stricter_objective_is_refused_where_the_old_one_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, monkeypatch, FINE)
    assert invoke("build", *OFF).exit_code == 0
    project(tmp_path, monkeypatch, FINE, objective="99.99")
    result = invoke("build", *OFF)
    assert result.exit_code == 1
    assert "92.6% of the error budget of api/availability (4m19s)" in result.output


def test_two_objects_are_not_called_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = "chaos:\n- {name: NAME, fail: db, duration: 2m, schedule: '0 10 1 * *'}\n"
    files = {
        "slosmith.yaml": PROJECT,
        "specs/a.yaml": spec("a", more=DEPENDENCIES + named.replace("NAME", "b-c")),
        "specs/ab.yaml": spec("a-b", more=DEPENDENCIES + named.replace("NAME", "c")),
    }
    monkeypatch.chdir(write(tmp_path, files))
    result = invoke("build", *OFF)
    assert result.exit_code == 1
    assert "would be called a-b-c, as that of a's `b-c`; rename it [chaos-name]" in result.output


def test_the_running_example_says_which_alert_and_when() -> None:
    for name, slo, within in (
        ("database-failure", "api/availability", "1m52s"),
        ("slow-cache", "api/p95", "12m49s"),
    ):
        data = yaml.safe_load((ROOT / f"out/chaos/api/{name}.yaml").read_text())
        notes = data["metadata"]["annotations"]
        assert notes["slosmith/slo"] == slo
        assert notes["slosmith/alert"] == "SLOErrorBudgetBurnFast"
        assert notes["slosmith/within"] == within
        [inner] = [value for key, value in data["spec"].items() if key.endswith("Chaos")]
        lasts = parse_seconds(inner["duration"])
        after = parse_seconds(within)
        assert lasts is not None
        assert after is not None
        assert after <= lasts, "it fires while somebody watches"
