"""Dependencies and runbooks from a whole project: which files there are, and what is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.projects import OFF, PROJECT, built, invoke, spec, write

DEPENDENCIES = (
    "dependencies:\n"
    "- {name: users-db, kind: postgres, address: db, metrics: '{job=\"$x\"}'}\n"
    "- {name: cache, kind: redis, address: cache}\n"
)
RUNBOOK = "runbook: {phases: [{title: First, within: 2h, steps: [Wait., {use: missing-index}]}]}\n"


def _titles(files: dict[str, bytes]) -> list[str]:
    panels = json.loads(files["grafana/dashboards/api.json"])["panels"]
    return [panel["title"] for panel in panels]


def test_a_service_without_these_sections_has_a_plain_runbook_and_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    plain = built(project, monkeypatch)
    write(project, {"specs/api.yaml": spec(more="dependencies: []\nrunbook: {}\n")})
    assert built(project, monkeypatch) == plain
    assert "runbooks/api.md" in plain
    for path, data in plain.items():
        assert b"Mitigation" not in data and b"Playbook" not in data, path
    write(project, {"specs/api.yaml": spec(more=DEPENDENCIES + RUNBOOK)})
    full = built(project, monkeypatch)
    assert full.keys() == plain.keys()
    changed = {path for path in plain if plain[path] != full[path]}
    assert changed == {
        ".slosmith/api.json",
        "grafana/dashboards/api.json",
        "kubernetes/api/dashboard.yaml",
        "runbooks/api.md",
    }
    added = [title for title in _titles(full) if title not in _titles(plain)]
    assert added[0] == "users-db (PostgreSQL)"
    assert all(title.startswith("users-db") for title in added), "the cache has no metrics"
    # Grafana would put a variable in.
    assert b'{job=\\"$x\\"}' not in full["grafana/dashboards/api.json"]
    assert b'{job=\\"\\\\x24x\\"}' in full["grafana/dashboards/api.json"]
    wanted = b"](#playbook_missing-index) for [users-db](#dependency_users-db)"
    assert wanted in full["runbooks/api.md"]


def test_all_services_may_share_dependencies_and_phases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = "".join(f"  {line}\n" for line in (DEPENDENCIES + RUNBOOK).splitlines())
    project = f"{PROJECT}defaults:\n{shared}"
    own = "dependencies: [{name: queue, kind: redis, address: queue}]\n"
    files = {
        "slosmith.yaml": project,
        "specs/api.yaml": spec(),
        "specs/web.yaml": spec("web", more=own),
    }
    made = built(write(tmp_path, files), monkeypatch)
    assert b"users-db (PostgreSQL)" in made["runbooks/api.md"]
    assert b"users-db" not in made["runbooks/web.md"]
    assert b"queue (Redis)" in made["runbooks/web.md"]
    assert made["runbooks/web.md"].count(b"### Phase 1: First") == 1


def test_runbooks_are_a_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()}
    monkeypatch.chdir(write(tmp_path, files))
    assert invoke("build", "--only", "runbooks", *OFF).exit_code == 0
    written = {path.name for path in Path("out").rglob("*") if path.is_file()}
    assert written >= {"api.md"}
    assert not Path("out/prometheus").exists()
    write(tmp_path, {"slosmith.yaml": f"{PROJECT}families: [prometheus]\n"})
    assert invoke("build", *OFF).exit_code == 0
    assert not Path("out/runbooks").exists()


def test_links_go_to_the_data_source_that_the_project_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grafana = "grafana: {url: 'https://g.example.com', datasource: prom-1}\n"
    files = {"slosmith.yaml": PROJECT + grafana, "specs/api.yaml": spec()}
    made = built(write(tmp_path, files), monkeypatch)
    assert b"https://g.example.com/explore?" in made["runbooks/api.md"]
    assert b"%22datasource%22%3A%22prom-1%22" in made["runbooks/api.md"]
