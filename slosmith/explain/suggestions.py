"""SLOs that a service's dependencies suggest, as YAML to paste into its spec."""

from __future__ import annotations

from collections.abc import Sequence

from slosmith import yamlout
from slosmith.dependencies import KINDS
from slosmith.escape import one_line
from slosmith.explain.target import Target
from slosmith.model import Service
from slosmith.model_dependencies import Dependency


def suggestions(targets: Sequence[Target]) -> str:
    """A list of SLOs for each service, with the reasons as comments; what its spec has by that
    name is left out."""
    return "\n".join(_service(target.service) for target in targets)


def _service(service: Service) -> str:
    if not service.dependencies:
        return f"# {service.name}: the spec names no dependencies.\n"
    head = (
        f"# {service.name}: what fits of this goes below `slos:` in {one_line(service.source)}; "
        "bounds and objectives are yours to choose.\n"
    )
    return head + "".join(_dependency(service, item) for item in service.dependencies)


def _dependency(service: Service, dependency: Dependency) -> str:
    kind = KINDS[dependency.kind]
    lines = [f"\n# {dependency.name} ({kind.title}), from the series of {kind.exporter.name}.\n"]
    if dependency.metrics is None:
        return lines[0] + "# Nothing without `metrics`: the matchers of these series.\n"
    present = {slo.name for slo in service.slos}
    for item in kind.suggestions(dependency):
        if item.slo["name"] in present:
            lines.append(f"# {item.slo['name']} is there already.\n")
        else:
            lines.append(f"# {item.reason}\n{yamlout.dump([dict(item.slo)])}")
    return "".join(lines)
