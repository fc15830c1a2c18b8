"""The incident on a real Prometheus, and the autoscaler's clock over it.

The committed spec of `api` is built as users build it. Raw series of some hours are backfilled,
then what its own rules record of them. A look of the autoscaler asks the queries of the emitted
ScaledObject as KEDA does, and moves the replicas as Kubernetes does.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from slosmith.scaling import arithmetic
from slosmith.scaling.arithmetic import Limits, Pace, Policy, State
from tests.keda_reading import KedaError, ask
from tests.projects import OFF, ROOT, run, write
from tests.prometheus_server import Server, backfill, backfill_rules, serving

SCRAPE = 30
MINUTE = 60
HELD = ", hold_while: [db-pool, cache-hits]"
SPEC = (ROOT / "specs/api.yaml").read_text()
# Each request takes as long as the bound of one bucket, or nearly.
FAST, SLOW = "0.1", "0.8"
BOUNDS = ("0.1", "0.25", "0.5", "0.75", "0.8", "1", "+Inf")
RECORDED = ("slo:sli_total:rate5m", "slo:sli_bad:rate5m"), ("slo:sli_error:ratio_rate5m",)


@dataclass(frozen=True)
class Moment:
    """What is true for a while. CPU and memory in percent of the request."""

    requests: float = 600
    took: str = FAST
    hits: float = 0.95
    connections: float = 50
    cpu: int = 20
    memory: int = 60


CALM = Moment()
INCIDENT = Moment(took=SLOW, hits=0.1, connections=98)


@dataclass(frozen=True)
class Life:
    """Moments one after the other: each begins at a second of the life."""

    moments: tuple[tuple[int, Moment], ...]

    def at(self, second: float) -> Moment:
        return [moment for begin, moment in self.moments if begin <= second][-1]

    def grown(self, second: int, by: Callable[[Moment], float]) -> float:
        """How far a counter is that grows by so much a second."""
        ends = [begin for begin, _ in self.moments[1:]] + [second]
        return sum(
            max(min(end, second) - begin, 0) * by(moment)
            for (begin, moment), end in zip(self.moments, ends, strict=True)
        )


def _series(life: Life, length: int, start: int, offset: int) -> dict[str, list[tuple[int, float]]]:
    """Samples of one target that is scraped `offset` seconds after each half minute."""
    seconds = range(offset, length, SCRAPE)

    def counter(by: Callable[[Moment], float]) -> list[tuple[int, float]]:
        return [(start + second, life.grown(second, by)) for second in seconds]

    def gauge(of: Callable[[Moment], float]) -> list[tuple[int, float]]:
        return [(start + second, of(life.at(second))) for second in seconds]

    def bucket(le: str) -> Callable[[Moment], float]:
        return lambda moment: moment.requests * (float(moment.took) <= float(le))

    job = 'job="api"'
    histogram = "http_request_duration_seconds"
    return {
        f'http_requests_total{{{job},status="200"}}': counter(lambda moment: moment.requests),
        f"{histogram}_count{{{job}}}": counter(lambda moment: moment.requests),
        **{f'{histogram}_bucket{{{job},le="{le}"}}': counter(bucket(le)) for le in BOUNDS},
        f"cache_requests_total{{{job}}}": counter(lambda moment: moment.requests),
        f"cache_hits_total{{{job}}}": counter(lambda moment: moment.requests * moment.hits),
        f"db_connections_active{{{job}}}": gauge(lambda moment: moment.connections),
        f"db_connections_max{{{job}}}": gauge(lambda _: 100),
        f"up{{{job}}}": gauge(lambda _: 1),
    }


@dataclass(frozen=True)
class World:
    """A server with a life that began at `start` (Unix seconds)."""

    server: Server
    life: Life
    start: int
    explained: dict[str, Any] = field(default_factory=dict)

    def read(self, trigger: dict[str, Any], second: int) -> float | None:
        """What KEDA reads at a second of the life; None where that is an error."""
        try:
            return ask(self.server, trigger["metadata"]["query"], self.start + second)
        except KedaError:
            return None

    def first(self, condition: str, begin: int, end: int) -> int | None:
        """Seconds from `begin` to the first second at which a condition (0 or 1) is 1."""
        data = self.server.get(
            "query_range",
            query=condition,
            start=str(self.start + begin),
            end=str(self.start + end),
            step="1",
        )["result"]
        values = [(int(at), value) for series in data for at, value in series["values"]]
        return min((at - self.start - begin for at, value in values if value == "1"), default=None)

    def replicas(
        self, scaled: dict[str, Any], begin: int, minutes: int, present: int = 6, phase: int = 0
    ) -> list[int]:
        """The replicas at `begin`, and after each minute. The autoscaler has looked for three
        minutes before; its looks come `phase` seconds after those of the clock."""
        bounds, state = limits(scaled), State(present)
        found = []
        for second in range(begin - 3 * MINUTE, begin + minutes * MINUTE + 1):
            if second % arithmetic.SYNC_PERIOD == phase:
                asked = [
                    self._asks(trigger, second, state.replicas)
                    for trigger in scaled["spec"]["triggers"]
                ]
                state = arithmetic.step(
                    state, second, arithmetic.together(asked, state.replicas), bounds
                )
            if second >= begin and (second - begin) % MINUTE == 0:
                found.append(state.replicas)
        return found

    def _asks(self, trigger: dict[str, Any], second: int, replicas: int) -> int | None:
        moment = self.life.at(second)
        if trigger["type"] in ("cpu", "memory"):
            used = moment.cpu if trigger["type"] == "cpu" else moment.memory
            return arithmetic.compared(used, int(trigger["metadata"]["value"]), replicas)
        value, threshold = self.read(trigger, second), Decimal(trigger["metadata"]["threshold"])
        if value is None:
            return None
        ask = arithmetic.shared if trigger["metricType"] == "AverageValue" else arithmetic.compared
        return ask(value, threshold, replicas)


def limits(scaled: dict[str, Any]) -> Limits:
    """Those that KEDA hands on, as Kubernetes reads them."""
    spec = scaled["spec"]
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    up, down = (
        Pace(
            rule["stabilizationWindowSeconds"],
            tuple(
                Policy(policy["type"], policy["value"], policy["periodSeconds"])
                for policy in rule["policies"]
            ),
        )
        for rule in (behavior["scaleUp"], behavior["scaleDown"])
    )
    return Limits(spec["minReplicaCount"], spec["maxReplicaCount"], up, down)


def build(folder: Path, spec: str) -> Path:
    """A project of one spec, built; the committed project file goes with it."""
    project = (ROOT / "slosmith.yaml").read_text()
    write(folder, {"slosmith.yaml": project, "specs/api.yaml": spec})
    result = run(folder, "build", *OFF)
    assert result.returncode == 0, result.stderr
    return folder / "out"


def scaled_object(folder: Path, spec: str = SPEC) -> dict[str, Any]:
    """The ScaledObject of a spec."""
    text = (build(folder, spec) / "kubernetes/api/scaledobject.yaml").read_text()
    found = yaml.load(text, Loader=yaml.CSafeLoader)
    assert isinstance(found, dict)
    return found


@contextmanager
def world(folder: Path, life: Life, length: int, offset: int, spec: str = SPEC) -> Iterator[World]:
    """A server with `length` seconds of a life, and what the rules of the spec recorded of it."""
    start = (int(time.time()) - length - 3600) // 3600 * 3600
    rules = build(folder / "project", spec) / "prometheus/rules/api.yaml"
    explained = run(folder / "project", "explain", "api", "--format", "json", *OFF)
    assert explained.returncode == 0, explained.stderr
    backfill(folder, _series(life, length, start, offset))
    groups = yaml.load(rules.read_text(), Loader=yaml.CSafeLoader)["groups"]
    # When a group is evaluated within its interval comes from the name of its file: one name for
    # all that is recorded, and the same in every run.
    file = Path("rules.yaml")
    for names in RECORDED:
        # promtool evaluates every rule by itself, so what others read comes before them.
        kept = [
            group | {"rules": [rule for rule in group["rules"] if rule.get("record") in names]}
            for group in groups
        ]
        with chdir(folder):
            file.write_text(json.dumps({"groups": [group for group in kept if group["rules"]]}))
            backfill_rules(folder, file, start, start + length)
        (folder / "recorded").rmdir()
    with serving(folder) as server:
        data = json.loads(explained.stdout)["services"][0]["autoscaling"]
        yield World(server, life, start, data)
