"""`slosmith diff`: what a reviewer reads about a change.

Each golden file of tests/diff is what stands in the pull request for one change of the project
there; the tests beside it say what must be in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.golden import compare
from tests.projects import OFF, ROOT, invoke, tree, write
from tests.repositories import repository

HERE = Path(__file__).parent
Files = dict[str, str]
COMMITTED: Files = {path: raw.decode() for path, raw in tree(HERE / "diff/project").items()}


def edited(path: str, *edits: tuple[str, str]) -> Files:
    """The committed files, with one of them changed."""
    text = COMMITTED[path]
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return COMMITTED | {path: text}


def with_a_new_service() -> Files:
    return COMMITTED | {
        "specs/search.yaml": (
            "version: slosmith/v1\nservice: search\nowner: team-search\nnamespace: prod\nslos:\n"
            "- name: availability\n  description: Searches answered.\n  objective: 99.5\n"
            "  indicator:\n    ratio:\n"
            '      bad: searches_total{job="search", code=~"5.."}\n'
            '      total: searches_total{job="search"}\n'
            "autoscaling:\n  target: deployment/search\n  replicas: {min: 2, max: 6}\n"
            "  triggers:\n  - cpu: 60\n"
        )
    }


# A new name for an SLO, wherever the spec has it.
RENAMED = (
    ("name: availability", "name: success"),
    ("    slo: availability", "    slo: success"),
)
# The change of each golden file.
CHANGES: dict[str, Callable[[], Files]] = {
    "objective": lambda: edited("specs/api.yaml", ("objective: 99.9\n", "objective: 99.99\n")),
    "loosened": lambda: edited("specs/api.yaml", ("objective: 99.9\n", "objective: 99\n")),
    "renamed-slo": lambda: edited("specs/api.yaml", *RENAMED),
    "added-service": with_a_new_service,
    "removed-service": lambda: {
        path: text for path, text in COMMITTED.items() if path != "specs/reports.yaml"
    },
    "removed-trigger": lambda: edited(
        "specs/api.yaml",
        ("  - latency: {slo: latency, quantile: 0.95, target: 500ms", "  #- latency: {"),
    ),
    "description": lambda: edited(
        "specs/api.yaml", ("Requests answered without a server error.", "No 5xx.")
    ),
    "query": lambda: edited(
        "specs/api.yaml",
        (
            'bad: http_requests_total{job="api", status=~"5.."}',
            'bad: http_requests_total{job="api", status=~"5..|429"}',
        ),
    ),
    "dependencies-and-runbook": lambda: edited(
        "specs/api.yaml",
        ("selector: {app: redis}", "selector: {app: valkey}"),
        ("- {use: missing-index}", "- 'Ask `@octocat` | the DBA.'"),
        ("within: 4h", "within: 3h"),
    ),
    "load-test-and-chaos": lambda: edited(
        "specs/api.yaml",
        ("{duration: 5m, users: 200}", "{duration: 5m, users: 150}"),
        ("statuses: [200]", "statuses: [200, 404]"),
        ("rate: 1000/s", "rate: 500/s"),
        ("- {name: database-failure, fail: users-db", "- {name: no-database, fail: users-db"),
        ("pods: 66%", "pods: 60%"),
    ),
    "comment": lambda: edited("specs/api.yaml", ("# The service of", "# This is the service of")),
    "nothing": lambda: COMMITTED,
    "renamed-service": lambda: edited(
        "specs/checkout.yaml", ("service: checkout", "service: till")
    ),
    "quieter": lambda: edited(
        "specs/api.yaml",
        ("  objective: 99.9\n", "  objective: 99.9\n  alerting: {policy: calm, absent: ticket}\n"),
    ),
    "project": lambda: edited(
        "slosmith.yaml",
        ("evaluation_interval: 30s", "evaluation_interval: 15s"),
        ("severities", "severities")
        if "severities" in COMMITTED["slosmith.yaml"]
        else (
            "version: slosmith/v1\n",
            "version: slosmith/v1\nseverities: {page: critical, ticket: warning}\n",
        ),
    ),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the committed specs, which is the working directory."""
    folder = repository(tmp_path / "project", COMMITTED)
    monkeypatch.chdir(folder)
    return folder


