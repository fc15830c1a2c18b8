"""The library of playbook entries that a runbook's phases name: one Markdown file each.

A file holds its title as a heading, then `Kinds:` (the kinds of dependencies that it is for, or
`any`), then four parts, each below a heading of its own: when to use it, the risk, the steps, and
the metric that proves it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

_FORM = re.compile(
    r"# (?P<title>[^\n]+)\n\nKinds: (?P<kinds>[^\n]+)\n\n"
    r"## When\n\n(?P<when>.+?)\n\n## Risk\n\n(?P<risk>.+?)\n\n"
    r"## Steps\n\n(?P<steps>.+?)\n\n## Proof\n\n(?P<proof>.+?)\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class Entry:
    """One entry. `kinds` is empty where it is for any; the parts are Markdown of our own."""

    name: str
    title: str
    kinds: tuple[str, ...]
    when: str
    risk: str
    steps: str
    proof: str


def parse(name: str, text: str) -> Entry:
    """An entry from the text of its file; raises ValueError where a part is missing."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{name}: not a title, Kinds, When, Risk, Steps and Proof in this order")
    kinds = () if match["kinds"] == "any" else tuple(match["kinds"].split(", "))
    parts = {part: match[part] for part in ("title", "when", "risk", "steps", "proof")}
    return Entry(name=name, kinds=kinds, **parts)


def _library() -> Mapping[str, Entry]:
    files = resources.files(__name__).iterdir()
    named = sorted(
        (file.name.removesuffix(".md"), file) for file in files if file.name.endswith(".md")
    )
    return {name: parse(name, file.read_text(encoding="utf-8")) for name, file in named}


LIBRARY = _library()
