"""What `explain` tells about autoscaling: the numbers of the arithmetic, of the emitted object, and
of the autoscaler's clock."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from generators.rules.groups import slo_groups
from slosmith.explain.answer import Question, answer
from slosmith.explain.layout import WIDTH, columns
from slosmith.problems import has_errors
from slosmith.scaling import arithmetic
from slosmith.scaling.arithmetic import Limits, Pace, Policy, State
from tests.projects import OFF, PROJECT, ROOT, invoke, spec, write
from tests.test_fuzz import BOUNDED
from tests.test_scaling_fuzz import AUTOSCALING, PROMETHEUS, VERSION, compiled


def scaling(name: str) -> Any:
    result = invoke("explain", name, "--format", "json", *OFF)
    assert result.exit_code == 0, result.output
    (service,) = json.loads(result.stdout)["services"]
    return service["autoscaling"]


def page(name: str) -> str:
    text = str(invoke("explain", name, *OFF).stdout)
    return text.partition(f"{name}: autoscaling\n")[2].partition("\nHistory for new SLOs")[0]


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.usefixtures("committed")
def test_the_triggers_are_those_of_the_emitted_object() -> None:
    text = (ROOT / "out/kubernetes/api/scaledobject.yaml").read_text(encoding="utf-8")
    emitted = yaml.safe_load(text)["spec"]
    found = scaling("api")
    assert (found["min"], found["max"]) == (
        emitted["minReplicaCount"],
        emitted["maxReplicaCount"],
    )
    for told, trigger in zip(found["triggers"], emitted["triggers"], strict=True):
        assert told["trigger"] == trigger.get("name", trigger["type"])
        threshold = trigger["metadata"].get("threshold") or trigger["metadata"]["value"]
        assert float(threshold) == told["target"]
        assert told["shared"] == (trigger["metricType"] == "AverageValue")
    up = emitted["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleUp"]
    assert found["scale_up"]["stabilization_seconds"] == up["stabilizationWindowSeconds"]


@pytest.mark.parametrize("name", ["api", "checkout", "gateway"])
@pytest.mark.usefixtures("committed")
def test_every_load_is_what_the_arithmetic_gives(name: str) -> None:
    found = scaling(name)
    present = found["present"]
    assert found["min"] <= present <= found["max"]
    names = [trigger["trigger"] for trigger in found["triggers"]]
    for trigger in found["triggers"]:
        assert len(trigger["loads"]) >= 5
        for load in trigger["loads"]:
            read = min(load["value"], trigger["target"]) if load["held"] else load["value"]
            ask = arithmetic.shared if trigger["shared"] else arithmetic.compared
            asks = ask(read, trigger["target"], present)
            assert load["asks_for"] == asks
            # The others are at their targets, where they ask for what there is.
            most = max(asks, present)
            assert load["replicas"] == min(max(most, found["min"]), found["max"])
            assert load["rules"] == [
                other
                for other in names
                if (asks if other == trigger["trigger"] else present) == most
            ]


@pytest.mark.usefixtures("committed")
def test_a_value_of_every_replica_runs_to_the_end_where_a_total_stays() -> None:
    traffic, latency, *_ = scaling("api")["triggers"]
    ends = {
        item["trigger"]: [load["replicas_if_it_stays"] for load in item["loads"]]
        for item in (traffic, latency)
    }
    #                  0.5x 1x 1.5x 2x 4x, and 4x while a guard holds
    assert ends == {"traffic": [6, 6, 9, 12, 20], "latency": [6, 6, 20, 20, 20, 6]}
    assert latency["loads"][-1]["held"]


@pytest.mark.usefixtures("committed")
def test_the_courses_are_those_of_the_clock() -> None:
    found = scaling("api")
    bounds = Limits(
        3, 20, Pace(95, (Policy("Percent", 100, 15),)), Pace(300, (Policy("Percent", 10, 60),))
    )
    for key, course, start, end in (
        ("scale_up", "from_min", 3, 20),
        ("scale_down", "from_max", 20, 3),
    ):
        state, changes = State(start, ((-15, start),)), []
        for now in range(0, 3600, 15):
            before, state = state.replicas, arithmetic.step(state, now, end, bounds)
            if state.replicas != before:
                changes.append({"after_seconds": now, "replicas": state.replicas})
        assert found[key][course] == changes


@pytest.mark.usefixtures("committed")
def test_the_page_tells_the_guards_beside_the_trigger() -> None:
    text = page("api")
    row = re.search(r"latency +api/db-pool +(.*)", text)
    assert row is not None
    assert row[1].split() == ["1%", "1m30s", "1m34s", "6m27s", "1m35s"]
    assert "!" not in text
    assert re.search(r"latency +500ms +250ms +3 +6 +6 +the others", text)
    assert re.search(r" 2000ms, held +6 +6 +6 +all alike", text)


@pytest.mark.parametrize("command", ["api", "SERVICE"])
def test_the_tables_of_the_docs_are_what_is_told(command: str) -> None:
    docs = (ROOT / "docs/autoscaling.md").read_text(encoding="utf-8")
    shown = docs.partition(f"`slosmith explain {command}` tells")[2].split("```")[1]
    assert shown.count("\n") > 3
    assert shown in (ROOT / "tests/explain/api.txt").read_text(encoding="utf-8")


@pytest.mark.usefixtures("committed")
def test_one_slo_is_told_without_its_services_scaling() -> None:
    assert scaling("api/latency") is None
    assert scaling("reports") is None
    assert "autoscaling" not in invoke("explain", "reports", *OFF).stdout


MORE = """
- name: latency
  objective: 99
  indicator: {latency: {histogram: 'h_seconds{job="api"}', below: 500ms}}
