"""Where a project's files are: slosmith.yaml, the specs, the output folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
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

    def of_all(self, paths: Sequence[Path]) -> Iterator[tuple[Path, str, str]]:
        """Each path with its `source` and what is `shown`, for thousands of paths."""
        folders: dict[Path, tuple[str, str]] = {}
        for path in paths:
            folder = path.parent
            if folder not in folders:
                # A name for itself alone stands for all: only the last part differs.
                one = folder / "x"
                folders[folder] = (self.source(one)[:-1], self.shown(one)[:-1])
            source, shown = folders[folder]
            name = os.fsencode(path.name).decode("utf-8", errors="surrogateescape")
            whole = shown + (path.name if shown.startswith("/") else name)
            yield path, source + name, whole

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
    if not paths:
        return [], []
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
