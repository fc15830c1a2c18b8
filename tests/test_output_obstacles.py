"""What may keep the write stage from writing: it says so, and leaves everything as it was."""

from __future__ import annotations

import fcntl
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from slosmith.output import Result, status, write
from tests.outputs import API, HEADER, WANTED, WEB, files, fine, found, merged

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder as a first build leaves it."""
    out = tmp_path / "out"
    fine(write(out, WANTED))
    return out


def test_symlinks_and_folders_in_the_way_are_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "rules").mkdir(parents=True)
    out = tmp_path / "out"
    (out / "kubernetes/api/hpa.yaml").mkdir(parents=True)
    (out / "prometheus").symlink_to(elsewhere, target_is_directory=True)
    (out / "grafana").write_text("a file")
    (out / "kubernetes/kustomization.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(out / "fifo.yaml")
    wanted = {**WANTED, "pipe": {"fifo.yaml": HEADER}}
    result = write(out, wanted)
    assert found(result.problems, out) == {
        ("error", "write-failed", path) for path in merged(wanted)
    }
    messages = {problem.message for problem in result.problems}
    assert any("is a symlink" in message for message in messages)
    assert any("is a folder, where a file has to go" in message for message in messages)
    assert list(elsewhere.rglob("*")) == [elsewhere / "rules"]
    assert not (tmp_path / "nowhere").exists()
    assert not (out / ".slosmith").exists()


def test_records_behind_a_symlink_are_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "stage-1").mkdir(parents=True)
    out = tmp_path / "out"
    out.mkdir()
    (out / ".slosmith").symlink_to(elsewhere, target_is_directory=True)
    result = write(out, {"web": WEB})
    assert found(result.problems, out) == {("error", "write-failed", ".slosmith/web.json")}
    assert [item.name for item in elsewhere.iterdir()] == ["stage-1"]
    assert files(out) == {}


@pytest.mark.parametrize("path", ["../x.yaml", "/x.yaml", ".slosmith/x.json", "a//b", "a\nb", ""])
def test_unsafe_wanted_path_is_refused(tmp_path: Path, path: str) -> None:
    result = write(tmp_path / "out", {"api": {path: HEADER}})
    assert [problem.check for problem in result.problems] == ["write-failed"]
    assert sorted(item.name for item in tmp_path.iterdir()) == [".slosmith"]


def test_text_that_utf8_cannot_hold_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = write(out, {"api": {"x.yaml": "\ud800"}})
    assert found(result.problems, out) == {("error", "write-failed", "x.yaml")}


def test_path_of_two_owners_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = write(out, {"overview": {"x.json": "a"}, "fleet": {"x.json": "b"}})
    assert found(result.problems, out) == {("error", "write-failed", "x.json")}
    assert not out.exists()


def test_output_folder_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("x")
    assert found(write(out, WANTED).problems, out) == {("error", "write-failed", ".")}
    assert found(status(out, WANTED), out) == {("error", "write-failed", ".")}
    below = out / "below"
    assert found(write(below, WANTED).problems, below) == {("error", "write-failed", ".")}


@pytest.mark.parametrize("out", ["/", ".slosmith"])
def test_output_folder_that_is_the_scratch_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [problem.check for problem in status(Path(out), WANTED)] == ["write-failed"]


def test_stale_stage_folders_are_removed(out: Path) -> None:
    for folder in (out.parent / ".slosmith", out / ".slosmith"):
        (folder / "stage-1-x").mkdir()
        (folder / "stage-1-x/0").touch()
    fine(write(out, WANTED))
    assert not list(out.parent.rglob("stage-*"))


@pytest.mark.parametrize("change", ["file in its place", "other file system"])
def test_without_scratch_folder_files_are_staged_among_the_records(
    out: Path, change: str, request: pytest.FixtureRequest
) -> None:
    scratch = out.parent / ".slosmith"
    for item in scratch.iterdir():
        item.unlink()
    scratch.rmdir()
    if change == "file in its place":
        scratch.write_text("a file")
    else:
        memory = Path("/dev/shm")
        if not memory.is_dir() or memory.stat().st_dev == out.stat().st_dev:
            pytest.skip("no second file system: staging across file systems was not tested")
        other = memory / f"slosmith-test-{os.getpid()}"
        other.mkdir()
        request.addfinalizer(lambda: subprocess.run(["rm", "-r", str(other)], check=True))
        scratch.symlink_to(other, target_is_directory=True)
    changed = {"api": {**API, "k6/api.js": "// new\n"}, "web": WEB}
    result = fine(write(out, changed))
    assert result.summary() == "1 written, 2 removed, 3 unchanged"
    assert files(out) == merged(changed)
    assert sorted(item.name for item in (out / ".slosmith").iterdir()) == ["api.json", "web.json"]
    assert status(out, changed) == []


LIMITED = """
import resource, sys
from pathlib import Path
from slosmith.output import write
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
result = write(Path(sys.argv[1]), {"api": {"a.yaml": "new", "b.yaml": "x" * 5000}})
print([(p.check, p.where.file, p.message) for p in result.problems], result.written)
"""


def run(script: str, out: Path, **options: int) -> str:
    """Standard output of a Python process that must end well and quietly."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(out)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        **options,  # type: ignore[call-overload]
    )
    assert (done.returncode, done.stderr) == (0, "")
    output: str = done.stdout
    return output


