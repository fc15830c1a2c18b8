"""The generated unit tests, run by promtool; what passed once as it is, is not run again."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

from slosmith import promtool
from slosmith.artifacts import Artifact
from slosmith.model import Fleet
from slosmith.output import make_scratch, scratch_folder
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
    tool: promtool.Promtool, artifacts: Sequence[Artifact], fleet: Fleet, out: Path, which: Which
) -> Outcome:
    """Runs the unit tests among `artifacts` on the rules among them. Writes nothing but the list
    of those that passed, in the scratch folder beside `out`."""
    outcome = Outcome()
    texts = {artifact.path: artifact.text for artifact in artifacts}
    tests = [path for path in texts if _TESTS.fullmatch(path)]
    if which == "none" or not tests:
        return outcome
    version = promtool.version(tool)
    tests = list(_readable(tests, version, outcome))
    keys = {path: _key(version, texts[path], texts[_rules(path)]) for path in tests}
    passed = _Passed.read(scratch_folder(out))
    due = [path for path in tests if which == "all" or keys[path] not in passed.keys]
    outcome.ran, outcome.known = len(due), len(tests) - len(due)
    failed: set[str] = set()
    for finding in _run(tool, texts, due):
        failed |= {finding.file} if finding.file else set(due)
        outcome.problems.append(_problem(finding, fleet, out))
    passed.write({keys[path] for path in tests if path not in failed})
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
    tool: promtool.Promtool, texts: Mapping[str, str], due: Sequence[str]
) -> list[promtool.Finding]:
    """All findings; files side by side, as each keeps one processor busy for seconds."""
    if not due:
        return []
    workers = min(os.cpu_count() or 1, len(due))
    with tempfile.TemporaryDirectory(prefix="slosmith-") as name:
        folder = Path(name)
        for path in {*due, *map(_rules, due)}:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(texts[path], encoding="utf-8", newline="\n")
        with ThreadPoolExecutor(workers) as pool:
            shares = [due[start::workers] for start in range(workers)]
            found = pool.map(lambda share: promtool.test_rules(tool, folder, share), shares)
            return [finding for findings in found for finding in findings]


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


def _key(version: str, tests: str, rules: str) -> str:
    """All that the result of a test depends on."""
    return sha256(json.dumps([version, tests, rules]).encode()).hexdigest()


@dataclass(frozen=True)
class _Passed:
    """The keys of tests that passed, one a line. Nothing depends on it but time: what cannot be
    read counts as empty, what cannot be written is left."""

    folder: Path
    keys: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> _Passed:
        try:
            text = (folder / _FILE).read_text(encoding="ascii")
        except (OSError, ValueError):
            text = ""
        return cls(folder, frozenset(text.split()))

    def write(self, more: set[str]) -> None:
        # Those of other checkouts and branches are kept, up to a number.
        kept = [key for key in sorted(self.keys) if key not in more]
        lines = [*kept[: max(0, _MOST - len(more))], *sorted(more)]
        if frozenset(lines) == self.keys:
            return
        with suppress(OSError):
            make_scratch(self.folder)
            handle, name = tempfile.mkstemp(prefix="tests-", dir=self.folder)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write("".join(f"{line}\n" for line in lines))
                Path(name).replace(self.folder / _FILE)
            except OSError:
                Path(name).unlink()
                raise


_FILE = "tests-passed"
_MOST = 50_000
