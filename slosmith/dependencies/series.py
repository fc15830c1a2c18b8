"""PromQL over the series of a dependency's exporter."""

from __future__ import annotations

from collections.abc import Callable

from slosmith.model_dependencies import Dependency

# From a series' name, and matchers to add, to its selector.
Series = Callable[..., str]


def of(dependency: Dependency) -> Series:
    """Selectors of the dependency's series: `of(db)("pg_up")` is `pg_up{job="postgres"}`."""

    def selector(name: str, *extra: str) -> str:
        return f"{name}{{{', '.join((*(dependency.metrics or ()), *extra))}}}"

    return selector


def slo_name(dependency: Dependency, what: str) -> str:
    """`users-db-connections`, a DNS label of at most 63 characters."""
    room = 63 - len(what) - 1
    return f"{dependency.name[:room].rstrip('-')}-{what}"
