"""Wrong specs and the exact words that answer them: each folder of tests/wrong is a project.

A file `expected.txt` holds the exit code and all output. Adding a case is adding a folder.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden import compare

HERE = Path(__file__).parent
ROOT = HERE.parent
CASES = sorted(path for path in (HERE / "wrong").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_wrong_spec_is_answered_clearly_and_writes_nothing(
    case: Path, tmp_path: Path, update: bool
) -> None:
    project = tmp_path / "project"
    shutil.copytree(case, project, ignore=shutil.ignore_patterns("expected.txt"))
    before = sorted(project.rglob("*"))
    run = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "build", "--promtool", "off"],
        cwd=project,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in run.stderr
    assert sorted(project.rglob("*")) == before, "a refused build must leave no trace"
    compare(
        case / "expected.txt", f"exit {run.returncode}\n{run.stdout}{run.stderr}", update=update
    )
