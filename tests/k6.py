"""k6 as the judge of generated load tests; where there is none its tests are skipped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

_TOOL = Path(__file__).parent.parent / ".tools/k6/k6"
K6 = str(_TOOL) if _TOOL.is_file() else shutil.which("k6")

needs_k6 = pytest.mark.skipif(
    K6 is None,
    reason="no k6 (scripts/install-k6): the load tests were not run, nor read by k6 itself",
)
# What k6 ends with: all thresholds kept, and one or more crossed.
PASSED, CROSSED, INVALID = 0, 99, 104


def inspect(script: Path) -> dict[str, Any]:
    """What k6 makes of a script's options, its thresholds and scenarios judged."""
    done = _k6("inspect", "--execution-requirements", str(script))
    assert done.returncode == 0, done.stderr
    options: dict[str, Any] = json.loads(done.stdout)
    return options


def run(script: Path, **environment: str) -> tuple[int, set[str]]:
    """The exit code of a run, and the thresholds that were crossed, `metric: expression` each."""
    summary = script.with_suffix(".summary.json")
    summary.unlink(missing_ok=True)
    done = _k6("run", "--quiet", "--summary-export", str(summary), str(script), env=environment)
    assert summary.exists(), done.stderr
    metrics = json.loads(summary.read_text())["metrics"]
    return done.returncode, {
        f"{name}: {expression}"
        for name, metric in metrics.items()
        for expression, crossed in metric.get("thresholds", {}).items()
        if crossed
    }


def fails(script: Path, **environment: str) -> str:
    """What k6 says about a script that it cannot run."""
    done = _k6("run", "--quiet", str(script), env=environment)
    assert done.returncode not in (PASSED, CROSSED)
    return done.stderr


def _k6(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    assert K6 is not None
    return subprocess.run(
        [K6, *arguments],
        env={**os.environ, "K6_NO_USAGE_REPORT": "true", **(env or {})},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=180,
    )
