"""`slosmith check` runs the generated unit tests with a real promtool, each until it passes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import generators
from slosmith.artifacts import Artifact
from slosmith.model import Project, Service
from slosmith.pipeline import Generators
from tests.projects import OFF, PROJECT, ROOT, invoke, run, tree, write
from tests.promtest import PROMTOOL, needs_promtool

pytestmark = needs_promtool

# Quick to test: one target, and a single pair of windows, so that there are two files.
POLICY = "window: 2h, alerting: {policy: [{severity: page, factor: 10, long: 10m, short: 5m}]}"
PASSED = re.compile(r"; unit tests passed \((\d+) run, (\d+) passed before\)\n$")
LIST = Path(".slosmith/tests-passed")


def slo(name: str = "up", objective: str = "99") -> str:
    indicator = f"{{uptime: {{series: 'up{{job=\"{name}\"}}'}}}}"
    return f"- {{name: {name}, objective: {objective}, {POLICY}, indicator: {indicator}}}\n"


def spec(*slos: str, service: str = "api") -> str:
    return f"version: slosmith/v1\nservice: {service}\nslos:\n" + "".join(slos)


def build(**specs: str) -> None:
    """Writes specs into the working directory, and builds."""
    files = {f"specs/{name}.yaml": text for name, text in specs.items()}
    write(Path(), {"slosmith.yaml": PROJECT, **files})
    assert invoke("build", *OFF).exit_code == 0


def passed(*arguments: str) -> tuple[int, int]:
    """How many unit tests a check ran, and how many had passed before; all is well."""
    result = invoke("check", *arguments)
    found = PASSED.search(result.output)
    assert result.exit_code == 0 and found, result.output
    return int(found[1]), int(found[2])


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# --- once ---


def test_what_passed_is_not_run_again_until_it_changes() -> None:
    build(api=spec(slo()), web=spec(slo(), service="web"))
    assert passed() == (4, 0)
    assert passed() == (0, 4)
    build(web=spec(slo(objective="98"), service="web"))
    assert passed() == (2, 2)
    build(web=spec(slo(), service="web"))
    assert passed() == (0, 4), "the objective is that of before"


def test_all_and_none_are_what_they_say() -> None:
    build(api=spec(slo()))
    result = invoke("check", "--tests", "none")
    assert result.exit_code == 0
    assert "unit tests" not in result.output
    assert not LIST.exists()
    assert passed("--tests", "all") == (2, 0)
    assert passed("--tests", "all") == (2, 0)
    assert passed("--tests", "changed") == (0, 2)


def test_nothing_is_run_without_promtool() -> None:
    build(api=spec(slo()))
    result = invoke("check", *OFF)
    assert result.exit_code == 0
    assert "unit tests" not in result.output


def test_a_check_of_one_spec_runs_its_tests_alone() -> None:
    build(api=spec(slo()), web=spec(slo(), service="web"))
    assert passed("specs/api.yaml") == (2, 0)
    assert passed() == (2, 2)


def test_a_check_writes_nothing_but_the_list() -> None:
    build(api=spec(slo()))
    before = tree(Path())
    assert passed() == (2, 0)
    after = tree(Path())
    added = {name for name in after.keys() - before.keys() if "/cache/" not in name}
    assert added == {LIST.as_posix()}
    changed = {name for name in before if after[name] != before[name]}
    assert all(name.startswith(".slosmith/cache/") for name in changed)
    assert re.fullmatch(r"([0-9a-f]{64}\n){2}", LIST.read_text())


def test_another_promtool_runs_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    build(api=spec(slo()))
    assert passed() == (2, 0)
    monkeypatch.setenv("PROMTOOL", str(calling_itself("2.42.1")))
    assert passed() == (2, 0)
    assert passed() == (0, 2)


def calling_itself(version: str) -> Path:
    """A promtool that says that it has this version."""
    wrapper = Path("tools") / version / "promtool"
    says = f'[ "$1" = --version ] && echo "promtool, version {version} (branch: x)" && exit\n'
    write(Path(), {str(wrapper): f'#!/bin/sh\n{says}exec {shlex.quote(str(PROMTOOL))} "$@"\n'})
    wrapper.chmod(0o755)
    return wrapper.absolute()


def test_native_histograms_are_left_out_with_a_line_where_promtool_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    indicator = "{latency: {histogram: 'took_seconds{job=\"x\"}', below: 500ms, type: native}}"
    native = f"- {{name: native, objective: 99, {POLICY}, indicator: {indicator}}}\n"
    build(api=spec(native, slo()), web=spec(native, service="web"))
    monkeypatch.setenv("PROMTOOL", str(calling_itself("2.42.0")))
    result = invoke("check")
    assert result.exit_code == 0
    assert result.stderr == (
        "not run: 2 files of unit tests of native histograms; promtool 2.42 cannot read them, "
        "3 can\n"
    )
    # Incidents of the target, and the tiers of both services.
    assert PASSED.search(result.output)
    assert passed("--tests", "all") == (3, 0)


# --- whatever becomes of the list ---


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"nonsense\n" * 3, b"a" * 100_000])
def test_a_list_that_cannot_be_read_is_made_anew(content: bytes) -> None:
    build(api=spec(slo()))
    LIST.parent.mkdir(exist_ok=True)
    LIST.write_bytes(content)
    assert passed() == (2, 0)
    assert passed() == (0, 2)


def test_half_a_list_is_half_known() -> None:
    build(api=spec(slo()))
    passed()
    first, second = LIST.read_text().split()
    LIST.write_text(f"{first}\n{second[:30]}")
    assert passed() == (1, 1)


def test_a_list_that_cannot_be_written_does_no_harm() -> None:
    build(api=spec(slo()))
    LIST.mkdir(parents=True)
    assert passed() == (2, 0)
    before = sorted(LIST.parent.rglob("*"))
    assert passed() == (2, 0)
    assert sorted(LIST.parent.rglob("*")) == before, "no leftovers"


def test_a_file_in_the_way_of_the_folder_does_no_harm(tmp_path: Path) -> None:
    build(api=spec(slo()))
    shutil.rmtree(tmp_path / ".slosmith")
    (tmp_path / ".slosmith").write_text("mine\n")
    assert passed() == (2, 0)
    assert (tmp_path / ".slosmith").read_text() == "mine\n"


def test_two_checks_at_once_leave_a_list_that_can_be_read() -> None:
    build(api=spec(slo()), web=spec(slo(), service="web"))
    command = [sys.executable, str(ROOT / "cli.py"), "check", "--tests", "all"]
    pair = [subprocess.Popen([*command, f"specs/{name}.yaml"]) for name in ("api", "web")]
    assert [process.wait(timeout=120) for process in pair] == [0, 0]
    assert re.fullmatch(r"([0-9a-f]{64}\n)+", LIST.read_text())
    assert {path.name for path in LIST.parent.iterdir()} <= {
        *(".gitignore", "cache", "lock", "tests-passed")
    }
    passed()
    assert passed() == (0, 4)


# --- what fails ---


def emitting(change: Callable[[str], str]) -> Generators:
    """The generators, but rules are changed."""
    rules, *others = generators.GENERATORS.service

    def wrong(service: Service, project: Project) -> list[Artifact]:
        return [
            Artifact(**{**vars(item), "text": change(item.text)})
            for item in rules(service, project)
        ]

    real = generators.GENERATORS
    return Generators(service=(wrong, *others), folder=real.folder, fleet=real.fleet)


def test_a_wrong_threshold_cannot_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    files = spec(slo("fine"), slo("broken", objective="98"))
    right, wrong = "> (10 * 0.02)", "> (10 * 0.03)"
    build(api=files)
    rules = Path("out/prometheus/rules/api.yaml").read_text()
    assert right in rules
    assert passed() == (2, 0)
    monkeypatch.setattr(generators, "GENERATORS", emitting(lambda text: text.replace(right, wrong)))
    build(api=files)
    for _ in range(2):
        result = invoke("check")
        assert result.exit_code == 1
        lines = result.output.split("\n")
        assert lines[0].startswith(
            "specs/api.yaml:5:3: error: the rules fail a generated test "
            "(prometheus/tests/api.pages.yaml): "
        )
        assert lines[0].endswith(" [promtool-test]")
        assert 'slo=\\"broken\\"' in lines[0] or 'slo="broken"' in lines[0]
        assert lines[1].startswith("  5 | - {name: broken,")
        assert lines[3:] == ["1 error", ""]


def test_a_wrong_rule_of_any_kind_is_an_error_of_check_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = emitting(lambda text: text.replace('for: "5m"', 'for: "50m"'))
    monkeypatch.setattr(generators, "GENERATORS", wrong)
    build(api=spec(slo()))
    result = invoke("check")
    assert result.exit_code == 1
    assert result.output.startswith("specs/api.yaml:4:3: error: the rules fail a generated test")
    assert invoke("check", "--tests", "none").exit_code == 0


# --- series by hand ---

BY_HAND = """
- name: gauges
  objective: 99
  indicator: {threshold: {query: 'sum(queue_age{job="a"} > bool 100)', below: 1}}
  window: 2h
  alerting: &alerting {policy: [{severity: page, factor: 10, long: 10m, short: 5m}]}
  tests:
    series:
      'queue_age{job="a", queue="mail"}': {good: 3, bad: 900}
      'queue_age{job="a", queue="sms"}': {good: 0.5, bad: 0.5}
