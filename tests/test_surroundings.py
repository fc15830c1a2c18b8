"""Builds in surroundings that are not as they should be: a clear message, the right exit code, and
nothing broken."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import OFF, PROJECT, ROOT, run, spec, tree, write

SERVICES = 16  # enough for several processes


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, {"slosmith.yaml": PROJECT})
    return with_objective(tmp_path, "99.9")


def with_objective(project: Path, objective: str) -> Path:
    return write(project, {f"specs/s{n}.yaml": spec(f"s{n}", objective) for n in range(SERVICES)})


def out(project: Path) -> dict[str, bytes]:
    return tree(project / "out")


def start(project: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "build", *OFF],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def assert_clean(project: Path) -> None:
    """The output is what the specs give, and nothing is left of other runs."""
    done = run(project, "check", *OFF)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    scratch = project / ".slosmith"
    assert {file.name for file in scratch.iterdir()} <= {".gitignore", "lock", "cache"}
    names = {file.name.split("-")[0] for file in (scratch / "cache").iterdir()}
    assert names <= {"services", "seen"}
    assert len(list((scratch / "cache").iterdir())) <= 2


def test_two_builds_at_once(project: Path) -> None:
    pair = [start(project), start(project)]
    said = [process.communicate(timeout=120)[0] for process in pair]
    assert [process.returncode for process in pair] == [0, 0], said
    alone = out(project)
    assert_clean(project)
    shutil.rmtree(project / "out")
    shutil.rmtree(project / ".slosmith")
    assert run(project, "build", *OFF).returncode == 0
    assert out(project) == alone


def test_a_build_and_a_check_at_once(project: Path) -> None:
    assert run(project, "build", *OFF).returncode == 0
    with_objective(project, "99")
    building = start(project)
    while building.poll() is None:
        done = run(project, "check", *OFF)
        assert done.returncode in (0, 1)
        assert "Traceback" not in done.stdout + done.stderr
    building.communicate()
    assert building.returncode == 0
    assert_clean(project)


def test_a_build_killed_at_any_point(project: Path) -> None:
    assert run(project, "build", *OFF).returncode == 0
    old = out(project)
    with_objective(project, "99")
    started = time.monotonic()
    other = shutil.copytree(project, project.parent / f"{project.name}-new")
    assert run(other, "build", *OFF).returncode == 0
    took = time.monotonic() - started
    new = out(other)
    moments = random.Random(8)
    for _ in range(6):
        with_objective(project, "99")
        process = start(project)
        time.sleep(moments.uniform(0.1, 1) * took)
        process.kill()
        process.communicate()
        for path, data in out(project).items():
            assert path.startswith(".slosmith/") or data in (old.get(path), new.get(path)), path
        with_objective(project, "99.9")
        assert run(project, "build", *OFF).returncode == 0
        assert out(project) == old
    time.sleep(0.5)  # workers whose parent was killed end with their next result
    assert run(project, "build", *OFF).returncode == 0
    assert_clean(project)


@pytest.mark.parametrize("cold", [True, False])
def test_a_full_disk(project: Path, cold: bool) -> None:
    """As a limit on the size of files, below that of some artifacts."""
    if not cold:
        assert run(project, "build", *OFF).returncode == 0
        with_objective(project, "99")
    before = out(project) if not cold else {}
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "build", *OFF],
        cwd=project,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("out: error: cannot be compiled: File too large")
    assert done.stderr.endswith(" [write-failed]\n1 error\n")
    assert (out(project) if not cold else {}) == before
    assert run(project, "build", *OFF).returncode == 0
    assert_clean(project)


# Loads all that is needed while it may, then goes on as nobody: permissions count for others alone.
UNPRIVILEGED = """\
import contextlib, io, os, sys
root, *arguments = sys.argv[1:]
sys.path.insert(0, root)
import cli
with contextlib.redirect_stdout(io.StringIO()):
    with contextlib.suppress(SystemExit):
        cli.slosmith(["check", "--promtool", "off", "--config", root + "/slosmith.yaml"])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.argv[1:] = arguments
cli.main()
"""


def unprivileged(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """slosmith as somebody who may not write to the project."""
    command = [sys.executable, "-c", UNPRIVILEGED, str(ROOT), *arguments, *OFF]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.fixture
def of_somebody() -> Iterator[Path]:
    """A project that others may only read. Not where pytest has its folders: every pytest that
    starts closes those to others."""
    if os.geteuid() != 0:
        pytest.skip("not root: a project of somebody else was not tested")
    with tempfile.TemporaryDirectory(prefix="slosmith-test-") as name:
        project = write(Path(name), {"slosmith.yaml": PROJECT})
        project.chmod(0o755)
        yield with_objective(project, "99.9")


def test_a_read_only_project(of_somebody: Path) -> None:
    """Neither `out` nor `.slosmith` can be written: a check works, a build says why not."""
    project = of_somebody
    assert run(project, "build", *OFF).returncode == 0
    shutil.rmtree(project / ".slosmith")
    before = tree(project)
    done = unprivileged(project, "check")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    done = unprivileged(project, "build")
    assert done.stdout.startswith("out: 0 written, 0 removed, ")
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(project) == before
    with_objective(project, "99")
    before = tree(project)
    done = unprivileged(project, "build")
    assert done.returncode == 1
    assert "error: cannot be written: this user may not change the folder" in done.stderr
    assert tree(project) == before


@pytest.mark.parametrize("command", ["build", "check"])
def test_no_home_no_git_no_path(project: Path, command: str) -> None:
    assert run(project, "build", *OFF).returncode == 0
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), command, *OFF],
        cwd=project,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_help_is_as_fast_as_click() -> None:
    """Compared by what is imported, which no busy machine changes; bench.build takes the time."""
    script = (
        "import sys, click; before = set(sys.modules)\n"
        "import cli\n"
        "try: cli.slosmith(['--help'])\n"
        "except SystemExit: pass\n"
        "new = {name for name in set(sys.modules) - before if 'click' not in name}\n"
        "print(sorted(new), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = set(done.stderr.strip("[]\n").replace("'", "").split(", "))
    heavy = {name for name in found if name.split(".")[0] in ("slosmith", "generators", "yaml")}
    assert heavy <= {"slosmith"}, "imported for no more than --help"
    assert len(found) < 24, found
