"""What promtool printed → findings, each with its file and, where promtool gives it, its place."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from slosmith.promtool.run import Outcome

_QUOTED = r'"(?:[^"\\\n]|\\.)*"'
_PLACE = re.compile(r"(?:(\d+):(\d+): )(?:\d+:\d+: )?")
_RULE = re.compile(rf"group ({_QUOTED}), rule \d+, ({_QUOTED}): ")
_YAML_LINE = re.compile(r"\bline (\d+):")
_QUERY = re.compile(r"could not parse expression: (?:(\d+):(\d+)|[a-z ]+): (?:parse error: )?")
_BEGUN = "Checking "
_LONGEST = 4000  # characters of output in one message


@dataclass(frozen=True)
class Finding:
    """One thing that promtool refused.

    `file` is relative to the root; empty if promtool itself failed. `line` and `column` (from 1)
    are the place in that file; `offset_line` and `offset_column` that in the query, in bytes of
    UTF-8, and then `message` is what promtool's parser says about the query. None is unknown.
    """

    file: str
    group: str | None
    rule_name: str | None
    line: int | None
    column: int | None
    offset_line: int | None
    offset_column: int | None
    message: str


def failed(message: str, file: str = "") -> Finding:
    """The finding that promtool could not do its work."""
    return Finding(file, None, None, None, None, None, None, message)


def parse(outcome: Outcome, files: Sequence[str]) -> list[Finding]:
    """The findings of one run over `files`; of several files only where promtool names each.

    Every file is accounted for: one of which promtool says neither that it is fine nor what is
    wrong leads to a finding with promtool's output.
    """
    if outcome.failure:
        return [failed(f"promtool failed: {outcome.failure}{_output(outcome)}")]
    begun, passed = _verdicts(outcome.stdout, files)
    blocks = _blocks(outcome.stderr)
    refused = [file for file in begun if file not in passed]
    # promtool names the file of a block on the other stream only, so they are matched by order.
    named = refused if len(refused) == len(blocks) else [""] * len(blocks)
    findings = [
        finding
        for file, block in zip(named, blocks, strict=True)
        for finding in _block(file, block, files)
    ]
    settled = passed | {finding.file for finding in findings}
    if any(file not in settled for file in files) or (outcome.code != 0 and not findings):
        message = f"promtool stopped with exit code {outcome.code} before all files were checked"
        findings.append(failed(message + _output(outcome)))
    return list(dict.fromkeys(findings))


def _verdicts(stdout: str, files: Sequence[str]) -> tuple[list[str], set[str]]:
    """Files in the order in which promtool began with them, and those that it found fine."""
    begun = list(files) if len(files) == 1 else []
    passed: set[str] = set()
    for line in stdout.split("\n"):
        if line.startswith(_BEGUN) and len(files) > 1:
            begun.append(line.removeprefix(_BEGUN).strip())
        elif line.startswith("  SUCCESS") and begun:
            passed.add(begun[-1])
    return begun, passed


def _blocks(stderr: str) -> list[list[str]]:
    """The lines below each `FAILED:`."""
    blocks: list[list[str]] = []
    for line in stderr.rstrip("\n").split("\n"):
        if line.rstrip() == "  FAILED:":
            blocks.append([])
        elif blocks:
            blocks[-1].append(line)
    return blocks


def _block(file: str, lines: Sequence[str], files: Sequence[str]) -> list[Finding]:
    """The findings of one file. A message may have several lines; its first names the file."""
    entries: list[tuple[str, list[str]]] = []
    for line in lines:
        owner = _owner(line, file, files)
        if owner:
            entries.append((owner, [line.removeprefix(f"{owner}: ")]))
        elif entries:
            entries[-1][1].append(line)
        else:
            entries.append((file, [line]))
    return [_finding(owner, "\n".join(text)) for owner, text in entries] or [
        failed("promtool refuses it without saying why", file)
    ]


def _owner(line: str, file: str, files: Sequence[str]) -> str:
    candidates = [file] if file else files
    return next((name for name in candidates if line.startswith(f"{name}: ")), "")


def _finding(file: str, text: str) -> Finding:
    group = rule = None
    line = column = offset_line = offset_column = None
    if place := _PLACE.match(text):
        line, column = _number(place[1]), _number(place[2])
        text = text[place.end() :]
    elif text.startswith("yaml: ") and (place := _YAML_LINE.search(text)):
        line = _number(place[1])
    if named := _RULE.match(text):
        group, rule = _unquote(named[1]), _unquote(named[2])
        text = text[named.end() :]
    if query := _QUERY.match(text):
        offset_line, offset_column = _number(query[1]), _number(query[2])
        text = text[query.end() :]
    return Finding(file, group, rule, line, column, offset_line, offset_column, _cut(text))


def _number(text: str | None) -> int | None:
    """A line or column; promtool's 0 means that it has none."""
    return int(text or 0) or None


def _unquote(text: str) -> str:
    """A string as Go quotes it, whose escapes are among Python's."""
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text[1:-1]


def _output(outcome: Outcome) -> str:
    text = "\n".join(part for part in (outcome.stdout.strip(), outcome.stderr.strip()) if part)
    return f":\n{_cut(text)}" if text else ""


def _cut(text: str) -> str:
    text = text.strip("\n")
    return (
        text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}\n…\n{text[-_LONGEST // 2 :]}"
    )
