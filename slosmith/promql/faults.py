"""A fault in a query: which rule, what is wrong, and which characters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`start` and `end` are characters of the query, counted from 0, the end exclusive."""

    check: str
    message: str
    start: int
    end: int
