"""Where new files wait until all of them are whole, and the journal of the write."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from slosmith.artifacts import Known
from slosmith.output.paths import FOLDER, journals
from slosmith.output.records import render_journal
from slosmith.output.state import Content


@dataclass(frozen=True)
class Stage:
    """`folder` is on the file system of the output folder, so that files move in one step."""

    folder: Path
    journal: Path

    def put(self, name: str, data: bytes) -> Path:
        """Writes a file that nobody else sees yet."""
        file = self.folder / name
        file.write_bytes(data)
        return file

    def take(self, name: str, content: Content) -> Path:
        """The same with a content that is wanted, which may be a file elsewhere."""
        if isinstance(content, Known):
            file = self.folder / name
            content.source.move(content.path, file)
            return file
        return self.put(name, (content if isinstance(content, str) else content.text).encode())

    def write_journal(self, known: Mapping[str, frozenset[str]]) -> None:
        """Replaces the journal in one step."""
        self.put("journal", render_journal(known)).replace(self.journal)


@contextmanager
def staged(out: Path, scratch: Path | None) -> Iterator[Stage]:
    """A new stage for a write to `out`: in `scratch`, else among the records.

    The output folder and its folder of records are there afterwards. Raises OSError.
    """
    records = out / FOLDER
    records.mkdir(parents=True, exist_ok=True)
    beside, inside = journals(out)
    folder = _beside(scratch, records) if scratch else None
    stage = Stage(folder, beside) if folder else Stage(_new(records), inside)
    try:
        yield stage
    finally:
        shutil.rmtree(stage.folder, ignore_errors=True)


def remove_journals(out: Path) -> None:
    """Forgets every journal of writes to `out`."""
    for journal in journals(out):
        with suppress(OSError):
            journal.unlink(missing_ok=True)


def _new(parent: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"stage-{os.getpid()}-", dir=parent))


def _beside(scratch: Path, records: Path) -> Path | None:
    """A new folder in `scratch` whose files can be renamed into the output folder, if there can
    be one.

    Tried with the folder itself: bind mounts of one file system have one device number, yet
    nothing can be renamed between them.
    """
    try:
        folder = _new(scratch)
    except OSError:
        return None
    elsewhere = records / folder.name
    try:
        folder.rename(elsewhere)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    elsewhere.rename(folder)
    return folder
