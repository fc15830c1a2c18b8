"""What generators return: a path below `out/` and the whole text of that file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Artifact:
    """One generated file.

    `path` is relative to the output folder, with `/` between its parts; its first part is the
    family (`prometheus`, `grafana`, `kubernetes`). `text` ends in a newline.
    """

    path: str
    text: str

    @property
    def family(self) -> str:
        return self.path.split("/", 1)[0]
