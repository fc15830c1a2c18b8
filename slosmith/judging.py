"""promtool's word on rules and queries, turned into problems of the specs they came from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from slosmith import promtool
from slosmith.artifacts import Made
from slosmith.model import Fleet
from slosmith.origins import Origins
from slosmith.output import CACHE, scratch_folder
from slosmith.passed import Passed
from slosmith.problems import At, Place, Problem
from slosmith.problems import Path as ModelPath
from slosmith.project_files import Names
from slosmith.promql.syntax import WINDOW, WINDOW_STAND_IN
from slosmith.shape.messages import lookup

RULES = "prometheus/rules/"
_PASSED = f"{CACHE}/rules-passed"


class Tool:
    """promtool, looked for when it is first needed.

    `mode` is auto, required or off. Raises promtool.ToolMissing where it must be there and is not.
    """

    def __init__(self, mode: promtool.Mode, environment: Mapping[str, str]) -> None:
        self._mode = mode
        self._environment = environment
        self._found: promtool.Promtool | None = None
        self._searched = False
        self.notices: tuple[str, ...] = ()

    def find(self) -> promtool.Promtool | None:
        if not self._searched:
            self._searched = True
            if self._mode != "off":
                self._found = promtool.find(self._mode, self._environment)
            if self._found is None and self._mode == "auto":
                self.notices = (promtool.missing_notice(self._environment),)
        return self._found

    def explain(self, query: str) -> tuple[int, int, str] | None:
        """What promtool says about one query: line, column, message; None without any fault."""
        found = self.find()
        return promtool.explain_query(found, query) if found else None


def check_rules(
    tool: Tool,
    artifacts: Sequence[Made],
    fleet: Fleet,
    origins: Origins,
    out: Path,
    *,
    keep: bool,
) -> list[Problem]:
    """`promtool check rules` over all rule files, before any of them is written, but for those
    that this promtool has passed before. `keep`: those that pass now are remembered."""
    files = [artifact for artifact in artifacts if artifact.path.startswith(RULES)]
    found = tool.find() if files else None
    if found is None:
        return []
    version = promtool.version(found)
    keys = {file.path: sha256(f"{version} {file.digest}".encode()).hexdigest() for file in files}
    passed = Passed.read(scratch_folder(out), _PASSED)
    files = [file for file in files if keys[file.path] not in passed.keys]
    if not files:
        return []
    with tempfile.TemporaryDirectory(prefix="slosmith-") as folder:
        for artifact in files:
            path = Path(folder, artifact.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artifact.text, encoding="utf-8", newline="\n")
        findings = promtool.check_rules(found, Path(folder), [item.path for item in files])
    if keep and not findings:
        passed.add({keys[file.path] for file in files})
    shown = Names.shown(out)
    problems: list[Problem] = []
    for finding in findings:
        at = _slo(fleet, finding.group)
        culprits = list(_culprits(tool, origins, at)) if at else []
        message = f"promtool refuses a rule made from this: {finding.message}"
        if culprits:
            problems += culprits
        elif at:
            problems.append(Problem("promtool", message, At(at)))
        else:
            place = Place(f"{shown}/{finding.file}" if finding.file else shown)
            problems.append(Problem("promtool", f"promtool: {finding.message}", place))
    return problems


def _slo(fleet: Fleet, group: str | None) -> ModelPath | None:
    """The model path of the SLO that a rule group belongs to (slosmith.SERVICE.SLO.fast)."""
    parts = (group or "").split(".")
    for service in fleet.services:
        for index, slo in enumerate(service.slos):
            if parts[1:3] == [service.name, slo.name]:
                return ("services", service.source, "slos", index)
    return None


def _culprits(tool: Tool, origins: Origins, at: ModelPath) -> Iterator[Problem]:
    """The queries of an SLO that promtool refuses by themselves."""
    source = origins.source(at)
    document = origins.document(source[0]) if source else None
    if source is None or document is None:
        return
    data = lookup(document.data, (*source[1], "indicator"))
    for kind, fields in data.items() if isinstance(data, dict) else ():
        for key, query in fields.items() if isinstance(fields, dict) else ():
            if not isinstance(query, str) or key in ("below", "above", "unit", "healthy", "type"):
                continue
            verdict = tool.explain(query.replace(WINDOW, WINDOW_STAND_IN))
            if verdict:
                line, column, message = verdict
                start = sum(len(row) + 1 for row in query.split("\n")[: line - 1]) + column - 1
                path = (*at, "indicator", kind, key)
                chars = (start, max(start + 1, len(query)))
                yield Problem("promql-syntax", f"not PromQL: {message}", At(path, chars=chars))
