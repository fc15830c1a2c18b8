"""Anchors of a runbook: where alerts and dashboards link to.

An SLO's is its name. An alert's is what GitHub and others make of its heading, `SLO: ALERT`, so
that the link works where they drop ids as well. Chapters have an underscore in theirs, which no
name of an SLO has.
"""

from __future__ import annotations

import re

from slosmith.model import Service
from slosmith.series import EXHAUSTED_ALERT, MISSING_ALERT


def of_alert(service: Service, slo: str, alert: str) -> str:
    """The anchor of one alert of an SLO: `availability-sloerrorbudgetburnfast`."""
    return _of_alerts(service)[slo, alert]


def _of_alerts(service: Service) -> dict[tuple[str, str], str]:
    """The anchors of all alerts that the service may have. Of two that would be the same, the
    later one gets a number."""
    found: dict[tuple[str, str], str] = {}
    taken = {slo.name for slo in service.slos}
    for slo in service.slos:
        alerting = slo.alerting
        for alert in (alerting.page.name, alerting.ticket.name, EXHAUSTED_ALERT, MISSING_ALERT):
            if (slo.name, alert) in found:
                continue
            plain = re.sub(r"[^a-z0-9_-]", "", f"{slo.name}-{alert}".lower())
            anchor, number = plain, 0
            while anchor in taken:
                number += 1
                anchor = f"{plain}-{number}"
            taken.add(anchor)
            found[slo.name, alert] = anchor
    return found


def of_dependency(name: str) -> str:
    return f"dependency_{name}"


def of_phase(number: int) -> str:
    """Phases count from 1."""
    return f"phase_{number}"


def of_playbook(name: str) -> str:
    return f"playbook_{name}"
