"""Two versions of a query → the lines that tell them apart."""

from __future__ import annotations

import difflib

from slosmith.escape import one_line


def lines(before: str | None, after: str | None) -> list[str]:
    """The lines of both, each after `- `, `+ ` or two spaces where both have it; printable."""
    old, new = (_lines(query) if query else [] for query in (before, after))
    found = []
    for tag, from_old, to_old, from_new, to_new in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            found += [f"  {line}" for line in old[from_old:to_old]]
        else:
            found += [f"- {line}" for line in old[from_old:to_old]]
            found += [f"+ {line}" for line in new[from_new:to_new]]
    return found


def _lines(query: str) -> list[str]:
    # Not splitlines, which breaks at more than line feeds.
    return [one_line(line.replace("\t", "  ")).rstrip() for line in query.rstrip("\n").split("\n")]
