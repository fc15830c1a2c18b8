"""What was made of each spec before, in the cache folder.

A unit is found by everything that it depends on: the code, slosmith.yaml, the spec and its name;
what it saw of other services it says itself (`Resolved.fits`). Nothing is ever wrong without this
file, only slower: what cannot be read, or is not as it was written, counts as not there.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from decimal import Decimal
from functools import cache
from hashlib import blake2b, sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from slosmith.making.unit import Unit
from slosmith.output.paths import CACHE, scratch_folder
from slosmith.output.seen import replace

_MAGIC = b"slosmith units 1\n"
_KEY, _SUM, _SIZE = 32, 16, 4


class Memory:
    """The units of one project. `code` is the digest of what makes them; without one, none is known
    and none is kept."""

    def __init__(
        self, out: Path, config: Path | None, specs: Path, config_data: bytes, code: str | None
    ) -> None:
        scratch = scratch_folder(out)
        names = [_relative(path, scratch) if path else "" for path in (config, specs)]
        self._file = scratch / CACHE / f"services-{sha256(repr(names).encode()).hexdigest()[:16]}"
        self._base = sha256(f"{code}\n{names}\n".encode() + config_data).digest()
        self._old = _load(self._file) if code else {}
        self._off = code is None
        self._new: dict[bytes, bytes] = {}

    def key(self, source: str, shown: str, data: bytes) -> bytes:
        """What a unit is found by: `source` and `shown` are the names of its spec, `data` is what
        the spec holds."""
        names = repr((source, shown)).encode("utf-8", "surrogatepass")
        return sha256(self._base + sha256(names).digest() + data).digest()

    def get(self, key: bytes) -> Unit | None:
        blob = self._old.get(key)
        if blob is None:
            return None
        try:
            unit = _Reader(io.BytesIO(blob)).load()
        except Exception:  # whatever stands there, it is no unit
            return None
        return unit if isinstance(unit, Unit) else None

    def keep(self, key: bytes) -> None:
        """The unit under this key is as it was."""
        self._new[key] = self._old[key]

    def put(self, key: bytes, unit: Unit) -> None:
        self._new[key] = pickle.dumps(unit, protocol=5)

    def save(self, *, failed: bool) -> None:
        """Keeps the units of this run and no others. Quiet if that cannot be. A run that `failed`
        leaves nothing where nothing was before."""
        if self._off or self._new == self._old or (failed and not self._file.parent.is_dir()):
            return
        parts = [_MAGIC]
        for key, blob in self._new.items():
            parts += [key, _sum(blob), len(blob).to_bytes(_SIZE, "big"), blob]
        with suppress(OSError):
            replace(self._file, b"".join(parts))


def _load(file: Path) -> dict[bytes, bytes]:
    try:
        data = file.read_bytes()
    except OSError:
        return {}
    if not data.startswith(_MAGIC):
        return {}
    found = {}
    at = len(_MAGIC)
    while at + _KEY + _SUM + _SIZE <= len(data):
        key, checksum = data[at : at + _KEY], data[at + _KEY : at + _KEY + _SUM]
        start = at + _KEY + _SUM + _SIZE
        at = start + int.from_bytes(data[start - _SIZE : start], "big")
        blob = data[start:at]
        if _sum(blob) != checksum:
            break
        found[key] = blob
    return found


def _sum(blob: bytes) -> bytes:
    return blake2b(blob, digest_size=_SUM).digest()


class _Reader(pickle.Unpickler):
    """The cache lies in the working tree, where anybody's pull request may put a file: only plain
    values of slosmith's own are read from it, and nothing is called."""

    def find_class(self, module: str, name: str) -> Any:
        return _class(module, name)


@cache
def _class(module: str, name: str) -> type:
    if (module, name) == ("decimal", "Decimal"):
        return Decimal
    if module.startswith("slosmith.") and name.isidentifier():
        found = getattr(sys.modules.get(module) or import_module(module), name)
        if isinstance(found, type) and is_dataclass(found) and found.__module__ == module:
            parameters: Mapping[str, Any] = vars(found)
            if parameters["__dataclass_params__"].frozen:
                return found
    raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


def _relative(path: Path, folder: Path) -> str:
    try:
        return os.path.relpath(path.absolute(), folder)
    except ValueError:  # another drive
        return str(path.absolute())
