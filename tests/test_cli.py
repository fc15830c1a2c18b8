"""The command line: help, exit codes, init, schema, promtool's modes, colours."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from slosmith.read.yaml_reader import read_yaml
from tests.projects import OFF, PROJECT, ROOT, invoke, ratio, run, spec, tree, write

COMMANDS = ((), ("build",), ("check",), ("explain",), ("diff",), ("init",), ("schema",))
HEAVY = ("yaml", "jsonschema", "grafanalib", "promql_parser", "jinja2", "slosmith.model")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_imports_nothing_heavy(command: tuple[str, ...]) -> None:
    script = (
        "import sys, cli\n"
        f"sys.argv = ['slosmith', *{command!r}, '--help']\n"
        "try:\n    cli.main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: slosmith")
    assert done.stdout.endswith("LOADED []\n")


def test_the_list_of_heavy_modules_names_what_a_build_loads() -> None:
    script = f"import generators, slosmith.run, sys; print(set({HEAVY!r}) - set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout in ("set()\n", "{'jinja2'}\n")


def test_version_is_one_line() -> None:
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.output.startswith("slosmith ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("bild",),
        ("build", "--nope"),
        ("build", "no-such-spec.yaml"),
        ("build", "--config", "no-such.yaml"),
        ("build", "--config", "specs"),
        ("build", "--only", "dashboards"),
        ("build", "--out", ""),
        ("build", "--promtool", "maybe"),
        ("check", "--format", "xml"),
        ("schema", "extra"),
        ("init", "a", "b"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path, {"specs/api.yaml": spec()}))
    assert invoke(*arguments).exit_code == 2
    assert list(tree(tmp_path)) == ["specs/api.yaml"]


def test_what_is_fine_exits_0_and_a_problem_exits_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()}))
    assert invoke("build", *OFF).exit_code == 0
    assert invoke("check", *OFF).exit_code == 0
    write(tmp_path, {"specs/api.yaml": spec(objective="100")})
    for command in ("build", "check"):
        result = invoke(command, *OFF)
        assert result.exit_code == 1
        assert "specs/api.yaml:5:14: error: objective: 100 leaves no error budget" in result.output


def test_a_warning_fails_only_a_strict_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(
        write(tmp_path, {"slosmith.yaml": PROJECT, "specs/a.yaml": spec(objective="0.9")})
    )
    assert invoke("build", *OFF).exit_code == 0
    assert "[objective-fraction]" in invoke("check", *OFF).output
    assert invoke("check", *OFF).exit_code == 0
    assert invoke("check", "--strict", *OFF).exit_code == 1
    write(tmp_path, {"specs/a.yaml": spec(objective="99")})
    invoke("build", *OFF)
    assert invoke("check", "--strict", *OFF).exit_code == 0


def test_a_first_project_builds_and_checks_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    started = invoke("init")
    assert started.exit_code == 0
    assert sorted(tree(tmp_path)) == ["slosmith.yaml", "specs/my-service.yaml"]
    built = invoke("build", *OFF)
    assert (built.exit_code, "warning" in built.output) == (0, False), built.output
    assert (tmp_path / "out/prometheus/rules/my-service.yaml").is_file()
    assert invoke("check", "--strict", *OFF).exit_code == 0


@pytest.mark.parametrize("name", ["slosmith.yaml", "specs/my-service.yaml"])
def test_init_overwrites_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path, {f"new/{name}": "mine\n"}))
    result = invoke("init", "new")
    assert result.exit_code == 1
    assert f"error: new/{name} is there already" in result.output
    assert tree(tmp_path) == {f"new/{name}": b"mine\n"}


def test_init_says_why_it_cannot_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, {"file": "mine\n"}))
    result = invoke("init", "file")
    assert result.exit_code == 1
    assert result.output.startswith("error: file/slosmith.yaml: ")
    assert tree(tmp_path) == {"file": b"mine\n"}


def test_schema_is_printed_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    printed = invoke("schema").output
    assert json.loads(printed)["title"] == "slosmith/v1"
    assert json.loads(invoke("schema", "--project").output)["title"] == "slosmith.yaml"
    assert invoke("schema", "-o", "here.json").output == ""
    assert (tmp_path / "here.json").read_text(encoding="utf-8") == printed
    refused = invoke("schema", "-o", "no/such/folder.json")
    assert (refused.exit_code, "No such file" in refused.output) == (1, True)


def _plain(value: Any) -> Any:
    """Data of a YAML file as an editor's checker would have it: floats for decimals."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _validator(arguments: tuple[str, ...]) -> Any:
    spec_schema = json.loads(invoke("schema").output)
    schema = json.loads(invoke("schema", *arguments).output)
    registry: Any = Registry().with_resource(
        spec_schema["$id"], Resource.from_contents(spec_schema)
    )
    return jsonschema.Draft7Validator(schema, registry=registry)


@pytest.mark.parametrize("arguments", [(), ("--project",)], ids=["spec", "project"])
def test_schema_is_draft_07_and_describes_every_field(arguments: tuple[str, ...]) -> None:
    validator = _validator(arguments)
    assert validator.schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(validator.schema)
    nodes = [validator.schema]
    while nodes:
        node = nodes.pop()
        for name, field in node.get("properties", {}).items():
            assert "description" in field or "$ref" in field, name
            nodes.append(field)
        nodes += list(node.get("definitions", {}).values())


