"""Files on disk → documents; folders → the specs in them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from slosmith.problems import Place, Problem
from slosmith.read.document import Document, split_lines
from slosmith.read.source import MAX_BYTES, too_large
from slosmith.read.yaml_reader import read_yaml

_SUFFIXES = (".yaml", ".yml")


class _Unreadable(Exception):
    """Why a file cannot be read, in words."""


def read_file(path: Path, shown: str) -> tuple[Document | None, list[Problem]]:
    """Reads the YAML file `path`, which problems call `shown`.

    What cannot be read (missing, a folder, no permission, no regular file, too large) is a
    problem (`file-unreadable`), never an exception.
    """
    raw, problems = read_bytes(path, shown)
    return (None, problems) if raw is None else read_yaml(raw, shown)


def read_bytes(path: Path, shown: str) -> tuple[bytes | None, list[Problem]]:
    """What the file `path` holds, which `read_yaml` makes data of; with problems as above."""
    try:
        return _read(path), []
    except _Unreadable as error:
        return None, [Problem("file-unreadable", str(error), Place(shown))]


def source_lines(path: Path) -> list[str]:
    """The lines of a file, to show where it is wrong although it could not be read as YAML;
    empty if it cannot be read at all. Bytes that are no UTF-8 become U+FFFD."""
    try:
        raw = _read(path)
    except _Unreadable:
        return []
    return split_lines(raw.decode("utf-8", errors="replace").removeprefix("\ufeff"))


def find_specs(folder: Path) -> list[Path]:
    """Every `*.yaml` and `*.yml` below `folder`, sorted by relative path; empty if there is no
    such folder.

    `.YAML` counts as well. Hidden files and folders are left out, links to folders are not
    followed. Whatever has such a name and is no folder is among them, and so is a folder that may
    not be listed: reading them tells what is wrong, where leaving them out would lose specs
    silently.
    """
    found: list[Path] = []
    # Not os.walk, which recurses in Python 3.11.
    folders = [folder]
    while folders:
        parent = folders.pop()
        try:
            with os.scandir(parent) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(parent / entry.name)
                    elif entry.name.lower().endswith(_SUFFIXES):
                        found.append(parent / entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            found.append(parent)
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _read(path: Path) -> bytes:
    try:
        # A pipe would block until somebody writes to it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                raise _Unreadable("is a folder, not a file")
            if not stat.S_ISREG(status.st_mode):
                raise _Unreadable("is not a regular file")
            if status.st_size > MAX_BYTES:
                raise _Unreadable(too_large(status.st_size))
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _Unreadable("does not exist") from None
    except PermissionError:
        raise _Unreadable("cannot be read: permission denied") from None
    except IsADirectoryError:
        raise _Unreadable("is a folder, not a file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _Unreadable(f"cannot be read: {reason}") from None
