"""The folders of specs and output, and what keeps a project from using them."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slosmith.problems import Place, Problem
from slosmith.project_files import Names, real
from slosmith.read.document import Document


@dataclass(frozen=True)
class Folders:
    """Where specs are read and output is written. `config`: slosmith.yaml as it was read, None
    without one; `out_is_option`: the command line names the output folder."""

    specs: Path
    out: Path
    config: Document | None = None
    out_is_option: bool = False

    def place(self, *keys: str) -> Place:
        """Where the first of `keys` that slosmith.yaml has stands; without any, the folder of
        the specs."""
        for key in keys:
            if self.config and self.names(key):
                return Place(self.config.file, self.config.values[key,])
        return Place(Names.shown(self.specs))

    def names(self, key: str) -> bool:
        """Whether slosmith.yaml says where this folder is."""
        return self.config is not None and (key,) in self.config.values


def faults(folders: Folders, *, allow_empty: bool) -> Iterator[Problem]:
    """Why nothing can be read, or written. Links and `..` are followed to where they lead."""
    kind = _kind(folders.specs)
    shown = Names.shown(folders.specs)
    if kind == "file":
        message = f"{shown} is no folder; name the one that holds the specs"
        yield Problem("no-specs", message, folders.place("specs"))
    elif kind == "missing" and folders.names("specs") and not allow_empty:
        message = f"there is no folder {shown} to read specs from"
        yield Problem("no-specs", message, folders.place("specs"))
    specs, out = real(folders.specs), real(folders.out)
    if not (specs.is_relative_to(out) or out.is_relative_to(specs)):
        return
    both = f"{Names.shown(folders.out)} and {shown}"
    message = (
        f"the folders of output and specs, {both}, are one or lie in each other: slosmith would "
        "read its own output as specs, or clean up among them; name two folders side by side"
    )
    named = Place(Names.shown(folders.out))
    where = named if folders.out_is_option else folders.place("out", "specs")
    yield Problem("out-folder", message, where)


def _kind(folder: Path) -> Literal["folder", "file", "missing"]:
    try:
        return "folder" if stat.S_ISDIR(folder.stat().st_mode) else "file"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "folder"  # whoever reads it finds out what is wrong


def outside(paths: Sequence[Path], specs: Path) -> Iterator[Problem]:
    """`paths` of the command line that mean no spec of the project."""
    for path in paths:
        message = (
            f"is no spec of this project, or holds none: those are all *.yaml and *.yml below "
            f"{Names.shown(specs)}, and always read together; SPEC only chooses what is written"
        )
        yield Problem("spec-outside", message, Place(Names.shown(path)))
