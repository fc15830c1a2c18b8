"""prometheus-adapter's values: one metric per pod, whatever the matchers of a spec hold.

Its Go templates are run by Go itself, and the queries that come out by a real Prometheus.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators import adapter
from slosmith import model
from slosmith.summaries import summarize
from slosmith.validate import check
from tests.prometheus_server import backfill, needs_prometheus, serving

GO = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
needs_go = pytest.mark.skipif(
    GO is None, reason="no Go: the adapter's templates were not run as Go does"
)

HOSTILE = (
    r'path="a\"} or vector(1) #"',
    'path="<<.Evil>>"',
    'path="<<<.Series>>>"',
    'path="a<"',
    'path="${x} {{ .Values.x }}"',
    "path='it\\'s'",
    'path="é ☃"',
)


def service(name: str, *series: model.Selector, engine: model.Engine = "hpa") -> model.Service:
    triggers = tuple(model.TrafficTrigger(item, Decimal(100)) for item in series)
    target = model.ScaleTarget("apps/v1", "Deployment", name)
    scaling = model.Autoscaling(target, 3, 20, triggers, engine=engine)
    return model.Service(name, f"specs/{name}.yaml", (), namespace="prod", autoscaling=scaling)


def generated(*services: model.Service, scrape_interval: int = 30) -> Any:
    project = model.Project(prometheus=model.Prometheus(scrape_interval=scrape_interval))
    artifacts = adapter.generate(project, [summarize(item, ()) for item in services])
    assert check(artifacts) == []
    return yaml.safe_load(artifacts[0].text) if artifacts else None


REQUESTS = model.Selector("http_requests_total", ('job="api"',))


def test_only_traffic_of_an_hpa_needs_the_adapter() -> None:
    assert generated(service("api", REQUESTS, engine="keda"), service("web")) is None


def test_the_values_of_its_chart() -> None:
    assert generated(service("api", REQUESTS)) == {
        "rules": {
            "custom": [
                {
                    "seriesQuery": 'http_requests_total{job="api", namespace!="", pod!=""}',
                    "resources": {
                        "overrides": {
                            "namespace": {"resource": "namespace"},
                            "pod": {"resource": "pod"},
                        }
                    },
                    "name": {
                        "matches": "^http_requests_total$",
                        "as": "api-http_requests_per_second",
                    },
                    "metricsQuery": "sum by (<<.GroupBy>>) (rate(http_requests_total"
                    '{job="api", <<.LabelMatchers>>}[2m]))',
                }
            ]
        }
    }


def test_services_that_count_by_one_name_have_metrics_of_their_own() -> None:
    web = model.Selector("http_requests_total", ('job="web"',))
    rules = generated(service("api", REQUESTS), service("web", web, REQUESTS))["rules"]["custom"]
    assert [rule["name"]["as"] for rule in rules] == [
        "api-http_requests_per_second",
        "web-http_requests_per_second",
        "web-http_requests_per_second-2",
    ]


def test_the_window_holds_four_scrapes() -> None:
    [rule] = generated(service("api", REQUESTS), scrape_interval=60)["rules"]["custom"]
    assert rule["metricsQuery"].endswith("[4m]))")


_TEMPLATE = """package main

import (
	"io"
	"os"
	"text/template"
)

func main() {
	source, _ := io.ReadAll(os.Stdin)
	query := template.Must(template.New("query").Delims("<<", ">>").Parse(string(source)))
	data := map[string]string{"LabelMatchers": os.Args[1], "GroupBy": "pod", "Series": "x"}
	if err := query.Option("missingkey=error").Execute(os.Stdout, data); err != nil {
		panic(err)
	}
}
"""


@pytest.fixture(scope="session")
def rendering(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that runs a template as the adapter does."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "main.go").write_text(_TEMPLATE)
    command = [str(GO), "build", "-o", "render", "main.go"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "render"


def rendered(program: Path, template: str, matchers: str) -> str:
    run = subprocess.run(
        [str(program), matchers], input=template, capture_output=True, text=True, check=True
    )
    return run.stdout


@needs_go
@pytest.mark.parametrize("matcher", HOSTILE)
def test_a_template_gives_the_matchers_as_they_were_written(rendering: Path, matcher: str) -> None:
    series = model.Selector("requests_total", (matcher,))
    [rule] = generated(service("api", series))["rules"]["custom"]
    text = rendered(rendering, rule["metricsQuery"], 'pod="x"')
    assert text == f'sum by (pod) (rate(requests_total{{{matcher}, pod="x"}}[2m]))'


@needs_go
@needs_prometheus
@pytest.mark.server
def test_prometheus_answers_with_the_rate_of_each_pod(rendering: Path, tmp_path: Path) -> None:
    now = int(time.time())
    times = range(now - 600, now + 1, 30)
    hostile = r'path="<<.Evil>> \"}"'
    series = {
        f'requests_total{{namespace="prod",pod="{pod}",{hostile}}}': [
            (at, (at - now + 600) * rate) for at in times
        ]
        for pod, rate in (("api-1", 2.0), ("api-2", 0.0), ("other", 9.0))
    }
    backfill(tmp_path, series)
    [rule] = generated(service("api", model.Selector("requests_total", (hostile,))))["rules"][
        "custom"
    ]
    query = rendered(rendering, rule["metricsQuery"], 'namespace="prod",pod=~"api-1|api-2"')
    with serving(tmp_path) as server:
        found = server.get("query", query=query, time=str(now))["result"]
        values = {item["metric"]["pod"]: float(item["value"][1]) for item in found}
        assert values == {"api-1": 2.0, "api-2": 0.0}
        listed = server.get("series", **{"match[]": rule["seriesQuery"], "start": str(now - 300)})
    assert {item["pod"] for item in listed} == {"api-1", "api-2", "other"}
