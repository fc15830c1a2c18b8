"""How long requests take, for SLOs that promise a latency: percentiles of the raw histogram."""

from __future__ import annotations

from decimal import Decimal

from generators.grafana import queries
from generators.grafana.panels import Panel, Query, Size, Unit, timeseries
from generators.grafana.text import literal
from slosmith.durations import format_duration
from slosmith.model import LatencyIndicator, Project, Service, Slo
from slosmith.numbers import percent, plain

_USUAL = (Decimal("0.5"), Decimal("0.9"), Decimal("0.99"))


def panel(service: Service, slo: Slo, indicator: LatencyIndicator, project: Project) -> Panel:
    """The median, two usual percentiles and the one that the objective is about, against the
    bound; with `by`, that last one for each value."""
    promised = slo.objective / 100
    shown = [promised] if slo.by else sorted({*_USUAL, promised})
    values = "".join(f"{{{{{label}}}}}, " for label in slo.by)
    scrape = project.prometheus.scrape_interval
    return timeseries(
        f"{slo.name}: latency",
        f"How long requests take: of {percent(promised)} of them the slowest takes as long as the "
        f"line p{plain(slo.objective)} says. The dashed line is the bound of "
        f"{format_duration(indicator.below)}: while p{plain(slo.objective)} is below it the "
        f"objective is met.{_exactness(indicator)}\n\nAbove the bound: open a trace of a slow "
        "request (the dots, where the data source has exemplars), and follow the runbook.",
        Size(24, 8),
        [
            Query(
                quantile(slo, indicator, share),
                f"{values}p{plain(share * 100)}",
                scrape=scrape,
                exemplars=True,
            )
            for share in shown
        ],
        Unit(indicator.unit),
        steps=((None, "green"), (indicator.bound, "red")),
        minimum=0,
        reach=indicator.bound * Decimal("1.2"),
    )


def quantile(slo: Slo, indicator: LatencyIndicator, share: Decimal) -> str:
    """A quantile of the requests between two points of the graph, in the histogram's unit; with
    `by`, of each of its values, the slowest ones.

    The raw series of a `by` have its labels, so the variables at the top narrow them too.
    """
    chosen = tuple(f'{label}=~"${queries.variable(label)}"' for label in slo.by)
    labels = list(slo.by)
    histogram = literal(indicator.histogram)
    if indicator.native:
        selector = histogram.promql(extra=chosen)
    else:
        labels.append("le")
        selector = histogram.promql("_bucket", chosen)
    grouping = f" by ({', '.join(labels)}) " if labels else ""
    rate = f"sum{grouping}(rate({selector}[$__rate_interval]))"
    value = f"histogram_quantile({plain(share)}, {rate})"
    return f"topk({queries.LINES}, {value})" if slo.by else value


def _exactness(indicator: LatencyIndicator) -> str:
    if indicator.native:
        return ""
    return " Between the bounds of buckets percentiles are estimates."
