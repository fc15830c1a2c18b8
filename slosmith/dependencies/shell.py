"""Shell commands for dependencies. Every value that came from a spec is quoted for the shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from slosmith.model_dependencies import Dependency

# Seconds to wait for a server that does not answer.
PATIENCE = 5


def pods(namespace: str, selector: Mapping[str, str]) -> str:
    """`kubectl -n prod get pods -l app=postgres`."""
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    return f"kubectl -n {shlex.quote(namespace)} get pods -l {shlex.quote(labels)}"


def inside(dependency: Dependency, command: str, *, reads: bool = False) -> str:
    """`command` in a running pod of the dependency, or here where it has none. What `reads` no
    input gets none: kubectl would swallow what is pasted after it."""
    if not dependency.selector:
        return command
    found = pods(dependency.namespace, dependency.selector)
    running = "--field-selector=status.phase=Running"
    namespace = shlex.quote(dependency.namespace)
    stdin = "-i " if reads else ""
    return (
        f"pod=$({found} {running} -o name | head -n 1)\n"
        f'kubectl -n {namespace} exec {stdin}"$pod" -- {command}'
    )


def states(namespace: str, selector: Mapping[str, str]) -> str:
    """Pods with their restarts, and what happened to them lately."""
    name = shlex.quote(namespace)
    return (
        f"{pods(namespace, selector)} -o wide\n"
        f"kubectl -n {name} get events --field-selector=involvedObject.kind=Pod "
        "--sort-by=.lastTimestamp | tail -n 20"
    )


def psql(dependency: Dependency, statement: str) -> str:
    """SQL of our own through psql, in a pod of the dependency or at its address."""
    values = {} if dependency.selector else {"host": dependency.host, "port": str(dependency.port)}
    values |= {"user": dependency.options["user"], "dbname": dependency.options["database"]}
    if not dependency.selector:
        values["connect_timeout"] = str(PATIENCE)
    connection = " ".join(f"{key}={_conninfo(value)}" for key, value in values.items())
    command = inside(dependency, f"psql -X {shlex.quote(connection)}", reads=True)
    return f"{command} <<'SQL'\n{statement.strip()}\nSQL"


def _conninfo(value: str) -> str:
    """A value of a libpq connection string: in single quotes unless it is plain."""
    if value and all(char.isalnum() or char in "._-:" for char in value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def redis_cli(dependency: Dependency, arguments: str) -> str:
    """redis-cli in a pod of the dependency or at its address; a password is read from
    REDISCLI_AUTH."""
    address = ""
    if not dependency.selector:
        address = f" -h {shlex.quote(dependency.host)} -p {dependency.port}"
    return inside(dependency, f"redis-cli{address} {arguments}")
