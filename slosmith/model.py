"""The resolved model: frozen, plain values; no YAML, no positions, no I/O.

Units: every duration is in seconds (int, or Decimal where below a second makes sense), every
objective in percent, every ratio between 0 and 1. Numbers that come from a spec stay exact
(`int` or `Decimal`), so that no float noise reaches a rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from slosmith.model_chaos import Experiment
from slosmith.model_dependencies import Dependency, Phase
from slosmith.model_load_test import LoadTest

SeverityKey = Literal["page", "ticket"]
Healthy = Literal["any", "all", "each"]
Engine = Literal["keda", "hpa"]
Pause = int | Literal["all", "scale_up", "scale_down"]


@dataclass(frozen=True)
class Selector:
    """A plain vector selector: metric name and matchers, each in the spelling of the spec.

    `name` is empty where the spec selects by `{__name__=…}` alone.
    """

    name: str
    matchers: tuple[str, ...] = ()

    def promql(self, suffix: str = "", extra: tuple[str, ...] = ()) -> str:
        """The selector as PromQL, with `suffix` put to its name and `extra` matchers added."""
        inside = ", ".join(self.matchers + extra)
        return f"{self.name}{suffix}" + (f"{{{inside}}}" if inside else "")


@dataclass(frozen=True)
class SelectorCount:
    """Events counted by the counters of a selector; slosmith wraps it in sum(rate(…))."""

    selector: Selector


@dataclass(frozen=True)
class ExpressionCount:
    """Events counted by an aggregated expression with `$window` in its ranges.

    `per_window`: the expression counts events in the window (increase, count_over_time) rather
    than events per second.
    """

    expression: str
    per_window: bool = False


EventCount = SelectorCount | ExpressionCount


@dataclass(frozen=True)
class RatioIndicator:
    """Bad (or good) events over all events. Exactly one of `bad` and `good` is set."""

    total: EventCount
    bad: EventCount | None = None
    good: EventCount | None = None
    kind: Literal["ratio"] = "ratio"


@dataclass(frozen=True)
class LatencyIndicator:
    """Requests slower than a bound: that of a bucket in a classic histogram, any in a native one.

    `below` is the bound in seconds, `bound` the same in the unit of the histogram (`le`).
    """

    histogram: Selector
    below: Decimal
    bound: Decimal
    unit: Literal["s", "ms"] = "s"
    native: bool = False
    kind: Literal["latency"] = "latency"


@dataclass(frozen=True)
class ThresholdIndicator:
    """Share of time in which an instant value is on the wrong side. Exactly one bound is set."""

    query: str
    below: Decimal | None = None
    above: Decimal | None = None
    kind: Literal["threshold"] = "threshold"


@dataclass(frozen=True)
class UptimeIndicator:
    """Share of time without a healthy target (`any`), with a dead one (`all`), or the share of
    dead targets (`each`), from a series that is 1 where a target is up and 0 where not."""

    series: Selector
    healthy: Healthy = "any"
    kind: Literal["uptime"] = "uptime"


@dataclass(frozen=True)
class ErrorRatioIndicator:
    """An error ratio, 0…1, that cannot be split into events; `query` has `$window` in its ranges.

    Its long windows are weighted by time, not by events.
    """

    query: str
    kind: Literal["error_ratio"] = "error_ratio"


Indicator = (
    RatioIndicator | LatencyIndicator | ThresholdIndicator | UptimeIndicator | ErrorRatioIndicator
)


@dataclass(frozen=True)
class Tier:
    """One pair of windows of a burn-rate alert.

    It fires when the error ratio over `long` and over `short` (seconds) is above `threshold`
    (0…1). `factor` is the burn rate that the policy names; None for the outage tier, whose
    threshold is half-way between the budget and 1. `clamped`: factor × budget would have been
    above half-way, where a high enough error ratio may not exist, and was lowered to it.
    """

    severity: SeverityKey
    long: int
    short: int
    threshold: Decimal
    factor: Decimal | None = None
    clamped: bool = False


@dataclass(frozen=True)
class PolicyTier:
    """One pair of windows of a policy, for any objective: exactly one of `factor` (a burn rate)
    and `budget` (the share of the error budget, 0…1, that it spends within `long`) is set."""

    severity: SeverityKey
    long: int
    short: int
    factor: Decimal | None = None
    budget: Decimal | None = None


@dataclass(frozen=True)
class SeverityAlert:
    """What a spec changes about the alert of one severity."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    disabled: bool = False