@pytest.mark.parametrize(
    "file",
    [
        *sorted(ROOT.glob("specs/*.yaml")),
        *sorted(ROOT.glob("tests/cases/*/specs/**/*.y*ml")),
        ROOT / "slosmith/starter/specs/my-service.yaml",
        *sorted(ROOT.glob("tests/cases/*/slosmith.yaml")),
        ROOT / "slosmith.yaml",
        ROOT / "slosmith/starter/slosmith.yaml",
    ],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_schema_accepts_what_a_build_accepts(file: Path) -> None:
    document, problems = read_yaml(file.read_bytes(), file.name)
    assert document is not None, problems
    arguments = ("--project",) if file.name == "slosmith.yaml" else ()
    errors = list(_validator(arguments).iter_errors(_plain(document.data)))
    assert errors == []


def test_schema_refuses_a_misspelt_field() -> None:
    assert not _validator(()).is_valid({"version": "slosmith/v1", "service": "a", "slo": []})
    assert not _validator(("--project",)).is_valid({"version": "slosmith/v1", "defaults": []})


def test_promtool_that_is_required_and_not_there_exits_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path, {"specs/api.yaml": spec()}))
    monkeypatch.delenv("PROMTOOL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for command in ("build", "check"):
        result = invoke(command, "--promtool", "required")
        assert result.exit_code == 3
        assert result.output.startswith("error: promtool is required but not to be had")
    assert not (tmp_path / "out").exists()


def test_auto_goes_on_without_promtool_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()}))
    monkeypatch.delenv("PROMTOOL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = invoke("build")
    assert result.exit_code == 0
    assert result.output.startswith("promtool not found: rules were checked with the embedded")
    assert "unit test" not in result.output, "a build runs none anyway"
    tests = "without promtool no unit test was run either\n"
    for arguments, told in (((), 1), (("--tests", "none"), 0), (OFF, 0)):
        checked = invoke("check", *arguments)
        assert (checked.exit_code, checked.output.count(tests)) == (0, told), checked.output


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_a_broken_promtool_of_ones_own_exits_3(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path, {"specs/api.yaml": spec()}))
    for named in ("/no/such/promtool", shutil.which("false") or "false"):
        monkeypatch.setenv("PROMTOOL", named)
        result = invoke("build", "--promtool", mode)
        assert result.exit_code == 3
        assert f"PROMTOOL={named}: " in result.output
    assert invoke("build", *OFF).exit_code == 0, "with off nobody asks for it"


@pytest.mark.parametrize("command", ["build", "check"])
def test_what_only_promtool_refuses_is_a_problem_of_the_spec(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded parser knows experimental functions; promtool has them switched off."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not on PATH")
    text = spec().replace(
        ratio(),
        "threshold:\n      query: max(mad_over_time(queue_depth{a='b'}[5m]))\n      below: 100",
    )
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": text}))
    result = invoke(command)
    assert result.exit_code == 1
    [error] = [line for line in result.output.splitlines() if ": error: " in line]
    assert error.startswith("specs/api.yaml:8:18: error: ")
    assert "mad_over_time" in error
    assert result.output.endswith("1 error, 1 warning\n"), "no test can be generated"
    assert not (tmp_path / "out").exists()


def _on_terminal(folder: Path, **more: str) -> str:
    """What `build` prints where its stderr is a terminal. On one processor."""
    leader, follower = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    try:
        subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), "build", *OFF],
            cwd=folder,
            env=environment | more,
            stderr=follower,
            stdout=subprocess.DEVNULL,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]),
        )
    finally:
        os.close(follower)
    text = b""
    try:
        while part := os.read(leader, 4096):
            text += part
    except OSError:
        pass  # the end of what a terminal without a writer holds
    os.close(leader)
    return text.decode()


def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    write(tmp_path, {"specs/api.yaml": spec(objective="100")})
    assert "\x1b[31;1merror\x1b[0m" in _on_terminal(tmp_path)
    assert "\x1b" not in _on_terminal(tmp_path, NO_COLOR="1")
    assert "\x1b" in _on_terminal(tmp_path, NO_COLOR=""), "empty means not set: no-color.org"
    piped = run(tmp_path, "build", *OFF)
    assert "objective-range" in piped.stderr
    assert "\x1b" not in piped.stdout + piped.stderr


def test_a_long_build_tells_how_far_it_is_where_somebody_looks(tmp_path: Path) -> None:
    services = 60
    specs = {f"specs/s{number}.yaml": spec(f"s{number}") for number in range(services)}
    write(tmp_path, {"slosmith.yaml": PROJECT, **specs})
    shown = _on_terminal(tmp_path, TERM="xterm", CI="")
    lines = shown.split("\r\x1b[K")
    assert (lines[0], lines[-1]) == ("", ""), "nothing is left on the screen"
    found = [int(line.removeprefix("compiling services: ").split()[0]) for line in lines[1:-1]]
    assert lines[1] == f"compiling services: {found[0]} of {services}"
    assert 1 < len(found) <= services
    assert found == sorted(found)
    assert _on_terminal(tmp_path, TERM="xterm", CI="") == "", "a second, all in all"
    for quiet in ({"CI": "true"}, {"TERM": "dumb", "CI": ""}):
        shutil.rmtree(tmp_path / ".slosmith")
        assert _on_terminal(tmp_path, **quiet) == ""


def test_output_is_utf_8_in_any_locale(tmp_path: Path) -> None:
    write(tmp_path, {"specs/api.yaml": spec(more="owner: {é: 😀}\n")})
    done = run(tmp_path, "build", *OFF, env={"LC_ALL": "C", "PYTHONUTF8": "0"})
    assert done.returncode == 1
    assert "owner: {é: 😀}" in done.stderr
