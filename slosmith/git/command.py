"""Runs git: where a folder's repository is, and what a command in it says."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slosmith.escape import one_line

# A partial clone fetches what it lacks; without any limit a dead network would hang a CI job.
_TIMEOUT = 300  # seconds
# Hooks run with these set, for another folder than the one that is asked about.
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


class GitMissing(Exception):
    """There is no git to run. The message says what to do."""


class GitFault(Exception):
    """Git refuses, in words for people."""


@dataclass(frozen=True)
class Repository:
    """The repository around a project. `top` is its working tree, without links in its path."""

    program: str
    top: Path
    environment: Mapping[str, str]

    def ask(self, *arguments: str) -> str | None:
        """What a command prints, without the last line end; None where it fails."""
        done = self._run(arguments, b"")
        return None if done.returncode else _text(done.stdout).removesuffix("\n")

    def read(self, *arguments: str, given: bytes = b"") -> bytes:
        """What a command prints; GitFault where it fails."""
        done = self._run(arguments, given)
        if done.returncode:
            raise GitFault(f"git {arguments[0]} failed: {_said(done.stderr)}")
        return done.stdout

    def _run(self, arguments: tuple[str, ...], given: bytes) -> subprocess.CompletedProcess[bytes]:
        return _run(self.program, self.top, arguments, self.environment, given)


def find(folder: Path, environment: Mapping[str, str]) -> Repository:
    """The repository that holds `folder`; GitMissing, or GitFault where there is none."""
    program = shutil.which("git", path=environment.get("PATH", os.defpath))
    if program is None:
        raise GitMissing(
            "diff reads the other side from git, and there is no `git` on PATH; install git"
        )
    own = {name: value for name, value in environment.items() if name not in _FOREIGN}
    own |= {
        "LC_ALL": "C",  # messages in English
        "GIT_OPTIONAL_LOCKS": "0",  # nothing is written, not even a refreshed index
        "GIT_TERMINAL_PROMPT": "0",  # no question that nobody would answer
        "GIT_LITERAL_PATHSPECS": "1",
    }
    done = _run(program, folder, ("rev-parse", "--show-toplevel"), own, b"")
    if done.returncode:
        raise GitFault(
            f"there is no git repository here to compare with: git says {_said(done.stderr)}"
        )
    top = os.fsdecode(done.stdout.removesuffix(b"\n"))
    if not top:
        raise GitFault("a bare repository has no files to compare; run slosmith in a clone")
    return Repository(program, Path(top).resolve(), own)


def _run(
    program: str,
    folder: Path,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    given: bytes,
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [program, "--no-pager", *arguments],
            cwd=folder,
            env=dict(environment),
            input=given,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise GitFault(f"git {arguments[0]} did not answer within {_TIMEOUT} s") from None
    except PermissionError as error:
        raise GitMissing(f"git cannot be run: {error.strerror}") from error


def _said(stderr: bytes) -> str:
    """The first line of what git complains about, without `fatal:`."""
    lines = [line for line in _text(stderr).splitlines() if line.strip()]
    first = lines[0] if lines else "nothing"
    return one_line(first.removeprefix("fatal: ").removeprefix("error: "))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
