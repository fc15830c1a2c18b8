"""One writer at a time: the scratch folder beside the output folder, and the lock in it."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from slosmith.output.paths import CACHE, FOLDER, scratch_folder

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_HELD = "held"
_OLD = 3600  # seconds
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def locked(out: Path) -> Iterator[Path | None]:
    """Waits until no other process writes to `out`, then yields the scratch folder.

    Yields None where there can be no scratch folder (then the folder above `out` is what is
    locked). What runs that died have left behind is removed. Raises OSError.
    """
    scratch: Path | None = scratch_folder(out)
    try:
        handle = os.open(make_scratch(scratch_folder(out)) / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        scratch = None
        handle = os.open(scratch_folder(out).parent, os.O_RDONLY)
    try:
        if _lock(handle):
            for folder in filter(None, (scratch, out / FOLDER)):
                # Nothing inside the output folder is reached through a symlink.
                if folder is scratch or not folder.is_symlink():
                    _remove_leftovers(folder)
        yield scratch
    finally:
        os.close(handle)


def make_scratch(scratch: Path) -> Path:
    """Makes a scratch folder that git ignores. Raises OSError."""
    scratch.mkdir(parents=True, exist_ok=True)
    ignore = scratch / ".gitignore"
    if not ignore.exists() or not ignore.stat().st_size:
        ignore.write_bytes(b"*\n")
    return scratch


def remove_unused_scratch(scratch: Path) -> None:
    """Removes a scratch folder in which nothing is kept. Quiet if that cannot be."""
    with suppress(OSError):
        if [file.name for file in scratch.iterdir()] == [".gitignore"]:
            (scratch / ".gitignore").unlink()
            scratch.rmdir()


def make_cache(scratch: Path) -> Path:
    """Makes the folder of what only saves time. Raises OSError."""
    folder = make_scratch(scratch) / CACHE
    folder.mkdir(exist_ok=True)
    return folder


def _lock(handle: int) -> bool:
    """Locks an open file; False where the system or the file system has no locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def _remove_leftovers(folder: Path) -> None:
    for stage in folder.glob("stage-*"):
        shutil.rmtree(stage, ignore_errors=True)
    for made in folder.glob("made-*"):
        if is_abandoned(made):
            shutil.rmtree(made, ignore_errors=True)
    for name in ("seen-*.json-*", "services-*"):
        for file in (folder / CACHE).glob(name):
            if _age(file) > _OLD:
                with suppress(OSError):
                    file.unlink()


def hold(folder: Path) -> int:
    """Marks a folder of made texts as in use until the handle is closed, or its process ends."""
    handle = os.open(folder / _HELD, os.O_RDWR | os.O_CREAT, 0o666)
    _lock(handle)
    return handle


def is_abandoned(folder: Path) -> bool:
    """Whether nobody uses a folder of made texts any more."""
    try:
        handle = os.open(folder / _HELD, os.O_RDWR)
    except OSError:
        return _age(folder) > _OLD  # its process was just about to mark it
    try:
        if fcntl is None:
            return _age(folder) > _OLD
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0
