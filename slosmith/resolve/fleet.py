"""All files → the fleet: built-in < defaults < service < SLO < overrides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slosmith.checks.allow import Allowance
from slosmith.model import Autoscaling, Fleet, Project, Service, Slo
from slosmith.model_chaos import Experiment
from slosmith.model_dependencies import Dependency
from slosmith.problems import Path, Problem, has_errors
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
from slosmith.resolve.known import Draft, Resolved, SourceFile, Watched
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


def resolve(
    context: Context,
    config: SourceFile | None,
    specs: Iterable[SourceFile | Resolved],
    reread: Callable[[str], SourceFile | None] = lambda _: None,
) -> Fleet:
    """The fleet of all services that resolve; what is wrong with the others is in `context`.

    Specs may come as what they were resolved to before. `reread` gives the file of such a one
    again, where what it refers to has changed. All of which nothing is wrong are then in
    `context.resolved`.
    """
    shared = Layer(config.file, (), mapping(config.data)) if config else Layer("", (), {})
    if config:
        merge([shared], context.origins, project.AT)
    resolved = project.build(context, shared.data)
    overrides = shared.child("overrides") or Layer(shared.file, (), {})

    def redraft(spec: SourceFile) -> None:
        _draft(Context(context.origins, context.judge), resolved, shared, overrides, spec)

    context.redraft = redraft
    own: dict[str, list[Problem]] = {}
    known: dict[str, Resolved] = {}
    drafts = []
    for spec in specs:
        if isinstance(spec, Resolved):
            known[spec.file] = spec
            drafts.append(spec.draft)
            continue
        first = len(context.problems)
        drafts.append(_draft(context, resolved, shared, overrides, spec))
        own[spec.file] = context.problems[first:]
    _unique_names(context, drafts)
    _known_overrides(context, overrides, drafts)
    index = {
        f"{draft.name}/{name}": slo
        for draft in drafts
        for name, slo in zip(_slo_names(draft), draft.slos, strict=True)
    }
    for number, draft in enumerate(drafts):
        if draft.file in known and not known[draft.file].fits(index):
            del known[draft.file]
            first = len(context.problems)
            if again := reread(draft.file):
                drafts[number] = _draft(context, resolved, shared, overrides, again)
            own[draft.file] = context.problems[first:]
    services: list[Service | None] = []
    seen: dict[str, dict[str, str] | None] = {}
    for draft in drafts:
        if draft.file in known:
            services.append(known[draft.file].service)
            context.problems += known[draft.file].problems
            continue
        first, watched = len(context.problems), Watched(index)
        services.append(_service(context, resolved, draft, watched))
        own[draft.file] += context.problems[first:]
        seen[draft.file] = watched.seen()
    at = [(*draft.at, _SECTION) for draft in drafts]
    scalers.check(context, zip(at, services, strict=True))
    fleet = Fleet(
        resolved,
        tuple(sorted((service for service in services if service), key=lambda item: item.name)),
    )
    allowed = _allowances(context, shared, drafts, known)
    for draft, service in zip(drafts, services, strict=True):
        if draft.file in known:
            context.resolved[draft.file] = known[draft.file]
            continue
        problems, looked_at = own[draft.file], seen[draft.file]
        allowances = allowed.get(draft.file)
        if (
            service
            and looked_at is not None
            and allowances is not None
            and not has_errors(problems)
        ):
            context.resolved[draft.file] = Resolved(
                draft.file, draft, service, tuple(problems), tuple(allowances), looked_at
            )
    return fleet


def _allowances(
    context: Context, shared: Layer, drafts: list[Draft], resolved: Mapping[str, Resolved]
) -> dict[str, list[Allowance]]:
    """What slosmith.yaml and the specs allow, into the context; and that of each spec in which
    all of it may be allowed."""
    known = {f"{draft.name}/{name}" for draft in drafts for name in draft.slo_names}
    at = (*project.AT, "allow")
    context.allowances += allow.read(context, shared.data.get("allow"), "", known, at)
    found: dict[str, list[Allowance]] = {}
    for draft in drafts:
        if draft.file in resolved:
            read = list(resolved[draft.file].allowances)
            found[draft.file] = read
        else:
            first, path = len(context.problems), (*draft.at, "allow")
            read = allow.read(context, draft.allowed, draft.name, draft.slo_names, path)
            if not has_errors(context.problems[first:]):
                found[draft.file] = read
        context.allowances += read
    return found


def _draft(
    context: Context, resolved: Project, shared: Layer, overrides: Layer, spec: SourceFile
) -> Draft:
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
    return Draft(spec.file, name, at, data, found, names, own.data.get("allow"))


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


def _slo_names(draft: Draft) -> list[str]:
    """A name for every SLO; faulty ones have none and cannot be referred to."""
    return [slo.name if slo else f"?{index}" for index, slo in enumerate(draft.slos)]


def _service(
    context: Context, resolved: Project, draft: Draft, index: Mapping[str, Slo | None]
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
    draft: Draft,
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


def _by_is_free(context: Context, draft: Draft, service_labels: Mapping[str, str]) -> None:
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


def _unique_names(context: Context, drafts: list[Draft]) -> None:
    places: dict[str, Path] = {}
    for draft in drafts:
        first = places.setdefault(draft.name, draft.at) if draft.name else draft.at
        if first != draft.at:
            where = context.origins.place((*first, "service"))
            message = f"the service `{draft.name}` is there already, at {where}"
            context.error("service-twice", message, (*draft.at, "service"))


def _known_overrides(context: Context, overrides: Layer, drafts: list[Draft]) -> None:
    names = dict.fromkeys(draft.name for draft in drafts)
    for name in mapping(overrides.data.get("services")):
        if name not in names:
            near = suggestion(name, names)
            message = f"overrides a service `{name}` that no spec has{near}"
            path = (*project.AT, "overrides", "services", name)
            context.error("service-unknown", message, path, key=True)


__all__ = ["SourceFile", "resolve"]
