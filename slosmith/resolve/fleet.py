"""All files → the fleet: built-in < defaults < service < SLO < overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slosmith.model import Autoscaling, Fleet, Project, Service, Slo
from slosmith.model_chaos import Experiment
from slosmith.model_dependencies import Dependency
from slosmith.problems import Path
from slosmith.resolve import (
    allow,
    autoscaling,
    chaos,
    dependencies,
    load_test,
    project,
    runbook,
    scalers,
    slos,
)
from slosmith.resolve.context import Context, labels, mapping, text, texts
from slosmith.resolve.layers import Layer, merge
from slosmith.shape.messages import suggestion

# What an SLO inherits from its service, and that from slosmith.yaml.
_SLO_FIELDS = ("window", "alerting", "objective", "by")
_SERVICE_FIELDS = (
    "description",
    "owner",
    "namespace",
    "pods",
    "labels",
    "links",
    "autoscaling",
    "dependencies",
    "load_test",
    "chaos",
    "runbook",
)
# Sections whose defaults count only where the service has them.
_SECTION = "autoscaling"
_SECTIONS = (_SECTION, "load_test", "chaos")
# Names of files that belong to the whole fleet.
_RESERVED_NAMES = ("fleet", "overview")


@dataclass(frozen=True)
class SourceFile:
    """A file whose shape was checked: its shown name and the data that passed."""

    file: str
    data: Any


@dataclass(frozen=True)
class _Draft:
    """A service before references between services are resolved."""

    file: str
    name: str
    at: Path
    data: dict[str, Any]
    slos: tuple[Slo | None, ...]
    # As they are written, also of SLOs with faults.
    slo_names: tuple[str, ...]
    allowed: Any


def resolve(context: Context, config: SourceFile | None, specs: Sequence[SourceFile]) -> Fleet:
    """The fleet of all services that resolve; what is wrong with the others is in `context`."""
    shared = Layer(config.file, (), mapping(config.data)) if config else Layer("", (), {})
    if config:
        merge([shared], context.origins, project.AT)
    resolved = project.build(context, shared.data)
    overrides = shared.child("overrides") or Layer(shared.file, (), {})
    drafts = [_draft(context, resolved, shared, overrides, spec) for spec in specs]
    _unique_names(context, drafts)
    _known_overrides(context, overrides, drafts)
    index = {
        f"{draft.name}/{name}": slo
        for draft in drafts
        for name, slo in zip(_slo_names(draft), draft.slos, strict=True)
    }
    services = [_service(context, resolved, draft, index) for draft in drafts]
    at = [(*draft.at, _SECTION) for draft in drafts]
    scalers.check(context, zip(at, services, strict=True))
    fleet = Fleet(
        resolved,
        tuple(sorted((service for service in services if service), key=lambda item: item.name)),
    )
    _allowances(context, shared, drafts)
    return fleet


def _allowances(context: Context, shared: Layer, drafts: list[_Draft]) -> None:
    """What slosmith.yaml and the specs allow, into the context."""
    known = {f"{draft.name}/{name}" for draft in drafts for name in draft.slo_names}
    at = (*project.AT, "allow")
    context.allowances += allow.read(context, shared.data.get("allow"), "", known, at)
    for draft in drafts:
        path = (*draft.at, "allow")
        context.allowances += allow.read(context, draft.allowed, draft.name, draft.slo_names, path)


def _draft(
    context: Context, resolved: Project, shared: Layer, overrides: Layer, spec: SourceFile
) -> _Draft:
    at: Path = ("services", spec.file)
    own = Layer(spec.file, (), mapping(spec.data))
    merge([own.only("service")], context.origins, at)
    context.origins.record(at, spec.file, ())
    name = text(own.data.get("service"))
    if name in _RESERVED_NAMES:
        message = f"`{name}` is the name of a file of the whole fleet; choose another"
        context.error("service-name", message, (*at, "service"))
    defaults = shared.child("defaults")
    named = overrides.child("services")
    override = named.child(name) if named else None
    layers = [layer for layer in (defaults, own, overrides, override) if layer]
    data = _merged_service(context, layers, at, own, override)
    listed = (override.child("slos") if override else None) or own.child("slos")
    found = _slos(context, resolved, layers, listed, own, at)
    merge([own.only("allow")], context.origins, at)
    items = listed.data if listed and isinstance(listed.data, list) else []
    names = tuple(text(mapping(item).get("name")) for item in items)
    return _Draft(spec.file, name, at, data, found, names, own.data.get("allow"))


def _merged_service(
    context: Context, layers: list[Layer], at: Path, own: Layer, override: Layer | None
) -> dict[str, Any]:
    data = {}
    for field in _SERVICE_FIELDS:
        found = [child for layer in layers if (child := layer.child(field))]
        has_it = any(layer and layer.child(field) for layer in (own, override))
        if found and (field not in _SECTIONS or has_it):
            data[field] = merge(found, context.origins, (*at, field))
    return data


def _slos(
    context: Context,
    resolved: Project,
    layers: list[Layer],
    listed: Layer | None,
    own: Layer,
    at: Path,
) -> tuple[Slo | None, ...]:
    """Every SLO from its layers: inherited fields, its own, then what overrides it."""
    if listed is None or not isinstance(listed.data, list):
        return ()
    split = layers.index(own) + 1
    below = [layer.only(*_SLO_FIELDS) for layer in layers[:split]]
    above = [layer.only(*_SLO_FIELDS) for layer in layers[split:]]
    found: list[Slo | None] = []
    places: dict[str, Path] = {}
    for index in range(len(listed.data)):
        layer = listed.child(index)
        if layer is None or not isinstance(layer.data, dict):
            found.append(None)
            continue
        path = (*at, "slos", index)
        data = merge([*below, layer, *above], context.origins, path)
        context.origins.record(path, layer.file, layer.path)
        slo = slos.build(context, resolved, data, path)
        name = text(data.get("name"))
        first = places.setdefault(name, path) if name else path
        if first != path:
            where = context.origins.place((*first, "name"))
            message = f"the SLO `{name}` is there already, at {where}"
            context.error("slo-twice", message, (*path, "name"))
        found.append(slo)
    return tuple(found)


def _slo_names(draft: _Draft) -> list[str]:
    """A name for every SLO; faulty ones have none and cannot be referred to."""
    return [slo.name if slo else f"?{index}" for index, slo in enumerate(draft.slos)]


def _service(
    context: Context, resolved: Project, draft: _Draft, index: Mapping[str, Slo | None]
) -> Service | None:
    data, at = draft.data, draft.at
    scaling = None
    if isinstance(data.get(_SECTION), dict):
        scaling = autoscaling.build(
            context, data[_SECTION], (*at, _SECTION), resolved, draft.name, index
        )
    service_labels = labels(context, data.get("labels"), (*at, "labels"))
    _by_is_free(context, draft, service_labels)
    namespace = text(data.get("namespace")) or "default"
    needs = dependencies.build(context, data.get("dependencies"), namespace, (*at, "dependencies"))
    known = dict(zip(draft.slo_names, draft.slos, strict=True))
    load = None
    if isinstance(data.get("load_test"), dict):
        load = load_test.build(context, data["load_test"], (*at, "load_test"), known)
    experiments = _experiments(context, draft, data, namespace, needs, scaling)
    phases = runbook.build(context, data, (*at, "runbook"), draft.name, index)
    if not draft.name or not draft.slos or None in draft.slos:
        return None
    return Service(
        name=draft.name,
        source=draft.file,
        slos=tuple(slo for slo in draft.slos if slo),
        description=text(data.get("description")),
        owner=text(data.get("owner")),
        namespace=namespace,
        pods=texts(data.get("pods")),
        labels=service_labels,
        links=texts(data.get("links")),
        autoscaling=scaling,
        dependencies=needs,
        load_test=load,
        experiments=experiments,
        phases=phases,
    )


def _experiments(
    context: Context,
    draft: _Draft,
    data: dict[str, Any],
    namespace: str,
    needs: tuple[Dependency, ...],
    scaling: Autoscaling | None,
) -> tuple[Experiment, ...]:
    listed = data.get("dependencies")
    named = (mapping(item).get("name") for item in (listed if isinstance(listed, list) else ()))
    around = chaos.Surroundings(
        context=context,
        service=draft.name,
        namespace=namespace,
        pods=texts(data.get("pods")),
        slos=dict(zip(draft.slo_names, draft.slos, strict=True)),
        dependencies=needs,
        named=frozenset(name for name in named if isinstance(name, str)),
        scaling=scaling,
    )
    return chaos.build(around, data.get("chaos"), (*draft.at, "chaos"))


def _by_is_free(context: Context, draft: _Draft, service_labels: Mapping[str, str]) -> None:
    """A label that the alerts set would hide the value of `by`."""
    for index, slo in enumerate(draft.slos):
        if slo is None:
            continue
        alerting = slo.alerting
        taken = {
            *service_labels,
            *alerting.labels,
            *alerting.page.labels,
            *alerting.ticket.labels,
        }
        for name in slo.by:
            if name in taken:
                message = (
                    f"`by`: the label `{name}` is one of the alert's own, too; rename that one"
                )
                context.error("by-label", message, (*draft.at, "slos", index, "by"))


def _unique_names(context: Context, drafts: list[_Draft]) -> None:
    places: dict[str, Path] = {}
    for draft in drafts:
        first = places.setdefault(draft.name, draft.at) if draft.name else draft.at
        if first != draft.at:
            where = context.origins.place((*first, "service"))
            message = f"the service `{draft.name}` is there already, at {where}"
            context.error("service-twice", message, (*draft.at, "service"))


def _known_overrides(context: Context, overrides: Layer, drafts: list[_Draft]) -> None:
    names = [draft.name for draft in drafts]
    for name in mapping(overrides.data.get("services")):
        if name not in names:
            near = suggestion(name, names)
            message = f"overrides a service `{name}` that no spec has{near}"
            path = (*project.AT, "overrides", "services", name)
            context.error("service-unknown", message, path, key=True)
