"""Golden files as data: compare a text with a file, or accept it."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest


def compare(file: Path, text: str, *, update: bool) -> None:
    """Fails with a diff and the command that accepts the change."""
    if update:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        return
    wanted = file.read_text(encoding="utf-8") if file.exists() else ""
    if text == wanted:
        return
    diff = difflib.unified_diff(
        wanted.splitlines(keepends=True), text.splitlines(keepends=True), "golden", "now"
    )
    pytest.fail(f"{file} differs; `make golden` accepts this:\n{''.join(diff)}", pytrace=False)
