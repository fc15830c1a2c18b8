"""All specs of a project, one after another: read, or known as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from slosmith import folders
from slosmith.origins import Origins
from slosmith.problems import At, Problem
from slosmith.project_files import Names, selected
from slosmith.read.files import find_specs, read_bytes, source_lines
from slosmith.read.yaml_reader import read_yaml
from slosmith.resolve.context import Context, mapping
from slosmith.resolve.fleet import SourceFile
from slosmith.resolve.known import Resolved
from slosmith.shape import schemas
from slosmith.shape.validate import check as check_shape

# So many documents, with the place of every value in them, are no burden to keep.
_KEPT = 200


class Memory(Protocol):
    """What became of specs in other runs."""

    def recall(self, source: str, shown: str, data: bytes) -> Resolved | None:
        """What became of the spec `source` that holds just this; None if it has to be read."""

    def reread(self, source: str, shown: str, data: bytes) -> None:
        """What was recalled of a spec did not fit; this is what it holds now."""


class Specs:
    """The specs of a project. `problems` takes what is wrong with them as files; `faulty` are the
    sources of those with which anything is. With a `memory`, only what is new is read."""

    def __init__(
        self, names: Names, context: Context, problems: list[Problem], memory: Memory | None
    ) -> None:
        self._names = names
        self._context = context
        self._problems = problems
        self._memory = memory
        self._paths: dict[str, Path] = {}
        self._reloaded: set[str] = set()
        self.faulty: set[str] = set()
        self.count = 0
        self.selected: set[str] = set()
        if memory:
            context.origins.reload = self._reload

    def read(
        self, folder: Path, arguments: Sequence[Path], *, allow_empty: bool
    ) -> Iterator[SourceFile | Resolved]:
        """Every spec below `folder`; `arguments` of the command line say which are `selected`."""
        paths = find_specs(folder)
        chosen, idle = selected(arguments, paths)
        if paths or not allow_empty:
            self._problems += folders.outside(idle, folder)
        self.count = len(paths)
        return self._each(paths, frozenset(chosen))

    def _each(
        self, paths: Sequence[Path], chosen: frozenset[Path]
    ) -> Iterator[SourceFile | Resolved]:
        for path, source, shown in self._names.of_all(paths):
            self._paths[source] = path
            data, problems = read_bytes(path, shown)
            spec: SourceFile | Resolved | None = None
            if data is None:
                self._fail(source, problems)
            elif self._memory:
                spec = self._memory.recall(source, shown, data)
            if spec is None and data is not None:
                spec = self._parse(path, data)
            if spec is None:
                continue
            name = (
                spec.draft.name if isinstance(spec, Resolved) else mapping(spec.data).get("service")
            )
            if path in chosen and isinstance(name, str):
                self.selected.add(name)
            first = len(self._context.problems)
            yield spec
            if self._memory and isinstance(spec, SourceFile):
                self.settle(source, self._context.problems[first:])

    def again(self, source: str) -> SourceFile | None:
        """A spec that was recalled, from its file."""
        path = self._paths[source]
        shown = self._names.shown(path)
        data, problems = read_bytes(path, shown)
        if data is None:
            self._fail(source, problems)
            return None
        if self._memory:
            self._memory.reread(source, shown, data)
        return self._parse(path, data)

    def _parse(self, path: Path, data: bytes) -> SourceFile | None:
        source = self._names.source(path)
        found, problems = parse(path, data, schemas.SPEC, self._names, self._context.origins)
        if problems:
            self._fail(source, problems)
        return found

    def _fail(self, source: str, problems: list[Problem]) -> None:
        self._problems += problems
        self.faulty.add(source)

    def settle(self, source: str, problems: Sequence[Problem]) -> None:
        """Drops the places of a spec that is done with, but for those of `problems`, unless there
        are few specs anyway."""
        origins = self._context.origins
        if len(origins.documents) <= _KEPT or source in self.faulty:
            return
        for problem in problems:
            if isinstance(problem.where, At):
                origins.remember(problem.where)
        origins.forget(source)
        self._reloaded.discard(source)

    def _reload(self, source: str) -> None:
        """Brings back the places of a spec."""
        path, redraft = self._paths.get(source), self._context.redraft
        if path is None or redraft is None or source in self._reloaded:
            return
        self._reloaded.add(source)
        data, _ = read_bytes(path, self._names.shown(path))
        if data is None:
            return
        found, problems = parse(path, data, schemas.SPEC, self._names, self._context.origins)
        if found and not problems:
            redraft(found)


def parse(
    path: Path, data: bytes, schema: str, names: Names, origins: Origins
) -> tuple[SourceFile | None, list[Problem]]:
    """A spec, or slosmith.yaml, that holds `data`: what of it is fit for use, and what is wrong."""
    shown = names.shown(path)
    document, problems = read_yaml(data, shown)
    if problems:
        origins.add_lines(shown, source_lines(path))
    if document is None:
        return None, problems
    source = names.source(path)
    origins.add(source, document)
    fit, wrong = check_shape(document, schema)
    return SourceFile(source, fit), [*problems, *wrong]
