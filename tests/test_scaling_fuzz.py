"""Random autoscaling: refused with a place, or objects that the judges of clusters accept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generators import GENERATORS
from slosmith import validate
from slosmith.pipeline import Compilation, Options, compile_project
from slosmith.problems import has_errors, located
from tests.crds import crd_errors, needs_crds
from tests.projects import write
from tests.test_fuzz import BOUNDED

NUMBER = st.sampled_from([1, 70, 100, 0.5, 0.001, 12.25, 1000, 999999.999])
MATCHER = st.sampled_from(
    ['job="api"', 'path=~"/a|<<.x>>"', 'q="${x} {{ y }}"', r'p="a\"b"', 'v="1e3"', "u='é☃'"]
)
SELECTOR = MATCHER.map(lambda matcher: f"requests_total{{{matcher}}}")
QUERY = st.one_of(
    SELECTOR.map(lambda selector: f"sum(rate({selector}[5m]))"),
    SELECTOR.map(lambda selector: f"max({selector}) / min({selector})"),
)
NAME = st.sampled_from(["queue", "1e3", "no", "traffic", "latency-2", "x" * 40])
DURATION = st.sampled_from(["0s", "1s", "15s", "5m", "30m", "1h", "2h"])


def fields(**known: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=known)


COUNTED = st.fixed_dictionaries({"series": SELECTOR, "per_replica": NUMBER}).map(
    lambda value: {"traffic": value}
)
RESOURCE = st.sampled_from([{"cpu": 1}, {"cpu": 70}, {"memory": 200}])
GUARD = st.one_of(
    st.sampled_from(["native", "api/native", "latency", "nobody"]),
    st.fixed_dictionaries(
        {"slo": st.sampled_from(["native", "api/latency"])},
        optional={"burn": st.sampled_from([1, 0.001, 12.5, 99, 100])},
    ),
)
GUARDS = st.lists(GUARD, min_size=1, max_size=2)
TRIGGER = st.one_of(
    st.fixed_dictionaries(
        {"series": SELECTOR, "per_replica": NUMBER},
        optional={"wakes": st.booleans(), "activation": NUMBER},
    ).map(lambda value: {"traffic": value}),
    st.fixed_dictionaries(
        {
            "slo": st.sampled_from(["latency", "native"]),
            "quantile": st.sampled_from([0.5, 0.95, 0.9999]),
            "target": st.sampled_from(["500ms", "1ms", "10s"]),
        },
        optional={"hold_while": GUARDS},
    ).map(lambda value: {"latency": value}),
    st.fixed_dictionaries(
        {"name": NAME, "query": QUERY},
        optional={
            "per_replica": NUMBER,
            "target": NUMBER,
            "wakes": st.booleans(),
            "hold_while": GUARDS,
        },
    ).map(lambda value: {"metric": value}),
    RESOURCE,
)
RULE = fields(
    stabilization=DURATION, percent=st.integers(1, 300), pods=st.integers(1, 9), every=DURATION
)
COMMON: dict[str, Any] = {
    "target": st.sampled_from(
        [
            "deployment/1e3",
            "statefulset/a.b",
            {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "no"},
        ]
    ),
    "replicas": st.fixed_dictionaries(
        {"min": st.sampled_from([0, 1, 1, 3]), "max": st.sampled_from([2, 5, 100])}
    ),
    "triggers": st.lists(TRIGGER, min_size=1, max_size=4),
}
BEHAVIOR = fields(scale_up=RULE, scale_down=RULE)
KEDA = st.fixed_dictionaries(
    COMMON,
    optional={
        "behavior": BEHAVIOR,
        "fallback": st.fixed_dictionaries(
            {"replicas": st.integers(1, 6)},
            optional={"behavior": st.sampled_from(["static", "currentReplicasIfHigher"])},
        ),
        "idle": st.sampled_from([0, 0, 1]),
        "polling": DURATION,
        "cooldown": DURATION,
        "pause": st.sampled_from([True, False, 0, 7, "scale_up", "scale_down"]),
        "transfer_hpa_ownership": st.sampled_from(["api-hpa", "1e3"]),
    },
)
HPA = st.fixed_dictionaries(
    COMMON
    | {
        "engine": st.just("hpa"),
        "triggers": st.lists(st.one_of(COUNTED, RESOURCE), min_size=1, max_size=4),
    },
    optional={"behavior": BEHAVIOR},
)
AUTOSCALING = st.one_of(KEDA, HPA)
PROMETHEUS = fields(
    auth=st.sampled_from(["none", {"tls": "1e3"}, {"header": {"cluster": "a.b"}}]),
    tenant=st.sampled_from([{"mimir": "a|b"}, {"thanos": "1e3"}, {"namespace": "no"}]),
)
VERSION = st.sampled_from(["2.10", "2.16", "2.18", "2.20"])


def compiled(folder: Path, scaling: Any, prometheus: Any, version: str) -> Compilation:
    histograms = [
        {
            "name": name,
            "objective": 99,
            "indicator": {"latency": {"histogram": "h{a='1'}", "below": "500ms", "type": kind}},
        }
        for name, kind in (("latency", "classic"), ("native", "native"))
    ]
    spec = {"version": "slosmith/v1", "service": "api", "slos": histograms, "autoscaling": scaling}
    project = {"version": "slosmith/v1", "prometheus": prometheus, "keda": {"version": version}}
    write(folder, {"slosmith.yaml": json.dumps(project), "specs/api.yaml": json.dumps(spec)})
    return compile_project(Options(folder / "slosmith.yaml", folder), GENERATORS, None)


@needs_crds
def test_what_is_not_refused_is_what_clusters_take(tmp_path: Path) -> None:
    seen = {"ScaledObject": 0, "HorizontalPodAutoscaler": 0}

    @BOUNDED
    @given(scaling=AUTOSCALING, prometheus=PROMETHEUS, version=VERSION)
    def tried(scaling: Any, prometheus: Any, version: str) -> None:
        compilation = compiled(tmp_path, scaling, prometheus, version)
        if has_errors(compilation.problems):
            found = located(compilation.problems, compilation.origins)
            assert all(problem.place and problem.place.span for problem in found), found
            return
        artifacts = [item for made in compilation.artifacts.values() for item in made]
        assert validate.check(artifacts) == []
        for artifact in artifacts:
            if artifact.path.endswith(("/scaledobject.yaml", "/hpa.yaml")):
                data = yaml.safe_load(artifact.text)
                seen[data["kind"]] += 1
                judged(data)

    tried()
    # Random specs are of use only while enough of them are right.
    assert min(seen.values()) >= 5, seen


def judged(data: Any) -> None:
    if data["kind"] == "ScaledObject":
        assert crd_errors(data) == []
    else:
        kubernetes_validate.validate(data, "1.30", strict=True)
