"""The experiments of a service: what is broken, how often, and which SLO is to tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from slosmith.chaos import cron
from slosmith.load.gates import by_default
from slosmith.model import Autoscaling, LatencyIndicator, Slo
from slosmith.model_chaos import Delay, Experiment, Fault, Loss, PodFault, Pods, Stress
from slosmith.model_dependencies import Dependency
from slosmith.problems import REFUSED, Path
from slosmith.resolve.context import Context, duration, mapping, no_duration, text, whole_seconds
from slosmith.shape.messages import listed, suggestion

SELF, NONE = "self", "none"
# The object is called `<service>-<name>`, and Chaos Mesh puts six characters to it.
MAX_NAME = 57
_KUSTOMIZATION = "kustomization"
_SYSTEM = ("kube-", "chaos-mesh")
DEFAULT_BUDGET = Decimal("0.2")
# What is broken, and the fields that say how.
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "fail": (),
    "kill": (),
    "delay": ("latency", "jitter"),
    "lose": ("packets",),
    "stress": ("cpu", "memory", "containers"),
}
# They slow requests down; the others let them fail.
_SLOWING = ("delay", "lose", "stress")
_OF_SERVICE = ("delay", "lose")


@dataclass(frozen=True)
class Surroundings:
    """The service as far as it was resolved; `slos` by name, None where one is faulty."""

    context: Context
    service: str
    namespace: str
    pods: Mapping[str, str]
    slos: Mapping[str, Slo | None]
    dependencies: tuple[Dependency, ...]
    # Those that have no faults are above; these are all that are named.
    named: frozenset[str] = field(default_factory=frozenset)
    scaling: Autoscaling | None = None


def build(around: Surroundings, value: Any, at: Path) -> tuple[Experiment, ...]:
    """The experiments that stand at model path `at`, without those that have faults."""
    places: dict[str, Path] = {}
    found = []
    for index, item in enumerate(value if isinstance(value, list) else ()):
        path, data = (*at, index), mapping(item)
        name = text(data.get("name"))
        first = places.setdefault(name, path) if name else path
        if first != path:
            where = around.context.origins.place((*first, "name"))
            message = f"the experiment `{name}` is there already, at {where}"
            around.context.error("chaos-name", message, (*path, "name"))
        before = len(around.context.problems)
        experiment = _experiment(around, data, name, path)
        if experiment and len(around.context.problems) == before:
            found.append(experiment)
    return tuple(found)


def _experiment(
    around: Surroundings, data: dict[str, Any], name: str, at: Path
) -> Experiment | None:
    context = around.context
    _name(around, name, at)
    action = _action(context, data, at)
    seconds = whole_seconds(context, data, "duration", at)
    if seconds == 0:
        context.error("field-value", "`duration` must be above zero", (*at, "duration"))
    _schedule(context, data, seconds, at)
    slo, alerts = _slo(around, data, action, at)
    impact = _share(context, data, "impact", at)
    budget = _share(context, data, "budget", at)
    if action is None or not isinstance(data.get(action), str):
        return None
    pods = _pods(around, data, action, at)
    fault = _FAULTS[action](around, data, at)
    if pods is None or fault is None or not seconds or slo is None or not name:
        return None
    least, most = _impact(around, data, action, pods) if impact is None else (impact, impact)
    return Experiment(
        name=name,
        target=data[action],
        fault=fault,
        pods=pods,
        seconds=seconds,
        schedule=text(data.get("schedule")),
        slo=slo.name,
        alerts=alerts,
        least=least,
        most=most,
        budget=DEFAULT_BUDGET if budget is None else budget,
        description=text(data.get("description")),
    )


def _name(around: Surroundings, name: str, at: Path) -> None:
    full = f"{around.service}-{name}"
    if name == _KUSTOMIZATION:
        message = f"`{name}` is the name of another file; choose another"
        around.context.error("chaos-name", message, (*at, "name"))
    elif name and len(full) > MAX_NAME:
        message = f"`{full}` would be the object's name, of which Chaos Mesh takes {MAX_NAME} "
        message += f"characters; shorten `{name}` by {len(full) - MAX_NAME}"
        around.context.error("chaos-name", message, (*at, "name"))


def _action(context: Context, data: dict[str, Any], at: Path) -> str | None:
    """The one thing that is broken; what belongs to another is reported."""
    given = [action for action in _ACTIONS if action in data]
    if len(given) != 1:
        has = f"it has {listed(given, 'and')}" if given else "it has none of them"
        message = f"an experiment takes exactly one of {listed(list(_ACTIONS), 'and')}; {has}"
        context.error("field-union", message, at)
        return None
    [action] = given
    for owner, fields in _ACTIONS.items():
        for name in fields:
            if name in data and owner != action:
                message = f"`{name}` is of `{owner}`; this experiment has `{action}`"
                context.error("chaos-field", message, (*at, name), key=True)
    return action


def _schedule(context: Context, data: dict[str, Any], seconds: int | None, at: Path) -> None:
    value, path = data.get("schedule"), (*at, "schedule")
    if not isinstance(value, str):
        return
    found = cron.parse(value)
    if isinstance(found, str):
        context.error("chaos-schedule", f"`schedule`: {found}", path)
    elif not found.runs:
        message = "`schedule`: it never runs: no date has that day in those months"
        context.error("chaos-schedule", message, path)
    elif seconds and seconds >= found.shortest_gap:
        message = (
            "`duration`: it would still run when it starts again, and would never end; make it "
            "shorter, or the schedule sparser"
        )
        context.error("chaos-schedule", message, (*at, "duration"))


def _slo(
    around: Surroundings, data: dict[str, Any], action: str | None, at: Path
) -> tuple[Slo | None, bool]:
    """The SLO that suffers, and whether its alert should fire."""
    named = data.get("expect")
    known = around.slos
    if isinstance(named, str) and (named != NONE or named in known):
        if named not in known:
            others = f"; SLOs of this service: {', '.join(known)}; or none"
            near = suggestion(named, [*known, NONE]) or others
            message = f"`expect`: there is no SLO `{named}`{near}"
            around.context.error("slo-unknown", message, (*at, "expect"))
            return None, False
        return known[named], True
    return _by_default(around, action), named != NONE


def _by_default(around: Surroundings, action: str | None) -> Slo | None:
    """The tightest of the SLOs that suffer most: latencies where requests are slowed down, else
    the share of those that fail; then the other of the two, then any."""
    slos = [slo for slo in around.slos.values() if slo is not None]
    requests = [slo for slo in slos if by_default(slo)]
    slow = [slo for slo in requests if isinstance(slo.indicator, LatencyIndicator)]
    failed = [slo for slo in requests if slo not in slow]
    for group in (slow, failed) if action in _SLOWING else (failed, slow):
        if group:
            return min(group, key=lambda slo: slo.budget)
    return min(slos, key=lambda slo: slo.budget, default=None)


def _share(context: Context, data: dict[str, Any], key: str, at: Path) -> Decimal | None:
    """`20%` as 0.2."""
    value = data.get(key)
    if not isinstance(value, str):
        return None
    share = Decimal(value.rstrip("%")) / 100
    if not 0 < share <= 1:
        message = f"`{key}` must be above 0% and at most 100%"
        context.error("field-value", message, (*at, key))
        return None
    return share


def _pods(around: Surroundings, data: dict[str, Any], action: str, at: Path) -> Pods | None:
    """The pods that are hit, by labels in one namespace; never all of them."""
    path = (*at, action)
    target = _target(around, data, action, at)
    if target is None:
        return None
    own = target == SELF or action in _OF_SERVICE
    if own:
        namespace, labels = around.namespace, around.pods
        missing = "this service has no `pods` (labels of its pods)"
    else:
        dependency = next(item for item in around.dependencies if item.name == target)
        namespace, labels = dependency.namespace, dependency.selector
        missing = f"the dependency `{target}` has no `selector` (labels of its pods)"
    if not labels:
        message = f"{missing}: without labels every pod of the namespace would be hit"
        around.context.error("chaos-selector", message, path)
        return None
    if namespace.startswith(_SYSTEM):
        message = f"the namespace {namespace} keeps the cluster itself running: not for experiments"
        around.context.error("chaos-selector", message, path)
        return None
    wanted = data.get("pods", "one")
    if wanted is REFUSED:
        return None
    some = _some(around, wanted, own, (*at, "pods"))
    return Pods(namespace, labels, *some) if some else None


def _target(around: Surroundings, data: dict[str, Any], action: str, at: Path) -> str | None:
    target, path = text(data[action]), (*at, action)
    if target == SELF and action not in _OF_SERVICE:
        return target
    if any(item.name == target for item in around.dependencies):
        return target
    if target not in around.named:
        names = [item.name for item in around.dependencies]
        takes = names if action in _OF_SERVICE else [*names, SELF]
        near = suggestion(target, takes)
        message = f"`{action}`: there is no dependency `{target}`" + (
            near or f"; there is {listed(takes, 'and') if takes else 'none'}"
        )
        around.context.error("chaos-target", message, path)
    return None


def _some(
    around: Surroundings, value: Any, own: bool, at: Path
) -> tuple[int | None, int | None] | None:
    """How many pods: a count, or percent. All of them are refused, as far as it can be told."""
    scaling = around.scaling if own else None
    count, percent = None, None
    if isinstance(value, int):
        count = value
    elif value == "one":
        count = 1
    elif isinstance(value, str) and value != "all":
        percent = int(value.rstrip("%"))
    everything = count is None and (percent is None or percent == 100)
    hit = count or math.ceil((scaling.min_replicas if scaling else 1) * Decimal(percent or 0) / 100)
    if everything or (scaling and value != "one" and hit >= scaling.min_replicas):
        of = f"; there may be {scaling.min_replicas} (autoscaling.replicas.min)" if scaling else ""
        message = f"`pods`: {value} would hit all of them{of}; write one, fewer, or a smaller share"
        around.context.error("chaos-selector", message, at)
        return None
    return count, percent


def _impact(
    around: Surroundings, data: dict[str, Any], action: str, pods: Pods
) -> tuple[Decimal, Decimal]:
    """The smallest and the greatest share of the service's own pods that is hit, for as many
    replicas as there may be; all where that is not known, and of a dependency."""
    own = data[action] == SELF or action in _OF_SERVICE
    if not own or around.scaling is None:
        return Decimal(1), Decimal(1)
    percent = Decimal(pods.percent or 0) / 100
    fewest, most = around.scaling.min_replicas, around.scaling.max_replicas
    # Rounding up matters little among many.
    possible = [*range(fewest, min(most, fewest + 200) + 1), most]
    shares = [
        min(Decimal(1), (pods.count or Decimal(math.ceil(replicas * percent))) / Decimal(replicas))
        for replicas in possible
    ]
    return min(shares), max(shares)


def _pod_fault(action: str) -> Callable[[Surroundings, dict[str, Any], Path], Fault | None]:
    return lambda *_: PodFault("kill" if action == "kill" else "fail")


def _address(around: Surroundings, data: dict[str, Any], action: str, at: Path) -> str | None:
    target = text(data[action])
    dependency = next((item for item in around.dependencies if item.name == target), None)
    if dependency is None:
        return None
    if not dependency.address:
        message = (
            f"the dependency `{target}` has no `address`: without one all that the pods send would "
            "be hit, lookups of names and answers to probes among it"
        )
        around.context.error("chaos-selector", message, (*at, action))
        return None
    return dependency.address


def _delay(around: Surroundings, data: dict[str, Any], at: Path) -> Fault | None:
    context = around.context
    address = _address(around, data, "delay", at)
    if "latency" not in data:
        context.error("field-missing", "`latency` is missing: how late answers come", at)
    for key in ("latency", "jitter"):
        no_duration(context, data, key, at)
    latency, jitter = duration(data.get("latency")), duration(data.get("jitter"))
    if not latency or address is None:
        return None
    if jitter and jitter > latency:
        context.error("field-value", "`jitter` is above `latency`", (*at, "jitter"))
    return Delay(address, int(latency * 1000), int((jitter or 0) * 1000))


def _lose(around: Surroundings, data: dict[str, Any], at: Path) -> Fault | None:
    address = _address(around, data, "lose", at)
    if "packets" not in data:
        message = "`packets` is missing: the share of packets that are lost, such as 20%"
        around.context.error("field-missing", message, at)
    share = _share(around.context, data, "packets", at)
    return Loss(address, share * 100) if share and address else None


def _stress(around: Surroundings, data: dict[str, Any], at: Path) -> Fault | None:
    if "cpu" not in data and "memory" not in data:
        message = "`cpu` or `memory` is missing: what the pods are short of"
        around.context.error("field-missing", message, at)
        return None
    cpu, memory = mapping(data.get("cpu")), mapping(data.get("memory"))
    containers = data.get("containers")
    return Stress(
        cpu_workers=cpu.get("workers", 0),
        cpu_load=cpu.get("load", 100),
        memory_workers=memory.get("workers", 1) if memory else 0,
        memory_size=text(memory.get("size")),
        containers=tuple(containers) if isinstance(containers, list) else (),
    )


_FAULTS: Mapping[str, Callable[[Surroundings, dict[str, Any], Path], Fault | None]] = {
    "fail": _pod_fault("fail"),
    "kill": _pod_fault("kill"),
    "delay": _delay,
    "lose": _lose,
    "stress": _stress,
}
