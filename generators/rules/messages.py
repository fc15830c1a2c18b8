"""What an alert tells the person it wakes. Prometheus fills the templates when it fires."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from slosmith import anchors, series
from slosmith.durations import format_duration
from slosmith.escape import annotation, template_text
from slosmith.model import (
    ErrorRatioIndicator,
    LatencyIndicator,
    Project,
    RatioIndicator,
    Service,
    SeverityKey,
    Slo,
)
from slosmith.numbers import percent, plain

_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"))


def burn(service: Service, slo: Slo, project: Project, severity: SeverityKey) -> dict[str, str]:
    """A burn-rate alert. Its value is the error ratio over the long window."""
    pace = "fast enough to page" if severity == "page" else "faster than it may"
    return {
        "summary": f"{service.name}/{slo.name}{_value_of(slo)} spends its error budget {pace}",
        "description": " ".join(
            [
                *_about(slo),
                f"{{{{ $value | humanizePercentage }}}} {_bad_share(slo)}; "
                f"{plain(slo.objective)}% over {format_duration(slo.window)} "
                f"allows {percent(slo.budget)}.",
                _burn_rate(service, slo),
                _budget_left(service, slo),
            ]
        ),
    } | _links(service, slo, project, _burn_name(slo, severity))


def gone(service: Service, slo: Slo, project: Project) -> dict[str, str]:
    """Data that was there and is gone."""
    return {
        "summary": f"{service.name}/{slo.name} has lost its data",
        "description": " ".join(
            [
                *_about(slo),
                "The indicator had data within the last day and has none now: the targets are "
                "down, or the metrics changed their names or labels. Until data is back no other "
                "alert of this SLO can fire.",
                # Absence is judged for the SLO as a whole, where each value has its own budget.
                *([] if slo.by else [_budget_left(service, slo)]),
            ]
        ),
    } | _links(service, slo, project, series.MISSING_ALERT)


def never(service: Service, slo: Slo, project: Project) -> dict[str, str]:
    """Data that is not there, or that does not build up a history."""
    return {
        "summary": f"{service.name}/{slo.name} has no data",
        "description": " ".join(
            [
                *_about(slo),
                "The indicator has no data, or its history is not recorded: check the metric names "
                "and labels in the spec against what is scraped, and that all rule groups of this "
                "SLO are loaded. Until then no other alert of this SLO can fire.",
            ]
        ),
    } | _links(service, slo, project, series.MISSING_ALERT)


def exhausted(service: Service, slo: Slo, project: Project) -> dict[str, str]:
    """A budget that is spent. The alert's value is what is left, 0 or below."""
    period = format_duration(slo.window)
    return {
        "summary": f"{service.name}/{slo.name}{_value_of(slo)} has spent its error budget of "
        f"{period}",
        "description": " ".join(
            [
                *_about(slo),
                f"{{{{ $value | humanizePercentage }}}} of the error budget is left "
                f"({plain(slo.objective)}% over {period} allows {percent(slo.budget)}).",
                _burn_rate(service, slo),
                _history(service, slo),
            ]
        ),
    } | _links(service, slo, project, series.EXHAUSTED_ALERT)


def _burn_name(slo: Slo, severity: SeverityKey) -> str:
    return slo.alerting.page.name if severity == "page" else slo.alerting.ticket.name


def own(annotations: Mapping[str, str]) -> dict[str, str]:
    """The spec's annotations, with simple templates live and all else as text."""
    return {name: annotation(annotations[name]) for name in sorted(annotations)}


def _about(slo: Slo) -> list[str]:
    text = slo.description.strip()
    if not text:
        return []
    return [template_text(text if text.endswith((".", "!", "?")) else f"{text}.")]


def _bad_share(slo: Slo) -> str:
    match slo.indicator:
        case RatioIndicator():
            return "of events are bad"
        case LatencyIndicator(below=below):
            return f"of requests are slower than {format_duration(below)}"
        case ErrorRatioIndicator():
            return "of events are bad, weighted by time"
        case _:
            return "of the time is bad"


def _links(service: Service, slo: Slo, project: Project, alert: str) -> dict[str, str]:
    links = {}
    if project.runbooks_url:
        base = template_text(project.runbooks_url.rstrip("/"))
        anchor = anchors.of_alert(service, slo.name, alert)
        links["runbook_url"] = f"{base}/{service.name}.md#{anchor}"
    if project.grafana.url:
        base = template_text(project.grafana.url.rstrip("/"))
        links["dashboard_url"] = f"{base}/d/slo-{service.name}?var-slo={slo.name}"
    return links


def _burn_rate(service: Service, slo: Slo) -> str:
    rate = _number(
        service, slo, f"{series.error_ratio(3600)}%s / {plain(slo.budget)}", '| printf "%.1f"'
    )
    return f"Burn rate over the last hour: {rate}."


def _budget_left(service: Service, slo: Slo) -> str:
    left = _number(service, slo, f"{series.REMAINING}%s", "| humanizePercentage")
    return f"Error budget left: {left}.{_history(service, slo)}"


def _history(service: Service, slo: Slo) -> str:
    """`3 of 30 days seen`, while the recorded history is shorter than the SLO's window."""
    unit, name = next(item for item in _UNITS if slo.window >= 2 * item[0])
    query = f"floor(({series.HISTORY}%s < {slo.window}) / {unit})"
    whole = plain(Decimal(slo.window) / unit)
    return (
        f'{{{{ with {_query(service, slo, query)} }}}} {{{{ . | first | value | printf "%.0f" }}}} '
        f"of {whole} {name} seen.{{{{ end }}}}"
    )


def _number(service: Service, slo: Slo, expression: str, form: str) -> str:
    """A template that shows the value of an instant query, or `unknown` without one. `%s` in the
    expression stands for the matchers of the SLO's series."""
    return (
        f"{{{{ with {_query(service, slo, expression)} }}}}{{{{ . | first | value {form} }}}}"
        "{{ else }}unknown{{ end }}"
    )


def _query(service: Service, slo: Slo, expression: str) -> str:
    """A template's call of `query`. With `by` it asks for the alert's own values: %q quotes them
    as PromQL does, whatever is in them."""
    matchers = series.matchers(service.name, slo.name)
    if not slo.by:
        return f"query `{expression % matchers}`"
    own = "".join(f",{label}=%q" for label in slo.by)
    values = " ".join(f"$labels.{label}" for label in slo.by)
    return f"query (printf `{expression % (matchers[:-1] + own + '}')}` {values})"


def _value_of(slo: Slo) -> str:
    """` (route /users)`: which value of `by` an alert is about."""
    if not slo.by:
        return ""
    return f" ({', '.join(f'{label} {{{{ $labels.{label} }}}}' for label in slo.by)})"
