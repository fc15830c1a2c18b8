"""What is wrong around slosmith: full disks, closed pipes, a working directory that is gone."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import PROJECT, ROOT, invoke, spec, write

SLOSMITH = shlex.join([sys.executable, str(ROOT / "cli.py")])
COMMANDS = ("build --promtool off", "check --promtool off", "explain --promtool off", "schema")

needs_full = pytest.mark.skipif(not os.path.lexists("/dev/full"), reason="there is no /dev/full")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()}))
    assert invoke("build", "--promtool", "off").exit_code == 0
    return tmp_path


def _shell(folder: Path, command: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in bash, in which `slosmith` is ours."""
    script = f'slosmith() {{ {SLOSMITH} "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


@needs_full
@pytest.mark.parametrize("command", COMMANDS)
def test_output_that_cannot_be_written_is_one_line(project: Path, command: str) -> None:
    code, _, error = _shell(project, f"slosmith {command} > /dev/full")
    assert (code, error) == (
        1,
        "Error: standard output cannot be written: No space left on device\n",
    )


@needs_full
def test_a_full_stderr_as_well_is_no_crash(project: Path) -> None:
    write(project, {"specs/api.yaml": spec(objective="100")})
    assert _shell(project, "slosmith build > /dev/full 2> /dev/full") == (1, "", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_has_gone_ends_it_quietly(project: Path, command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*shlex.split(SLOSMITH), *command.split()],
        cwd=project,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stdout_is_one_line(project: Path, command: str) -> None:
    code, _, error = _shell(project, f"slosmith {command} >&-")
    assert (code, error) == (1, "error: standard output is closed\n")


@pytest.mark.parametrize("command", COMMANDS[:3])
def test_a_working_directory_that_is_gone_is_one_line(project: Path, command: str) -> None:
    code, _, error = _shell(project, f"mkdir gone; cd gone; rmdir ../gone; slosmith {command}")
    assert (code, error) == (1, "error: the working directory is gone, or may not be read\n")
