"""Names of what slosmith keeps about its output, and which paths it may touch at all."""

from __future__ import annotations

from pathlib import Path
from typing import TypeGuard

# The folder of the records inside the output folder, and of the scratch beside it.
FOLDER = ".slosmith"
# In the scratch folder: what only saves time.
CACHE = "cache"


def is_safe(path: object) -> TypeGuard[str]:
    """True for a relative path with `/` between its parts that stays below the output folder and
    outside the folder of the records."""
    if not isinstance(path, str) or not path.isprintable() or "\\" in path or ":" in path:
        return False
    parts = path.split("/")
    return parts[0] != FOLDER and all(part not in ("", ".", "..") for part in parts)


def record_path(owner: str) -> str:
    """Where the record of a service (or of `fleet`) is, relative to the output folder."""
    return f"{FOLDER}/{owner}.json"


def scratch_folder(out: Path) -> Path:
    """The folder beside the output folder for locks, journals and staged files."""
    return _real_parent(out) / FOLDER


def seen_file(out: Path) -> Path:
    """Where the digests of files of `out` are kept that need not be read again."""
    return scratch_folder(out) / CACHE / f"seen-{_name(out)}.json"


def journals(out: Path) -> tuple[Path, Path]:
    """Where the journal of a write to `out` is: in the scratch folder, or, where there is none,
    among the records (under a name that no record has).

    Several output folders may share a scratch folder, so the name of `out` is part of it.
    """
    return scratch_folder(out) / f"journal-{_name(out)}.json", out / FOLDER / ".journal"


def _real_parent(out: Path) -> Path:
    return out.resolve().parent if out.name in ("", "..") else out.absolute().parent


def _name(out: Path) -> str:
    return out.resolve().name if out.name in ("", "..") else out.name
