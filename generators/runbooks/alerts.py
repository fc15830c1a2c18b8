"""The section of an SLO: what it promises, and one section for each of its alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generators.grafana import wording
from generators.rules import alerts as rules
from generators.runbooks import damage, first_minutes, links, queries
from generators.runbooks.views import AlertView, SloView
from slosmith import anchors, markdown
from slosmith.durations import format_duration
from slosmith.markdown import Markdown, join, text
from slosmith.model import Project, Service, SeverityKey, Slo
from slosmith.numbers import percent
from slosmith.series import EXHAUSTED_ALERT, MISSING_ALERT


def slo_view(service: Service, slo: Slo, project: Project) -> SloView:
    """The SLO and all of its alerts, in the order of urgency."""
    described = [_sentence(slo.description)] if slo.description.strip() else []
    return SloView(
        anchor=Markdown(slo.name),
        heading=text(slo.name),
        promise=join(*described, Markdown(f"Promised: {wording.target(slo)}."), by=" "),
        alerts=tuple(
            _alert_view(service, slo, project, name, severities)
            for name, severities in _alerts(service, slo, project).items()
        ),
    )


def _sentence(value: str) -> Markdown:
    stripped = value.strip()
    return text(stripped if stripped.endswith((".", "!", "?")) else f"{stripped}.")


def _alerts(service: Service, slo: Slo, project: Project) -> dict[str, list[SeverityKey]]:
    """The names of the alerts that the rules hold, each with its severities."""
    found: dict[str, list[SeverityKey]] = {}
    for rule in rules.fast(service, slo, project) + rules.slow(service, slo, project):
        name = rule["alert"]
        found[name] = [*found.get(name, []), _severity(slo, name, found)]
    return found


def _severity(slo: Slo, name: str, found: Mapping[str, Sequence[SeverityKey]]) -> SeverityKey:
    """What the next rule of an alert is: its label does not tell where both have one value."""
    alerting = slo.alerting
    if name == MISSING_ALERT:
        # Data that is gone pages, and comes first; data that never was is a ticket.
        return "page" if alerting.absent == "page" and name not in found else "ticket"
    if name == EXHAUSTED_ALERT:
        return "page" if alerting.exhausted == "page" else "ticket"
    return "page" if name == alerting.page.name else "ticket"


def _alert_view(
    service: Service, slo: Slo, project: Project, name: str, severities: Sequence[SeverityKey]
) -> AlertView:
    if name == MISSING_ALERT:
        meaning, bad = _missing(slo), damage.of_missing(slo)
        checks = first_minutes.of_missing(service, slo, project)
        back = Markdown("there is data again, and the alert has cleared:")
        recovery = join(back, links.asked(queries.error_ratio(service, slo), project), by="\n\n")
    elif name == EXHAUSTED_ALERT:
        meaning, bad = _exhausted(slo), damage.of_exhausted(service, slo, project)
        checks = first_minutes.of_burn(service, slo, project)
        recovery = _recovery(service, slo, project)
    else:
        severity = severities[0]
        meaning, bad = _burn(slo, severity), damage.of_burn(service, slo, project, severity)
        checks = first_minutes.of_burn(service, slo, project)
        recovery = _recovery(service, slo, project)
    return AlertView(
        anchor=Markdown(anchors.of_alert(service, slo.name, name)),
        heading=text(f"{slo.name}: {name}"),
        severities=text(
            " or ".join(dict.fromkeys(project.severities[severity] for severity in severities))
        ),
        meaning=meaning,
        damage=bad,
        checks=checks,
        recovery=recovery,
        worked=markdown.link(slo.name, f"#{slo.name}"),
    )


def _burn(slo: Slo, severity: SeverityKey) -> Markdown:
    pace = "so fast that the budget is gone in days, or hours: act now"
    if severity == "ticket":
        pace = "so steadily that the budget does not last: act in working hours"
    share = wording.share(slo.indicator)
    return Markdown(f"{_of(slo)}The share of {share} is too large, {pace}.")


def _missing(slo: Slo) -> Markdown:
    return Markdown(
        f"{_of(slo)}Perhaps nothing at all, perhaps everything: the measurement is gone. A service "
        "whose pods are all dead has no errors to count, so take it for an outage until you know "
        "better."
    )


def _exhausted(slo: Slo) -> Markdown:
    return Markdown(
        f"{_of(slo)}They have had more than the promised share of {wording.share(slo.indicator)}. "
        "Stop changes that can wait, and put reliability first, until the budget is back."
    )


def _of(slo: Slo) -> str:
    """What users lose, in the words of the spec."""
    return f"At stake: {_sentence(slo.description)} " if slo.description.strip() else ""


def _recovery(service: Service, slo: Slo, project: Project) -> Markdown:
    words = (
        f"the error ratio of the last 5 minutes stays below {percent(slo.budget)} for "
        f"{format_duration(1800)}, so that this finds nothing, and the alert has cleared. What was "
        "spent of the budget comes back as it gets older than the window."
    )
    return join(Markdown(words), links.asked(queries.over_budget(service, slo), project), by="\n\n")
