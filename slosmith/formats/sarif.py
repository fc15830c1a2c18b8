"""The result of a check as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/ is the standard; what GitHub makes of it
is in https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from slosmith.formats.findings import Found, Outcome

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# The name under which a result's fingerprint is kept; another way to make it gets another name.
_FINGERPRINT = "slosmith/v1"


def render(outcome: Outcome) -> str:
    checks = sorted({item.check for item in outcome.found})
    numbers = {check: index for index, check in enumerate(checks)}
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": {"name": "slosmith", "rules": [_rule(check) for check in checks]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome)],
        "results": [_result(item, numbers[item.check], seen) for item in outcome.found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(check: str) -> dict[str, Any]:
    words = check.replace("-", " ")
    return {
        "id": check,
        "shortDescription": {"text": f"{words[:1].upper()}{words[1:]}"},
        "help": {"text": f"The message says what would be right. See {check} in docs/checks.md."},
    }


def _invocation(outcome: Outcome) -> dict[str, Any]:
    return {
        "executionSuccessful": outcome.exit_code in (0, 1),
        "exitCode": outcome.exit_code,
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": notice}} for notice in outcome.notices
        ],
    }


def _result(found: Found, rule: int, seen: Counter[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.check,
        "ruleIndex": rule,
        "level": found.severity,
        "message": {"text": found.message},
        "partialFingerprints": {_FINGERPRINT: _fingerprint(found, seen)},
    }
    if found.file:
        place: dict[str, Any] = {"artifactLocation": _location(found.file)}
        if found.span:
            place["region"] = _region(found)
        result["locations"] = [{"physicalLocation": place}]
    return result


def _location(file: str) -> dict[str, str]:
    path = PurePosixPath(file)
    if path.is_absolute():
        return {"uri": "file://" + quote(file)}
    # A name with a colon would read as a scheme, so that is quoted too.
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _region(found: Found) -> dict[str, Any]:
    span = found.span
    assert span is not None, "asked for problems with a place"
    region: dict[str, Any] = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    if found.source is not None:
        region["snippet"] = {"text": found.source}
    return region


def _fingerprint(found: Found, seen: Counter[str]) -> str:
    """The same while the file and the line stay as they are, wherever the line moves; equal ones
    are told apart by their order."""
    key = json.dumps([found.check, found.file, found.source or found.message])
    seen[key] += 1
    return sha256(f"{key}:{seen[key]}".encode()).hexdigest()