def change(folder: Path, files: Files) -> None:
    """The working tree becomes these files."""
    for path in (folder / "specs").iterdir():
        path.unlink()
    write(folder, files)


def said(*arguments: str) -> str:
    result = invoke("diff", *OFF, *arguments)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def data(*arguments: str) -> Any:
    return json.loads(said("--format", "json", *arguments))


def risks(*arguments: str) -> set[tuple[str, str]]:
    return {(risk["note"], risk["about"]) for risk in data(*arguments)["risks"]}


def steady(text: str) -> str:
    """Without the hash of the commit."""
    return re.sub(r"\b[0-9a-f]{10}\b", "0123456789", text)


@pytest.mark.parametrize("name", CHANGES)
def test_a_reviewer_reads_this(name: str, project: Path, update: bool) -> None:
    change(project, CHANGES[name]())
    compare(HERE / "diff" / f"{name}.md", steady(said("--format", "markdown")), update=update)


def part(found: Any, service: str, section: str, name: str | None = None) -> Any:
    """One part of a service in the JSON."""
    (one,) = [item for item in found["services"] if item["service"] == service]
    (part,) = [item for item in one["parts"] if (item["section"], item["name"]) == (section, name)]
    return part


def changes(part: Any) -> dict[str, tuple[Any, Any]]:
    return {item["what"]: (item["before"], item["after"]) for item in part["changes"]}


def test_a_stricter_objective_tells_budget_thresholds_and_times(project: Path) -> None:
    change(project, CHANGES["objective"]())
    slo = part(data(), "api", "slo", "availability")
    assert changes(slo) == {"objective": (99.9, 99.99), "budget": (43.2, 4.32)}
    first = slo["tiers"][0]
    assert (first["severity"], first["long_seconds"]) == ("page", 3600)
    assert (first["before"]["threshold"], first["after"]["threshold"]) == (0.0144, 0.00144)
    times = [first[side]["fires_after_seconds"]["100%"] for side in ("before", "after")]
    assert times == [51.84, 5.184]
    assert slo["alerts"] == []
    assert risks() == {("budget-tightened", "api/availability")}


def test_a_looser_objective_warns_of_the_budget_and_of_quieter_alerts(project: Path) -> None:
    change(project, CHANGES["loosened"]())
    notes = ("budget-loosened", "page-quieter", "ticket-quieter")
    assert risks() == {(note, "api/availability") for note in notes}


def test_a_renamed_slo_is_no_new_one_and_its_history_resets(project: Path) -> None:
    change(project, CHANGES["renamed-slo"]())
    found = data()
    only = found["services"][0]["parts"][0]
    assert (only["state"], only["was"], only["name"]) == ("renamed", "availability", "success")
    assert only["changes"] == only["alerts"] == only["tiers"] == []
    assert risks() == {("history-resets", "api/success")}


def test_a_rename_with_a_new_objective_tells_both(project: Path) -> None:
    looser = ("objective: 99.9\n", "objective: 99\n")
    change(project, edited("specs/api.yaml", *RENAMED, looser))
    slo = part(data(), "api", "slo", "success")
    assert changes(slo)["objective"] == (99.9, 99)
    assert {note for note, _ in risks()} >= {"history-resets", "budget-loosened"}


def test_a_split_resets_history(project: Path) -> None:
    change(project, edited("specs/gateway.yaml", ("by: [route]", "by: [route, method]")))
    assert ("history-resets", "gateway/routes") in risks()
    assert changes(part(data(), "gateway", "slo", "routes"))["by"] == (
        ["route"],
        ["route", "method"],
    )


def test_a_removed_trigger_says_what_is_left(project: Path) -> None:
    change(project, CHANGES["removed-trigger"]())
    assert risks() == {("trigger-removed", "api")}
    text = " ".join(said().split())
    assert "no longer follow `latency of SLO latency`" in text
    assert "what is left: `traffic` and `cpu` and `memory`" in text
    asked = changes(part(data(), "api", "autoscaling"))["query of latency"]
    assert "histogram_quantile(0.95" in asked[0]
    assert asked[1] is None


