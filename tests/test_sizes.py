"""How much one service may hold, and what is said about more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.projects import OFF, PROJECT, invoke, ratio, write

MOST = 50
LONG = "/".join(["x" * 60] * 15)
POLICY = (
    "alerting:\n  policy:\n"
    "  - {severity: page, factor: 14, long: 1h, short: 5m}\n"
    "  - {severity: page, factor: 12, long: 2h, short: 10m}\n"
    "  - {severity: page, factor: 6, long: 6h, short: 30m}\n"
    "  - {severity: ticket, factor: 3, long: 1d, short: 2h}\n"
    "  - {severity: ticket, factor: 1, long: 3d, short: 6h}\n"
)


def _spec(number: int, description: str = "") -> str:
    """A spec of SLOs with the longest names and the most tiers that there may be."""
    slos = "".join(
        f"- name: {f's{index}-'.ljust(62, 'x')}y\n  objective: 99.9\n"
        f"  description: {description!r}\n  indicator:\n    {ratio(f'j{index}')}\n"
        for index in range(number)
    )
    return f"version: slosmith/v1\nservice: {'a' * 36}\n{POLICY}slos:\n{slos}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    addresses = f"grafana: {{url: 'https://g/{LONG}'}}\nrunbooks: {{url: 'https://r/{LONG}'}}\n"
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT + addresses}))
    return tmp_path


def test_as_many_slos_as_are_allowed_are_built_without_a_warning(project: Path) -> None:
    write(project, {"specs/many.yaml": _spec(MOST)})
    result = invoke("build", *OFF)
    assert (result.exit_code, result.output) == (0, "out: 16 written, 0 removed, 0 unchanged\n")


def test_a_large_dashboard_is_on_one_line_of_its_config_map(project: Path) -> None:
    write(project, {"specs/many.yaml": _spec(MOST, '"' * 3999)})
    assert invoke("build", *OFF).exit_code == 0
    [file] = project.glob("out/grafana/dashboards/a*.json")
    [manifest] = project.glob("out/kubernetes/a*/dashboard.yaml")
    assert file.stat().st_size > 1024 * 1024 > manifest.stat().st_size
    [stored] = yaml.safe_load(manifest.read_text(encoding="utf-8"))["data"].values()
    assert stored.count("\n") == 1
    assert json.loads(stored) == json.loads(file.read_text(encoding="utf-8"))


def test_more_are_refused_where_they_are_with_a_way_out(project: Path) -> None:
    write(project, {"specs/many.yaml": _spec(MOST + 1)})
    result = invoke("build", *OFF)
    assert result.exit_code == 1
    assert result.output == (
        "specs/many.yaml:10:1: error: `slos` must have at most 50 items, not 51: more do not fit "
        "on one dashboard. Split the service: two specs, each with a name of its own "
        "[field-value]\n  10 | slos:\n     | ^^^^\n1 error\n"
    )


def test_texts_that_grow_in_json_are_split_over_more_objects(project: Path) -> None:
    """kubectl keeps `<` as six characters."""
    write(project, {"specs/many.yaml": _spec(8, "<" * 4000)})
    result = invoke("build", *OFF)
    assert result.exit_code == 0, result.output
    [file] = project.glob("out/kubernetes/a*/prometheusrule.yaml")
    assert file.read_text(encoding="utf-8").count("kind: PrometheusRule") > 2


def test_texts_that_no_object_can_hold_are_told_with_a_way_out(project: Path) -> None:
    write(project, {"specs/many.yaml": _spec(MOST, "<" * 3999)})
    result = invoke("build", *OFF)
    assert result.exit_code == 1
    assert "split the service, or shorten its texts [artifact-size]" in result.output
    assert not (project / "out").exists()
