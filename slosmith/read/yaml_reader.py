"""The bytes of a YAML file → a Document and all problems found on the way."""

from __future__ import annotations

import re

from slosmith.problems import Problem
from slosmith.read.composer import MAX_PROBLEMS, TOO_MANY_PROBLEMS, compose
from slosmith.read.document import Document
from slosmith.read.nodes import flatten
from slosmith.read.source import (
    Positions,
    control_characters,
    decode,
    without_control_characters,
)


def read_yaml(raw: bytes, file: str) -> tuple[Document | None, list[Problem]]:
    """Reads one YAML document, hostile or not; `file` is the name that problems show.

    The document is there, even beside problems, if its data is whole enough for further checks:
    of a duplicate key it has the first value, of a foreign tag the value below it, and REFUSED
    where a value could not be read. It is None after syntax errors, merge keys and at limits.
    """
    text, problems = decode(raw, file)
    if text is None:
        return None, problems
    positions = Positions(text)
    problems = control_characters(text, positions, file, MAX_PROBLEMS)
    if len(problems) >= MAX_PROBLEMS:
        return None, [*problems, Problem("yaml-limits", TOO_MANY_PROBLEMS, problems[-1].where)]
    # A lone carriage return is a line end to libyaml: its lines would not be those of editors.
    if re.search(r"\r(?!\n)", text):
        return None, problems
    clean = without_control_characters(text) if problems else text
    composed = compose(clean, positions, file, problems)
    if composed.root is None or not composed.complete:
        return None, composed.problems
    tables = flatten(composed.root)
    document = Document(
        file=file,
        text=text,
        data=tables.data,
        values=tables.values,
        keys=tables.keys,
        strings=tables.strings,
    )
    return document, composed.problems
