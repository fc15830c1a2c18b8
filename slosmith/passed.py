"""What promtool has passed before, as digests of all that its answer depended on, one a line.

Nothing depends on it but time: what cannot be read counts as empty, what cannot be written is left.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slosmith.output import make_scratch

_MOST = 100_000


@dataclass(frozen=True)
class Passed:
    """The keys in one file of a scratch folder, or of a folder in it."""

    scratch: Path
    file: Path
    keys: frozenset[str]

    @classmethod
    def read(cls, scratch: Path, name: str) -> Passed:
        file = scratch / name
        try:
            text = file.read_text(encoding="ascii")
        except (OSError, ValueError):
            text = ""
        return cls(scratch, file, frozenset(text.split()))

    def add(self, more: set[str]) -> None:
        """Those of other checkouts and branches are kept, up to a number."""
        if more <= self.keys:
            return
        kept = [key for key in sorted(self.keys) if key not in more]
        lines = [*kept[: max(0, _MOST - len(more))], *sorted(more)]
        folder = self.file.parent
        with suppress(OSError):
            make_scratch(self.scratch)
            folder.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f"{self.file.name}-", dir=folder)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write("".join(f"{line}\n" for line in lines))
                Path(name).replace(self.file)
            except OSError:
                Path(name).unlink()
                raise
