"""The first project that `slosmith init` writes."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

FILES = ("slosmith.yaml", "specs/my-service.yaml")


def write(folder: Path) -> tuple[list[str], list[str]]:
    """Writes the starter project into `folder`; nothing if one of its files is there already.

    Returns the paths written and, instead, what stands in the way.
    """
    problems = [
        f"{folder / name} is there already; `slosmith init` overwrites nothing"
        for name in FILES
        if (folder / name).exists() or (folder / name).is_symlink()
    ]
    if problems:
        return [], problems
    written: list[str] = []
    for name in FILES:
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(resources.files(__name__).joinpath(name).read_text(encoding="utf-8"))
        except OSError as error:
            return written, [f"{path}: {error.strerror}"]
        written.append(str(path))
    return written, []
