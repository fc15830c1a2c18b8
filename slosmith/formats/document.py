"""The result of a check as JSON. docs/check.md describes the form; slosmith/schema/check-v1.json is
its schema. A change that breaks readers gets another `version`."""

from __future__ import annotations

import json
from typing import Any

from slosmith.formats.findings import Found, Outcome

VERSION = 1


def render(outcome: Outcome) -> str:
    tally = outcome.tally
    document = {
        "version": VERSION,
        "ok": outcome.exit_code == 0,
        "exit_code": outcome.exit_code,
        "services": tally.services,
        "files": tally.files,
        "unit_tests": {"run": tally.tests_run, "passed_before": tally.tests_known},
        "errors": outcome.count("error"),
        "warnings": outcome.count("warning"),
        "problems": [_problem(found) for found in outcome.found],
        "notices": list(outcome.notices),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _problem(found: Found) -> dict[str, Any]:
    span = found.span
    return {
        "check": found.check,
        "severity": found.severity,
        "message": found.message,
        "file": found.file or None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "source": found.source if span else None,
        "drift": found.drift,
    }
