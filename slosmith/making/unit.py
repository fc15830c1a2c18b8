"""All that is known of one service once it was made."""

from __future__ import annotations

from dataclasses import dataclass

from slosmith.model import ServiceSummary
from slosmith.problems import At, Place, Problem
from slosmith.resolve.known import Resolved
from slosmith.validate.claims import Claim


@dataclass(frozen=True)
class Product:
    """What the generators made of a service: path and digest of each file, what the fleet may see
    of it, and what its files claim. `judged`: the warnings of the checks of specs. `faults`: what
    is wrong with the files, which are then none."""

    files: tuple[tuple[str, str], ...]
    summary: ServiceSummary
    claims: tuple[Claim, ...]
    judged: tuple[Problem, ...]
    faults: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Sighting:
    """Where something that a problem is about stands, as `Origins.kept` gives it."""

    at: At
    place: Place
    addition: str
    line: str | None


@dataclass(frozen=True)
class Unit:
    """One spec, resolved and, if the whole project had no errors, made."""

    resolved: Resolved
    product: Product | None
    sightings: tuple[Sighting, ...]
