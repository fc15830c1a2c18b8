"""The result of a check as GitHub's workflow commands, which become annotations in a pull request.

GitHub shows ten errors and ten warnings of a step. Past that the tenth is a summary, and the rest
stands in the log, where commands are switched off: a line of a spec might read like one.
"""

from __future__ import annotations

import secrets

from slosmith.escape import one_line
from slosmith.formats.findings import Found, Outcome
from slosmith.problems import Severity

SHOWN = 10


def render(outcome: Outcome) -> str:
    lines = [_command("notice", notice, {}) for notice in outcome.notices]
    rest: list[Found] = []
    severities: tuple[Severity, ...] = ("error", "warning")
    for severity in severities:
        found = [item for item in outcome.found if item.severity == severity]
        shown = found if len(found) <= SHOWN else found[: SHOWN - 1]
        lines += [_annotation(item) for item in shown]
        if left := found[len(shown) :]:
            plural = "s" if len(left) > 1 else ""
            files = len({item.file for item in left})
            message = (
                f"{len(left)} more {severity}{plural} in {files} file{'s' if files > 1 else ''}: "
                "the log of this step has them all"
            )
            lines.append(_command(severity, message, {"title": "slosmith check"}))
            rest += left
    if rest:
        lines += _in_log(rest)
    if last := outcome.totals or outcome.summary:
        lines.append(one_line(last))
    return "".join(f"{line}\n" for line in lines)


def _annotation(found: Found) -> str:
    properties = {"file": found.file} if found.file else {}
    if found.span:
        span = found.span
        properties |= {"line": str(span.line), "col": str(span.column)}
        # GitHub takes an end column for a range on one line alone.
        if span.end_line == span.line:
            properties["endColumn"] = str(max(span.column, span.end_column - 1))
        else:
            properties["endLine"] = str(span.end_line)
    properties["title"] = found.check
    return _command(found.severity, f"{found.message} [{found.check}]", properties)


def _command(name: str, message: str, properties: dict[str, str]) -> str:
    inside = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name}{' ' if inside else ''}{inside}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _in_log(found: list[Found]) -> list[str]:
    # Nobody who writes a spec can know the word that switches commands on again.
    token = secrets.token_hex(16)
    lines = [f"::group::{len(found)} more", f"::stop-commands::{token}"]
    for item in found:
        place = f"{item.file}:" if item.file else ""
        if item.span:
            place += f"{item.span.line}:{item.span.column}:"
        text = f"{place} {item.severity}: {item.message} [{item.check}]"
        lines.append(one_line(text.strip()))
    return [*lines, f"::{token}::", "::endgroup::"]
