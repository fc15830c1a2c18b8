"""Runbooks: what each section holds, that documents render, and that links lead somewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import promql_parser
import pytest
import yaml

from generators.grafana.dependency_rows import grafana_query, rows
from generators.rules import alerts
from generators.runbooks import queries
from slosmith import anchors, slomath
from slosmith.model import Project, RatioIndicator, Selector, SelectorCount, SeverityAlert
from slosmith.validate import runbooks as validation
from tests.markdown_documents import commonmark, mkdocs, slug
from tests.models import DAY, make_alerting, make_service, make_slo
from tests.projects import ROOT
from tests.promql_values import PROMTOOL, evaluate
from tests.runbook_models import PROJECT, make_dependency, make_full_service, runbook, section

GENERATED = sorted([*ROOT.glob("out/runbooks/*.md"), *ROOT.glob("tests/cases/*/out/runbooks/*.md")])
DOCUMENT = pytest.mark.parametrize(
    "path", GENERATED, ids=lambda path: path.relative_to(ROOT).as_posix()
)
PARTS = (
    "Severity:",
    "**What it means for users.**",
    "**How bad.**",
    "**The first five minutes.**",
    "**Mitigation.**",
    "**Recovered when**",
    "**Write down**",
)


@DOCUMENT
def test_every_generated_document_renders_and_its_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # A block of code within a list is none to MkDocs, and no longer a command to copy.
    assert mkdocs(text).code == commonmark(text).code
    for page in (commonmark(text), mkdocs(text)):
        assert page.headings[0] == f"Runbook: {path.stem}"
        assert page.links
        for link in page.links:
            place, _, anchor = link.partition("#")
            if place.startswith(("https://", "http://")):
                continue
            target = page if not place else commonmark((path.parent / place).read_text("utf-8"))
            assert anchor in target.anchors, link


@DOCUMENT
def test_every_alert_links_to_a_section_that_the_runbook_has(path: Path) -> None:
    out = path.parent.parent
    rules = out / "prometheus/rules" / f"{path.stem}.yaml"
    if not rules.exists():
        pytest.skip("this case writes no rules")
    page = commonmark(path.read_text(encoding="utf-8"))
    seen = 0
    for group in yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            url = rule.get("annotations", {}).get("runbook_url", "")
            if url:
                seen += 1
                assert urlsplit(url).path.endswith(f"/{path.stem}.md")
                assert urlsplit(url).fragment in page.anchors
                heading = f"{rule['labels']['slo']}: {rule['alert']}"
                # Where ids are dropped, the heading itself has the same anchor.
                assert heading in page.headings
                assert slug(heading) == urlsplit(url).fragment
    config = out.parent / "slosmith.yaml"
    if config.exists() and "runbooks: {url" in config.read_text(encoding="utf-8"):
        assert seen


def test_every_alert_has_a_section_with_every_part_in_order() -> None:
    service = make_full_service()
    text = runbook(service)
    found = 0
    for slo in service.slos:
        for rule in [*alerts.fast(service, slo, PROJECT), *alerts.slow(service, slo, PROJECT)]:
            anchor = anchors.of_alert(service, slo.name, rule["alert"])
            assert rule["annotations"]["runbook_url"].endswith(f"/api.md#{anchor}")
            places = [section(text, anchor).find(part) for part in PARTS]
            assert -1 not in places, (anchor, places)
            assert places == sorted(places), anchor
            found += 1
    assert found > len(service.slos)


def test_the_first_minutes_are_numbered_and_hold_queries_links_and_commands() -> None:
    text = section(runbook(make_full_service()), "availability-sloerrorbudgetburnfast")
    page = commonmark(text)
    assert re.findall(r"^\*\*(\d)\. ", text, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    languages = [language for language, _ in page.code]
    assert "sh" in languages
    assert languages.count("promql") >= 4
    assert "https://grafana.example.com/d/slo-api?var-slo=availability" in page.links
    assert {"#dependency_users-db", "#dependency_my-redis"} <= set(page.links)


def test_explore_opens_the_very_query_that_is_shown() -> None:
    text = runbook(make_full_service())
    shown = re.findall(
        r"```promql\n *(.*?)\n *```\n\n *\[Open in Explore\]\((\S+)\)", text, re.DOTALL
    )
    assert len(shown) == text.count("```promql") > 20
    for query, url in shown:
        asked = parse_qs(urlsplit(url).query, strict_parsing=True)
        (pane,) = json.loads(asked["panes"][0]).values()
        assert asked["schemaVersion"] == ["1"]
        assert pane["queries"][0]["expr"] == query
        assert pane["datasource"] == pane["queries"][0]["datasource"]["uid"] == "prom"


def test_every_query_is_promql() -> None:
    for path in GENERATED:
        for language, query in commonmark(path.read_text(encoding="utf-8")).code:
            if language == "promql":
                promql_parser.parse(query)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: the query was not run")
def test_bad_events_are_found_where_only_good_ones_are_named(tmp_path: Path) -> None:
    values = {'all_total{code="200"}': "0+60x10", 'all_total{code="500"}': "0+120x10"}
    total, good = (SelectorCount(Selector("all_total", of)) for of in ((), ('code="200"',)))
    slo = replace(make_slo(), indicator=RatioIndicator(total, good=good))
    evaluate(tmp_path, values, {queries.details(slo): [('{code="500"}', 2)]}, 10)


def test_without_grafana_queries_stay_and_links_go() -> None:
    text = runbook(make_full_service(), Project())
    assert "```promql" in text
    assert "Open in Explore" not in text
    assert "/d/slo-" not in text


def test_numbers_come_from_the_objective() -> None:
    slo = make_slo(objective="99.5")
    text = section(runbook(make_service("api", slo)), "availability-sloerrorbudgetburnfast")
    # 0.5% of 30 days; 14.4 times 0.5%; 30 days / 14.4
    assert (
        "0.5% of events may be bad, over 30d. A total outage spends a full budget in 3h36m" in text
    )
    assert "| 7.2% | 1h and 5m | 14.4 | 2d2h |" in text
    assert "slo:sli_error:ratio_rate5m" in text
    assert "> 0.005" in text


def test_a_changed_objective_changes_its_own_sections_alone() -> None:
    service = make_full_service()
    changed = tuple(
        replace(slo, objective=Decimal("99.95"), tiers=slomath.tiers(Decimal("99.95"), 30 * DAY))
        if slo.name == "availability"
        else slo
        for slo in service.slos
    )
    before, after = runbook(service), runbook(replace(service, slos=changed))
    names = re.findall(r'<a id="([^"]+)"></a>', before)
    different = {name for name in names if section(before, name) != section(after, name)}
    # The slow and the fast burn and what it promises; missing data tells of the budget as well.
    assert different == {
        "availability",
        "availability-sloerrorbudgetburnfast",
        "availability-sloerrorbudgetburnslow",
        "availability-sloindicatormissing",
    }


def test_without_dependencies_and_phases_nothing_of_them_is_there() -> None:
    text = runbook(make_service())
    for word in ("Diagnosis", "dependency", "Mitigation", "Phase", "Playbook", "psql", "redis"):
        assert word not in text, word


def test_a_dependency_without_metrics_has_no_queries_and_no_row() -> None:
    dependency = make_dependency(metrics=None)
    text = section(runbook(make_full_service(dependencies=(dependency,))), "dependency_my-postgres")
    assert "psql" in text
    assert "promql" not in text
    assert rows(make_full_service(dependencies=(dependency,)), PROJECT) == []


def test_disabled_alerts_have_no_section() -> None:
    slo = make_slo(alerting=make_alerting(disabled=True))
    text = runbook(make_service("api", slo))
    assert "No alert watches it." in section(text, "availability")
    assert "SLOErrorBudget" not in text


def test_one_value_for_both_severities_still_tells_the_two_alerts_apart() -> None:
    project = replace(PROJECT, severities={"page": "critical", "ticket": "critical"})
    text = runbook(make_service("api", make_slo()), project)
    assert "| 14.4 |" in section(text, "availability-sloerrorbudgetburnfast")
    assert "| 3 |" in section(text, "availability-sloerrorbudgetburnslow")
    missing = section(text, "availability-sloindicatormissing")
    assert "Severity: critical.\n" in missing


def test_both_severities_of_missing_data_share_a_section() -> None:
    text = runbook(make_service("api", make_slo()))
    assert "Severity: page or ticket.\n" in section(text, "availability-sloindicatormissing")


def test_alert_names_that_differ_in_case_and_colons_have_anchors_of_their_own() -> None:
    alerting = make_alerting(page=SeverityAlert("Burn:Rate"), ticket=SeverityAlert("burnrate"))
    service = make_service(
        "api", make_slo(alerting=alerting), make_slo("availability-burnrate", alerting=alerting)
    )
    text = runbook(service)
    found = re.findall(r'<a id="([^"]+)"></a>', text)
    assert len(found) == len(set(found))
    assert "availability-burnrate-1" in found
    assert validation.check(text)[0] == []


def test_a_phase_names_the_slo_whose_recovery_shows_that_it_worked() -> None:
    text = runbook(make_full_service())
    first = section(text, "phase_1")
    assert "Within 2h of the start." in first
    assert "**It worked if** [db-pool](#db-pool) recovers: its error ratio of the last 5" in first
    assert 'slo:sli_error:ratio_rate5m{service="api",slo="db-pool"}' in first
    assert "the SLO whose alert brought you here" in section(text, "phase_2")
    latency = section(text, "latency-sloerrorbudgetburnfast")
    assert "| 2h | [db-pool](#db-pool) |" in latency
    assert "| 1d | [latency](#latency) |" in latency


def test_a_phase_may_name_an_slo_of_another_service() -> None:
    service = make_full_service()
    phase = replace(service.phases[0], slo="checkout/latency")
    text = runbook(replace(service, phases=(phase,)))
    assert "[checkout/latency](checkout.md#latency) recovers." in section(text, "phase_1")


def test_an_entry_is_there_once_and_names_the_dependencies_that_it_is_for() -> None:
    text = runbook(make_full_service())
    assert text.count('<a id="playbook_missing-index"></a>') == 1
    assert "For [users-db](#dependency_users-db)." in section(text, "playbook_missing-index")
    assert "](#playbook_missing-index) for [users-db](#dependency_users-db)" in text


def test_dead_links_are_found_before_anything_is_written() -> None:
    text = runbook(make_full_service())
    fine, known = validation.check(text)
    assert fine == []
    broken, _ = validation.check(text.replace('<a id="phase_1"></a>', ""))
    assert [finding.text for finding in broken] == ["links to `#phase_1`, which is no anchor in it"]
    rule = {"alert": "A", "annotations": {"runbook_url": "https://x/api.md#gone"}}
    (finding,) = validation.check_alerts([{"rules": [rule]}], "api", known)
    assert "links to `#gone`" in finding.text


@pytest.mark.parametrize("kind", ["postgres", "redis", "http"])
def test_a_dashboard_row_shows_the_series_of_the_exporter(kind: str) -> None:
    service = make_service(dependencies=(make_dependency(kind),))
    (row,) = rows(service, PROJECT)
    assert row.title.startswith(f"my-{kind} (") and row.closed
    assert len(row.panels) >= 3
    for graph in row.panels:
        (link,) = graph.links
        assert link["url"].endswith(f"/api.md#dependency_my-{kind}")
        for target in graph.targets:
            promql_parser.parse(target["expr"].replace("$__rate_interval", "5m"))
            assert "[5m]" not in target["expr"]
            assert f'job="{kind}"' in target["expr"]
    assert sum(graph.gridPos.w for graph in row.panels) <= 24


@pytest.mark.parametrize(
    ("matcher", "written"),
    [
        ('a="$x"', r'a="\x24x"'),
        ("a='${x}'", r"a='\x24{x}'"),
        ('a="[[x]]"', r'a="\x5b[x]]"'),
        ('a=~"x$"', 'a=~"x$"'),
        ('a="\\"$x"', r'a="\"\x24x"'),
        ('a="[5m]"', 'a="[5m]"'),
    ],
)
def test_grafana_finds_no_variable_in_a_matcher(matcher: str, written: str) -> None:
    before, after = f"up{{{matcher}}}", grafana_query(f"up{{{matcher}}}")
    assert after == f"up{{{written}}}"

    def value(query: str) -> str:
        parsed = promql_parser.parse(query)
        assert isinstance(parsed, promql_parser.VectorSelector)
        return str(parsed.matchers.matchers[0].value)

    assert value(after) == value(before)
