"""Digests of files that were read before, by what the file system says of each: an unchanged file
is not read again.

A file counts as unchanged while its size, times of change, and inode are the same. Those of a file
that was changed just before it was read are not kept, as it may be changed again within the
resolution of these times. All this only saves time: without it every file is read.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from slosmith.output.lock import make_cache
from slosmith.output.paths import seen_file

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FORMAT = 1
# Nanoseconds: file systems stamp with the kernel's clock, which ticks every 4 to 10 ms; some know
# whole (or even) seconds only.
_TICK = 50_000_000
_COARSE_TICK = 2_500_000_000
_SECOND = 1_000_000_000

_Signature = tuple[int, int, int, int, int]
_Entry = tuple[_Signature, str]


class Digests:
    """The digests of the files of one output folder, by path."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._old = _load(file)
        self._new: dict[str, _Entry] = {}

    @classmethod
    def of(cls, out: Path) -> Digests:
        return cls(seen_file(out))

    def get(self, path: str, status: os.stat_result) -> str | None:
        """The digest of the file at `path`, whose status is this now; None if it has to be read."""
        entry = self._old.get(path)
        if entry is None or entry[0] != signature(status):
            return None
        self._new[path] = entry
        return entry[1]

    def put(self, path: str, status: os.stat_result, digest: str) -> None:
        """The file whose status was this before it was read has that digest."""
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        coarse = status.st_mtime_ns % _SECOND == 0
        if time.time_ns() - changed > (_COARSE_TICK if coarse else _TICK):
            self._new[path] = (signature(status), digest)

    def save(self, *, whole: bool) -> None:
        """Keeps what was seen; with `whole`, of no other files. Quiet if that cannot be."""
        entries = self._new if whole else {**self._old, **self._new}
        if entries == self._old:
            return
        files = {path: [*seen, digest] for path, (seen, digest) in entries.items()}
        with suppress(OSError):
            data = json.dumps({"format": _FORMAT, "files": files}).encode()
            replace(self._file, _sum(data) + b"\n" + data)


def signature(status: os.stat_result) -> _Signature:
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )


def replace(file: Path, data: bytes) -> None:
    """Writes a file of the cache in one step; two processes at once leave one of both. Raises
    OSError."""
    handle, name = tempfile.mkstemp(prefix=f"{file.name}-", dir=make_cache(file.parent.parent))
    try:
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(data)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sum(data: bytes) -> bytes:
    """Disks and power fail: half a digest that was right must not pass for a whole one."""
    return blake2b(data, digest_size=16).hexdigest().encode()


def _load(file: Path) -> dict[str, _Entry]:
    try:
        checksum, _, data = file.read_bytes().partition(b"\n")
        if checksum != _sum(data):
            return {}
        content = json.loads(data)
        if content["format"] != _FORMAT:
            return {}
        return {
            path: ((size, mtime, ctime, inode, device), digest)
            for path, (size, mtime, ctime, inode, device, digest) in content["files"].items()
            if _DIGEST.fullmatch(digest)
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
