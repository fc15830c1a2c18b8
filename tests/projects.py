"""Projects in temporary folders, and slosmith run over them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cli

ROOT = Path(__file__).parent.parent

# Without the warning that a window is longer than Prometheus' default retention.
PROJECT = "version: slosmith/v1\nprometheus: {retention: 95d}\n"
OFF = ("--promtool", "off")


def ratio(job: str = "api") -> str:
    """The indicator of `spec`, on one line."""
    bad, total = (f'{name}_total{{job="{job}"}}' for name in ("errors", "requests"))
    return f"ratio: {{bad: '{bad}', total: '{total}'}}"


def spec(service: str = "api", objective: str = "99.9", more: str = "") -> str:
    """A spec of one SLO over a ratio of two counters; `more` is put to its end."""
    return (
        f"version: slosmith/v1\nservice: {service}\nslos:\n"
        f"- name: availability\n  objective: {objective}\n  indicator:\n"
        f"    {ratio(service)}\n{more}"
    )


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Writes files below a folder, and gives it back."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its relative path, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def invoke(*arguments: str | Path) -> Result:
    """slosmith in this process and this working directory. Whatever it raises fails the test."""
    result = CliRunner().invoke(cli.slosmith, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def run(
    folder: Path, *arguments: str | Path, env: Mapping[str, str] | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    """slosmith as a process of its own in `folder`; `env` is added to the environment."""
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **(env or {})},
        umask=umask,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def built(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, bytes]:
    """The output of a build in a folder, which becomes the working directory."""
    monkeypatch.chdir(folder)
    result = invoke("build", *OFF, *arguments)
    assert result.exit_code == 0, result.output
    return tree(folder / "out")
