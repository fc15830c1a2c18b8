"""What stands at a path below the output folder, read without following a symlink."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slosmith.artifacts import digest
from slosmith.output.seen import Digests


@dataclass(frozen=True)
class Seen:
    """A path as it was found: the file's content (None: there is none), or the obstacle that
    keeps slosmith from reading or writing there. `digest` is that of the content."""

    data: bytes | None = None
    obstacle: str = ""
    digest: str = ""


class Tree:
    """The files below one output folder. Folders are examined once; files at each call: read, if
    not even their `digests` are known as they are."""

    def __init__(self, out: Path, digests: Digests | None = None) -> None:
        self._out = out
        self._digests = digests
        self._root = os.fspath(out)
        self._folders: dict[str, str] = {"": ""}

    def look(self, path: str) -> Seen:
        """The file at `path`. Never raises for what may stand there."""
        return self._look(path, self._read)

    def probe(self, path: str) -> Seen:
        """The same without the content, if the digest is known as it is."""
        return self._look(path, self._known)

    def _look(self, path: str, read: Callable[[str, str, os.stat_result], Seen]) -> Seen:
        obstacle = self._folder(path.rpartition("/")[0])
        if obstacle:
            return Seen(obstacle=obstacle)
        file = f"{self._root}/{path}"
        try:
            status = os.lstat(file)
            if not stat.S_ISREG(status.st_mode):
                return Seen(obstacle=f"{self._shown(path)} is {_kind(status.st_mode)}")
            return read(path, file, status)
        except FileNotFoundError:
            return Seen()
        except OSError as error:
            return Seen(obstacle=f"{self._shown(path)}: {error.strerror}")

    def _known(self, path: str, file: str, status: os.stat_result) -> Seen:
        known = self._digests.get(path, status) if self._digests else None
        return Seen(digest=known) if known else self._read(path, file, status)

    def _read(self, path: str, file: str, status: os.stat_result) -> Seen:
        with open(file, "rb") as opened:  # noqa: PTH123 (thousands of them: faster)
            data = opened.read()
        found = digest(data)
        if self._digests:
            self._digests.put(path, status, found)
        return Seen(data, digest=found)

    def _shown(self, path: str) -> str:
        return (self._out / path).as_posix()

    def _folder(self, folder: str) -> str:
        """Why no file below `folder` can be read or written; empty where nothing is in the way."""
        if folder not in self._folders:
            obstacle = self._folder(folder.rpartition("/")[0])
            self._folders[folder] = obstacle or _folder_obstacle(self._out / folder)
        return self._folders[folder]


def _folder_obstacle(folder: Path) -> str:
    try:
        mode = os.lstat(folder).st_mode
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{folder.as_posix()}: {error.strerror}"
    return "" if stat.S_ISDIR(mode) else f"{folder.as_posix()} is {_kind(mode)}"


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a symlink, and slosmith follows none inside its output"
    if stat.S_ISDIR(mode):
        return "a folder, where a file has to go"
    if stat.S_ISREG(mode):
        return "a file, where a folder has to go"
    return "neither a file nor a folder"
