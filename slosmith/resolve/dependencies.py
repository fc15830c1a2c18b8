"""What a service depends on."""

from __future__ import annotations

from typing import Any

from slosmith.dependencies import KINDS
from slosmith.dependencies.interface import Kind
from slosmith.escape import one_line
from slosmith.model_dependencies import Dependency
from slosmith.problems import Path
from slosmith.promql import fields
from slosmith.resolve import addresses
from slosmith.resolve.context import Context, mapping, text, texts
from slosmith.shape.messages import listed, suggestion


def build(context: Context, value: Any, namespace: str, at: Path) -> tuple[Dependency, ...]:
    """The dependencies that stand at model path `at`, without those that have faults. `namespace`
    is the service's."""
    found: list[Dependency] = []
    places: dict[str, Path] = {}
    for index, item in enumerate(value if isinstance(value, list) else ()):
        path = (*at, index)
        data = mapping(item)
        name = text(data.get("name"))
        first = places.setdefault(name, path) if name else path
        if first != path:
            where = context.origins.place((*first, "name"))
            message = f"the dependency `{name}` is there already, at {where}"
            context.error("dependency-twice", message, (*path, "name"))
        dependency = _dependency(context, data, name, namespace, path)
        found += [dependency] if dependency else []
    return tuple(found)


def _dependency(
    context: Context, data: dict[str, Any], name: str, namespace: str, at: Path
) -> Dependency | None:
    kind = _kind(context, data, at)
    metrics = _metrics(context, data, at)
    if kind is None:
        return None
    address = _address(context, data, kind, at)
    options = _options(context, data, kind, at)
    _reachable(context, data, kind, at)
    if not name:
        return None
    return Dependency(
        name=name,
        kind=kind.name,
        namespace=text(data.get("namespace")) or namespace,
        selector=texts(data.get("selector")),
        host=address.host if address else "",
        port=address.port if address else None,
        url=address.url if address else "",
        metrics=metrics,
        options=options,
    )


def _kind(context: Context, data: dict[str, Any], at: Path) -> Kind | None:
    name = data.get("kind")
    if not isinstance(name, str):
        return None
    if name not in KINDS:
        near = suggestion(name, KINDS) or f"; known are {listed(list(KINDS), 'and')}"
        message = f"`kind`: there is no kind `{one_line(name)}`{near}"
        context.error("dependency-kind", message, (*at, "kind"))
    return KINDS.get(name)


def _metrics(context: Context, data: dict[str, Any], at: Path) -> tuple[str, ...] | None:
    """Matchers without a name: the kind knows the names."""
    value, path = data.get("metrics"), (*at, "metrics")
    if not isinstance(value, str):
        return None
    found, faults = fields.selector(value, context.judge)
    context.faults(faults, path)
    if found is None:
        return None
    if found.name:
        message = (
            f'`metrics`: takes matchers alone, as in {{job="{found.name}"}}: the names of the '
            "exporter's series are known"
        )
        context.error("promql-selector", message, path)
        return None
    return found.matchers


def _address(
    context: Context, data: dict[str, Any], kind: Kind, at: Path
) -> addresses.Address | None:
    value = data.get("address")
    if not isinstance(value, str):
        return None
    found = addresses.parse(value, kind.port, takes_url=kind.takes_url)
    if isinstance(found, addresses.Address):
        return found
    context.error("dependency-address", f"`address`: {one_line(found)}", (*at, "address"))
    return None


def _options(context: Context, data: dict[str, Any], kind: Kind, at: Path) -> dict[str, str]:
    """The kind's options: their defaults, then what the spec says."""
    given = texts(data.get("options"))
    for name in given:
        if name not in kind.options:
            takes = f"takes {listed(list(kind.options), 'and')}" if kind.options else "takes none"
            near = suggestion(name, kind.options)
            message = f"`{one_line(name)}` is no option of {kind.name}, which {takes}{near}"
            context.error(
                "dependency-option",
                message,
                (*at, "options", name),
            )
        # It stands in commands to copy, where marks of direction would show another order.
        unseen = next((char for char in given[name] if not char.isprintable()), None)
        if unseen is not None:
            message = f"`{one_line(name)}` holds {one_line(unseen)}, which nobody sees in a command"
            context.error("dependency-option", message, (*at, "options", name))
    return {name: given.get(name, default) for name, default in kind.options.items()}


def _reachable(context: Context, data: dict[str, Any], kind: Kind, at: Path) -> None:
    """A dependency that nothing says how to reach: no command of the runbook would be of use."""
    if kind.needs_address and "address" not in data:
        message = f"a dependency of the kind {kind.name} needs an `address`: where clients reach it"
        context.error("dependency-address", message, at)
    elif "address" not in data and "selector" not in data:
        message = (
            "a dependency needs a `selector` (labels of its pods), an `address` (HOST:PORT), "
            "or both"
        )
        context.error("dependency-address", message, at)