- name: counters
  objective: 99
  by: [zone]
  indicator:
    ratio:
      bad: sum by (zone) (label_replace(rate(bad_total{job="a"}[$window]), "x", "", "", ""))
      total: sum by (zone) (rate(all_total{job="a"}[$window]))
  window: 2h
  alerting: *alerting
  tests:
    series:
      'bad_total{job="a", zone="n"}': {good: 0/s, bad: 20/s}
      'all_total{job="a", zone="n"}': {good: 20/s, bad: 20/s}
      'bad_total{job="a", zone="s"}': {good: 0/s, bad: 3.5/s}
      'all_total{job="a", zone="s"}': {good: 3.5/s, bad: 3.5/s}
""".lstrip()


def test_series_by_hand_are_put_through_incidents() -> None:
    build(api=spec(BY_HAND))
    assert passed("--strict") == (2, 0)
    incidents = Path("out/prometheus/tests/api.yaml").read_text()
    fed = re.findall(r"series: '?([a-z_]+\{[^}]*\})", incidents)
    for series in (
        'queue_age{job="a",queue="mail"}',
        'queue_age{job="a",queue="sms"}',
        'bad_total{job="a",zone="n"}',
        'all_total{job="a",zone="s"}',
    ):
        assert series in fed
    assert 'zone="n"' in incidents and 'zone="s"' in incidents


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("{good: 3, bad: 900}", "{good: 3, bad: 90}", 4),
        ("{good: 3, bad: 900}", "{good: 101, bad: 900}", 4),
        ("{good: 0/s, bad: 20/s}", "{good: 0/s, bad: 10/s}", 13),
        ("{good: 0/s, bad: 20/s}", "{good: 2/s, bad: 20/s}", 13),
        ('bad_total{job="a", zone="n"}', 'bad_total{job="b", zone="n"}', 13),
    ],
)
def test_wrong_series_by_hand_fail_at_their_slo(right: str, wrong: str, line: int) -> None:
    text = spec(BY_HAND)
    assert right in text
    build(api=text.replace(right, wrong))
    result = invoke("check")
    assert result.exit_code == 1
    assert result.output.startswith(
        f"specs/api.yaml:{line}:3: error: the rules fail a generated test"
    )
    assert "[promtool-test]" in result.output


def test_an_slo_without_incidents_is_told_of_and_its_tiers_are_tested() -> None:
    free = BY_HAND.split("  tests:")[0]
    build(api=spec(free))
    result = invoke("check")
    assert result.exit_code == 0
    assert result.output.startswith(
        "specs/api.yaml:6:14: warning: no generated test puts `gauges` through incidents: its "
        "indicator has a value that no single series moves over its bound; give its series by "
        "hand in `tests: {series: …}`, or allow this [tests-none]"
    )
    found = PASSED.search(result.output)
    assert found and found.groups() == ("1", "0")
    assert invoke("check", "--strict").exit_code == 1
    allowed = "allow: [{check: tests-none, reason: Known.}]\n"
    build(api=spec(free) + allowed)
    assert passed("--strict") == (0, 1)


def test_a_check_as_a_process_says_the_same(tmp_path: Path) -> None:
    build(api=spec(slo()))
    first, second = run(tmp_path, "check"), run(tmp_path, "check")
    assert first.stdout.endswith("unit tests passed (2 run, 0 passed before)\n")
    assert second.stdout.endswith("unit tests passed (0 run, 2 passed before)\n")
    assert first.stderr == second.stderr == ""
