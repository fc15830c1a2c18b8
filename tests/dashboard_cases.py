"""The projects whose dashboards are put to the proof, resolved from specs as users write them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from generators.dashboards import dashboard_json
from generators.overview import dashboard_json as overview_json
from slosmith.model import Fleet
from slosmith.pipeline import Options, check_project
from slosmith.problems import render

ROOT = Path(__file__).parents[1]

# Signs that mean something to Grafana, Flux, PromQL, Markdown, HTML or Go's templates.
EVIL = '$slo ${slo} [[slo]] $__rate_interval {{ $labels.slo }} <b>x</b> \\\\ \' `code` "quoted"'


def _hostile() -> str:
    quoted = EVIL.replace('"', '\\"')
    matcher = f'path="{quoted}"'.replace("'", "''")
    words = EVIL.replace("'", "''")
    return f"""
version: slosmith/v1
service: hostile
description: |
  {EVIL}
  and a second line
owner: '{words}'
namespace: hostile
links: {{'{words}': 'https://x.example/${{slo}}?a=[[slo]]#$slo'}}
slos:
- name: no
  description: '{words}'
  objective: 99
  by: [datasource, route]
  indicator:
    latency: {{histogram: 'evil_seconds{{{matcher}}}', below: 500ms}}
- name: "1e3"
  objective: 99.9
  indicator:
    latency: {{histogram: 'raw_seconds{{path=`$slo [[slo]] "q" \\d+`}}', below: 1s}}
autoscaling:
  target: deployment/hostile
  replicas: {{min: 1, max: 2}}
  triggers: [{{cpu: 50}}]
dependencies:
- {{name: db, kind: postgres, address: 'db:5432', metrics: '{{{matcher}}}'}}
- {{name: web, kind: http, address: 'https://web.example', metrics: '{{job="web"}}'}}
"""


def _twenty() -> str:
    kinds = (
        'ratio: {bad: \'twenty_total{i="%d",code="500"}\', total: \'twenty_total{i="%d"}\'}',
        "ratio: {good: 'twenty_good_total{i=\"%d\"}', total: 'twenty_all_total{i=\"%d\"}'}",
        "latency: {histogram: 'twenty_seconds{i=\"%d\"}', below: 250ms}",
        "threshold: {query: 'max(twenty_usage{i=\"%d\"})', below: 0.8}",
        "uptime: {series: 'twenty_up{i=\"%d\"}', healthy: each}",
    )
    slos = "".join(
        f"- name: slo-{number}\n  objective: {objective}\n  window: {window}\n  indicator:\n"
        f"    {kinds[number % 5].replace('%d', str(number))}\n"
        for number, (objective, window) in enumerate(
            zip([99.9, 99, 95, 99.95] * 5, ["30d"] * 15 + ["7d"] * 5, strict=True)
        )
    )
    return f"version: slosmith/v1\nservice: twenty\nnamespace: many\nslos:\n{slos}"


GAUGE = """
version: slosmith/v1
service: gauge
slos:
- name: room
  objective: 98
  indicator: {threshold: {query: 'min(disk_free_ratio{job="gauge"})', above: 0.1}}
"""
BY = """
version: slosmith/v1
service: by
owner: team-by
slos:
- name: routes
  objective: 99.9
  by: [method, route]
  indicator:
    ratio: {bad: 'by_requests_total{code=~"5.."}', total: by_requests_total}
autoscaling:
  engine: hpa
  target: deployment/by
  replicas: {min: 2, max: 5}
  triggers:
  - cpu: 60
  - traffic: {series: by_requests_total, per_replica: 50}
"""

_SPECS = {"hostile": _hostile(), "twenty": _twenty(), "gauge": GAUGE, "by": BY}
# Windows of 30 days, and pages and tickets that one severity stands for.
_CONFIG = """
version: slosmith/v1
prometheus: {retention: 95d}
grafana: {url: "https://grafana.example.com"}
runbooks: {url: "https://git.example.com/slos/out/runbooks"}
"""


def resolved(root: Path) -> Fleet:
    """The fleet of the project in a folder."""
    found, _ = check_project(Options(config=root / "slosmith.yaml", root=root), None)
    assert found.fleet is not None and not found.failed, render(found.problems, found.origins)
    return found.fleet


@cache
def committed() -> Fleet:
    return resolved(ROOT)


def special(folder: Path) -> Fleet:
    """The fleet of the special cases, whose specs are written to a folder."""
    (folder / "specs").mkdir(parents=True)
    (folder / "slosmith.yaml").write_text(_CONFIG)
    for name, text in _SPECS.items():
        (folder / "specs" / f"{name}.yaml").write_text(text)
    return resolved(folder)


def texts(fleet: Fleet) -> dict[str, str]:
    """The text of every dashboard of a fleet, by name."""
    found = {service.name: dashboard_json(service, fleet.project) for service in fleet.services}
    return found | {"overview": overview_json(fleet.project)}
