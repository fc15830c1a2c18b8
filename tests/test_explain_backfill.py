"""The commands that give a new SLO its history, run as they are told, against a real Prometheus."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.projects import OFF, ROOT, invoke, spec, write
from tests.prometheus_server import add_blocks, backfill, needs_prometheus, serving

MINUTE, HOUR = 60, 3600
HISTORY = 8 * HOUR


def project(url: str) -> str:
    return (
        f"version: slosmith/v1\nprometheus: {{url: '{url}', retention: 12h, "
        "evaluation_interval: 5s}\n"
    )


def test_the_rule_file_holds_the_base_rules_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(
        write(tmp_path, {"specs/api.yaml": spec("api"), "specs/web.yaml": spec("web")})
    )
    invoke("build", *OFF)
    text = invoke("explain", "api", "--backfill", *OFF).stdout
    (group,) = yaml.safe_load(text)["groups"]
    built = yaml.safe_load((tmp_path / "out/prometheus/rules/api.yaml").read_text())["groups"][0]
    assert group == built | {"rules": built["rules"][:2]}
    names = [rule["record"] for rule in group["rules"]]
    assert names == ["slo:sli_total:rate5m", "slo:sli_bad:rate5m"]
    everything = yaml.safe_load(invoke("explain", "--backfill", *OFF).stdout)["groups"]
    assert [item["name"] for item in everything] == [
        "slosmith.api.availability.fast",
        "slosmith.web.availability.fast",
    ]


def test_the_commands_carry_what_chose_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "version: slosmith/v1\nspecs: ../specs\nprometheus: {retention: 5d}\n"
    files = {"my own/slosmith.yaml": config, "specs/api.yaml": spec()}
    monkeypatch.chdir(write(tmp_path, files))
    options = ("--config", "my own/slosmith.yaml", *OFF)
    made = json.loads(invoke("explain", "api/availability", "--format", "json", *options).stdout)
    write_rules, evaluate = made["services"][0]["backfill"]
    assert write_rules == (
        "slosmith explain api/availability --config 'my own/slosmith.yaml' --backfill > base.yaml"
    )
    assert f"--start=$(($(date +%s) - {5 * 24 * HOUR}))" in evaluate, "no further than samples go"


@pytest.mark.server
@needs_prometheus
def test_a_new_slo_starts_with_the_history_of_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    times = range(now - HISTORY, now + 1, 30)
    backfill(
        tmp_path,
        {
            'requests_total{job="api"}': [(at, 10.0 * index) for index, at in enumerate(times)],
            'errors_total{job="api"}': [(at, 0.02 * index) for index, at in enumerate(times)],
        },
    )
    monkeypatch.chdir(write(tmp_path, {"specs/api.yaml": spec()}))
    _command(tmp_path, monkeypatch)
    with serving(tmp_path) as server:
        write(tmp_path, {"slosmith.yaml": project(server.url)})
        explained = json.loads(invoke("explain", "api", "--format", "json", *OFF).stdout)
        for command in explained["services"][0]["backfill"]:
            done = subprocess.run(
                ["sh", "-ec", command], cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
    add_blocks(tmp_path, tmp_path / "blocks")
    invoke("build", *OFF)
    rules = tmp_path / "out/prometheus/rules/api.yaml"
    # Nobody waits two minutes for the slow group.
    rules.write_text(rules.read_text().replace('interval: "2m"', 'interval: "3s"'))
    with serving(tmp_path, rules) as server:
        history = server.wait("history", lambda: server.value("slo:history:seconds"))
        left = server.wait("budget", lambda: server.value("slo:error_budget_remaining:ratio"))
    assert HISTORY - 11 * MINUTE <= history <= HISTORY + MINUTE
    # 0.2 % of errors for eight hours, with a budget of 0.1 % for 30 days.
    assert left == pytest.approx(1 - 2 * history / (30 * 24 * HOUR), abs=1e-4)


def _command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts this repository's `slosmith` on PATH, as an installation would."""
    binary = folder / "bin" / "slosmith"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "cli.py"}" "$@"\n')
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    promtool = Path(str(shutil.which("promtool"))).parent
    monkeypatch.setenv("PATH", f"{binary.parent}:{promtool}:{os.environ['PATH']}")
