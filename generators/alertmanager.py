"""For Alertmanager: a fast burn silences the slow one, and an example of routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from slosmith.artifacts import Artifact
from slosmith.escape import alert_matcher
from slosmith.model import BurnAlerts, Project, ServiceSummary
from slosmith.yamlout import dump, header

PATH = "prometheus/alertmanager.yaml"

_NOTE = """\
# For Alertmanager 0.22 or newer, whole or in parts. `inhibit_rules` are meant as they are: while
# the fast burn of an SLO is told, its slow burn is not. `route` and `receivers` are an example: the
# receivers send nothing to anybody. Put your own in their places, or copy the one entry of
# `route.routes` into the configuration that you have.
"""

# All that happens to one SLO comes in one message.
_GROUP_BY = ["service", "slo"]
# Of one SLO; the namespace keeps apart environments that share an Alertmanager.
_SAME = ["service", "slo", "namespace"]
# Alerts of others do not have both labels.
_OURS = [alert_matcher("service", "!=", ""), alert_matcher("slo", "!=", "")]
# A page gathers what comes at once; a ticket waits for a page that may silence it.
_PAGE_TIMES = {"group_wait": "10s", "repeat_interval": "4h"}
_TICKET_TIMES = {"group_wait": "5m", "repeat_interval": "1d"}

Entry = dict[str, Any]


def generate(project: Project, services: Sequence[ServiceSummary]) -> list[Artifact]:
    """`prometheus/alertmanager.yaml`: a whole configuration, without any secret."""
    owners = sorted({service.owner for service in services if service.owner})
    root: Entry = {
        "receiver": "example-other",
        "group_by": _GROUP_BY,
        "routes": [_ours(project, owners)],
    }
    config = {
        "inhibit_rules": _inhibit_rules(services),
        "route": root,
        "receivers": [{"name": name} for name in sorted(set(_receivers(root)))],
    }
    return [Artifact(PATH, header("all specs") + _NOTE + dump(config))]


def _inhibit_rules(services: Sequence[ServiceSummary]) -> list[Entry]:
    """One rule for all SLOs with both alerts, and one each for those that it would not serve.

    A label that neither alert has counts as equal, so the one rule compares the labels by which
    any SLO is split. It does not serve an SLO whose two alerts differ in such a label, nor one
    with a name that is a page's here and a ticket's there: Alertmanager lets no alert be silenced
    by one that matches both sides.
    """
    split = {label for service in services for label in service.by}
    pairs = [(service.name, pair) for service in services for pair in service.burns]
    both = {pair.page for _, pair in pairs} & {pair.ticket for _, pair in pairs}
    usual: list[BurnAlerts] = []
    rules: list[Entry] = []
    for service, pair in pairs:
        if split.isdisjoint(pair.unlike) and both.isdisjoint((pair.page, pair.ticket)):
            usual.append(pair)
            continue
        one = [alert_matcher("service", "=", service), alert_matcher("slo", "=", pair.slo)]
        rules.append(_inhibit([pair.page], [pair.ticket], one, pair.by))
    if usual:
        pages, tickets = {pair.page for pair in usual}, {pair.ticket for pair in usual}
        rules.insert(0, _inhibit(pages, tickets, _OURS, sorted(split)))
    return rules


def _inhibit(
    pages: Iterable[str], tickets: Iterable[str], matchers: list[str], by: Sequence[str]
) -> Entry:
    """Names tell the two apart, not severities: a project may give both the same one."""
    return {
        "source_matchers": [_named(pages), *matchers],
        "target_matchers": [_named(tickets), *matchers],
        "equal": [*_SAME, *by],
    }


def _named(names: Iterable[str]) -> str:
    listed = sorted(names)
    if len(listed) == 1:
        return alert_matcher("alertname", "=", listed[0])
    return alert_matcher("alertname", "=~", "|".join(map(re.escape, listed)))


def _ours(project: Project, owners: Sequence[str]) -> Entry:
    """The route of all alerts of SLOs: to the receivers of their owner, or else to common ones."""
    # With one severity for both nothing tells a ticket, and nothing may wait.
    times = _TICKET_TIMES if _two_severities(project) else _PAGE_TIMES
    of_owners = [
        {
            "matchers": [alert_matcher("owner", "=", owner)],
            "receiver": _receiver(project, owner),
            **_below(_pages(project, owner)),
        }
        for owner in owners
    ]
    return {
        "matchers": _OURS,
        "receiver": _receiver(project, ""),
        "group_by": _GROUP_BY,
        **times,
        **_below(of_owners + _pages(project, "")),
    }


def _pages(project: Project, owner: str) -> list[Entry]:
    """The route of an owner's pages within that of all that is the owner's."""
    if not _two_severities(project):
        return []
    severity = alert_matcher("severity", "=", project.severities["page"])
    return [{"matchers": [severity], "receiver": _name("page", owner), **_PAGE_TIMES}]


def _below(routes: list[Entry]) -> Entry:
    return {"routes": routes} if routes else {}


def _receiver(project: Project, owner: str) -> str:
    return _name("ticket" if _two_severities(project) else "alert", owner)


def _name(kind: str, owner: str) -> str:
    """The name of a receiver. The owner stays as it is: two owners are never one receiver."""
    return f"example-{kind}-{owner}" if owner else f"example-{kind}"


def _two_severities(project: Project) -> bool:
    return project.severities["page"] != project.severities["ticket"]


def _receivers(route: Entry) -> list[str]:
    below = [name for child in route.get("routes", []) for name in _receivers(child)]
    return [route["receiver"], *below]
