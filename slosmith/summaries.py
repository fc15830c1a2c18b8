"""A service → what artifacts of the whole fleet may see of it."""

from __future__ import annotations

from collections.abc import Sequence

from slosmith.artifacts import Made
from slosmith.model import BurnAlerts, Service, ServiceSummary, Slo
from slosmith.scaling.pod_metrics import pod_metrics


def summarize(service: Service, artifacts: Sequence[Made]) -> ServiceSummary:
    """The summary of a service for which `artifacts` were made."""
    scaling = service.autoscaling
    target = ""
    if scaling:
        parts = (service.namespace, scaling.target.api_version, scaling.target.kind)
        target = "/".join((*parts, scaling.target.name))
    burns = (_burns(service, slo) for slo in service.slos)
    return ServiceSummary(
        name=service.name,
        owner=service.owner,
        namespace=service.namespace,
        slos=tuple(slo.name for slo in service.slos),
        scale_target=target,
        paths=tuple(artifact.path for artifact in artifacts),
        by=tuple(sorted({label for slo in service.slos for label in slo.by})),
        burns=tuple(pair for pair in burns if pair),
        pod_metrics=(
            pod_metrics(service.name, scaling.triggers)
            if scaling and scaling.engine == "hpa"
            else ()
        ),
    )


def _burns(service: Service, slo: Slo) -> BurnAlerts | None:
    page, ticket = slo.burn_alert("page"), slo.burn_alert("ticket")
    if page is None or ticket is None:
        return None
    shared = {**service.labels, **slo.alerting.labels}
    of_page, of_ticket = {**shared, **page.labels}, {**shared, **ticket.labels}
    # A label without a value is none to Prometheus.
    unlike = {
        label
        for label in {*of_page, *of_ticket}
        if of_page.get(label, "") != of_ticket.get(label, "")
    }
    return BurnAlerts(slo.name, page.name, ticket.name, slo.by, tuple(sorted(unlike)))