@dataclass(frozen=True)
class Alerting:
    """The alerts of one SLO. `absent` and `exhausted` are `page`, `ticket` or `off`."""

    page: SeverityAlert
    ticket: SeverityAlert
    disabled: bool = False
    min_bad_events: int = 5
    absent: str = "page"
    exhausted: str = "off"
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GivenSeries:
    """A raw series for the generated tests, as a spec gives it: its paces while all is good and
    while all is bad, a counter's growth per second or a gauge's value."""

    selector: Selector
    good: Decimal
    bad: Decimal
    counter: bool


@dataclass(frozen=True)
class Slo:
    """One objective. `objective` in percent, `window` in seconds, `tiers` in falling urgency.

    `by`: labels, with a budget and alerts of its own for each of their values. `given`: what the
    generated tests feed to its rules, where the spec says it.
    """

    name: str
    objective: Decimal
    window: int
    indicator: Indicator
    alerting: Alerting
    tiers: tuple[Tier, ...]
    description: str = ""
    by: tuple[str, ...] = ()
    given: tuple[GivenSeries, ...] = ()

    @property
    def budget(self) -> Decimal:
        """The share of bad events (or time) that the objective allows, 0…1, exact."""
        return 1 - self.objective / 100

    def burn_alert(self, severity: SeverityKey) -> SeverityAlert | None:
        """The burn-rate alert of a severity; None where it is disabled or no tier is its own."""
        alert = self.alerting.page if severity == "page" else self.alerting.ticket
        off = self.alerting.disabled or alert.disabled
        return None if off or all(tier.severity != severity for tier in self.tiers) else alert


@dataclass(frozen=True)
class ScaleTarget:
    """The workload to scale."""

    api_version: str
    kind: str
    name: str


@dataclass(frozen=True)
class TrafficTrigger:
    """Scale so that each replica serves `per_replica` events per second.

    `activation`: the value above which the workload is active, and may not go to zero. `wakes`:
    the series are there while no pod is (an ingress counts them), so that such a value starts it.
    """

    series: Selector
    per_replica: Decimal
    wakes: bool = False
    activation: Decimal = Decimal(0)


@dataclass(frozen=True)
class Guard:
    """Holds a trigger: while the error ratio of `slo` (`service/slo`) over 5 minutes is above
    `threshold`, which is its error budget times `burn`, the trigger adds no replicas."""

    slo: str
    burn: Decimal
    threshold: Decimal


@dataclass(frozen=True)
class LatencyTrigger:
    """Scale so that a quantile (0…1) of a histogram stays at `target` seconds.

    `slo` is the SLO it was taken from, as `service/slo`; `unit` is the histogram's. It adds
    nothing while any of `hold_while` holds it.
    """

    slo: str
    histogram: Selector
    quantile: Decimal
    target: Decimal
    unit: Literal["s", "ms"] = "s"
    native: bool = False
    hold_while: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class ResourceTrigger:
    """Scale so that the pods use `percent` of their cpu or memory request."""

    resource: Literal["cpu", "memory"]
    percent: int


@dataclass(frozen=True)
class MetricTrigger:
    """Scale by an instant value; exactly one of `per_replica` and `target` is set.

    `per_replica`: the value is a total, of which each replica takes so much. `target`: every
    replica has the value already, and it should stay at that. `wakes` and `activation` are those
    of a traffic trigger; `hold_while`, only beside `target`, is that of a latency trigger.
    """

    name: str
    query: str
    per_replica: Decimal | None = None
    target: Decimal | None = None
    wakes: bool = False
    activation: Decimal = Decimal(0)
    hold_while: tuple[Guard, ...] = ()


Trigger = TrafficTrigger | LatencyTrigger | MetricTrigger | ResourceTrigger


@dataclass(frozen=True)
class ScaleRule:
    """How fast replicas may change: by at most `percent` of them or `pods`, whichever is more, in
    each `every` seconds, and only to what was asked for throughout the last `stabilization`
    seconds. None: the cluster's default."""

    stabilization: int | None = None
    percent: int | None = None
    every: int | None = None
    pods: int | None = None


@dataclass(frozen=True)
class Fallback:
    """Replicas to hold after `after` failed queries in a row."""

    replicas: int
    after: int = 3
    behavior: str = "static"


