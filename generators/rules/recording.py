"""The recording rules of one SLO, in the order in which they depend on each other."""

from __future__ import annotations

from typing import Any

from generators.rules import indicators
from slosmith import series
from slosmith.durations import format_duration
from slosmith.model import Project, Service, Slo
from slosmith.numbers import plain
from slosmith.yamlout import Block

HOUR = 3600
DAY = 86400
Rule = dict[str, Any]
# These count time, which passes wherever there is data.
_ALWAYS_COUNTING = ("threshold", "uptime")


def windows(slo: Slo) -> tuple[list[int], list[int]]:
    """The windows of the error ratio, rising: those of the fast group and those of the slow one.

    What a page compares is evaluated fast. The SLO's own window is in the slow group.
    """
    paging = {series.BASE_WINDOW, HOUR}
    rest = {slo.window}
    for tier in slo.tiers:
        (paging if tier.severity == "page" else rest).update((tier.long, tier.short))
    return sorted(paging), sorted(rest - paging)


def fast(service: Service, slo: Slo, project: Project) -> list[Rule]:
    """Event rates and the error ratios that pages compare."""
    step = project.prometheus.scrape_interval
    rules = [
        _record(service, slo, series.TOTAL, indicators.total(slo, step)),
        _record(service, slo, series.BAD, indicators.bad(slo, step)),
    ]
    return rules + [_error_ratio(service, slo, window, step) for window in windows(slo)[0]]


def slow(service: Service, slo: Slo, project: Project) -> list[Rule]:
    """History, the error ratios of tickets and of the SLO's window, the budget, and what
    describes the SLO."""
    scrape = project.prometheus.scrape_interval
    labels = series.matchers(service.name, slo.name)
    ratio = series.error_ratio(slo.window)
    total, history = f"{series.TOTAL}{labels}", f"{series.HISTORY}{labels}"
    period = format_duration(slo.window)
    step = format_duration(_history_step(slo.window))
    oldest = f"min_over_time((0 * {total} + time())[{period}:{step}])"
    spent = f"{ratio}{labels} / {plain(slo.budget)}"
    # The unseen past counts as free of errors. History never is longer than the window.
    remaining = f"1 - {spent} * {history} / {slo.window}"
    if slo.indicator.kind not in _ALWAYS_COUNTING:
        # A time without any event spends nothing.
        remaining += f"\nor 1 + 0 * {total}"
    return [
        _record(service, slo, series.HISTORY, f"time() - {oldest}\nor 0 * {total}"),
        *(_error_ratio(service, slo, window, scrape) for window in windows(slo)[1]),
        _record(service, slo, series.REMAINING, remaining),
        _record(service, slo, series.OBJECTIVE, f"vector({plain(slo.objective / 100)})"),
        _record(service, slo, series.BUDGET, f"vector({plain(slo.budget)})"),
        _record(service, slo, series.PERIOD, f"vector({slo.window})"),
        _info(service, slo),
    ]


def _history_step(window: int) -> int:
    """Seconds between the looks back over a window. At most some thousand of them, as promtool
    stops a query at ten thousand samples."""
    if window < DAY:
        return 60
    return 600 if window <= 30 * DAY else 1800


def _error_ratio(service: Service, slo: Slo, window: int, step: int) -> Rule:
    """5 m from the recorded rates, up to an hour from the raw series (a page must not wait for
    the recorded ones), longer as sums of recorded rates: weighted by traffic, and cheap."""
    labels = series.matchers(service.name, slo.name)
    bad, total = f"{series.BAD}{labels}", f"{series.TOTAL}{labels}"
    if window == series.BASE_WINDOW:
        expression = f"{bad} / ({total} > 0)"
    elif window <= series.RAW_WINDOW:
        expression = indicators.error_ratio(slo, window, labels, step)
    else:
        span = format_duration(window)
        expression = f"sum_over_time({bad}[{span}])\n/ (sum_over_time({total}[{span}]) > 0)"
    return _record(service, slo, series.error_ratio(window), expression)


def _info(service: Service, slo: Slo) -> Rule:
    """One series per SLO with all that describes it. Changing a label here breaks no history:
    the series of the indicator carry `service` and `slo` alone."""
    extra = {"namespace": service.namespace, "owner": service.owner, **service.labels}
    rule = _record(service, slo, series.INFO, "vector(1)")
    rule["labels"] |= {
        "kind": slo.indicator.kind,
        "objective": plain(slo.objective),
        "window": format_duration(slo.window),
    } | {name: extra[name] for name in sorted(extra) if extra[name]}
    return rule


def _record(service: Service, slo: Slo, name: str, expression: str) -> Rule:
    return {
        "record": name,
        "expr": Block(expression),
        "labels": {"service": service.name, "slo": slo.name},
    }
