"""What resolving one spec gave, so that it need not be done again, and what it looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from slosmith.checks.allow import Allowance
from slosmith.model import Service, Slo
from slosmith.problems import Path, Problem


@dataclass(frozen=True)
class SourceFile:
    """A file whose shape was checked: its shown name and the data that passed."""

    file: str
    data: Any


@dataclass(frozen=True)
class Draft:
    """A service before references between services are resolved."""

    file: str
    name: str
    at: Path
    data: dict[str, Any]
    slos: tuple[Slo | None, ...]
    # As they are written, also of SLOs with faults.
    slo_names: tuple[str, ...]
    allowed: Any


@dataclass(frozen=True)
class Resolved:
    """What came of one spec in which nothing is wrong.

    It is what it is by the spec, slosmith.yaml, and the SLOs of other services that it looked at:
    `seen` is their fingerprints, by `service/slo`. `problems` are its warnings.
    """

    file: str
    draft: Draft
    service: Service
    problems: tuple[Problem, ...]
    allowances: tuple[Allowance, ...]
    seen: Mapping[str, str]

    def fits(self, index: Mapping[str, Slo | None]) -> bool:
        """Whether the SLOs that it looked at are still the same."""
        return all(fingerprint(index.get(name)) == print_ for name, print_ in self.seen.items())


def fingerprint(slo: Slo | None) -> str:
    return sha256(repr(slo).encode("utf-8", "replace")).hexdigest()


class Watched(Mapping[str, Slo | None]):
    """The SLOs of all services, by `service/slo`, and which of them were looked at."""

    def __init__(self, index: Mapping[str, Slo | None]) -> None:
        self._index = index
        self._names: set[str] = set()
        self._all = False

    def __getitem__(self, name: str) -> Slo | None:
        self._names.add(name)
        return self._index[name]

    def __iter__(self) -> Iterator[str]:
        self._all = True
        return iter(self._index)

    def __len__(self) -> int:
        self._all = True
        return len(self._index)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self._names.add(name)
        return name in self._index

    def seen(self) -> dict[str, str] | None:
        """The fingerprints of what was looked at; None where that is too much to keep."""
        if self._all:
            return None
        return {name: fingerprint(self._index.get(name)) for name in sorted(self._names)}
