"""The other side of a comparison: a commit → its project, compiled in a temporary folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slosmith import pipeline, problems
from slosmith.diff.changes import Unread
from slosmith.escape import one_line
from slosmith.git import tree
from slosmith.git.command import GitFault, Repository
from slosmith.model import Fleet, Project
from slosmith.origins import Origins
from slosmith.pipeline import Compilation, Options
from slosmith.project_files import CONFIG_NAME, DEFAULT_SPECS, Names, real
from slosmith.promql.syntax import Judge
from slosmith.read.source import MAX_BYTES
from slosmith.read.yaml_reader import read_yaml
from slosmith.resolve.known import Resolved

_SPECS = (".yaml", ".yml")


@dataclass(frozen=True)
class Base:
    """The project as it was. `root` is the folder of its slosmith.yaml while it lasts; `unread`
    are the files that did not compile; `whole` is false where slosmith.yaml is among them, so that
    nothing can be compared."""

    root: Path
    fleet: Fleet
    unread: tuple[Unread, ...]
    whole: bool = True


class Known:
    """What came of the specs of the working tree, for those that were the same in the commit: most
    need no second look. A `slosmith.specs.Memory`."""

    def __init__(self, root: Path, resolved: Mapping[str, Resolved], config: bytes) -> None:
        self._root = root
        self._resolved = resolved
        self._config = config

    def remember(self, out: Path, specs: Path, config: bytes, origins: Origins) -> Known:
        """Itself, knowing nothing where slosmith.yaml was another."""
        return self if config == self._config else Known(self._root, {}, config)

    def recall(self, source: str, shown: str, data: bytes) -> Resolved | None:
        found = self._resolved.get(source)
        return found if found and _bytes(self._root / source) == data else None

    def reread(self, source: str, shown: str, data: bytes) -> None:
        """Nothing is kept, so nothing is out of date."""


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


@contextmanager
def opened(
    repository: Repository, commit: str, options: Options, judge: Judge | None, known: Known
) -> Iterator[Base]:
    """The project of `options` as it was in a commit; GitFault where the commit cannot be read,
    or the project is not in the repository. `known` is what came of it now."""
    config = options.config or options.root / CONFIG_NAME
    with tempfile.TemporaryDirectory(prefix="slosmith-") as folder:
        top = Path(folder).resolve()
        inside = _inside(repository, config)
        paths = [inside, *_specs(repository, commit, inside)]
        tree.extract(repository, commit, paths, (*_SPECS, Path(inside).suffix.lower()), top)
        old = top / inside
        root = old.parent
        root.mkdir(parents=True, exist_ok=True)
        there = old if old.is_symlink() or old.exists() else None
        past = Options(there, root, allow_empty=True)
        # What resolves can be compared, wise or not.
        compilation, context, _ = pipeline.resolve_project(past, judge, known.remember)
        compilation.problems += context.problems
        yield _base(compilation, root, top, inside)


def _inside(repository: Repository, path: Path) -> str:
    """A path relative to the top of the repository, with `/` between its parts."""
    # The file itself may be a link, or missing: its folder is what counts.
    place = real(path.parent) / path.name
    try:
        return place.relative_to(repository.top).as_posix()
    except ValueError:
        raise GitFault(f"{path} is outside of the git repository {repository.top}") from None


def _specs(repository: Repository, commit: str, config: str) -> Iterator[str]:
    """Where the specs were, as the slosmith.yaml of then says."""
    data = tree.read(repository, commit, config)
    named = None
    if data is not None and len(data) <= MAX_BYTES:
        document, _ = read_yaml(data, config)
        content = document.data if document else None
        named = content.get("specs") if isinstance(content, dict) else None
    folder = named if isinstance(named, str) and named else DEFAULT_SPECS
    # By its text alone: the folder need not exist any more.
    place = Path(os.path.normpath(repository.top / Path(config).parent / folder))
    if not place.is_relative_to(repository.top):
        raise GitFault(
            f"the specs of {config} were in {one_line(folder)} then, outside of the git repository"
        )
    yield "/".join(place.relative_to(repository.top).parts)


def _base(compilation: Compilation, root: Path, top: Path, config: str) -> Base:
    found: dict[str, Unread] = {}
    errors = [problem for problem in compilation.problems if problem.severity == "error"]
    for item in problems.located(errors, compilation.origins):
        # As the model calls it: messages name its place in the temporary folder.
        source = Names(root).source(Path(item.place.file)) if item.place else Path(config).name
        span = item.place.span if item.place else None
        where = f"line {span.line}: " if span else ""
        message = f"{where}{item.message.replace(f'{top}/', '')} [{item.problem.check}]"
        found.setdefault(source, Unread(source, message))
    fleet = compilation.fleet or Fleet(Project(), ())
    whole = compilation.fleet is not None and Path(config).name not in found
    return Base(root, fleet, tuple(found.values()), whole)
