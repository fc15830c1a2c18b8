"""The series that dashboards, runbooks and suggestions read are those of the real exporters."""

from __future__ import annotations

import json
import re
import shutil
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from bench.servers import free_address, running
from slosmith import yamlout
from slosmith.dependencies import KINDS
from slosmith.model_dependencies import Dependency
from tests.databases import needs_postgres, needs_redis, postgres, redis
from tests.projects import OFF, PROJECT, invoke, spec, write
from tests.runbook_models import make_dependency

pytestmark = pytest.mark.server

_SERIES = re.compile(r"\b((?:pg|redis|probe)_[a-z_0-9]+)")
# blackbox_exporter has it for an answer over TLS alone.
_ONLY_WITH_TLS = {"probe_ssl_earliest_cert_expiry"}


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(program) is None,
        reason=f"no {program}: that its series are those of dashboards was not tested",
    )


def _asked(kind: str) -> set[str]:
    """Every series that anything made of the kind reads."""
    dependency = make_dependency(kind, url="https://example.com/" if kind == "http" else "")
    found = KINDS[kind]
    queries = [line.query for graph in found.graphs(dependency) for line in graph.lines]
    queries += [check.query for check in found.checks(dependency)]
    queries += [json.dumps(item.slo) for item in found.suggestions(dependency)]
    return {name for query in queries for name in _SERIES.findall(query)}


def _exposed(url: str) -> set[str]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        text = answer.read().decode()
    return {re.split(r"[{ ]", line)[0] for line in text.splitlines() if line[:1] not in ("#", "")}


@needs_postgres
@_needs("prometheus-postgres-exporter")
def test_postgres_exporter_has_every_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres() as server:
        source = f"postgresql://postgres@127.0.0.1:{server.port}/postgres?sslmode=disable"
        monkeypatch.setenv("DATA_SOURCE_NAME", source)
        names = _names(["prometheus-postgres-exporter"], tmp_path, "/metrics")
    assert _asked("postgres") - names == set()


@needs_redis
@_needs("prometheus-redis-exporter")
def test_redis_exporter_has_every_series(tmp_path: Path) -> None:
    with redis() as server:
        command = ["prometheus-redis-exporter", "-redis.addr", f"redis://127.0.0.1:{server.port}"]
        names = _names(command, tmp_path, "/metrics", "-web.listen-address")
    assert _asked("redis") - names == set()


@_needs("prometheus-blackbox-exporter")
def test_blackbox_exporter_has_every_series(tmp_path: Path) -> None:
    config = tmp_path / "blackbox.yml"
    config.write_text("modules: {http_2xx: {prober: http}}\n")
    with _web_server() as target:
        command = ["prometheus-blackbox-exporter", f"--config.file={config}"]
        probe = f"/probe?module=http_2xx&target={target}"
        names = _names(command, tmp_path, probe)
    assert _asked("http") - names == _ONLY_WITH_TLS


def _names(
    command: list[str], folder: Path, path: str, flag: str = "--web.listen-address"
) -> set[str]:
    """The series of an exporter, which `command` starts."""
    address = free_address()
    with running([*command, flag, address], address, folder / "log") as server:
        return _exposed(f"{server.url}{path}")


@contextmanager
def _web_server() -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Tests have no log of requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_suggested_slos_build_as_they_are(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `explain --suggest` prints, put below the SLOs of the spec."""
    name = "d" * 63
    dependencies = yamlout.dump(
        {
            "dependencies": [
                {"name": name, "kind": kind, "address": "x:1", "metrics": '{job="x", a!="b"}'}
            ]
        }
    )
    files = {"slosmith.yaml": PROJECT, "specs/api.yaml": spec(more=dependencies)}
    monkeypatch.chdir(write(tmp_path, files))
    suggested = invoke("explain", "api", "--suggest", *OFF)
    assert suggested.exit_code == 0, suggested.output
    slos = yaml.safe_load(suggested.stdout)
    assert len(slos) >= 2
    more = f"{suggested.stdout}{dependencies}"
    write(tmp_path, {"specs/api.yaml": spec(more=more)})
    result = invoke("build", *OFF)
    assert result.exit_code == 0, result.output
    # Of a cache: whether half of its reads or more miss is one. The build says so.
    warnings = [line for line in result.output.splitlines() if ": warning: " in line]
    assert [line for line in warnings if not line.endswith("[tier-clamped]")] == []
    again = invoke("explain", "api", "--suggest", *OFF)
    assert again.stdout.count("is there already") == len(slos)
    assert yaml.safe_load(again.stdout) is None


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", "# api: the spec names no dependencies.\n"),
        ("dependencies: [{name: c, kind: redis, address: c}]\n", "# Nothing without `metrics`"),
    ],
)
def test_where_nothing_can_be_suggested_it_says_why(
    more: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"slosmith.yaml": PROJECT, "specs/api.yaml": spec(more=more)}
    monkeypatch.chdir(write(tmp_path, files))
    assert told in invoke("explain", "--suggest", *OFF).stdout


def test_suggestions_are_yaml_and_nothing_else() -> None:
    for other in ("--backfill", "--format=json"):
        result = invoke("explain", "api", "--suggest", other)
        assert result.exit_code == 2
        assert "--suggest prints YAML" in result.output


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_has_all_of_its_parts(kind: str) -> None:
    found = KINDS[kind]
    parts: tuple[Callable[[Dependency], tuple[object, ...]], ...] = (
        found.checks,
        found.graphs,
        found.suggestions,
    )
    for part in parts:
        assert len(part(make_dependency(kind))) >= 2
    assert found.exporter.url.startswith("https://")
