"""Asks promtool what queries give over series in its own notation."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

PROMTOOL = shutil.which("promtool")

Expected = Mapping[str, Sequence[tuple[str, float]]]


def evaluate(
    folder: Path, series: Mapping[str, str], expected: Expected, minute: int, rule_file: str = ""
) -> None:
    """Asks promtool for the value of each query at a minute: labels and values, in any order."""
    case: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": query,
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": labels, "value": value} for labels, value in samples],
            }
            for query, samples in expected.items()
        ],
    }
    suite: dict[str, Any] = {"evaluation_interval": "1m", "tests": [case]}
    if rule_file:
        (folder / "rules.yaml").write_text(rule_file, encoding="utf-8")
        suite["rule_files"] = ["rules.yaml"]
    (folder / "test.yaml").write_text(yaml.safe_dump(suite), encoding="utf-8")
    run = subprocess.run(
        [str(PROMTOOL), "test", "rules", "test.yaml"], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
