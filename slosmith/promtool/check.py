"""Rule files, unit tests and single queries → what promtool has to say about them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from slosmith import yamlout
from slosmith.promtool.parse import Finding, failed, parse
from slosmith.promtool.run import Promtool, opened, run

_FILES = 500  # rule files of one run: their names must fit on a command line
_RULES = ("*.yaml", "*.yml")


def check_rules(tool: Promtool, root: Path, files: Sequence[str]) -> list[Finding]:
    """What `promtool check rules` finds in rule files, given relative to `root`. Raises nothing.

    Rules that record the same series with the same labels count as wrong, though promtool ends
    well over them.
    """
    return _run(tool, root, _chunks(files, _FILES), files, ("check", "rules"))


def test_rules(tool: Promtool, root: Path, files: Sequence[str]) -> list[Finding]:
    """What `promtool test rules` finds in files of unit tests: one finding per file that fails.

    The rule files that they name are found below `root`. Each file is a run of its own, as
    promtool 3.0 to 3.15 do not say of which they speak. Raises nothing.
    """
    needed = _below(root) if tool.image else ()
    return _run(tool, root, _chunks(files, 1), needed, ("test", "rules"))


test_rules.__test__ = False  # type: ignore[attr-defined]  # for pytest, which takes it for a test


def explain_query(tool: Promtool, query: str) -> tuple[int, int, str] | None:
    """What promtool says about a PromQL query: line and column of the query, in characters from
    1, and the message. None if it accepts the query. Raises OSError without temporary files."""
    name = "query.yaml"
    rule = {"record": "query", "expr": query}
    with tempfile.TemporaryDirectory(prefix="slosmith-") as folder:
        rules = yamlout.dump({"groups": [{"name": "query", "rules": [rule]}]})
        (Path(folder) / name).write_text(rules, encoding="utf-8")
        findings = check_rules(tool, Path(folder), [name])
    if not findings:
        return None
    first = findings[0]
    line, column = first.offset_line or 1, first.offset_column or 1
    lines = query.split("\n")
    before = lines[line - 1].encode()[: column - 1] if line <= len(lines) else b""
    return line, len(before.decode(errors="ignore")) + 1, first.message


def _run(
    tool: Promtool,
    root: Path,
    chunks: Iterable[Sequence[str]],
    needed: Iterable[str],
    command: Sequence[str],
) -> list[Finding]:
    findings: list[Finding] = []
    try:
        with opened(tool, root, needed) as folder:
            for chunk in chunks:
                outcome = run(tool, [*command, "--", *chunk], folder)
                findings += parse(outcome, chunk)
                if outcome.failure:
                    break  # it would fail again, perhaps after a minute each
    except OSError as error:
        findings.append(failed(f"cannot hand the files to promtool: {error}"))
    return findings


def _chunks(files: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(files), size):
        yield files[start : start + size]


def _below(root: Path) -> list[str]:
    found = {path for pattern in _RULES for path in root.rglob(pattern) if path.is_file()}
    return sorted(path.relative_to(root).as_posix() for path in found)
