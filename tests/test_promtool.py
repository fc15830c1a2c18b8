"""promtool: where it is found, and what is made of what it prints. The real one does the work."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from slosmith.promtool import (
    Finding,
    Mode,
    Promtool,
    ToolMissing,
    check_rules,
    explain_query,
    find,
    missing_notice,
)
from slosmith.promtool import test_rules as run_unit_tests

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool: how its answers are read was not tested"
)
GOOD = "groups:\n- name: g\n  rules:\n  - {record: y, expr: x * 2}\n"


@pytest.fixture
def tool() -> Promtool:
    assert PROMTOOL
    return Promtool(PROMTOOL, os.environ)


def script(folder: Path, name: str, text: str) -> Path:
    """An executable shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n" + text)
    file.chmod(0o755)
    return file


def answering(folder: Path, then: str, name: str = "promtool") -> Path:
    """A program that says it is a promtool, and for the rest runs `then`."""
    version = 'if [ "$1" = --version ]; then echo "promtool, version 0"; exit 0; fi\n'
    return script(folder, name, version + then)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which only the programs of `folder` are on PATH."""
    return {"PATH": str(folder), **more}


def summary(finding: Finding) -> tuple[str | None, str | None, int | None, int | None]:
    return finding.group, finding.rule_name, finding.line, finding.column


# Finding it.


def test_promtool_on_path_is_found_under_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(tmp_path / "bin", "")
    monkeypatch.chdir(tmp_path)
    modes: tuple[Mode, ...] = ("auto", "required")
    for mode in modes:
        tool = find(mode, {"PATH": "bin"})
        assert tool is not None
        assert (tool.program, tool.image) == (str(tmp_path / "bin/promtool"), "")
        assert tool.label == "promtool"


def test_variable_goes_before_path(tmp_path: Path) -> None:
    answering(tmp_path / "bin", "")
    mine = answering(tmp_path / "a folder", "", "mine")
    tool = find("auto", environment(tmp_path / "bin", PROMTOOL=str(mine)))
    assert tool is not None
    assert tool.program == str(mine)
    tool = find("auto", environment(tmp_path / "bin", PROMTOOL=""))
    assert tool is not None
    assert tool.program == str(tmp_path / "bin/promtool")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no such program"),
        ("echo hello", "no promtool that answers `--version`: hello"),
        ("echo promtool; echo it broke >&2; exit 3", "it broke"),
        ("kill -9 $$", "killed by signal 9"),
    ],
)
@pytest.mark.parametrize("mode", ["auto", "required"])
def test_variable_that_names_no_promtool_is_an_error(
    tmp_path: Path, mode: Mode, text: str | None, reason: str
) -> None:
    answering(tmp_path / "bin", "")
    if text is not None:
        script(tmp_path, "mine", text + "\n")
    env = environment(tmp_path / "bin", PROMTOOL=str(tmp_path / "mine"))
    with pytest.raises(ToolMissing, match=r"PROMTOOL=.*mine") as caught:
        find(mode, env)
    assert reason in str(caught.value)


def test_off_looks_for_nothing(tmp_path: Path) -> None:
    assert find("off", {"PATH": str(tmp_path), "PROMTOOL": str(tmp_path / "none")}) is None


def test_nothing_found_is_a_notice_or_an_error(tmp_path: Path) -> None:
    env = environment(tmp_path, PROMTOOL_IMAGE="registry/x:1")
    assert find("auto", env) is None
    assert missing_notice(env).startswith("promtool not found: rules were checked with the emb")
    assert "registry/x:1" in missing_notice(env)
    assert "\n" not in missing_notice(env)
    with pytest.raises(ToolMissing, match="docker: not on PATH; podman: not on PATH"):
        find("required", env)


def test_promtool_on_path_that_does_not_answer_does_not_count(tmp_path: Path) -> None:
    script(tmp_path, "promtool", "exit 1\n")
    assert find("auto", environment(tmp_path)) is None


def test_engine_without_daemon_does_not_count(tmp_path: Path) -> None:
    script(tmp_path, "docker", 'echo "Client: 28"; echo "no daemon" >&2; exit 1\n')
    assert find("auto", environment(tmp_path)) is None
    with pytest.raises(ToolMissing, match="docker: no daemon"):
        find("required", environment(tmp_path))


# An engine that has the image only after `pull`, and notes each call.
ENGINE = """
echo "$*" >> "{log}"
case "$1 $2" in
  "image inspect") test -e "{log}.pulled" ;;
  "pull "*) {pull} ;;
  "run "*) echo "promtool, version 0" ;;
