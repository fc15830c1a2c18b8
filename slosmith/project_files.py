"""Where a project's files are: slosmith.yaml, the specs, the output folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONFIG_NAME = "slosmith.yaml"
DEFAULT_SPECS = "specs"
DEFAULT_OUT = "out"


@dataclass(frozen=True)
class Names:
    """How files are called: for people relative to where slosmith runs, in the model relative to
    the project's root, so that the working directory changes no output."""

    root: Path

    def source(self, path: Path) -> str:
        """A path as generated files name it: relative to the root, with `/` between its parts."""
        return _relative(path, self.root)

    @staticmethod
    def shown(path: Path) -> str:
        """A path as messages name it: relative to the working directory where it lies below."""
        shown = _relative(path, Path.cwd())
        return str(path.absolute()) if shown.startswith("../") else shown


def _relative(path: Path, base: Path) -> str:
    try:
        relative = Path(os.path.relpath(path.absolute(), base.absolute())).as_posix()
    except ValueError:  # another drive
        relative = path.name
    # Names are bytes, and UTF-8 by custom, whatever the locale makes Python take them for.
    return os.fsencode(relative).decode("utf-8", errors="surrogateescape")


def under(root: Path, folder: str | None, default: str) -> Path:
    """A folder of slosmith.yaml, relative to the root."""
    return root / (folder or default)


def selected(paths: Sequence[Path], among: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The specs of the project that SPEC arguments (files or folders) mean, and the arguments
    that mean none."""
    known = {real(path): path for path in among}
    chosen: dict[Path, Path] = {}
    idle = []
    for path in paths:
        key = real(path)
        if path.is_dir():
            inside = {spec: known[spec] for spec in known if spec.is_relative_to(key)}
        else:
            inside = {key: known[key]} if key in known else {}
        chosen.update(inside)
        idle += [] if inside else [path]
    return list(chosen.values()), idle


def real(path: Path) -> Path:
    """Where the path leads; for a link that leads nowhere, the path itself."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