def test_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fine(write(out, {"api": {"a.yaml": "old"}}))
    answer = run(LIMITED, out)
    assert "('write-failed', '" + (out / "b.yaml").as_posix() in answer
    assert answer.endswith("()\n")
    assert files(out) == {"a.yaml": "old"}
    assert not list(tmp_path.rglob("stage-*"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 4096


def test_file_that_cannot_be_replaced_stops_a_write_that_the_next_one_finishes(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    fine(write(out, {"api": {"a.yaml": "old", "b.yaml": "old"}}))
    locked = str(out / "b.yaml")
    if subprocess.run(["chattr", "+i", locked], capture_output=True, check=False).returncode:
        pytest.skip("no immutable files: a write that stops half-way was not tested")
    try:
        result = write(out, {"api": {"a.yaml": "new", "b.yaml": "new"}})
    finally:
        subprocess.run(["chattr", "-i", locked], check=True)
    assert found(result.problems, out) == {("error", "write-failed", "b.yaml")}
    assert "1 replaced before it" in result.problems[0].message
    assert files(out) == {"a.yaml": "new", "b.yaml": "old"}
    fine(write(out, {"api": {"a.yaml": "newer"}}))
    assert files(out) == {"a.yaml": "newer"}


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from slosmith.output import status, write
os.setgid(65534); os.setuid(65534)
out = Path(sys.argv[1])
result = write(out, {"api": {"a/x.yaml": "new", "b/x.yaml": "new"}})
print(sorted((p.check, p.where.file[len(str(out)):]) for p in result.problems), result.written)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="not root: unwritable folders were not tested")
def test_folder_that_may_not_be_changed_is_found_before_anything_is_written(
    tmp_path: Path,
) -> None:
    base = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    try:
        out = base / "out"
        for folder in (base, out, out / "a"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777)
        (out / "b").mkdir(mode=0o755)
        assert run(UNPRIVILEGED, out) == "[('write-failed', '/b')] ()\n"
        assert files(out) == {}
    finally:
        subprocess.run(["rm", "-r", str(base)], check=True)


def test_write_waits_for_another_one(out: Path) -> None:
    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.append(write(out, {"web": WEB})))
    with (out.parent / ".slosmith/lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        assert results == []
        assert files(out) == merged(WANTED)
    thread.join(10)
    assert not thread.is_alive()
    assert fine(results[0]).removed
    assert files(out) == WEB