esac
"""


def test_image_is_pulled_only_where_promtool_is_required(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script(tmp_path / "bin", "podman", ENGINE.format(log=log, pull=f': > "{log}.pulled"'))
    env = environment(tmp_path / "bin")
    assert find("auto", env) is None
    assert "pull" not in log.read_text()
    tool = find("required", env)
    assert tool is not None
    assert (tool.image, tool.label) == (
        "docker.io/prom/prometheus:v3.5.0",
        "promtool (via container)",
    )
    assert "pull docker.io/prom/prometheus:v3.5.0\n" in log.read_text()
    assert find("auto", env) == tool


def test_engine_that_has_the_image_goes_before_one_that_would_pull_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script(tmp_path / "bin", "docker", ENGINE.format(log=log, pull="false"))
    script(tmp_path / "bin", "podman", ENGINE.format(log=tmp_path / "other", pull="false"))
    (tmp_path / "other.pulled").touch()
    tool = find("required", environment(tmp_path / "bin", PROMTOOL_IMAGE="mine:1"))
    assert tool is not None
    assert (tool.program, tool.image) == (str(tmp_path / "bin/podman"), "mine:1")
    assert "pull" not in log.read_text()


def test_failed_pull_is_named(tmp_path: Path) -> None:
    pull = "echo no such host >&2; false"
    script(tmp_path / "bin", "podman", ENGINE.format(log=tmp_path / "log", pull=pull))
    with pytest.raises(ToolMissing, match="podman: no such host"):
        find("required", environment(tmp_path / "bin"))


def test_image_that_looks_like_an_option_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script(tmp_path / "bin", "podman", ENGINE.format(log=log, pull="true"))
    with pytest.raises(ToolMissing, match="no name of an image"):
        find("required", environment(tmp_path / "bin", PROMTOOL_IMAGE="--privileged"))
    assert not log.exists()


# Reading what it prints.


@needs_promtool
def test_good_files_have_no_findings(tool: Promtool, tmp_path: Path) -> None:
    folder = tmp_path / "a: b, c"
    folder.mkdir()
    (folder / "é x.yaml").write_text(GOOD)
    assert check_rules(tool, tmp_path, ["a: b, c/é x.yaml"]) == []
    assert check_rules(tool, tmp_path, []) == []


@needs_promtool
def test_findings_carry_rule_place_and_offset(tool: Promtool, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(
        "groups:\n"
        '- name: "a\\n\\"b"\n'
        "  rules:\n"
        "  - record: x\n"
        "    expr: sum(foo) bar by (x)\n"
        "  - alert: A\n"
        "    expr: up\n"
        '    annotations: {summary: "{{ $foo }}"}\n'
        '  - {record: x, expr: ""}\n'
        "  - {expr: up}\n"
        "- name: c\n"
        "  rules: []\n"
        "- name: c\n"
        "  rules: []\n"
    )
    findings = check_rules(tool, tmp_path, ["good.yaml", "bad.yaml"])
    assert {finding.file for finding in findings} == {"bad.yaml"}
    query, template, none, neither, repeated = findings
    assert summary(query) == ('a\n"b', "x", 5, 11)
    assert (query.offset_line, query.offset_column) == (1, 10)
    assert query.message == 'unexpected identifier "bar"'
    assert summary(template) == ('a\n"b', "A", None, None)
    assert "$foo" in template.message
    assert summary(none) == ('a\n"b', "x", 9, 23)
    assert none.message == "field 'expr' must be set in rule"
    assert summary(neither) == ('a\n"b', "", None, None)
    assert neither.message == "one of 'record' or 'alert' must be set"
    # promtool 3 does not say where.
    assert summary(repeated) in ((None, None, 13, 3), (None, None, None, None))
    assert 'groupname: "c" is repeated' in repeated.message


@needs_promtool
@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("groups: [\n", 1, "did not find expected node content"),
        ("groups:\n- name: a\n  rulez: 1\n", 3, "field rulez not found"),
        ("groups:\n- name: a\n  interval: 5x\n", None, '"5x"'),
    ],
)
def test_yaml_faults_are_findings_of_the_file(
    tool: Promtool, tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    (tmp_path / "r.yaml").write_text(text)
    (finding,) = check_rules(tool, tmp_path, ["r.yaml"])
    assert (finding.file, finding.line) == ("r.yaml", line)
    assert message in finding.message


@needs_promtool
def test_duplicate_rules_are_a_finding_of_the_right_file(tool: Promtool, tmp_path: Path) -> None:
    rule = "  - {record: x, expr: up, labels: {a: b}}\n"
    files = [f"r{number}.yaml" for number in range(5)]
    for name in files:
        twice = name == "r3.yaml"
        (tmp_path / name).write_text("groups:\n- name: g\n  rules:\n" + rule * (1 + twice))
    (tmp_path / "r1.yaml").write_text("groups: [\n")
    wrong, twice_ = check_rules(tool, tmp_path, files)
    assert wrong.file == "r1.yaml"
    assert twice_.file == "r3.yaml"
    assert twice_.message.startswith("lint error 1 duplicate rule(s) found.\nMetric: x")
    assert "a: b" in twice_.message


@needs_promtool
def test_rule_cannot_forge_a_finding(tool: Promtool, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(
        'groups:\n- name: "g\\n  FAILED:\\ngood.yaml: 1:1: x"\n'
        '  rules:\n  - {record: x, expr: "+"}\n'
    )
    (finding,) = check_rules(tool, tmp_path, ["good.yaml", "bad.yaml"])
    assert finding.file == "bad.yaml"
    assert finding.group == "g\n  FAILED:\ngood.yaml: 1:1: x"


@needs_promtool
def test_many_files_are_checked_in_chunks(tool: Promtool, tmp_path: Path) -> None:
    files = [f"{number}.yaml" for number in range(1100)]
    for name in files:
        (tmp_path / name).write_text(GOOD)
    for name in ("3.yaml", "1099.yaml"):
        (tmp_path / name).write_text(GOOD.replace("*", "* *"))
    assert [finding.file for finding in check_rules(tool, tmp_path, files)] == [
        "3.yaml",
        "1099.yaml",
    ]


@needs_promtool
def test_missing_file_is_a_finding(tool: Promtool, tmp_path: Path) -> None:
    (finding,) = check_rules(tool, tmp_path, ["none.yaml"])
    assert "none.yaml" in finding.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo goroutine 1 >&2; exit 2", "exit code 2.*goroutine 1"),
        ("kill -11 $$", "killed by signal 11"),
        ("exit 0", "exit code 0 before all files"),
        ('echo "Checking a.yaml"; echo "  SUCCESS: 1 rules found"', "before all files"),
        ('echo "  FAILED:" >&2; echo "odd words" >&2; exit 1', "odd words"),
        ("head -c 100000 /dev/zero | tr '\\0' x; exit 7", "exit code 7.*xx"),
        ("printf '\\377\\n'; exit 1", "exit code 1"),
    ],
)
def test_promtool_that_goes_wrong_is_a_finding(tmp_path: Path, text: str, message: str) -> None:
    program = answering(tmp_path / "bin", text + "\n")
    tool = Promtool(str(program), os.environ)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    findings = check_rules(tool, tmp_path, ["a.yaml", "b.yaml"])
    together = " ".join(finding.message for finding in findings)
    assert findings
    assert re.search(message, together.replace("\n", " "))
    assert len(together) < 10_000


def test_promtool_that_hangs_is_ended(tmp_path: Path) -> None:
    program = answering(tmp_path / "bin", "exec sleep 60\n")
    tool = dataclasses.replace(Promtool(str(program), os.environ), timeout=0.3)
    start = time.monotonic()
    files = [f"{number}.yaml" for number in range(2000)]
    (finding,) = check_rules(tool, tmp_path, files)
    assert time.monotonic() - start < 5
    assert finding.message == "promtool failed: no answer within 0.3 seconds"


def test_promtool_that_is_gone_is_a_finding(tmp_path: Path) -> None:
    (finding,) = check_rules(Promtool(str(tmp_path / "none"), {}), tmp_path, ["a.yaml"])
    assert "No such file" in finding.message


@needs_promtool
@pytest.mark.parametrize(
    ("query", "place", "message"),
    [
        ("sum(foo) bar by (x)", (1, 10), 'unexpected identifier "bar"'),
        ('foo{a="éé😀"} ++ }', (1, 17), "unexpected character: '}'"),
        ('foo +\n  "é" + }', (2, 9), "unexpected character: '}'"),
        ("rate(foo)", (1, 6), "expected type range vector"),
        ("foo{\x00\x85\x7f}", (1, 5), "unexpected character"),
        ("", (1, 1), "field 'expr' must be set"),
    ],
)
def test_query_fault_is_placed_in_characters(
    tool: Promtool, query: str, place: tuple[int, int], message: str
) -> None:
    answer = explain_query(tool, query)
    assert answer is not None
    assert answer[:2] == place
    assert message in answer[2]


@needs_promtool
@pytest.mark.parametrize(
    "query", ["up", "a +\n\tb", 'x{a="\\"#: {{ }}"} # note', "x{a='é😀\x7f'}\n"]
)
def test_accepted_query_has_no_explanation(tool: Promtool, query: str) -> None:
    assert explain_query(tool, query) is None


TESTS = """
rule_files: [../rules/r.yaml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series: [{series: x, values: '1+1x10'}]
  promql_expr_test:
  - {expr: y, eval_time: 5m, exp_samples: [{labels: y, value: VALUE}]}
"""


# What promtool prints before a file of unit tests: until 2.x, from 3.0 to 3.15, and since.
@pytest.mark.parametrize("heading", ["echo 'Unit Testing: ' $4", ":", "echo Processing file: $4"])
def test_verdicts_on_unit_tests_are_told_apart_whether_or_not_files_are_named(
    tmp_path: Path, heading: str
) -> None:
    verdict = "case $4 in *right*) echo '  SUCCESS' ;; *) echo '  FAILED:' >&2; echo no >&2; exit 1"
    program = answering(tmp_path / "bin", f"{heading}\n{verdict}; esac\n")
    names = ["right.yaml", "wrong.yaml", "too-right.yaml", "also-wrong.yaml"]
    findings = run_unit_tests(Promtool(str(program), os.environ), tmp_path, names)
    assert [(finding.file, finding.message) for finding in findings] == [
        ("wrong.yaml", "no"),
        ("also-wrong.yaml", "no"),
    ]


@needs_promtool
def test_failing_unit_tests_are_one_finding_per_file(tool: Promtool, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text(GOOD)
    (tmp_path / "tests").mkdir()
    for name, value in (("right", "12"), ("wrong", "13"), ("also", "14")):
        (tmp_path / f"tests/{name}.yaml").write_text(TESTS.replace("VALUE", value))
    (tmp_path / "tests/shape.yaml").write_text("testz: []\n")
    names = ["tests/wrong.yaml", "tests/right.yaml", "tests/also.yaml", "tests/shape.yaml"]
    findings = run_unit_tests(tool, tmp_path, names)
    assert [finding.file for finding in findings] == [names[0], names[2], names[3]]
    assert "1.3E+01" in findings[0].message
    assert "field testz not found" in findings[2].message
    assert run_unit_tests(tool, tmp_path, names[1:2]) == []
