"""What a kind of dependency brings. A fourth kind is one file in slosmith/dependencies/kinds/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """A kind of dependency: all that differs between, say, PostgreSQL and Redis.

    `port` is the usual one, None where there is none. `options` are the fields below `options:`
    with their defaults. `takes_url`: its address may be a URL. `needs_address`: pods alone do not
    tell how to ask it.
    """

    name: str
    title: str
    port: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    takes_url: bool = False
    needs_address: bool = False
