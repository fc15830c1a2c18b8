"""What may be there once in the whole output: every file says what it takes, and two that take
the same are found at the end, whoever made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slosmith.validate.findings import Finding, Keys

# No path and no text from a spec that reaches a message has it.
EARLIER = "\0"


@dataclass(frozen=True)
class Claim:
    """`what` is taken by the file at `path`, where `keys` lead. `message` is for a later file that
    takes it too; EARLIER in it is the path of the earlier one. Claims with one `number` of a file
    are those of one object, of which one conflict is enough."""

    what: tuple[str, ...]
    path: str
    keys: Keys
    message: str
    number: int | None = None


def conflicts(claims: Iterable[Claim]) -> Iterator[tuple[str, Finding]]:
    """What is claimed again, with the path of each later file."""
    first: dict[tuple[str, ...], str] = {}
    told: set[tuple[str, int]] = set()
    for claim in claims:
        if claim.number is not None and (claim.path, claim.number) in told:
            continue
        if claim.what in first:
            if claim.number is not None:
                told.add((claim.path, claim.number))
            text = claim.message.replace(EARLIER, first[claim.what])
            yield claim.path, Finding("artifact-duplicate", claim.keys, text)
        else:
            first[claim.what] = claim.path
