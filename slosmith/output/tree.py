"""What stands at a path below the output folder, read without following a symlink."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


def digest(data: bytes) -> str:
    """The content of a file as the records name it: `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + sha256(data).hexdigest()


@dataclass(frozen=True)
class Seen:
    """A path as it was found: the file's content (None: there is none), or the obstacle that
    keeps slosmith from reading or writing there."""

    data: bytes | None = None
    obstacle: str = ""


class Tree:
    """The files below one output folder. Folders are examined once; files at each call."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._folders: dict[str, str] = {"": ""}

    def look(self, path: str) -> Seen:
        """The file at `path`. Never raises for what may stand there."""
        obstacle = self._folder(path.rpartition("/")[0])
        if obstacle:
            return Seen(obstacle=obstacle)
        file = self._out / path
        try:
            mode = os.lstat(file).st_mode
            if not stat.S_ISREG(mode):
                return Seen(obstacle=f"{file.as_posix()} is {_kind(mode)}")
            return Seen(file.read_bytes())
        except FileNotFoundError:
            return Seen()
        except OSError as error:
            return Seen(obstacle=f"{file.as_posix()}: {error.strerror}")

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
