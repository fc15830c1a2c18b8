"""One SLO: its objective, window, indicator and alerts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from slosmith import slomath
from slosmith.durations import format_duration
from slosmith.model import Alerting, Project, SeverityAlert, Slo
from slosmith.numbers import plain
from slosmith.problems import Path
from slosmith.resolve import given, indicators, policies
from slosmith.resolve.context import Context, labels, mapping, number, text, texts, whole_seconds
from slosmith.series import EXHAUSTED_ALERT, MISSING_ALERT, RESERVED_LABELS

DEFAULT_WINDOW = 30 * slomath.DAY
MAX_WINDOW = 90 * slomath.DAY
# Below, the default policy's three days are more than half the window.
MIN_WINDOW = 7 * slomath.DAY
MIN_WITH_POLICY = slomath.HOUR
PAGE_NAME = "SLOErrorBudgetBurnFast"
TICKET_NAME = "SLOErrorBudgetBurnSlow"


def build(context: Context, project: Project, data: Any, at: Path) -> Slo | None:
    """The SLO from its merged layers at model path `at`; None after problems."""
    data = mapping(data)
    objective = _objective(context, data, at)
    window = _window(context, data, at)
    by = _by(context, data, at)
    indicator = indicators.build(context, data.get("indicator"), by, (*at, "indicator"))
    alerting = _alerting(context, mapping(data.get("alerting")), (*at, "alerting"))
    policy = policies.chosen(context, project, data, window, at)
    series = given.build(context, mapping(data.get("tests")), by, (*at, "tests"))
    name = data.get("name")
    if not isinstance(name, str) or objective is None or window is None or indicator is None:
        return None
    return Slo(
        name=name,
        description=text(data.get("description")),
        objective=objective,
        window=window,
        indicator=indicator,
        alerting=alerting,
        tiers=slomath.tiers(objective, window, policy),
        by=by,
        given=series,
    )


def _objective(context: Context, data: dict[str, Any], at: Path) -> Decimal | None:
    if "objective" not in data:
        message = "`objective` is missing: percent of events, or of the time, that must be good"
        context.error("field-missing", message, at, key=True)
        return None
    objective = number(data["objective"])
    if objective is None:
        return None
    path = (*at, "objective")
    if objective >= 100:
        says = "leaves no error budget" if objective == 100 else "is above 100 percent"
        message = f"objective: {plain(objective)} {says}; write less than 100, such as 99.9"
        context.error("objective-range", message, path)
        return None
    if objective <= 0:
        message = f"objective: {plain(objective)} promises nothing; write percent, such as 99.9"
        context.error("objective-range", message, path)
        return None
    if objective < 1:
        message = (
            f"objective: {plain(objective)} is in percent and allows {plain(100 - objective)}% of "
            f"bad events; did you mean {plain(objective * 100)}?"
        )
        context.warning("objective-fraction", message, path)
    return objective


def _window(context: Context, data: dict[str, Any], at: Path) -> int | None:
    if "window" not in data:
        return DEFAULT_WINDOW
    window = whole_seconds(context, data, "window", at)
    if window is None or MIN_WINDOW <= window <= MAX_WINDOW:
        return window
    if MIN_WITH_POLICY <= window < MIN_WINDOW:
        if "policy" in mapping(data.get("alerting")):
            return window
        rest = "the default alerts look back 3d: give it an alerting.policy, or write 7d to 90d"
    else:
        rest = "write 7d to 90d, or down to 1h with an alerting.policy"
    message = f"a window of {format_duration(window)} is out of range; {rest}"
    context.error("window-range", message, (*at, "window"))
    return None


def _by(context: Context, data: dict[str, Any], at: Path) -> tuple[str, ...]:
    """The labels of `by`, without those that an SLO's series have anyway."""
    listed = data.get("by")
    found: list[str] = []
    for index, name in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(name, str):
            continue
        if name in RESERVED_LABELS or name.startswith("__"):
            message = f"`by`: the label `{name}` is set by slosmith or Prometheus; take another one"
            context.error("label-reserved", message, (*at, "by", index))
        else:
            found.append(name)
    return tuple(found)


def _alerting(context: Context, data: dict[str, Any], at: Path) -> Alerting:
    events = data.get("min_bad_events")
    page = _severity(context, mapping(data.get("page")), PAGE_NAME, (*at, "page"))
    ticket = _severity(context, mapping(data.get("ticket")), TICKET_NAME, (*at, "ticket"))
    if page.name == ticket.name:
        message = f"`{page.name}` names both the page and the ticket; give them two names"
        context.error("alert-name", message, (*at, "page", "name"))
    return Alerting(
        page=page,
        ticket=ticket,
        disabled=data.get("disabled") is True,
        min_bad_events=events if isinstance(events, int) else 5,
        absent=text(data.get("absent")) or "page",
        exhausted=text(data.get("exhausted")) or "off",
        labels=labels(context, data.get("labels"), (*at, "labels")),
        annotations=texts(data.get("annotations")),
    )


def _severity(context: Context, data: dict[str, Any], name: str, at: Path) -> SeverityAlert:
    chosen = text(data.get("name")) or name
    if chosen in (MISSING_ALERT, EXHAUSTED_ALERT):
        message = f"`{chosen}` is the name of another alert of every SLO"
        context.error("alert-name", message, (*at, "name"))
    return SeverityAlert(
        name=chosen,
        labels=labels(context, data.get("labels"), (*at, "labels")),
        annotations=texts(data.get("annotations")),
        disabled=data.get("disabled") is True,
    )
