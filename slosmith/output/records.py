"""Records (`out/.slosmith/<owner>.json`) and the journal ↔ which content of which path is ours.

Both are JSON that anyone may have changed: what they say about paths outside the output folder,
or in another shape, is ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slosmith.artifacts import digest
from slosmith.output.paths import FOLDER, is_safe
from slosmith.output.tree import Tree

_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Records:
    """All records of an output folder.

    `files`: owner → path → hash. `digests`: owner → that of the record as it stands there.
    `unreadable`: owner → what is wrong with its record; such an owner has no entry in `files`.
    """

    files: Mapping[str, Mapping[str, str]]
    digests: Mapping[str, str]
    unreadable: Mapping[str, str]


def render(files: Mapping[str, str]) -> bytes:
    """A record: path → hash, sorted, a line each."""
    # json.dumps with an indent takes four times as long, and there is a record for every service.
    lines = [f"    {json.dumps(path)}: {json.dumps(files[path])}" for path in sorted(files)]
    inside = "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"
    return f'{{\n  "files": {inside}\n}}\n'.encode()


def load(out: Path, tree: Tree, expected: Mapping[str, Mapping[str, str]]) -> Records:
    """Reads every record below `out`; none where `out` has no folder of records. `expected`:
    owner → path → hash; a record that says just this need not be parsed."""
    files: dict[str, Mapping[str, str]] = {}
    digests: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for owner in _owners(out / FOLDER):
        path = f"{FOLDER}/{owner}.json"
        seen = tree.probe(path)
        if not seen.digest:
            unreadable[owner] = seen.obstacle
            continue
        digests[owner] = seen.digest
        if owner in expected and seen.digest == digest(render(expected[owner])):
            files[owner] = expected[owner]
            continue
        data = tree.look(path).data if seen.data is None else seen.data
        parsed = _files(data or b"")
        if parsed is None:
            unreadable[owner] = 'is not JSON of the shape {"files": {path: hash}}'
        else:
            files[owner] = {
                path: value
                for path, value in parsed
                if isinstance(value, str) and _HASH.fullmatch(value)
            }
    return Records(files, digests, unreadable)


def _owners(folder: Path) -> list[str]:
    try:
        names = sorted(item.name for item in folder.iterdir()) if not folder.is_symlink() else []
    except OSError:
        return []
    return [name[:-5] for name in names if name.endswith(".json") and not name.startswith(".")]


def load_journal(files: Iterable[Path]) -> dict[str, frozenset[str]]:
    """Path → hashes of contents that an unfinished write had put there or was to put there.

    An unreadable journal counts as none: it only spares warnings about files of ours.
    """
    known: dict[str, frozenset[str]] = {}
    for file in files:
        try:
            parsed = _files(file.read_bytes()) if file.is_file() else None
        except OSError:
            parsed = None
        for path, value in parsed or []:
            hashes = value if isinstance(value, list) else []
            known[path] = known.get(path, frozenset()) | {
                hash_ for hash_ in hashes if isinstance(hash_, str) and _HASH.fullmatch(hash_)
            }
    return known


def render_journal(known: Mapping[str, Iterable[str]]) -> bytes:
    """A journal: path → every hash that is ours there."""
    files = {path: sorted(hashes) for path, hashes in known.items()}
    return (json.dumps({"files": files}, sort_keys=True) + "\n").encode()


def _files(data: bytes) -> list[tuple[str, object]] | None:
    """The safe entries of a record or journal; None if it has another shape."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    entries = content.get("files") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        return None
    return [(path, value) for path, value in entries.items() if is_safe(path)]
