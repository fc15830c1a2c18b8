"""Artifacts → files: staged first, then renamed one by one; what nobody wants any more goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slosmith.artifacts import digest
from slosmith.output.lock import locked
from slosmith.output.report import build_problems, problem, unusable
from slosmith.output.seen import signature
from slosmith.output.stage import Stage, remove_journals, staged
from slosmith.output.state import Plan, Wanted, plan
from slosmith.problems import Place, Problem, has_errors


@dataclass(frozen=True)
class Result:
    """What a write did: paths relative to the output folder, sorted, without the records.

    With an error among the problems nothing was written, unless the message says so.
    """

    written: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def summary(self) -> str:
        """`3 written, 1 removed, 20 unchanged`."""
        return (
            f"{len(self.written)} written, {len(self.removed)} removed, "
            f"{len(self.unchanged)} unchanged"
        )


class _Failure(Exception):
    """A file that could not be written (or removed). `done`: how many were already in place."""

    def __init__(self, path: str, error: OSError, done: int = 0, verb: str = "written") -> None:
        super().__init__(path)
        self.path, self.error, self.done, self.verb = path, error, done, verb


def write(
    out: Path,
    wanted: Wanted,
    *,
    prune: bool = True,
    prepare: Callable[[Sequence[str]], None] = lambda _: None,
) -> Result:
    """Makes `out` hold what is wanted; see `plan` for the arguments. Raises nothing.

    `prepare` is told which paths are about to be written, so that it can have their texts at hand;
    it may raise OSError.

    Waits for another write to the same folder. A process killed at any moment leaves every file
    either as it was or as it is wanted, and the next full write settles the rest.
    """
    try:
        with locked(out) as scratch:
            planned = plan(out, wanted, prune=prune)
            problems = build_problems(planned)
            problems += _closed_folders(planned)
            if has_errors(problems):
                return Result(problems=tuple(problems))
            try:
                prepare(
                    [path for path in _changed(planned) if not isinstance(planned.texts[path], str)]
                )
                _execute(planned, scratch)
            except _Failure as failure:
                return Result(problems=(*problems, _describe(planned, failure)))
    except OSError as error:
        return Result(problems=(unusable(out, error),))
    planned.seen.save(whole=prune)
    return Result(
        written=tuple(_changed(planned)),
        unchanged=tuple(planned.paths("current")),
        removed=tuple(planned.paths("stale")),
        problems=tuple(problems),
    )


def _execute(plan: Plan, scratch: Path | None) -> None:
    changed = _changed(plan)
    stale = plan.paths("stale")
    if changed or stale or plan.records or plan.obsolete:
        with staged(plan.out, scratch) as stage:
            files = _stage_files(plan, stage, changed)
            stage.write_journal(_ours(plan))
            staged_as = {path: os.lstat(file) for path, file in files.items()}
            _replace(plan, files)
            _note(plan, staged_as)
            _remove(plan, [*stale, *plan.obsolete])
    _remove_empty_folders(plan)
    if not plan.unfinished:
        remove_journals(plan.out)


def _changed(plan: Plan) -> list[str]:
    return plan.paths("missing", "outdated", "hand-edited")


def _note(plan: Plan, staged_as: Mapping[str, os.stat_result]) -> None:
    """Remembers the digests of the files that were put in place, if nobody changed them since."""
    for path, before in staged_as.items():
        with suppress(OSError):
            now = os.lstat(plan.out / path)
            if signature(now)[:2] == signature(before)[:2] and now.st_ino == before.st_ino:
                content = plan.records.get(path)
                hash_ = plan.hashes[path] if content is None else digest(content)
                plan.seen.put(path, now, hash_)


def _ours(plan: Plan) -> dict[str, frozenset[str]]:
    """Every hash that is ours at a path now, or will be after this write, but for what the records
    say before and after it."""
    ours = {
        path: hashes
        for path, hashes in plan.known.items()
        if path in plan.journaled or plan.states.get(path) != "current"
    }
    for path, hash_ in plan.hashes.items():
        if path in ours or hash_ not in plan.known.get(path, ()):
            ours[path] = ours.get(path, frozenset()) | {hash_}
    return ours


def _stage_files(plan: Plan, stage: Stage, changed: Iterable[str]) -> dict[str, Path]:
    """Path → staged file: the changed files first, the records after them."""
    files: dict[str, Path] = {}
    for path in [*changed, *plan.records]:
        name = str(len(files))
        try:
            if path in plan.records:
                files[path] = stage.put(name, plan.records[path])
            else:
                files[path] = stage.take(name, plan.texts[path])
        except OSError as error:
            raise _Failure(path, error) from error
    return files


def _replace(plan: Plan, files: Mapping[str, Path]) -> None:
    folders = {(plan.out / path).parent: path for path in files}
    for folder, path in sorted(folders.items()):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _Failure(path, error) from error
    for done, (path, file) in enumerate(files.items()):
        try:
            file.replace(plan.out / path)
        except OSError as error:
            raise _Failure(path, error, done) from error


def _remove(plan: Plan, paths: Iterable[str]) -> None:
    for path in paths:
        try:
            (plan.out / path).unlink(missing_ok=True)
        except OSError as error:
            raise _Failure(path, error, len(plan.hashes), "removed") from error


def _remove_empty_folders(plan: Plan) -> None:
    """Removes folders that held files nobody wants any more, where nothing is left in them."""
    folders = {path.rpartition("/")[0] for path in plan.paths("stale", "gone")}
    while folders:
        above = set()
        for folder in folders - {""}:
            try:
                (plan.out / folder).rmdir()
                above.add(folder.rpartition("/")[0])
            except OSError:
                continue  # not empty, or not there
        folders = above


def _closed_folders(plan: Plan) -> list[Problem]:
    """Errors: folders that this process may not change, found before anything is written."""
    paths = [*_changed(plan), *plan.paths("stale")]
    folders = {(plan.out / path).parent for path in [*paths, *plan.records, *plan.obsolete]}
    closed = {
        folder
        for folder in map(_nearest, folders)
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK)
    }
    message = "cannot be written: this user may not change the folder"
    return [Problem("write-failed", message, Place(folder.as_posix())) for folder in sorted(closed)]


def _nearest(folder: Path) -> Path:
    """The folder, or the lowest one above it that exists."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def _describe(plan: Plan, failure: _Failure) -> Problem:
    reason = failure.error.strerror or str(failure.error)
    message = f"cannot be {failure.verb}: {reason}"
    if failure.done:
        message += f" ({failure.done} replaced before it; build again once that is mended)"
    return problem(plan, failure.path, "write-failed", message)
