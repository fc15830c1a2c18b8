"""What generators return: a path below `out/` and the whole text of that file."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol


def digest(data: bytes) -> str:
    """The content of a file as records name it: `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + sha256(data).hexdigest()


class Made(Protocol):
    """A generated file, whose text may have to be fetched from somewhere."""

    @property
    def path(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def digest(self) -> str:
        """Raises UnicodeEncodeError for a text that UTF-8 has no bytes for."""


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

    @property
    def digest(self) -> str:
        return digest(self.text.encode())


class Source(Protocol):
    """Where the texts of generated files are."""

    def text(self, path: str) -> str:
        """The text of a file. Raises OSError."""

    def move(self, path: str, target: Path) -> None:
        """Puts the text of a file to `target`, on the same file system if that can be. Raises
        OSError."""


@dataclass(frozen=True)
class Known:
    """One generated file of which the digest is at hand, and the text elsewhere."""

    path: str
    digest: str
    source: Source = field(repr=False, compare=False)

    @property
    def family(self) -> str:
        return self.path.split("/", 1)[0]

    @property
    def text(self) -> str:
        return self.source.text(self.path)
