"""slosmith.yaml: what all services share."""

from __future__ import annotations

from typing import Any

from slosmith.durations import format_duration
from slosmith.model import Auth, Grafana, Project, Prometheus, Tenant
from slosmith.problems import Path
from slosmith.resolve import policies
from slosmith.resolve.context import Context, mapping, text, texts, whole_seconds

AT: Path = ("project",)
_MAX_SCRAPE = 75
_MAX_EVALUATION = 120
_OLDEST_KEDA = (2, 10)


def build(context: Context, data: Any) -> Project:
    """The project from the data of slosmith.yaml (empty without one), with what was refused at
    its default."""
    data = mapping(data)
    families = data.get("families")
    default = Project()
    prometheus = _prometheus(context, mapping(data.get("prometheus")))
    scrape = prometheus.scrape_interval
    return Project(
        prometheus=prometheus,
        grafana=_grafana(mapping(data.get("grafana"))),
        runbooks_url=text(mapping(data.get("runbooks")).get("url")).rstrip("/"),
        keda_version=_version(context, text(mapping(data.get("keda")).get("version"))),
        severities={
            key: texts(data.get("severities")).get(key, value)
            for key, value in default.severities.items()
        },
        policies={
            name: policies.read(context, entries, scrape, (*AT, "policies", name))
            for name, entries in sorted(mapping(data.get("policies")).items())
            if isinstance(entries, list)
        },
        families=tuple(
            family
            for family in default.families
            if not isinstance(families, list) or family in families
        ),
    )


def _prometheus(context: Context, data: dict[str, Any]) -> Prometheus:
    default = Prometheus()
    at = (*AT, "prometheus")
    scrape = _interval(
        context,
        data,
        "scrape_interval",
        _MAX_SCRAPE,
        "a rate over 5 minutes needs at least four samples",
    )
    evaluation = _interval(
        context,
        data,
        "evaluation_interval",
        _MAX_EVALUATION,
        "recorded series would be older than Prometheus looks back",
    )
    retention = whole_seconds(context, data, "retention", at)
    if retention == 0:
        context.error("field-value", "`retention` must be above zero", (*at, "retention"))
    return Prometheus(
        url=text(data.get("url")).rstrip("/") or default.url,
        scrape_interval=scrape or default.scrape_interval,
        evaluation_interval=evaluation or default.evaluation_interval,
        retention=retention or default.retention,
        rule_labels=texts(data.get("rule_labels")),
        namespace=text(data.get("namespace")) or default.namespace,
        auth=_auth(data.get("auth")),
        tenant=_tenant(data.get("tenant")),
    )


def _auth(value: Any) -> Auth | None:
    for mode, name in mapping(value).items():
        cluster = isinstance(name, dict)
        found = text(name.get("cluster")) if cluster else text(name)
        if found:
            return Auth(mode, found, cluster)  # type: ignore[arg-type]
    return None


def _tenant(value: Any) -> Tenant | None:
    for of, name in mapping(value).items():
        if text(name):
            return Tenant(of, text(name))  # type: ignore[arg-type]
    return None


def _interval(
    context: Context, data: dict[str, Any], key: str, most: int, reason: str
) -> int | None:
    at = (*AT, "prometheus")
    seconds = whole_seconds(context, data, key, at)
    if seconds is not None and not 1 <= seconds <= most:
        message = f"`{key}` must be 1s to {format_duration(most)}: above that {reason}"
        context.error("interval-range", message, (*at, key))
        return None
    return seconds


def _grafana(data: dict[str, Any]) -> Grafana:
    default = Grafana()
    return Grafana(
        url=text(data.get("url")).rstrip("/"),
        folder=text(data.get("folder")) or default.folder,
        namespace=text(data.get("namespace")) or default.namespace,
        datasource=text(data.get("datasource")),
    )


def _version(context: Context, value: str) -> tuple[int, int]:
    parts = value.split(".")
    if len(parts) < 2:
        return Project().keda_version
    version = (int(parts[0]), int(parts[1]))
    if version < _OLDEST_KEDA:
        message = (
            f"`version`: slosmith writes for KEDA 2.10 and later, not {value}, which asks for a "
            "metricName in every trigger"
        )
        context.error("keda-version", message, (*AT, "keda", "version"))
        return Project().keda_version
    return version
