"""Layers and their precedence, where problems in each layer are shown, references, summaries."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from generators import GENERATORS
from slosmith.model import Autoscaling, BurnAlerts, LatencyTrigger, Service, TrafficTrigger
from slosmith.pipeline import Compilation, Options, compile_project
from slosmith.problems import located
from slosmith.summaries import summarize
from tests.projects import PROJECT, ratio, spec, write

DAY = 86400
SCALING = (
    "autoscaling:\n  target: deployment/api\n  replicas: {min: 2, max: 9}\n"
    "  triggers:\n  - cpu: 70\n"
)
LATENCY = (
    "- name: latency\n  objective: 99\n  indicator:\n"
    "    latency: {histogram: 'seconds{job=\"SERVICE\"}', below: 500ms}\n"
)


def compiled(folder: Path, project: str, **specs: str) -> Compilation:
    """What comes of slosmith.yaml and specs by file name, without promtool."""
    files = {"slosmith.yaml": project} | {f"specs/{name}.yaml": specs[name] for name in specs}
    write(folder, files)
    return compile_project(Options(folder / "slosmith.yaml", folder), GENERATORS, None)


def service(folder: Path, project: str, **specs: str) -> Service:
    """The service of a single spec, which must be without problems."""
    compilation = compiled(folder, project, **specs)
    assert compilation.problems == []
    assert compilation.fleet
    return compilation.fleet.services[0]


def scaling(folder: Path, project: str, **specs: str) -> Autoscaling:
    found = service(folder, project, **specs).autoscaling
    assert found
    return found


def places(compilation: Compilation, folder: Path) -> list[str]:
    """`specs/api.yaml:5:14 objective-range` for each problem."""
    found = []
    for item in located(compilation.problems, compilation.origins):
        assert item.place
        span = item.place.span
        file = Path(item.place.file).relative_to(folder).as_posix()
        found.append(f"{file}:{span.line}:{span.column} {item.problem.check}" if span else file)
    return found


# Each level from the lowest, with the value that it gives to a field.
LEVELS = ("defaults", "service", "slo", "overrides", "one service")


def label(level: str) -> str:
    """A label that only this level sets."""
    return f"from_{level.replace(' ', '_')}"


def layered(field: str, values: list[object], levels: tuple[str, ...]) -> tuple[str, str]:
    """slosmith.yaml and a spec in which each of `levels` sets `field` to a value of its own."""
    given = dict(zip(LEVELS, values, strict=True))

    def of(level: str) -> dict[str, object]:
        return {field: given[level]} if level in levels else {}

    slo = {
        "name": "availability",
        "objective": 99,
        "indicator": {
            "ratio": {"bad": 'errors_total{job="a"}', "total": 'requests_total{job="a"}'}
        },
    }
    api = {"version": "slosmith/v1", "service": "api", **of("service"), "slos": [slo | of("slo")]}
    project = {
        "version": "slosmith/v1",
        "prometheus": {"retention": "95d"},
        "defaults": of("defaults"),
        "overrides": {**of("overrides"), "services": {"api": of("one service")}},
    }
    return yaml.safe_dump(project), yaml.safe_dump(api)


@pytest.mark.parametrize("top", range(len(LEVELS) + 1))
def test_window_comes_from_the_highest_level_that_has_one(top: int, tmp_path: Path) -> None:
    days = [31, 32, 33, 34, 35]
    project, api = layered("window", [f"{number}d" for number in days], LEVELS[:top])
    wanted = days[top - 1] if top else 30
    assert service(tmp_path, project, api=api).slos[0].window == wanted * DAY


@pytest.mark.parametrize("top", range(len(LEVELS) + 1))
def test_alerting_merges_key_by_key_over_all_levels(top: int, tmp_path: Path) -> None:
    values: list[object] = [
        {"min_bad_events": number, "labels": {label(level): "x", "shared": level}}
        for number, level in enumerate(LEVELS, 10)
    ]
    project, api = layered("alerting", values, LEVELS[:top])
    alerting = service(tmp_path, project, api=api).slos[0].alerting
    assert alerting.min_bad_events == (9 + top if top else 5)
    names = {label(level): "x" for level in LEVELS[:top]}
    assert alerting.labels == names | ({"shared": LEVELS[top - 1]} if top else {})


@pytest.mark.parametrize("top", range(len(LEVELS) + 1))
def test_labels_of_the_service_merge_and_its_namespace_is_replaced(
    top: int, tmp_path: Path
) -> None:
    levels = tuple(level for level in LEVELS[:top] if level != "slo")
    values: list[object] = [{label(level): "x"} for level in LEVELS]
    project, api = layered("labels", values, levels)
    assert set(service(tmp_path, project, api=api).labels) == set(map(label, levels))
    names: list[object] = ["ns-a", "ns-b", "", "ns-d", "ns-e"]
    project, api = layered("namespace", names, levels)
    wanted = names[LEVELS.index(levels[-1])] if levels else "default"
    assert service(tmp_path, project, api=api).namespace == wanted


def test_objective_may_come_from_defaults_or_overrides_and_stays_exact(tmp_path: Path) -> None:
    bare = spec().replace("  objective: 99.9\n", "")
    project = PROJECT + "defaults: {objective: 99.950}\n"
    assert service(tmp_path, project, api=bare).slos[0].objective == Decimal("99.95")
    assert service(tmp_path, project, api=spec()).slos[0].objective == Decimal("99.9")
    project += "overrides: {objective: 98}\n"
    assert service(tmp_path, project, api=spec()).slos[0].objective == Decimal(98)


@pytest.mark.parametrize(
    ("level", "place"),
    [
        ("defaults", "slosmith.yaml:3:11"),
        ("service", "specs/api.yaml:3:9"),
        ("slo", "specs/api.yaml:10:11"),
        ("overrides", "slosmith.yaml:5:11"),
        ("one service", "slosmith.yaml:8:15"),
    ],
)
def test_a_fault_is_shown_in_the_level_it_comes_from(
    level: str, place: str, tmp_path: Path
) -> None:
    """Higher levels win, so only what counts is judged."""

    def of(name: str) -> str:
        days = {"defaults": 3, "service": 4, "slo": 5, "overrides": 6, "one service": 2}
        if LEVELS.index(name) > LEVELS.index(level):
            return "x-none: 0" if name == "service" else ""
        return f"window: {days[name] if name == level else 30}d"

    project = (
        "version: slosmith/v1\ndefaults:\n  "
        f"{of('defaults')}\noverrides:\n  {of('overrides') or 'owner: me'}\n  services:\n"
        f"    api:\n      {of('one service') or 'owner: me'}\n"
    )
    api = (
        f"version: slosmith/v1\nservice: api\n{of('service')}\nslos:\n- name: availability\n"
        "  objective: 99.9\n  indicator:\n    ratio:\n      {bad: errors_total, total: all_total}\n"
        f"  {of('slo')}\n"
    )
    found = places(compiled(tmp_path, project, api=api), tmp_path)
    assert [item.rsplit(" ", 1)[0] for item in found] == [place]


@pytest.mark.parametrize(
    ("project", "place"),
    [
        ("defaults: {labels: {severity: x}}", "slosmith.yaml:3:21 label-reserved"),
        ("defaults: {alerting: {labels: {slo: x}}}", "slosmith.yaml:3:32 label-reserved"),
        ("overrides: {alerting: {page: {name: SLOIndicatorMissing}}}", "slosmith.yaml:3:37"),
        ("overrides: {services: {api: {owner: 1}}}", "slosmith.yaml:3:37 field-type"),
        ("overrides: {services: {api: {window: 8w1s}}}", None),
        ("overrides: {services: {apii: {}}}", "slosmith.yaml:3:24 service-unknown"),
        (
            "overrides: {services: {api: {slos: [{name: a, objective: 9, indicator: {uptime: "
            "{series: 'up['}}}]}}}",
            "slosmith.yaml:3:93 promql-syntax",
        ),
    ],
)
def test_a_fault_of_the_project_file_is_shown_there(
    project: str, place: str | None, tmp_path: Path
) -> None:
    found = places(compiled(tmp_path, f"{PROJECT}{project}\n", api=spec()), tmp_path)
    assert len(found) == (1 if place else 0)
    assert not place or found[0].startswith(place)


def test_what_two_levels_make_together_is_shown_where_one_of_them_is(tmp_path: Path) -> None:
    project = PROJECT + "overrides: {services: {api: {autoscaling: {replicas: {max: 1}}}}}\n"
    assert places(compiled(tmp_path, project, api=spec(more=SCALING)), tmp_path) == [
        "specs/api.yaml:10:19 replicas-range"
    ]


def test_a_fault_behind_an_alias_is_shown_at_the_alias_or_the_anchor(tmp_path: Path) -> None:
    api = spec(objective="&all 100", more="x-more: *all\n") + "window: &short 1d\n"
    api = api.replace("  indicator:", "  window: *short\n  indicator:").replace(
        "slos:", "x-short: &short 1d\nslos:", 1
    )
    found = places(compiled(tmp_path, PROJECT, api=api), tmp_path)
    assert found == ["specs/api.yaml:6:19 objective-range", "specs/api.yaml:7:11 window-range"]


def test_a_list_of_slos_in_overrides_replaces_that_of_the_spec(tmp_path: Path) -> None:
    slos = (
        "[{name: new, indicator: {uptime: {series: 'up{a=\"b\"}'}}}, {name: other, "
        "objective: 98, window: 40d, indicator: {uptime: {series: 'up{a=\"c\"}'}}}]"
    )
    project = PROJECT + (
        f"defaults: {{objective: 97}}\noverrides: {{services: {{api: {{slos: {slos}}}}}}}\n"
    )
    api = spec(more="window: 50d\n")
    found = service(tmp_path, project, api=api).slos
    assert [(slo.name, int(slo.objective), slo.window // DAY) for slo in found] == [
        ("new", 97, 50),
        ("other", 98, 40),
    ]


def test_scaling_in_defaults_counts_only_for_services_that_scale(tmp_path: Path) -> None:
    project = PROJECT + "defaults: {autoscaling: {fallback: {replicas: 4}, triggers: [{cpu: 1}]}}\n"
    assert service(tmp_path, project, api=spec()).autoscaling is None
    traffic = SCALING.replace("cpu: 70", "traffic: {series: 'x_total{a=\"b\"}', per_replica: 5}")
    found = scaling(tmp_path, project, api=spec(more=traffic))
    assert found.fallback
    assert found.fallback.replicas == 4
    assert [type(trigger) for trigger in found.triggers] == [TrafficTrigger], "lists replace"


def test_scaling_of_one_service_may_be_changed_or_given_by_overrides(tmp_path: Path) -> None:
    project = PROJECT + "overrides: {services: {api: {autoscaling: {replicas: {max: 3}}}}}\n"
    found = scaling(tmp_path, project, api=spec(more=SCALING))
    assert (found.min_replicas, found.max_replicas) == (2, 3)
    whole = "{target: statefulset/db, replicas: {min: 1, max: 2}, triggers: [{memory: 80}]}"
    project = PROJECT + f"overrides: {{services: {{api: {{autoscaling: {whole}}}}}}}\n"
    found = scaling(tmp_path, project, api=spec())
    assert (found.target.kind, found.target.name) == ("StatefulSet", "db")


def test_a_trigger_may_name_the_slo_of_another_service(tmp_path: Path) -> None:
    trigger = "latency: {slo: web/latency, quantile: 0.9, target: 300ms}"
    found = scaling(
        tmp_path,
        PROJECT,
        api=spec(more=SCALING.replace("cpu: 70", trigger)),
        web=spec("web", more=LATENCY.replace("SERVICE", "web")),
    )
    (latency,) = found.triggers
    assert isinstance(latency, LatencyTrigger)
    assert latency.slo == "web/latency"
    assert latency.histogram.promql() == 'seconds{job="web"}'
    assert latency.target == Decimal("0.3")


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("latency", "there is no SLO `latency`; did you mean `web/latency`?"),
        ("wep/latency", "there is no SLO `wep/latency`; did you mean `web/latency`?"),
        ("availability", "`availability` is an SLO of the kind ratio"),
        ("none", "there is no SLO `none`; SLOs of this service: availability"),
    ],
)
def test_a_trigger_that_names_no_latency_slo_is_refused(
    named: str, says: str, tmp_path: Path
) -> None:
    trigger = f"latency: {{slo: {named}, quantile: 0.9, target: 300ms}}"
    compilation = compiled(
        tmp_path,
        PROJECT,
        api=spec(more=SCALING.replace("cpu: 70", trigger)),
        web=spec("web", more=LATENCY),
    )
    assert [place.split(" ")[0] for place in places(compilation, tmp_path)] == [
        "specs/api.yaml:12:20"
    ]
    assert compilation.problems[0].message.startswith(says)


def test_one_workload_has_one_scaler_in_the_project(tmp_path: Path) -> None:
    api, web = spec("api", more=SCALING), spec("web", more=SCALING + "namespace: web\n")
    assert places(compiled(tmp_path, PROJECT, api=api, web=web), tmp_path) == []
    compilation = compiled(tmp_path, PROJECT + "overrides: {namespace: a}\n", api=api, web=web)
    assert places(compilation, tmp_path) == ["specs/web.yaml:9:11 scaler-twice"]
    assert f"{tmp_path}/specs/api.yaml:9" in compilation.problems[0].message


def test_equal_durations_are_one_window(tmp_path: Path) -> None:
    for text in ("28d", "4w", "27d24h", "672h", "40320m"):
        api = spec(more=f"window: {text}\n")
        assert service(tmp_path, PROJECT, api=api).slos[0].window == 28 * DAY


def test_services_are_sorted_by_name_and_know_their_specs(tmp_path: Path) -> None:
    write(tmp_path, {"specs/a/z.yml": spec("b"), "specs/z/a.yaml": spec("a")})
    fleet = compiled(tmp_path, PROJECT, m=spec("c")).fleet
    assert fleet
    assert [(item.name, item.source) for item in fleet.services] == [
        ("a", "specs/z/a.yaml"),
        ("b", "specs/a/z.yml"),
        ("c", "specs/m.yaml"),
    ]


def test_the_model_as_data_is_json_with_exact_numbers(tmp_path: Path) -> None:
    more = LATENCY + SCALING.replace("cpu: 70", "traffic: {series: x_total, per_replica: 0.10}")
    fleet = compiled(tmp_path, PROJECT, api=spec(objective="99.950", more=more)).fleet
    assert fleet
    data = fleet.to_dict()
    assert json.loads(json.dumps(data)) == data
    (found,) = data["services"]
    assert found["slos"][0]["objective"] == "99.950"
    assert found["slos"][1]["indicator"]["bound"] == "0.5"
    assert found["autoscaling"]["triggers"][0]["per_replica"] == "0.10"
    assert data["project"]["keda_version"] == [2, 18]


def test_a_summary_is_what_the_fleet_may_see_of_a_service(tmp_path: Path) -> None:
    api = spec(more=SCALING + "owner: me\nnamespace: prod\n")
    compilation = compiled(tmp_path, PROJECT, api=api, web=spec("web"))
    assert compilation.fleet
    first, second = compilation.fleet.services
    summary = summarize(first, compilation.artifacts["api"])
    assert (summary.name, summary.owner, summary.namespace) == ("api", "me", "prod")
    assert summary.slos == ("availability",)
    assert summary.scale_target == "prod/apps/v1/Deployment/api"
    assert "kubernetes/api/scaledobject.yaml" in summary.paths
    assert summarize(second, []).scale_target == ""


def test_a_summary_names_the_pairs_of_alerts_and_what_they_do_not_share(tmp_path: Path) -> None:
    page = "page: {name: Own, labels: {a: x, tier: '1', route: '', pager: p}}"
    text = spec(
        more=f"  alerting: {{labels: {{a: x}}, {page}, ticket: {{labels: {{tier: '2'}}}}}}\n"
    )
    for name, alerting in (
        ("none", "disabled: true"),
        ("no-page", "page: {disabled: true}"),
        ("no-tier", "policy: [{severity: page, factor: 14.4, long: 1h, short: 5m}]"),
    ):
        text += f"- name: {name}\n  objective: 99\n  alerting: {{{alerting}}}\n"
        text += f"  indicator: {{{ratio(name)}}}\n"
    text += f"- name: split\n  objective: 99\n  by: [b, a]\n  indicator: {{{ratio('x')}}}\n"
    summary = summarize(service(tmp_path, PROJECT, api=text), [])
    assert summary.burns == (
        BurnAlerts("availability", "Own", "SLOErrorBudgetBurnSlow", (), ("pager", "tier")),
        BurnAlerts("split", "SLOErrorBudgetBurnFast", "SLOErrorBudgetBurnSlow", ("b", "a")),
    )


def test_a_window_beyond_the_retention_is_a_warning_that_names_the_slos(tmp_path: Path) -> None:
    names = ("a", "b", "c", "d", "e")
    specs = {name: spec(name) for name in names}
    compilation = compiled(
        tmp_path, "version: slosmith/v1\nprometheus:\n  retention: 29d\n", **specs
    )
    assert places(compilation, tmp_path) == ["slosmith.yaml:3:14 window-retention"]
    (problem,) = compilation.problems
    assert problem.severity == "warning"
    assert "a/availability, b/availability, c/availability and 2 more" in problem.message
    assert compilation.artifacts


@pytest.mark.parametrize(
    ("window", "place"), [("  window: 20d\n", "5:11"), ("", "4:3")], ids=["its own", "the default"]
)
def test_without_a_project_file_a_window_beyond_the_retention_is_at_the_slo(
    window: str, place: str, tmp_path: Path
) -> None:
    text = spec("b").replace("  objective", f"{window}  objective")
    write(tmp_path, {"specs/b.yaml": text, "specs/c.yaml": spec("c")})
    compilation = compile_project(Options(None, tmp_path), GENERATORS, None)
    assert places(compilation, tmp_path) == [f"specs/b.yaml:{place} window-retention"]
