"""One number of a spec changes: all that is told from it does, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import OFF, ROOT, invoke, tree

SPEC = "specs/api.yaml"
# All that tells of the objective and the bound of api/p95.
TOLD = {
    "prometheus/rules/api.yaml",
    "kubernetes/api/prometheusrule.yaml",
    "kubernetes/api/dashboard.yaml",
    "grafana/dashboards/api.json",
    "k6/api.js",
    "chaos/api/slow-cache.yaml",
    "runbooks/api.md",
    ".slosmith/api.json",
}
# Which of them do is a matter of the incidents that they hold.
TESTS = "prometheus/tests/api."
Change = tuple[dict[str, str], dict[str, str]]


def built(folder: Path, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The output for this repository's own specs, with the SLO `p95` of api changed."""
    shutil.copytree(ROOT / "specs", folder / "specs")
    shutil.copy(ROOT / "slosmith.yaml", folder)
    path = folder / SPEC
    head, name, rest = path.read_text().partition("- name: p95\n")
    assert name
    assert old in rest
    path.write_text(head + name + rest.replace(old, new, 1))
    monkeypatch.chdir(folder)
    result = invoke("build", *OFF)
    assert result.exit_code == 0, result.output
    return {name: data.decode() for name, data in tree(folder / "out").items()}


def change(tmp_path: Path, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> Change:
    before = built(tmp_path / "before", old, old, monkeypatch)
    after = built(tmp_path / "after", old, new, monkeypatch)
    assert before.keys() == after.keys()
    return before, after


def differ(change: Change) -> set[str]:
    before, after = change
    found = {path for path in before if before[path] != after[path]}
    return {path for path in found if not path.startswith(TESTS)}


def lines(change: Change, path: str) -> tuple[list[str], list[str]]:
    """The lines of a file that went, and those that came."""
    before, after = (side[path].splitlines() for side in change)
    return (
        [line for line in before if line not in set(after)],
        [line for line in after if line not in set(before)],
    )


def alerts(side: Mapping[str, str], slo: str) -> dict[str, Any]:
    groups = yaml.safe_load(side["prometheus/rules/api.yaml"])["groups"]
    return {
        rule["alert"]: rule
        for group in groups
        if f".{slo}." in group["name"]
        for rule in group["rules"]
        if "alert" in rule
    }


def groups(side: Mapping[str, str]) -> dict[str, Any]:
    found = yaml.safe_load(side["prometheus/rules/api.yaml"])["groups"]
    return {group["name"]: group for group in found}


def test_an_objective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = change(tmp_path, "objective: 95\n", "objective: 94.5\n", monkeypatch)
    before, after = told
    assert differ(told) == TOLD

    # Alerts: budgets of 5% and 5.5%, and the rules of no other SLO.
    was, now = (alerts(side, "p95")["SLOErrorBudgetBurnFast"]["expr"] for side in told)
    assert "(6 * 0.05)" in was
    assert "(6 * 0.055)" in now
    assert "* 0.05)" not in now
    other = [name for name, group in groups(after).items() if groups(before)[name] != group]
    assert other == ["slosmith.api.p95.fast", "slosmith.api.p95.slow"]

    # Dashboard: panels of this SLO alone.
    gone, came = lines(told, "grafana/dashboards/api.json")
    assert gone
    assert any("0.945" in line or "94.5" in line for line in came)
    assert before["kubernetes/api/scaledobject.yaml"] == after["kubernetes/api/scaledobject.yaml"]

    # Load test: the percentile, wherever it stands.
    gone, came = lines(told, "k6/api.js")
    assert {re.sub(r"[\s,]", "", line) for line in came} >= {
        '"threshold":"p(94.5)<100"',
        '"p(94.5)"',
        "//user:api/p9594.5%inlessthan100ms",
    }
    assert all("95" in line for line in gone)
    assert all("94.5" in line for line in came)

    # Experiment: when its alert comes, and what it spends; not what it does.
    was, now = (yaml.safe_load(side["chaos/api/slow-cache.yaml"]) for side in told)
    assert was["spec"] == now["spec"]
    assert was["metadata"]["annotations"]["slosmith/within"] == "12m49s"
    assert now["metadata"]["annotations"]["slosmith/within"] == "12m53s"
    assert "11.1%" in now["metadata"]["annotations"]["slosmith/spends"]

    # Runbook.
    gone, came = lines(told, "runbooks/api.md")
    assert any("94.5%" in line for line in came)
    assert not any("availability" in line for line in gone)


def test_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = change(tmp_path, "below: 100ms", "below: 150ms", monkeypatch)
    before, after = told
    assert differ(told) == TOLD

    other = [name for name, group in groups(after).items() if groups(before)[name] != group]
    assert other == ["slosmith.api.p95.fast", "slosmith.api.p95.slow"]
    gone, came = lines(told, "prometheus/rules/api.yaml")
    assert all("0.1" in line or "100ms" in line for line in gone), gone
    assert any('"0.15"' in line for line in came)

    gone, came = lines(told, "k6/api.js")
    assert {re.sub(r"[\s,]", "", line) for line in came} >= {'"threshold":"p(95)<150"'}

    gone, came = lines(told, "chaos/api/slow-cache.yaml")
    assert len(gone) == len(came) == 1
    assert "95% within 150ms" in came[0]

    gone, came = lines(told, "runbooks/api.md")
    assert any("150ms" in line for line in came)

    assert any(
        "150" in line or "0.15" in line for line in lines(told, "grafana/dashboards/api.json")[1]
    )


def test_a_number_that_is_too_strict_stops_the_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssertionError, match="chaos-budget"):
        built(tmp_path, "objective: 95\n", "objective: 97.5\n", monkeypatch)


def test_a_bound_that_the_experiment_does_not_reach_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path, "below: 100ms", "below: 250ms", monkeypatch)
    result = invoke("build", *OFF)
    assert "answers 200ms later may still be within 250ms" in result.output
    assert "[chaos-unnoticed]" in result.output


def test_what_depends_on_nothing_of_the_kind_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A description is told in fewer places, and in no threshold."""
    told = change(
        tmp_path,
        "Requests answered within a tenth of a second.",
        "Requests answered soon.",
        monkeypatch,
    )
    assert not differ(told) & {
        "k6/api.js",
        "chaos/api/slow-cache.yaml",
        "chaos/api/database-failure.yaml",
        "kubernetes/api/scaledobject.yaml",
    }
    records = [json.loads(side[".slosmith/api.json"]) for side in told]
    assert records[0] != records[1]
