"""Files of a commit → the same files below a temporary folder."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slosmith.escape import one_line
from slosmith.git.command import GitFault, Repository
from slosmith.read.source import MAX_BYTES

_LINK = "120000"
_FILES = ("100644", "100755", "100664")
_MOST_LINKS = 40  # as Linux follows


@dataclass(frozen=True)
class _Entry:
    """What a tree lists; `size` in bytes, 0 for what is no file."""

    mode: str
    object: str
    size: int
    path: str


def extract(
    repository: Repository, commit: str, paths: Sequence[str], suffixes: tuple[str, ...], to: Path
) -> None:
    """Writes the files at and below `paths` below the folder `to`, those alone whose names end in
    one of `suffixes`, whatever the case.

    Paths are relative to the top of the repository, with `/`; what the commit does not have is
    left out. Links within the repository become what they lead to; those that lead nowhere or out
    of it become links that lead nowhere, so that whoever reads them says so. A file that is too
    large to be a spec has the right size and no content.
    """
    files: dict[str, _Entry] = {}
    dead: set[str] = set()
    for path in paths:
        real = _followed(repository, commit, path)
        for entry in _listed(repository, commit, real) if real is not None else ():
            inside = posixpath.relpath(entry.path, real) if real else entry.path
            shown = path if inside == "." else posixpath.join(path, inside)
            if not shown.lower().endswith(suffixes):
                continue
            found = _file(repository, commit, entry)
            if found:
                files[shown] = found
            else:
                dead.add(shown)
    _write(repository, files, to)
    for shown in dead:
        _place(to, shown).symlink_to("nowhere")


def _file(repository: Repository, commit: str, entry: _Entry) -> _Entry | None:
    """The file that an entry is, or links to; None for a link to nothing, and for a submodule."""
    if entry.mode != _LINK:
        return entry if entry.mode in _FILES else None
    target = _followed(repository, commit, entry.path)
    found = _listed(repository, commit, target) if target else ()
    return next((item for item in found if item.path == target and item.mode in _FILES), None)


def read(repository: Repository, commit: str, path: str) -> bytes | None:
    """One file of a commit; None where it has none, or one that is too large to be read."""
    real = _followed(repository, commit, path)
    for entry in _listed(repository, commit, real) if real else ():
        if entry.path == real and entry.mode in _FILES and entry.size <= MAX_BYTES:
            return repository.read("cat-file", "blob", entry.object)
    return None


def _listed(repository: Repository, commit: str, path: str) -> Iterator[_Entry]:
    """The entry of a path, or all files and links below it."""
    options = ["--full-tree", "-r", "-l", "-z", commit]
    # Paths are taken as they are: no part of them is a pattern.
    arguments = ["ls-tree", *options, *(["--", path] if path else [])]
    for line in repository.read(*arguments).split(b"\0"):
        head, _, name = line.partition(b"\t")
        parts = head.decode("ascii").split()
        if len(parts) == 4:
            mode, _, number, size = parts
            shown = os.fsdecode(name)
            yield _Entry(mode, number, int(size) if size.isdigit() else 0, shown)


def _followed(repository: Repository, commit: str, path: str) -> str | None:
    """The path with the links in it replaced by what they lead to; None where that is nothing, or
    is outside of the repository."""
    done: list[str] = []
    rest = [part for part in path.split("/") if part not in ("", ".")]
    links = 0
    while rest:
        part = rest.pop(0)
        if part == "..":
            if not done:
                return None
            done.pop()
            continue
        done.append(part)
        target = _link(repository, commit, "/".join(done))
        if target is None:
            continue
        links += 1
        if links > _MOST_LINKS or target.startswith("/"):
            return None
        done.pop()
        rest = [piece for piece in target.split("/") if piece not in ("", ".")] + rest
    return "/".join(done)


def _link(repository: Repository, commit: str, path: str) -> str | None:
    """Where the link at a path leads; None where there is no link."""
    listed = repository.read("ls-tree", "--full-tree", "-z", commit, "--", path)
    for line in listed.split(b"\0"):
        head, _, name = line.partition(b"\t")
        if head.startswith(_LINK.encode()) and os.fsdecode(name) == path:
            number = head.split()[2].decode("ascii")
            return os.fsdecode(repository.read("cat-file", "blob", number))
    return None


def _write(repository: Repository, files: Mapping[str, _Entry], to: Path) -> None:
    small = {path: entry for path, entry in files.items() if entry.size <= MAX_BYTES}
    for path in files.keys() - small.keys():
        with _place(to, path).open("wb") as file:
            file.truncate(files[path].size)
    given = "".join(f"{entry.object}\n" for entry in small.values()).encode("ascii")
    raw = repository.read("cat-file", "--batch", given=given) if small else b""
    start = 0
    for path in small:
        end = raw.find(b"\n", start)
        head = raw[start:end].split()
        if len(head) != 3 or head[1] != b"blob":
            raise GitFault(f"git has no content for {one_line(path)}; is the clone complete?")
        size = int(head[2])
        _place(to, path).write_bytes(raw[end + 1 : end + 1 + size])
        start = end + 1 + size + 1


def _place(to: Path, path: str) -> Path:
    """Where a file of the tree goes. Git itself refuses trees with `..` in them; so do we."""
    parts = path.split("/")
    if ".." in parts or any(part in ("", ".") for part in parts):
        raise GitFault(f"a path of the commit that leads out of it: {one_line(path)}")
    place = to.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
