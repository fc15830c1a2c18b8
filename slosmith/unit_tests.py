"""The generated unit tests, run by promtool; what passed once as it is, is not run again."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

from slosmith import promtool
from slosmith.artifacts import Made
from slosmith.model import Fleet
from slosmith.output import scratch_folder
from slosmith.passed import Passed
from slosmith.problems import At, Place, Problem
from slosmith.problems import Path as ModelPath

Which = Literal["changed", "all", "none"]

_TESTS = re.compile(r"prometheus/tests/(?:native/)?([a-z0-9-]+)(?:\.[a-z]+)?\.yaml")
_NATIVE = re.compile(r"prometheus/tests/native/.*")
_VERSION = re.compile(r"version (\d+)\.(\d+)")
# The first promtool on which unit tests of native histograms were tried.
NATIVE_SINCE = (3, 0)
_OF_SLO = re.compile(r'\bslo=\\?"([a-z0-9-]+)\\?"')
_SHOWN_LINES = 6


@dataclass
class Outcome:
    """What came of a run: problems, lines for the user, and how many files ran."""

    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    ran: int = 0
    known: int = 0


def run(
    tool: promtool.Promtool,
    artifacts: Sequence[Made],
    fleet: Fleet,
    out: Path,
    which: Which,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Runs the unit tests among `artifacts` on the rules among them. Writes nothing but the list
    of those that passed, in the scratch folder beside `out`. `report` hears how many of how many
    files are done."""
    outcome = Outcome()
    files = {artifact.path: artifact for artifact in artifacts}
    tests = [path for path in files if _TESTS.fullmatch(path)]
    if which == "none" or not tests:
        return outcome
    version = promtool.version(tool)
    tests = list(_readable(tests, version, outcome))
    keys = {path: _key(version, files[path], files[_rules(path)]) for path in tests}
    passed = Passed.read(scratch_folder(out), _FILE)
    due = [path for path in tests if which == "all" or keys[path] not in passed.keys]
    outcome.ran, outcome.known = len(due), len(tests) - len(due)
    failed: set[str] = set()
    for finding in _run(tool, files, due, report):
        failed |= {finding.file} if finding.file else set(due)
        outcome.problems.append(_problem(finding, fleet, out))
    passed.add({keys[path] for path in tests if path not in failed})
    return outcome


def _readable(tests: Iterable[str], version: str, outcome: Outcome) -> Iterator[str]:
    """Without those that this promtool cannot read."""
    match = _VERSION.search(version)
    old = match is not None and (int(match[1]), int(match[2])) < NATIVE_SINCE
    left_out = 0
    for path in tests:
        if old and _NATIVE.fullmatch(path):
            left_out += 1
        else:
            yield path
    if left_out and match:
        outcome.notices.append(
            f"not run: {left_out} {'file' if left_out == 1 else 'files'} of unit tests of native "
            f"histograms; promtool {match[1]}.{match[2]} cannot read them, {NATIVE_SINCE[0]} can"
        )


def _run(
    tool: promtool.Promtool,
    files: Mapping[str, Made],
    due: Sequence[str],
    report: Callable[[int, int], None],
) -> list[promtool.Finding]:
    """All findings; files side by side, as each keeps one processor busy for seconds."""
    if not due:
        return []
    workers = min(os.cpu_count() or 1, len(due))
    # A container is started for each share, so there it has many files.
    size = -(-len(due) // workers) if tool.image else 1
    shares = [due[start : start + size] for start in range(0, len(due), size)]
    found: list[promtool.Finding] = []
    with tempfile.TemporaryDirectory(prefix="slosmith-") as name:
        folder = Path(name)

        def test(share: Sequence[str]) -> list[promtool.Finding]:
            return promtool.test_rules(tool, folder, share)

        for path in {*due, *map(_rules, due)}:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(files[path].text, encoding="utf-8", newline="\n")
        with ThreadPoolExecutor(workers) as pool:
            for done, findings in enumerate(pool.map(test, shares), 1):
                report(min(done * size, len(due)), len(due))
                found += findings
    return found


def _rules(test: str) -> str:
    match = _TESTS.fullmatch(test)
    assert match, "a path of a unit test"
    return f"prometheus/rules/{match[1]}.yaml"


def _problem(finding: promtool.Finding, fleet: Fleet, out: Path) -> Problem:
    lines = [line.strip() for line in finding.message.split("\n") if line.strip()]
    said = " ".join(lines[:_SHOWN_LINES]) + (" …" if len(lines) > _SHOWN_LINES else "")
    place = _place(finding, fleet)
    message = f"the rules fail a generated test ({finding.file}): {said}"
    if place is None:
        return Problem("promtool-test", f"promtool: {said}", Place(str(out)))
    return Problem("promtool-test", message, At(place))


def _place(finding: promtool.Finding, fleet: Fleet) -> ModelPath | None:
    """The SLO that a message names first, else the service whose test it is."""
    match = _TESTS.fullmatch(finding.file)
    named = _OF_SLO.search(finding.message)
    for service in fleet.services if match else ():
        if match and service.name == match[1]:
            for index, slo in enumerate(service.slos):
                if named and slo.name == named[1]:
                    return ("services", service.source, "slos", index)
            return ("services", service.source, "service")
    return None


def _key(version: str, tests: Made, rules: Made) -> str:
    """All that the result of a test depends on."""
    return sha256(json.dumps([version, tests.digest, rules.digest]).encode()).hexdigest()


_FILE = "tests-passed"
