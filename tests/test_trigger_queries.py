"""What triggers read from a real Prometheus, through the queries that KEDA sends.

Three spells of 20 minutes, one after the other: the service is busy, it is idle (its counters
stand still), and its series are gone. Busy is a value, idle is 0, gone is an error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from slosmith import model
from slosmith.promql.fields import instant_value
from slosmith.scaling.queries import latency_query, metric_query, traffic_query
from tests.keda_reading import KedaError, ask
from tests.prometheus_server import Server, backfill, needs_prometheus, serving

pytestmark = [pytest.mark.server, needs_prometheus]

ROOT = Path(__file__).resolve().parents[1]
SPELL = 1200
NOW = int(time.time()) // 60 * 60
BUSY, IDLE, GONE = NOW - 2 * SPELL - 60, NOW - SPELL - 60, NOW - 60


def counter(rate: float) -> list[tuple[int, float]]:
    """Grows at a rate while busy, stands still while idle."""
    start = NOW - 3 * SPELL
    times = range(start, NOW - SPELL - 29, 30)
    return [(at, min(at - start, SPELL) * rate) for at in times]


def gauge(busy: float, idle: float) -> list[tuple[int, float]]:
    times = range(NOW - 3 * SPELL, NOW - SPELL - 29, 30)
    return [(at, busy if at < NOW - 2 * SPELL else idle) for at in times]


def histogram(name: str, labels: str, unit: float) -> dict[str, list[tuple[int, float]]]:
    """Half of the requests below 0.25 s, all below 0.75 s, 4 a second in each of two pods."""
    found = {}
    for pod in ("a", "b"):
        at = f'{labels},pod="{pod}"'
        for bound, rate in ((0.25, 2.0), (0.75, 4.0)):
            found[f'{name}_bucket{{{at},le="{bound * unit:g}"}}'] = counter(rate)
        found[f'{name}_bucket{{{at},le="+Inf"}}'] = counter(4.0)
        found[f"{name}_count{{{at}}}"] = counter(4.0)
    return found


SERIES = {
    **{
        f'{name}{{job="{job}",pod="{pod}"}}': counter(rate)
        for name, job, rate in (
            ("http_requests_total", "api", 30.0),
            ("orders_total", "checkout", 6.0),
            ("hits_total", "api", 3.0),
            ("reads_total", "api", 4.0),
        )
        for pod in ("a", "b")
    },
    **histogram("http_request_duration_seconds", 'job="api"', 1),
    **histogram("payment_duration_milliseconds", 'job="checkout"', 1000),
    'queue_depth{queue="jobs",shard="1"}': gauge(40, 0),
    'queue_depth{queue="jobs",shard="2"}': gauge(20.5, 0),
    'balance{job="api"}': gauge(7, -3),
    'rpc_seconds{job="api",quantile="0.99"}': gauge(0.8, float("nan")),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("triggers")
    backfill(folder, SERIES)
    with serving(folder) as running:
        yield running


def metric(query: str) -> str:
    """The query of a metric trigger, as a spec's comes through."""
    found, faults = instant_value(query)
    assert found is not None, faults
    return metric_query(model.MetricTrigger("queue", found, per_replica=Decimal(1)))


TRAFFIC = model.TrafficTrigger(
    model.Selector("http_requests_total", ('job="api"',)), per_replica=Decimal(100)
)
LATENCY = model.LatencyTrigger(
    slo="api/latency",
    histogram=model.Selector("http_request_duration_seconds", ('job="api"',)),
    quantile=Decimal("0.75"),
    target=Decimal("0.5"),
)
MILLISECONDS = replace(
    LATENCY,
    unit="ms",
    histogram=model.Selector("payment_duration_milliseconds", ('job="checkout"',)),
)
HITS, READS = (f'sum(rate({name}_total{{job="api"}}[5m]))' for name in ("hits", "reads"))

# A query, and what it reads while the service is busy and while it is idle.
QUERIES = {
    "traffic": (traffic_query(TRAFFIC, 30), 60.0, 0.0),
    "latency, any quantile": (latency_query(LATENCY), 500.0, 0.0),
    "latency in ms": (latency_query(replace(MILLISECONDS, quantile=Decimal("0.5"))), 250.0, 0.0),
    "latency, p999": (latency_query(replace(LATENCY, quantile=Decimal("0.999"))), 749.0, 0.0),
    "a sum": (metric('sum(queue_depth{queue="jobs"})'), 60.5, 0.0),
    "a ratio": (metric(f"{HITS} / {READS}"), 0.75, 0.0),
    "a ratio in percent": (metric(f"100 * (1 - {HITS} / {READS})"), 25.0, 0.0),
    "a remainder": (metric(f"{READS} % {HITS}"), 2.0, 0.0),
    "a ratio of maxima": (metric(f"max({HITS} / {READS})"), 0.75, 0.0),
    "a quantile": (
        metric(
            "histogram_quantile(0.5, sum by (le) "
            '(rate(http_request_duration_seconds_bucket{job="api"}[5m])))'
        ),
        0.25,
        0.0,
    ),
    "a summary's quantile": (metric('max(rpc_seconds{job="api", quantile="0.99"})'), 0.8, 0.0),
    "a value that falls below 0": (metric('avg(balance{job="api"}) / 1'), 7.0, -3.0),
    "a root": (metric('sqrt(sum(queue_depth{queue="jobs"}) + 3.5)'), 8.0, 1.871),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_trigger_reads_one_value_0_while_idle_and_an_error_without_data(
    server: Server, name: str
) -> None:
    query, busy, idle = QUERIES[name]
    assert ask(server, query, BUSY) == pytest.approx(busy, rel=1e-3)
    assert ask(server, query, IDLE) == pytest.approx(idle, abs=1e-3)
    with pytest.raises(KedaError, match="empty"):
        ask(server, query, GONE)


def committed() -> dict[str, str]:
    """The queries of all committed ScaledObjects, by service and name."""
    found = {}
    for file in sorted((ROOT / "out" / "kubernetes").glob("*/scaledobject.yaml")):
        for trigger in yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]["triggers"]:
            if trigger["type"] == "prometheus":
                found[f"{file.parent.name} {trigger['name']}"] = trigger["metadata"]["query"]
    return found


@pytest.mark.parametrize("name", committed())
def test_the_committed_triggers_read_one_value_0_while_idle_and_an_error_without_data(
    server: Server, name: str
) -> None:
    query = committed()[name]
    assert ask(server, query, BUSY) > 0
    assert ask(server, query, IDLE) == 0
    with pytest.raises(KedaError, match="empty"):
        ask(server, query, GONE)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ('rate(http_requests_total{job="api"}[2m])', "multiple elements"),
        ('scalar(sum(queue_depth{queue="jobs"}))', "scalar"),
        ('queue_depth{shard="1"}[2m]', "matrix"),
        ("vector(1) / 0", "inf"),
    ],
)
def test_what_keda_cannot_read_is_seen(server: Server, query: str, wrong: str) -> None:
    with pytest.raises(KedaError, match=wrong):
        ask(server, query, BUSY)


def test_a_partial_loss_is_an_error_and_not_0(server: Server) -> None:
    """One side of a ratio is gone, or there are requests but no buckets."""
    lost = metric(f'{HITS} / sum(rate(nothing_total{{job="api"}}[5m]))')
    no_buckets = latency_query(
        replace(LATENCY, histogram=model.Selector("reads_total", ('job="api"',)))
    ).replace("reads_total_count", "reads_total")
    for query in (lost, no_buckets):
        with pytest.raises(KedaError, match="empty"):
            ask(server, query, BUSY)
