"""What an alert tells the person it wakes. Prometheus fills the templates when it fires."""

from __future__ import annotations

from collections.abc import Mapping

from slosmith import series
from slosmith.durations import format_duration
from slosmith.escape import annotation, template_text
from slosmith.model import (
    LatencyIndicator,
    Project,
    RatioIndicator,
    Service,
    SeverityKey,
    Slo,
)
from slosmith.numbers import percent, plain


def burn(service: Service, slo: Slo, project: Project, severity: SeverityKey) -> dict[str, str]:
    """A burn-rate alert. Its value is the error ratio over the long window."""
    pace = "fast enough to page" if severity == "page" else "faster than it may"
    return {
        "summary": f"{service.name}/{slo.name} spends its error budget {pace}",
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
    } | _links(service, slo, project)


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
                _budget_left(service, slo),
            ]
        ),
    } | _links(service, slo, project)


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
    } | _links(service, slo, project)


def exhausted(service: Service, slo: Slo, project: Project) -> dict[str, str]:
    """A budget that is spent. The alert's value is what is left, 0 or below."""
    period = format_duration(slo.window)
    return {
        "summary": f"{service.name}/{slo.name} has spent its error budget of {period}",
        "description": " ".join(
            [
                *_about(slo),
                f"{{{{ $value | humanizePercentage }}}} of the error budget is left "
                f"({plain(slo.objective)}% over {period} allows {percent(slo.budget)}).",
                _burn_rate(service, slo),
                _history(service, slo),
            ]
        ),
    } | _links(service, slo, project)


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
        case _:
            return "of the time is bad"


def _links(service: Service, slo: Slo, project: Project) -> dict[str, str]:
    links = {}
    if project.runbooks_url:
        base = template_text(project.runbooks_url.rstrip("/"))
        links["runbook_url"] = f"{base}/{service.name}.md#{slo.name}"
    if project.grafana.url:
        base = template_text(project.grafana.url.rstrip("/"))
        links["dashboard_url"] = f"{base}/d/slo-{service.name}?var-slo={slo.name}"
    return links


def _burn_rate(service: Service, slo: Slo) -> str:
    ratio = series.error_ratio(3600) + series.matchers(service.name, slo.name)
    rate = _number(f"{ratio} / {plain(slo.budget)}", '| printf "%.1f"')
    return f"Burn rate over the last hour: {rate}."


def _budget_left(service: Service, slo: Slo) -> str:
    remaining = series.REMAINING + series.matchers(service.name, slo.name)
    left = _number(remaining, "| humanizePercentage")
    return f"Error budget left: {left}.{_history(service, slo)}"


def _history(service: Service, slo: Slo) -> str:
    """`3 of 30 days seen`, while the recorded history is shorter than the SLO's window."""
    seen = series.HISTORY + series.matchers(service.name, slo.name)
    days = slo.window // 86400
    query = f"floor(({seen} < {slo.window}) / 86400)"
    return (
        f'{{{{ with query `{query}` }}}} {{{{ . | first | value | printf "%.0f" }}}} '
        f"of {days} days seen.{{{{ end }}}}"
    )


def _number(expression: str, form: str) -> str:
    """A template that shows the value of an instant query, or `unknown` without one."""
    return (
        f"{{{{ with query `{expression}` }}}}{{{{ . | first | value {form} }}}}"
        "{{ else }}unknown{{ end }}"
    )