def test_replicas_and_lower_capacity_are_told(project: Path) -> None:
    change(project, edited("specs/checkout.yaml", ("{min: 2, max: 12}", "{min: 1, max: 10}")))
    found = changes(part(data(), "checkout", "autoscaling"))
    assert found == {"replicas.min": (2, 1), "replicas.max": (12, 10)}
    assert [risk["note"] for risk in data()["risks"]] == ["capacity-lowered"] * 2


def test_an_added_service_has_its_alerts_and_no_risk(project: Path) -> None:
    change(project, CHANGES["added-service"]())
    found = data()
    assert [(one["service"], one["state"]) for one in found["services"]] == [("search", "added")]
    alerts = [alert["alert"] for alert in part(found, "search", "slo", "availability")["alerts"]]
    assert alerts.count("SLOErrorBudgetBurnFast") == 1
    assert found["risks"] == []


def test_a_removed_service_is_a_risk(project: Path) -> None:
    change(project, CHANGES["removed-service"]())
    assert risks() == {("service-removed", "reports")}


def test_a_removed_slo_takes_its_alerts_and_panels_along(project: Path) -> None:
    text = COMMITTED["specs/api.yaml"]
    start = text.index("- name: up\n")
    end = text.index("\n\n", start)
    change(project, COMMITTED | {"specs/api.yaml": text[:start] + text[end:]})
    found = data()
    assert part(found, "api", "slo", "up")["state"] == "removed"
    assert {alert["state"] for alert in part(found, "api", "slo", "up")["alerts"]} == {"removed"}
    panels = {item["before"] for item in part(found, "api", "dashboard")["changes"]}
    assert "up (99.9% over 30d): up: burn rate" in panels
    assert ("slo-removed", "api/up") in risks()


def test_no_change_says_nothing_changes(project: Path) -> None:
    found = data()
    assert not found["changed"]
    assert found["services"] == found["project"] == found["risks"] == []
    assert "nothing changes" in said()


def test_another_text_of_the_same_meaning_is_named(project: Path) -> None:
    change(project, CHANGES["comment"]())
    found = data()
    assert not found["changed"]
    assert found["same_meaning"] == ["specs/api.yaml"]


def test_default_and_explicit_values_are_the_same(project: Path) -> None:
    change(project, edited("specs/api.yaml", ("  objective: 99.9\n", "  objective: 99.90\n")))
    assert not data()["changed"]


@pytest.mark.parametrize(
    ("path", "edit", "note"),
    [
        ("api", ("below: 500ms", "below: 1s"), "indicator-loosened"),
        ("api", ("below: 0.8", "below: 0.9"), "indicator-loosened"),
        ("reports", ("above: 0.1", "above: 0.05"), "indicator-loosened"),
        ("reports", ("healthy: all", "healthy: any"), "indicator-loosened"),
        ("api", ("below: 500ms", "below: 250ms"), "history-mixed"),
        ("api", ("owner: team-platform", "owner: team-other"), "routing-changed"),
        ("reports", ("min_bad_events: 0", "exhausted: off"), ""),
        ("checkout", ("exhausted: ticket", "exhausted: off"), "exhausted-quieter"),
        ("checkout", ("page: {labels: {pager: shop-primary}}", ""), "routing-changed"),
        (
            "checkout",
            ("page: {labels: {pager: shop-primary}}", "page: {name: Burns}"),
            "alert-renamed",
        ),
        ("checkout", ("exhausted: ticket", "min_bad_events: 9"), "page-quieter"),
        ("checkout", ("exhausted: ticket", "min_bad_events: 2"), "page-louder"),
        ("checkout", ("exhausted: ticket", "disabled: true"), "page-quieter"),
        ("reports", ("page: {disabled: true}", "exhausted: off"), "page-louder"),
        ("api", ("[db-pool, cache-hits]", "[db-pool]"), "guard-removed"),
        (
            "api",
            ("[db-pool, cache-hits]", "[{slo: db-pool, burn: 6}, cache-hits]"),
            "guard-loosened",
        ),
        ("api", ("deployment/api-deployment", "deployment/api-2"), "target-changed"),
    ],
)
def test_a_note_for_what_a_reviewer_should_know(
    path: str, edit: tuple[str, str], note: str, project: Path
) -> None:
    change(project, edited(f"specs/{path}.yaml", edit))
    notes = {found for found, _ in risks()}
    assert note in notes if note else not notes


