"""promtool in a real container: podman, with an image made from the promtool of this machine."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from slosmith.promtool import Promtool, check_rules, explain_query, find
from slosmith.promtool import test_rules as run_unit_tests
from tests.podman import MISSING, Podman, podman

IMAGE = "docker.io/prom/prometheus:slosmith-test"
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(
        bool(MISSING),
        reason=f"without {', '.join(MISSING)}: promtool in a real container was not tested",
    ),
]

GOOD = "groups:\n- name: g\n  rules:\n  - {record: y, expr: x * 2}\n"


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """podman alone on PATH, and one image."""
    programs = tmp_path_factory.mktemp("bin")
    for name in ("podman", "runc"):
        (programs / name).symlink_to(str(shutil.which(name)))
    with podman("none", {"PATH": str(programs), "PROMTOOL_IMAGE": IMAGE}) as found:
        found.load(root(found.base), IMAGE)
        yield found


@pytest.fixture
def env(container: Podman) -> Mapping[str, str]:
    return container.environment


def root(base: Path) -> Path:
    """A root file system with promtool and the libraries that it needs."""
    top = base / "root"
    promtool = str(shutil.which("promtool"))
    libraries = subprocess.run(["ldd", promtool], capture_output=True, text=True, check=False)
    for folder in ("bin", "tmp", "etc"):
        (top / folder).mkdir(parents=True)
    shutil.copy(promtool, top / "bin/promtool")
    for library in re.findall(r"(/\S+) \(0x", libraries.stdout):
        target = top / library.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    return top


@pytest.fixture
def tool(env: Mapping[str, str]) -> Promtool:
    found = find("auto", env)
    assert found is not None
    assert found.image == IMAGE
    return found


def test_image_that_is_not_here_is_not_taken(env: Mapping[str, str]) -> None:
    assert find("auto", {**env, "PROMTOOL_IMAGE": "localhost/none:1"}) is None


def test_rule_files_anywhere_are_checked_in_the_container(tool: Promtool, tmp_path: Path) -> None:
    root = tmp_path / "a folder: with, \"all\"='of' it"
    (root / "prometheus/rules").mkdir(parents=True)
    good, bad, twice = (f"prometheus/rules/{name}.yaml" for name in ("good", "bad", "twice"))
    (root / good).write_text(GOOD)
    (root / bad).write_text(GOOD.replace("*", "* *"))
    (root / twice).write_text(GOOD + GOOD.rpartition("  -")[1] + GOOD.rpartition("  -")[2])
    for path in (root, root / "prometheus", root / "prometheus/rules"):
        path.chmod(0o700)
    (root / bad).chmod(0o600)
    wrong, doubled = check_rules(tool, root, [good, bad, twice])
    assert (wrong.file, wrong.line, wrong.offset_column) == (bad, 4, 5)
    assert "unexpected <op:*>" in wrong.message
    assert doubled.file == twice
    assert "duplicate rule" in doubled.message
    assert check_rules(tool, root, [good]) == []


def test_temporary_folder_with_a_comma_is_no_obstacle(
    tool: Promtool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t,readonly=false:x").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t,readonly=false:x"))
    (tmp_path / "r.yaml").write_text(GOOD)
    assert check_rules(tool, tmp_path, ["r.yaml"]) == []


def test_queries_are_explained_in_the_container(tool: Promtool) -> None:
    assert explain_query(tool, "rate(foo)") is not None
    assert explain_query(tool, "rate(foo[5m])") is None


def test_unit_tests_find_their_rules_in_the_container(tool: Promtool, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "rules/r.yaml").write_text(GOOD)
    text = (
        "rule_files: [../rules/r.yaml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n"
        "  input_series: [{series: x, values: '1+1x10'}]\n  promql_expr_test:\n"
        "  - {expr: y, eval_time: 5m, exp_samples: [{labels: y, value: VALUE}]}\n"
    )
    (tmp_path / "tests/right.yaml").write_text(text.replace("VALUE", "12"))
    (tmp_path / "tests/wrong.yaml").write_text(text.replace("VALUE", "13"))
    (finding,) = run_unit_tests(tool, tmp_path, ["tests/right.yaml", "tests/wrong.yaml"])
    assert finding.file == "tests/wrong.yaml"
    assert "1.3E+01" in finding.message


def test_container_that_cannot_run_is_a_finding(tool: Promtool, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(GOOD)
    other = dataclasses.replace(tool, image="localhost/none:1")
    (finding,) = check_rules(other, tmp_path, ["r.yaml"])
    assert finding.file == ""
    assert "exit code 125" in finding.message
    assert "localhost/none:1" in finding.message


def test_container_that_takes_too_long_is_removed(
    tool: Promtool, container: Podman, tmp_path: Path
) -> None:
    # Sixty seconds of work for promtool: a rule over a long time in small steps.
    (tmp_path / "rules.yaml").write_text(GOOD)
    (tmp_path / "slow.yaml").write_text(
        "rule_files: [rules.yaml]\nevaluation_interval: 1s\ntests:\n- interval: 1s\n"
        "  input_series: [{series: x, values: '1+1x9000000'}]\n  promql_expr_test:\n"
        "  - {expr: y, eval_time: 9000000s, exp_samples: []}\n"
    )
    (finding,) = run_unit_tests(dataclasses.replace(tool, timeout=1.5), tmp_path, ["slow.yaml"])
    assert finding.message == "promtool failed: no answer within 1.5 seconds"
    left = container.run("ps", "--all", "--quiet")
    assert (left.returncode, left.stdout) == (0, "")
