"""Rule groups as files: plain for Prometheus, PrometheusRule objects for the operator."""

from __future__ import annotations

from typing import Any

from generators import gitops
from generators.rules.groups import Group, service_groups
from slosmith.artifacts import Artifact
from slosmith.escape import one_line
from slosmith.model import Project, Service
from slosmith.validate.documents import encoded_size
from slosmith.yamlout import dump, header

# What an annotation may hold: `kubectl apply` keeps a JSON copy of the object in one.
MAX_OBJECT_BYTES = 256 * 1024


def generate(service: Service, project: Project) -> list[Artifact]:
    """`prometheus/rules/<service>.yaml` and `kubernetes/<service>/prometheusrule.yaml`, with the
    same groups."""
    groups = service_groups(service, project)
    head = header(one_line(service.source))
    objects = _objects(service, project, groups)
    return [
        Artifact(f"prometheus/rules/{service.name}.yaml", head + dump({"groups": groups})),
        Artifact(f"kubernetes/{service.name}/prometheusrule.yaml", head + dump(*objects)),
    ]


def _objects(service: Service, project: Project, groups: list[Group]) -> list[dict[str, Any]]:
    """One object, or several (`slo-api`, `slo-api-2`, …) where one would be too large. The two
    groups of an SLO stay together."""
    chunks: list[list[Group]] = [[]]
    empty = size = encoded_size(_object(service, project, [], len(groups)))
    for index in range(0, len(groups), 2):
        pair = groups[index : index + 2]
        weight = encoded_size(pair)
        if chunks[-1] and size + weight >= MAX_OBJECT_BYTES:
            chunks.append([])
            size = empty
        chunks[-1] += pair
        size += weight
    return [_object(service, project, chunk, number) for number, chunk in enumerate(chunks, 1)]


def _object(service: Service, project: Project, groups: list[Group], number: int) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": f"slo-{service.name}" + (f"-{number}" if number > 1 else ""),
            "namespace": project.prometheus.namespace,
            "labels": {
                "app.kubernetes.io/name": service.name,
                "app.kubernetes.io/managed-by": "slosmith",
            }
            | dict(sorted(project.prometheus.rule_labels.items())),
            "annotations": gitops.object_annotations(custom=True, large=True),
        },
        "spec": {"groups": groups},
    }