@dataclass(frozen=True)
class Autoscaling:
    """What scales a workload, and by what.

    `polling` and `cooldown` (seconds) and `idle` (replicas without any activity, only ever 0)
    rule the way to zero and back; None: KEDA's default. `pause` holds the replicas: all changes,
    one direction, or (a number) at so many. `transfer_hpa_ownership` names the HPA that KEDA
    takes over; empty: it makes one of its own.
    """

    target: ScaleTarget
    min_replicas: int
    max_replicas: int
    triggers: tuple[Trigger, ...]
    scale_up: ScaleRule | None = None
    scale_down: ScaleRule | None = None
    fallback: Fallback | None = None
    engine: Engine = "keda"
    polling: int | None = None
    cooldown: int | None = None
    idle: int | None = None
    pause: Pause | None = None
    transfer_hpa_ownership: str = ""


@dataclass(frozen=True)
class Service:
    """One service with everything it inherits. `source` is its spec's path, relative to the
    folder of slosmith.yaml, with `/` between its parts."""

    name: str
    source: str
    slos: tuple[Slo, ...]
    description: str = ""
    owner: str = ""
    namespace: str = "default"
    pods: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    autoscaling: Autoscaling | None = None
    dependencies: tuple[Dependency, ...] = ()
    load_test: LoadTest | None = None
    experiments: tuple[Experiment, ...] = ()
    phases: tuple[Phase, ...] = ()


@dataclass(frozen=True)
class Auth:
    """How KEDA authenticates to Prometheus: by the TriggerAuthentication `name`, which is beside
    the scaler, or the ClusterTriggerAuthentication of that name."""

    mode: Literal["bearer", "basic", "tls", "header"]
    name: str
    cluster: bool = False


@dataclass(frozen=True)
class Tenant:
    """Whose metrics KEDA asks for, in the words of what it asks."""

    of: Literal["mimir", "thanos", "namespace"]
    name: str


@dataclass(frozen=True)
class Prometheus:
    """Intervals and retention in seconds; `namespace` is that of the rule objects."""

    url: str = "http://prometheus-operated.monitoring.svc:9090"
    scrape_interval: int = 30
    evaluation_interval: int = 30
    retention: int = 15 * 86400
    rule_labels: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "monitoring"
    auth: Auth | None = None
    tenant: Tenant | None = None


@dataclass(frozen=True)
class Grafana:
    """`datasource` is the uid of Grafana's Prometheus, empty where it is not known."""

    url: str = ""
    folder: str = "SLOs"
    namespace: str = "monitoring"
    datasource: str = ""


@dataclass(frozen=True)
class Project:
    """What all services of a project share, from slosmith.yaml."""

    prometheus: Prometheus = field(default_factory=Prometheus)
    grafana: Grafana = field(default_factory=Grafana)
    runbooks_url: str = ""
    keda_version: tuple[int, int] = (2, 18)
    severities: Mapping[SeverityKey, str] = field(
        default_factory=lambda: {"page": "page", "ticket": "ticket"}
    )
    policies: Mapping[str, tuple[PolicyTier, ...]] = field(default_factory=dict)
    families: tuple[str, ...] = ("prometheus", "grafana", "kubernetes", "k6", "chaos", "runbooks")


@dataclass(frozen=True)
class BurnAlerts:
    """The two burn-rate alerts of an SLO that has both, by their names. `by` is the SLO's;
    `unlike`: labels that the two do not share, because a spec sets them on one of them, sorted."""

    slo: str
    page: str
    ticket: str
    by: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()


@dataclass(frozen=True)
class PodMetric:
    """A metric per pod that an HPA asks for: its name, and the counter that it is the rate of."""

    name: str
    series: Selector


@dataclass(frozen=True)
class ServiceSummary:
    """All that an artifact of the whole fleet may see of a service, so that an unchanged
    service needs no compiling. `scale_target` is `namespace/apiVersion/kind/name`, or empty;
    `by` holds the labels that any of its SLOs is split by, sorted; `burns` those SLOs whose slow
    burn is worth silencing; `pod_metrics` what its HPA needs of prometheus-adapter."""

    name: str
    owner: str
    namespace: str
    slos: tuple[str, ...]
    scale_target: str
    paths: tuple[str, ...]
    by: tuple[str, ...] = ()
    burns: tuple[BurnAlerts, ...] = ()
    pod_metrics: tuple[PodMetric, ...] = ()


@dataclass(frozen=True)
class Fleet:
    """All services of a project, sorted by name."""

    project: Project
    services: tuple[Service, ...]

    def to_dict(self) -> dict[str, Any]:
        """The model as JSON-like data; decimals as their exact text."""
        plain: dict[str, Any] = _plain(dataclasses.asdict(self))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
