"""Checks of alerts and of recorded numbers, as the unit tests ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generators.rule_tests.suite import Check
from slosmith import series
from slosmith.durations import format_duration
from slosmith.escape import promql_string
from slosmith.model import Project, Service, SeverityKey, Slo
from slosmith.numbers import plain

# How exactly a recorded number must be met, as a share of it.
TOLERANCE = 0.01
# What is less is nothing: a thousandth of the smallest error budget.
_NOTHING = 1e-9


@dataclass(frozen=True, order=True)
class Alert:
    """An alert as a check tells it: its name, its severity label, its SLO, its `by` labels."""

    name: str
    severity: str
    slo: str
    by: tuple[tuple[str, str], ...] = ()


def burn(slo: Slo, project: Project, severity: SeverityKey, by: Mapping[str, str]) -> Alert | None:
    """The burn alert of a severity, where the SLO has one."""
    alert = slo.burn_alert(severity)
    return (
        Alert(alert.name, project.severities[severity], slo.name, tuple(by.items()))
        if alert
        else None
    )


def missing(slo: Slo, project: Project, *, was_there: bool) -> Alert | None:
    """The alert for data that is gone, or that never came, where the SLO has one."""
    if slo.alerting.absent == "off" or slo.alerting.disabled:
        return None
    key: SeverityKey = "page" if was_there and slo.alerting.absent == "page" else "ticket"
    return Alert(series.MISSING_ALERT, project.severities[key], slo.name)


def missing_wait(slo: Slo, project: Project, *, was_there: bool) -> int:
    """Minutes until it fires."""
    one_for_both = (
        slo.alerting.absent == "ticket"
        or project.severities["page"] == project.severities["ticket"]
    )
    if one_for_both:
        return 10 if slo.alerting.absent == "ticket" else 5
    return 5 if was_there else 10


def has_exhausted(slo: Slo, severity: SeverityKey) -> bool:
    """Whether a spent budget is an alert of this severity."""
    return slo.alerting.exhausted == severity and not slo.alerting.disabled


def exhausted(slo: Slo, project: Project, by: Mapping[str, str]) -> Alert:
    key: SeverityKey = "page" if slo.alerting.exhausted == "page" else "ticket"
    return Alert(series.EXHAUSTED_ALERT, project.severities[key], slo.name, tuple(by.items()))


def alerts(
    at: int,
    found: Sequence[Alert],
    by: Sequence[str],
    *,
    state: str = "firing",
    only: str = "",
) -> Check:
    """Exactly these alerts are in a state at a second. `by` are the labels of all SLOs that are
    split; `only` is a matcher that limits what is looked at."""
    grouping = ", ".join(["alertname", "severity", "slo", *by])
    matchers = f'alertstate="{state}"' + (f",{only}" if only else "")
    return Check(
        at,
        f"count by ({grouping}) (ALERTS{{{matchers}}})",
        [
            (
                {"alertname": a.name, "severity": a.severity, "slo": a.slo, **dict(a.by)},
                1,
            )
            for a in sorted(found)
        ],
    )


def fired(
    until: int, since: int, found: Sequence[Alert], by: Sequence[str], only: str = ""
) -> Check:
    """Exactly these alerts have fired, however shortly, between two seconds."""
    grouping = ", ".join(["alertname", "severity", "slo", *by])
    matchers = 'alertstate="firing"' + (f",{only}" if only else "")
    span = format_duration(until - since)
    check = alerts(until, found, by)
    query = f"count by ({grouping}) (max_over_time(ALERTS{{{matchers}}}[{span}]))"
    return Check(until, query, check.samples)


def whole_alert(at: int, alert: Alert, service: Service, slo: Slo, own: Mapping[str, str]) -> Check:
    """An alert with all its labels. `own` are those that the spec gives this alert alone."""
    labels = {
        "alertname": alert.name,
        "alertstate": "firing",
        "severity": alert.severity,
        "service": service.name,
        "slo": slo.name,
        "namespace": service.namespace,
        **({"owner": service.owner} if service.owner else {}),
        **service.labels,
        **slo.alerting.labels,
        **own,
        **dict(alert.by),
    }
    matchers = (
        f'alertname="{alert.name}",alertstate="firing",severity={promql_string(alert.severity)},'
        f'slo="{slo.name}"'
    )
    present = {name: value for name, value in labels.items() if value}
    return Check(at, f"sum without () (ALERTS{{{matchers}}})", [(present, 1)])


@dataclass(frozen=True)
class Number:
    """A recorded series, by name, and what it must read: from `least` to `most`."""

    name: str
    least: float
    most: float


def numbers(
    at: int,
    service: Service,
    slo: Slo,
    by: Mapping[str, str],
    wanted: Sequence[Number],
    tolerance: float = TOLERANCE,
) -> Check:
    """All these recorded series of an SLO read what they must, and carry its labels alone."""
    own = {"service": service.name, "slo": slo.name, **by}
    selector = "{" + ",".join(f"{name}={promql_string(value)}" for name, value in own.items()) + "}"
    terms = [_term(f"{number.name}{selector}", number, tolerance) for number in wanted]
    return Check(at, "\n* ".join(terms), [(own, 1)])


def _term(selected: str, number: Number, tolerance: float) -> str:
    middle = (number.least + number.most) / 2
    if not middle:
        # Not exactly: sums of rates leave rounding errors.
        return f"(abs({selected}) < bool {_NOTHING})"
    spread = tolerance + abs(number.most - number.least) / abs(middle) / 2
    return f"(abs({selected} / {middle:.6g} - 1) < bool {spread:.2g})"


def constants(at: int, service: Service, slo: Slo) -> list[Check]:
    """What describes an SLO, exactly."""
    own = {"service": service.name, "slo": slo.name}
    extra = {"namespace": service.namespace, "owner": service.owner, **service.labels}
    about = {
        **own,
        "kind": slo.indicator.kind,
        "objective": plain(slo.objective),
        "window": format_duration(slo.window),
        **{name: value for name, value in extra.items() if value},
    }
    matchers = series.matchers(service.name, slo.name)
    values = (
        (series.OBJECTIVE, float(slo.objective / 100), own),
        (series.BUDGET, float(slo.budget), own),
        (series.PERIOD, slo.window, own),
        (series.INFO, 1, about),
    )
    return [
        Check(at, f"{name}{matchers}", [({"__name__": name, **labels}, value)])
        for name, value, labels in values
    ]
