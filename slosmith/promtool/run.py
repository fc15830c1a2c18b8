"""Runs promtool in a folder: as a program, or in a container that sees a copy of the files."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Promtool:
    """A promtool that has answered.

    `program` is promtool itself, or, with an `image`, the container engine that runs it. `env` is
    the environment of either. No run takes longer than `timeout` seconds.
    """

    program: str
    env: Mapping[str, str] = field(repr=False)
    image: str = ""
    timeout: float = 60

    @property
    def label(self) -> str:
        """How to call it in messages."""
        return "promtool (via container)" if self.image else "promtool"


@dataclass(frozen=True)
class Outcome:
    """What a run printed, and its exit code. `failure` says why there is none, if so."""

    stdout: str = ""
    stderr: str = ""
    code: int = 0
    failure: str = ""

    @property
    def last_line(self) -> str:
        """The last thing it said, for a message of one line."""
        lines = (self.stdout + "\n" + self.stderr).split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return self.failure or (said[-1] if said else f"exit code {self.code}")


def execute(
    command: Sequence[str], env: Mapping[str, str], timeout: float, folder: Path | None = None
) -> Outcome:
    """Runs a command without input for at most `timeout` seconds. Raises nothing."""
    try:
        done = subprocess.run(
            command,
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(code=-1, failure=f"no answer within {timeout:g} seconds")
    except (OSError, ValueError) as error:
        return Outcome(code=-1, failure=str(error))
    stdout, stderr = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    failure = f"killed by signal {-done.returncode}" if done.returncode < 0 else ""
    return Outcome(stdout, stderr, done.returncode, failure)


def run(tool: Promtool, arguments: Sequence[str], folder: Path | None = None) -> Outcome:
    """Runs promtool with `folder` (of those that `opened` gives) as its working directory."""
    if not tool.image:
        return execute([tool.program, *arguments], tool.env, tool.timeout, folder)
    name = f"slosmith-{uuid.uuid4().hex}"
    outcome = execute(_container(tool, name, folder, arguments), tool.env, tool.timeout)
    if outcome.code < 0:
        # The container outlives an engine's client that was killed.
        execute([tool.program, "rm", "--force", name], tool.env, 20)
    return outcome


def _container(
    tool: Promtool, name: str, folder: Path | None, arguments: Sequence[str]
) -> list[str]:
    mount = f"--mount=type=bind,source={folder},target=/rules,readonly"
    return [
        tool.program,
        "run",
        "--rm",
        f"--name={name}",
        "--pull=never",
        "--network=none",
        "--read-only",
        # Unit tests keep their series there. Over a folder of the image (/tmp), the tmpfs would
        # take on that folder's mode, and may be closed to the user.
        "--tmpfs=/scratch:mode=1777",
        "--env=TMPDIR=/scratch",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        # Otherwise SELinux keeps the container from the files, which stay read-only.
        "--security-opt=label=disable",
        "--user=65534",
        *([mount, "--workdir=/rules"] if folder else []),
        "--entrypoint=/bin/promtool",
        tool.image,
        *arguments,
    ]


@contextmanager
def opened(tool: Promtool, root: Path, files: Iterable[str]) -> Iterator[Path]:
    """The folder to run promtool in, so that it sees `files`, whose paths are relative to `root`.

    For a container it is a copy that any user can read, as promtool there is nobody, and whose
    path no engine can misread. Raises OSError.
    """
    if not tool.image:
        yield root
        return
    with tempfile.TemporaryDirectory(prefix="slosmith-", dir=_plain_folder()) as name:
        copy = Path(name)
        copy.chmod(0o755)
        for file in files:
            _copy(root, copy, file)
        yield copy


def _copy(root: Path, copy: Path, file: str) -> None:
    target = copy / file
    missing = []
    for folder in target.parents:
        if folder.is_dir():
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(0o755)
    shutil.copyfile(root / file, target)
    target.chmod(0o644)


def _plain_folder() -> str:
    """A folder for temporary files without characters that mean something in `--mount`."""
    usual = tempfile.gettempdir()
    candidates = [usual, "/tmp", "/var/tmp"]
    return next((name for name in candidates if not set(name) & set(',:"\n')), usual)
