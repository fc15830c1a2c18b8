"""The code that makes the output, as one digest: with other code, nothing made before counts."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slosmith.pipeline import Generators

_PACKAGES = ("slosmith", "generators")
_SUFFIXES = (".py", ".json", ".yaml", ".j2", ".md", ".js")


def code_digest(generators: Generators) -> str | None:
    """Of Python, of all files of slosmith's own, of the names and versions of everything that is
    installed beside it, and of the names of the generators. None where a generator has no name by
    which it could be known again."""
    functions: list[Any] = [*generators.service, generators.folder, *generators.fleet]
    if not all(map(_is_named, functions)):
        return None
    whole = sha256(sys.version.encode())
    for function in functions:
        whole.update(f"{function.__module__}.{function.__qualname__}\n".encode())
    root = Path(__file__).resolve().parents[2]
    for package in _PACKAGES:
        for file in _files(root / package):
            data = Path(file).read_bytes()
            whole.update(f"{os.path.relpath(file, root)} {len(data)}\n".encode())
            whole.update(data)
    for name in _installed():
        whole.update(f"{name}\n".encode())
    return whole.hexdigest()


def _is_named(function: Any) -> bool:
    module = sys.modules.get(function.__module__)
    return getattr(module, getattr(function, "__qualname__", ""), None) is function


def _files(folder: Path) -> list[str]:
    return sorted(
        os.path.join(parent, name)  # noqa: PTH118 (hundreds of them: faster)
        for parent, _, names in os.walk(folder)
        for name in names
        if name.endswith(_SUFFIXES)
    )


def _installed() -> list[str]:
    found = set()
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 (may be a zip file)
        except OSError:
            continue
        found |= {name for name in names if name.endswith((".dist-info", ".egg-info"))}
    return sorted(found)
