"""A writer killed at any moment: every file is old or new, and the next write settles the rest."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from slosmith.output import status, write

REPOSITORY = Path(__file__).resolve().parents[1]
Wanted = Mapping[str, Mapping[str, str]]


def version(mark: str, services: str, size: int = 1) -> Wanted:
    """What is wanted at one time: no marks by which a file could be known without a record."""
    wanted = {
        name: {
            f"rules/{name}.yaml": f"{mark} {name}\n" * size,
            f"objects/{name}/{mark}.yaml": f"{mark} object of {name}\n" * size,
        }
        for name in services
    }
    return {**wanted, "fleet": {"index.yaml": f"{mark}: {services}\n"}}


OLD = version("old", "ab")
NEW = version("new", "bc")
LATER = version("later", "cd")

# Kills itself before the given step, or writes to and fro until it is killed from outside. A step
# is any change of a file or folder; the hook sees it before the system does.
WRITER = """
import json, os, signal, sys
from pathlib import Path
from slosmith.output import write

out, step = Path(sys.argv[1]), int(sys.argv[2])
versions = json.load(sys.stdin)
count = 0

def hook(event, arguments):
    global count
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree") or (
        event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    ):
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

sys.addaudithook(hook)
print("ready", flush=True)
while True:
    for version in versions:
        assert write(out, version).problems == (), "not a clean write"
    if step >= 0:
        break
"""


def contents(out: Path) -> dict[str, str]:
    return {
        file.relative_to(out).as_posix(): file.read_text()
        for file in out.rglob("*")
        if file.is_file() and ".slosmith" not in file.parts
    }


def merged(wanted: Wanted) -> dict[str, str]:
    return {path: text for owned in wanted.values() for path, text in owned.items()}


def start(out: Path, step: int, *versions: Wanted) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(out), str(step)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(versions))
    process.stdin.close()
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str]) -> int:
    code = process.wait(timeout=30)
    assert process.stdout
    process.stdout.close()
    return code


def assert_whole(out: Path, *versions: Wanted) -> None:
    """Every file and record below `out` is that of one of the versions, from end to end."""
    allowed = {item for wanted in versions for item in merged(wanted).items()}
    assert set(contents(out).items()) <= allowed
    for record in (out / ".slosmith").glob("*.json"):
        assert isinstance(json.loads(record.read_text())["files"], dict)


def assert_mended(out: Path, wanted: Wanted) -> None:
    """One more write knows every file as its own, and leaves nothing behind."""
    assert write(out, wanted).problems == ()
    assert contents(out) == merged(wanted)
    assert status(out, wanted) == []
    leftovers = {file.name for file in (out.parent / ".slosmith").iterdir()}
    assert leftovers <= {".gitignore", "lock", "cache"}
    assert {file.name for file in (out / ".slosmith").iterdir()} == {
        f"{owner}.json" for owner in wanted
    }
    assert [
        folder for folder in out.rglob("*") if folder.is_dir() and not any(folder.iterdir())
    ] == []


@pytest.mark.parametrize("scratch", ["beside", "inside"])
def test_killed_before_each_single_step(tmp_path: Path, scratch: str) -> None:
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        out = tmp_path / str(step) / "out"
        out.parent.mkdir()
        assert write(out, OLD).problems == ()
        if scratch == "inside":
            for file in (out.parent / ".slosmith").iterdir():
                file.unlink()
            (out.parent / ".slosmith").rmdir()
            (out.parent / ".slosmith").touch()
        code = end(start(out, step, NEW))
        assert_whole(out, OLD, NEW)
        if scratch == "inside":
            (out.parent / ".slosmith").unlink()
        # Neither a write to another folder beside it nor one of a part changes anything in that.
        assert write(out.with_name("other"), LATER).problems == ()
        if step % 2:
            assert write(out, {"b": NEW["b"]}, prune=False).problems == ()
        # What the specs are by now: the same, as they were, something else.
        assert_mended(out, (NEW, OLD, LATER)[step % 3])
        step += 1 if scratch == "beside" else 3
    assert code == 0
    assert step > 25


def test_killed_at_random_moments_of_many_writes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    moments = random.Random(20)
    versions = [version(mark, services, 20_000) for mark, services in (("x", "abc"), ("y", "bcd"))]
    for round_ in range(15):
        process = start(out, -1, *versions)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        assert end(process) == -signal.SIGKILL
        assert_whole(out, *versions, LATER)
        if round_ % 3 == 0:
            assert_mended(out, LATER)
        if round_ % 3 == 1:
            # A part is written over what was left: the rest is still known as ours later on.
            part = {"b": versions[0]["b"]}
            assert write(out, part, prune=False).problems == ()
            assert status(out, part, prune=False) == []
    assert_mended(out, LATER)
