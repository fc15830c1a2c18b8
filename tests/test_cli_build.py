"""What build writes and removes, what SPEC and --only leave of it, and what check says after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import OFF, PROJECT, built, invoke, spec, tree, write

PAIR = {"slosmith.yaml": PROJECT, "specs/api.yaml": spec("api"), "specs/web.yaml": spec("web")}


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two services, as the working directory."""
    monkeypatch.chdir(write(tmp_path, PAIR))
    return tmp_path


def _resources(folder: Path) -> Any:
    text = (folder / "out/kubernetes/kustomization.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["resources"]


def _recorded(folder: Path, owner: str) -> set[str]:
    record = json.loads((folder / f"out/.slosmith/{owner}.json").read_text(encoding="utf-8"))
    return set(record["files"])


def test_one_spec_writes_its_files_and_those_of_the_whole_fleet(pair: Path) -> None:
    result = invoke("build", "specs/api.yaml", *OFF)
    assert result.exit_code == 0, result.output
    made = tree(pair / "out")
    assert "prometheus/rules/api.yaml" in made
    assert not [path for path in made if "web" in path]
    assert _resources(pair) == ["api", "overview", "web"], (
        "the fleet is all services, whichever are written"
    )


def test_a_folder_means_the_specs_in_it(pair: Path) -> None:
    write(pair, {"specs/shop/cart.yaml": spec("cart"), "specs/shop/pay.yaml": spec("pay")})
    assert invoke("build", "specs/shop", *OFF).exit_code == 0
    assert sorted((pair / "out/prometheus/rules").iterdir()) == [
        pair / "out/prometheus/rules/cart.yaml",
        pair / "out/prometheus/rules/pay.yaml",
    ]


def test_one_family_adds_to_the_records(pair: Path) -> None:
    assert invoke("build", "--only", "prometheus", *OFF).exit_code == 0
    made = {
        f"prometheus/{name}.yaml"
        for name in ("rules/api", "tests/api", "tests/api.pages", "tests/api.tickets")
    }
    assert _recorded(pair, "api") == made
    assert invoke("build", "--only", "grafana", "specs/api.yaml", *OFF).exit_code == 0
    assert _recorded(pair, "api") == made | {"grafana/dashboards/api.json"}
    assert _recorded(pair, "web") == {path.replace("api", "web") for path in made}
    assert not (pair / "out/kubernetes").exists()


def test_parts_together_are_the_same_bytes_as_the_whole(pair: Path) -> None:
    for part in (["specs/web.yaml"], ["--only", "grafana"], ["--only", "kubernetes"], ["specs"]):
        assert invoke("build", *part, *OFF).exit_code == 0
    parts = tree(pair / "out")
    assert invoke("build", "--out", "whole", *OFF).exit_code == 0
    assert parts == tree(pair / "whole")
    assert invoke("check", *OFF).exit_code == 0


def test_a_part_removes_nothing(pair: Path) -> None:
    before = set(tree(pair / "out")) if invoke("build", *OFF).exit_code == 0 else set()
    (pair / "specs/web.yaml").unlink()
    for part in (["specs/api.yaml"], ["--only", "kubernetes"]):
        result = invoke("build", *part, *OFF)
        assert (result.exit_code, ", 0 removed" in result.output) == (0, True), result.output
    assert set(tree(pair / "out")) == before
    assert _resources(pair) == ["api", "overview"], "what GitOps syncs follows the specs at once"


def test_removing_a_spec_removes_its_files_and_its_entry(
    pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = built(pair, monkeypatch)
    (pair / "specs/web.yaml").unlink()
    result = invoke("build", *OFF)
    assert result.output == "out: 1 written, 9 removed, 15 unchanged\n"
    after = tree(pair / "out")
    assert {path for path in before if "web" in path} == before.keys() - after.keys()
    assert not (pair / "out/kubernetes/web").exists()
    assert _resources(pair) == ["api", "overview"]
    assert invoke("check", *OFF).exit_code == 0


def test_renaming_a_service_moves_its_files(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(pair, monkeypatch)
    write(pair, {"specs/web.yaml": spec("site")})
    assert invoke("build", *OFF).exit_code == 0
    assert not [path for path in tree(pair / "out") if "web" in path]
    assert _resources(pair) == ["api", "overview", "site"]


def test_one_broken_spec_anywhere_means_that_nothing_is_written(
    pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = built(pair, monkeypatch)
    write(pair, {"specs/api.yaml": spec("api", "90"), "specs/web.yaml": spec("web", "100")})
    for arguments in ([], ["specs/api.yaml"], ["--only", "prometheus"]):
        result = invoke("build", *arguments, *OFF)
        assert result.exit_code == 1
        assert "specs/web.yaml:5:14: error" in result.output
    assert tree(pair / "out") == before


@pytest.mark.parametrize("left", ["empty folder", "no folder", "hidden file", "another suffix"])
def test_no_specs_is_an_error_and_removes_nothing(
    left: str, pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = built(pair, monkeypatch)
    for path in (pair / "specs").iterdir():
        path.unlink()
    match left:
        case "no folder":
            (pair / "specs").rmdir()
        case "hidden file":
            write(pair, {"specs/.api.yaml": spec()})
        case "another suffix":
            write(pair, {"specs/api.yaml.bak": spec()})
    for command in ("build", "check"):
        result = invoke(command, *OFF)
        assert result.exit_code == 1
        assert "specs: error: no spec found" in result.output
    assert tree(pair / "out") == before
    assert invoke("build", "--allow-empty", *OFF).exit_code == 0
    assert _resources(pair) == []
    assert not [path for path in tree(pair / "out") if "api" in path or "web" in path]
    assert invoke("check", "--allow-empty", *OFF).exit_code == 0


@pytest.mark.parametrize(
    "name",
    ["alertmanager", "dashboard", "kustomization", "native", "prometheusrule", "provisioning"],
)
def test_a_service_may_be_called_like_a_generated_file(name: str, pair: Path) -> None:
    write(pair, {"specs/odd.yaml": spec(name)})
    result = invoke("build", *OFF)
    assert result.exit_code == 0, result.output
    assert _resources(pair) == sorted(["api", "overview", "web", name])
    assert {f"prometheus/rules/{name}.yaml", f"prometheus/tests/{name}.yaml"} <= set(
        tree(pair / "out")
    )


def test_building_twice_writes_nothing(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(pair, monkeypatch)
    stamps = {path: path.stat().st_mtime_ns for path in (pair / "out").rglob("*")}
    assert invoke("build", *OFF).output == "out: 0 written, 0 removed, 25 unchanged\n"
    assert {path: path.stat().st_mtime_ns for path in (pair / "out").rglob("*")} == stamps


def test_check_without_output_names_every_file_and_writes_none(pair: Path) -> None:
    before = tree(pair)
    result = invoke("check", *OFF)
    assert result.exit_code == 1
    assert result.output.count("[drift-missing]") == 28
    assert _without_cache(tree(pair)) == before
    assert not (pair / "out").exists()


def _without_cache(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not name.startswith(".slosmith/")}


def _drift(pair: Path) -> list[str]:
    before = tree(pair)
    result = invoke("check", *OFF)
    assert result.exit_code == 1
    assert _without_cache(tree(pair)) == _without_cache(before)
    found = []
    for line in result.output.splitlines():
        if line.endswith("]"):
            found.append(line[: line.index(": ")] + " " + line[line.rindex("[") :])
    return found


def test_check_finds_each_kind_of_drift(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(pair, monkeypatch)
    rules, dashboard = "out/prometheus/rules/api.yaml", "out/grafana/dashboards/api.json"
    whole = tree(pair)

    def restore() -> None:
        for path in tree(pair).keys() - whole.keys():
            (pair / path).unlink()
        for path, data in whole.items():
            (pair / path).parent.mkdir(parents=True, exist_ok=True)
            (pair / path).write_bytes(data)
        assert invoke("check", *OFF).exit_code == 0

    (pair / rules).unlink()
    assert _drift(pair) == [f"{rules} [drift-missing]"]
    restore()
    with (pair / dashboard).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert _drift(pair) == [f"{dashboard} [drift-hand-edited]"]
    restore()
    (pair / "out/.slosmith/api.json").unlink()
    assert _drift(pair) == ["out/.slosmith/api.json [drift-missing]"]
    restore()
    (pair / "specs/web.yaml").unlink()
    found = _drift(pair)
    assert "out/kubernetes/kustomization.yaml [drift-outdated]" in found
    assert "out/prometheus/rules/web.yaml [drift-stale]" in found
    restore()
    write(pair, {"specs/api.yaml": spec("api", "99")})
    found = _drift(pair)
    assert f"{rules} [drift-outdated]" in found
    assert not [line for line in found if "web" in line]


def test_check_does_not_speak_of_writing(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(pair, monkeypatch)
    rules = pair / "out/prometheus/rules/api.yaml"
    rules.unlink()
    rules.mkdir()
    for command, verb in (("check", "checked"), ("build", "written")):
        output = invoke(command, *OFF).output
        assert f"out/prometheus/rules/api.yaml: error: cannot be {verb}: " in output
    for command, verb in (("check", "checked"), ("build", "written")):
        output = invoke(command, "--out", "slosmith.yaml", *OFF).output
        assert f"slosmith.yaml: error: cannot be {verb}: a file is where" in output


def test_check_warns_of_a_file_that_slosmith_did_not_make(
    pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(pair, monkeypatch)
    write(pair, {"out/prometheus/rules/mine.yaml": "groups: []\n"})
    result = invoke("check", *OFF)
    assert result.exit_code == 0
    assert "out/prometheus/rules/mine.yaml: warning" in result.output
    assert invoke("check", "--strict", *OFF).exit_code == 1
    assert invoke("build", *OFF).exit_code == 0
    assert (pair / "out/prometheus/rules/mine.yaml").is_file()


def test_check_of_one_spec_is_silent_about_the_drift_of_others(
    pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(pair, monkeypatch)
    (pair / "out/prometheus/rules/web.yaml").unlink()
    assert invoke("check", "specs/api.yaml", *OFF).exit_code == 0
    assert invoke("check", "specs/web.yaml", *OFF).exit_code == 1


def test_a_project_elsewhere_is_built_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two environments over the same specs: a project file and an output each."""
    write(
        tmp_path,
        {
            "specs/api.yaml": spec(),
            "prod/slosmith.yaml": PROJECT + "specs: ../specs\n",
            "staging/slosmith.yaml": PROJECT + "specs: ../specs\noverrides: {namespace: staging}\n",
        },
    )
    monkeypatch.chdir(tmp_path)
    for name in ("prod", "staging"):
        assert invoke("build", "--config", f"{name}/slosmith.yaml", *OFF).exit_code == 0
        assert invoke("check", "--config", f"{name}/slosmith.yaml", *OFF).exit_code == 0
    rules = [
        (tmp_path / name / "out/prometheus/rules/api.yaml").read_text(encoding="utf-8")
        for name in ("prod", "staging")
    ]
    assert "namespace: default" in rules[0]
    assert rules[1] == rules[0].replace("namespace: default", "namespace: staging")
    assert "from ../specs/api.yaml." in rules[0]