- name: db-pool
  objective: 99
  indicator: {threshold: {query: 'max(connections{job="api"})', below: 80}}
autoscaling:
  target: deployment/api
"""


def project(folder: Path, monkeypatch: pytest.MonkeyPatch, scaling: str) -> None:
    files = {"slosmith.yaml": PROJECT, "specs/api.yaml": spec(more=MORE + scaling)}
    monkeypatch.chdir(write(folder, files))


def test_a_late_guard_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trigger = "latency: {slo: latency, quantile: 0.95, target: 500ms, hold_while: [db-pool]}"
    project(tmp_path, monkeypatch, f"  replicas: {{min: 2, max: 4}}\n  triggers: [{{{trigger}}}]\n")
    [guard] = scaling("api")["triggers"][0]["hold_while"]
    assert guard["in_time"] is False
    assert guard["needs_stabilization_seconds"] == 95
    assert re.search(r"api/db-pool .* 14s +6m27s +1m35s!", page("api"))
    assert "! more than there is" in page("api")


@pytest.mark.parametrize(
    ("replicas", "course"),
    [
        ("{min: 5, max: 5}", "nothing changes"),
        ("{min: 1, max: 1000}", "not within 6h"),
    ],
)
def test_courses_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replicas: str, course: str
) -> None:
    slow = "  behavior: {scale_up: {pods: 1, every: 30m}, scale_down: {pods: 1, every: 30m}}\n"
    project(tmp_path, monkeypatch, f"  replicas: {replicas}\n  triggers: [{{cpu: 70}}]\n{slow}")
    assert " ".join(page("api").split()).count(course) == 2


def test_zero_replicas_are_kedas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = "{name: q, query: 'sum(queue_depth)', per_replica: 30, wakes: true}"
    project(
        tmp_path,
        monkeypatch,
        f"  replicas: {{min: 0, max: 4}}\n  triggers: [{{metric: {metric}}}]\n",
    )
    found = scaling("api")
    assert (found["min"], found["present"]) == (0, 2)
    assert found["scale_down"]["from_max"][-1]["replicas"] == 1
    assert "KEDA takes it to 0 and back" in " ".join(page("api").split())


def test_a_guard_of_another_service_is_told_with_its_own_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = (
        "latency: {slo: latency, quantile: 0.95, target: 500ms, "
        "hold_while: [{slo: web/availability, burn: 6}]}"
    )
    project(tmp_path, monkeypatch, f"  replicas: {{min: 2, max: 4}}\n  triggers: [{{{trigger}}}]\n")
    write(tmp_path, {"specs/web.yaml": spec("web", "95")})
    [guard] = scaling("api")["triggers"][0]["hold_while"]
    assert (guard["slo"], guard["burn"], guard["threshold"]) == ("web/availability", 6, 0.3)
    assert guard["holds_after_seconds"] == 0.3 * 300 + 90


def test_random_autoscaling_is_told_without_a_fault(tmp_path: Path) -> None:
    seen = 0

    @BOUNDED
    @given(scaling=AUTOSCALING, prometheus=PROMETHEUS, version=VERSION)
    def tried(scaling: Any, prometheus: Any, version: str) -> None:
        nonlocal seen
        compilation = compiled(tmp_path, scaling, prometheus, version)
        if has_errors(compilation.problems):
            return
        seen += 1
        for form in ("text", "json"):
            told, problems = answer(compilation, Question("api", form), slo_groups)
            assert problems == []
            if form == "json":
                json.loads(told)
            else:
                assert all(columns(line) <= WIDTH for line in told.splitlines())

    tried()
    # Random specs are of use only while enough of them are right.
    assert seen >= 10
