"""dashboard-linter has nothing to say but what `.lint` excludes with a reason."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from generators.provisioning import generate as provisioning
from slosmith.model import Project
from tests.dashboard_cases import committed, special, texts
from tests.dashboard_lint import lint
from tests.dashboard_model import Json

LINTER = Path(__file__).parents[1] / ".tools/dashboard-linter"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The texts of all dashboards, and of the file with exclusions."""
    cases = special(tmp_path_factory.mktemp("cases") / "special")
    found = texts(committed()) | texts(cases)
    files = {artifact.path: artifact.text for artifact in provisioning(Project(), [])}
    return {f"{name}.json": text for name, text in found.items()} | {
        ".lint": files["grafana/dashboards/.lint"]
    }


def test_our_telling_of_its_rules_finds_what_is_excluded_and_nothing_else(
    made: dict[str, str],
) -> None:
    excluded = yaml.safe_load(made[".lint"])["exclusions"]
    found = set()
    for name, text in made.items():
        if name != ".lint":
            for rule, what in lint(json.loads(text)):
                assert rule in excluded, (name, rule, what)
                found.add(rule)
    # What is not needed any more should go.
    assert found == set(excluded)


def _break(change: Callable[[Json], None]) -> set[str]:
    """The rules that find something in a dashboard with a fault, and not without."""
    data = json.loads(texts(committed())["api"])
    broken = copy.deepcopy(data)
    change(broken)
    return {rule for rule, _ in lint(broken)} - {rule for rule, _ in lint(data)}


def _panel(**changes: object) -> Callable[[Json], None]:
    return lambda data: data["panels"][6].update(changes)


def _expr(query: str) -> Callable[[Json], None]:
    return lambda data: data["panels"][6]["targets"][0].update(expr=query)


def _unit(data: Json) -> None:
    data["panels"][6]["fieldConfig"]["defaults"]["unit"] = "suffix:x"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda data: data.update(editable=True), "uneditable-dashboard"),
        (lambda data: data["templating"]["list"].pop(0), "template-datasource-rule"),
        (
            lambda data: data["templating"]["list"][1]["query"].update(query="up"),
            "template-label-promql-rule",
        ),
        (
            lambda data: data["templating"]["list"][1].update(refresh=1),
            "template-on-time-change-reload-rule",
        ),
        (_panel(datasource={"uid": "abc"}), "panel-datasource-rule"),
        (_panel(description=""), "panel-title-description-rule"),
        (_panel(targets=[]), "panel-no-targets-rule"),
        (_unit, "panel-units-rule"),
        (_expr("sum("), "target-promql-rule"),
        (_expr("rate(a[5m])"), "target-rate-interval-rule"),
        (_expr("sum(a_total)"), "target-counter-agg-rule"),
    ],
)
def test_our_telling_of_its_rules_finds_faults(change: Callable[[Json], None], rule: str) -> None:
    assert rule in _break(change)


@pytest.mark.skipif(
    not LINTER.exists(),
    reason="dashboard-linter is not built (scripts/build-dashboard-linter, needs Go and its "
    "module): the real linter did not see the dashboards",
)
def test_the_real_linter_passes_every_dashboard(made: dict[str, str], tmp_path: Path) -> None:
    for name, text in made.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in made:
        if name == ".lint":
            continue
        run = subprocess.run(
            [str(LINTER), "lint", "--strict", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