def test_each_note_is_in_the_docs() -> None:
    text = (ROOT / "docs/diff.md").read_text(encoding="utf-8")
    text = text.partition("## What a reviewer should know")[2].partition("## Formats")[0]
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "slosmith/diff").glob("*.py")
    )
    used = set(re.findall(r'"([a-z]+-[a-z]+(?:-[a-z]+)*)"', code))
    used |= {
        f"{severity}-{how}" for severity in ("page", "ticket") for how in ("quieter", "louder")
    }
    told = set(re.findall(r"^\| `([a-z-]+)`(?:, `([a-z-]+)`)? \|", text, re.MULTILINE))
    assert {name for names in told for name in names if name} == used - {"no-specs"}


# The API's latency trigger, held by an SLO of its own and one of another service, on whose
# histogram the API scales as well.
HELD = edited(
    "specs/api.yaml",
    (
        "hold_while: [db-pool, cache-hits]",
        "hold_while: [db-pool, checkout/orders]",
    ),
    (
        "  - cpu: 70\n",
        "  - latency: {slo: checkout/payment-latency, quantile: 0.9, target: 800ms}\n",
    ),
)


def edited_held(*edits: tuple[str, str, str]) -> Files:
    files = dict(HELD)
    for path, old, new in edits:
        assert old in files[path], old
        files[path] = files[path].replace(old, new, 1)
    return files


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = repository(tmp_path / "held", HELD)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(("old", "new"), [("latency", "speed"), ("db-pool", "pool")])
def test_a_rename_removes_no_trigger_no_guard_and_no_panel(held: Path, old: str, new: str) -> None:
    text = re.sub(rf"((?:slo|name): |\[){old}\b", rf"\g<1>{new}", HELD["specs/api.yaml"])
    change(held, HELD | {"specs/api.yaml": text})
    found = data()
    assert [(risk["note"], risk["about"]) for risk in found["risks"]] == [
        ("history-resets", f"api/{new}")
    ]
    (one,) = found["services"]
    assert {item["section"] for item in one["parts"]} <= {"slo", "autoscaling"}


def test_a_renamed_service_removes_no_trigger_and_no_guard_of_others(held: Path) -> None:
    change(
        held,
        edited_held(
            ("specs/checkout.yaml", "service: checkout", "service: till"),
            ("specs/api.yaml", "checkout/orders", "till/orders"),
            ("specs/api.yaml", "checkout/payment-latency", "till/payment-latency"),
        ),
    )
    found = data()
    assert {(risk["note"], risk["about"]) for risk in found["risks"]} == {
        ("history-resets", "till"),
        ("scaler-renamed", "till"),
    }
    assert list(changes(part(found, "api", "autoscaling"))) == ["query of latency"]


@pytest.mark.parametrize(
    ("path", "old", "new", "note"),
    [
        ("api", "[db-pool,", "[{slo: db-pool, burn: 6},", "guard-loosened"),
        ("checkout", "objective: 99.95", "objective: 99.5", ""),
        ("checkout", "objective: 99.95", "objective: 99.99", ""),
        ("api", "[db-pool,", "[{slo: db-pool, burn: 0.5},", ""),
        ("api", "[db-pool, checkout/orders]", "[checkout/orders]", "guard-removed"),
    ],
)
def test_a_guard_that_changes_is_not_one_that_is_gone(
    held: Path, path: str, old: str, new: str, note: str
) -> None:
    change(held, edited_held((f"specs/{path}.yaml", old, new)))
    notes = {found for found, about in risks() if found.startswith("guard-") and about == "api"}
    assert notes == ({note} if note else set())


def test_a_renamed_service_that_is_scaled_has_two_scalers_for_a_while(project: Path) -> None:
    renamed = COMMITTED["specs/api.yaml"].replace("service: api\n", "service: front\n", 1)
    others = {
        path: text.replace("api/", "front/")
        for path, text in COMMITTED.items()
        if path.startswith("specs/") and path != "specs/api.yaml"
    }
    change(project, COMMITTED | others | {"specs/api.yaml": renamed})
    assert {note for note, about in risks() if about == "front"} == {
        "history-resets",
        "scaler-renamed",
    }
    change(project, edited("specs/reports.yaml", ("service: reports", "service: papers")))
    assert {note for note, about in risks() if about == "papers"} == {"history-resets"}
