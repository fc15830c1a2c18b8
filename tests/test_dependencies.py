"""What a service depends on, as it is read from its spec."""

from __future__ import annotations

from pathlib import Path

import pytest

from slosmith.dependencies import KINDS
from slosmith.model_dependencies import Dependency
from slosmith.resolve.addresses import Address, parse
from tests.projects import PROJECT, spec
from tests.test_resolve import compiled, service

FULL = """dependencies:
- name: users-db
  kind: postgres
  namespace: data
  selector: {role: primary, app: postgres}
  address: users-db.data.svc.cluster.local
  metrics: '{job="postgres", cluster=~"a|b"}'
  options: {database: users}
- {name: cache, kind: redis, selector: {app: redis}}
- {name: payments, kind: http, address: "https://payments.example.com/healthz?deep=1"}
"""


def test_a_dependency_has_everything_that_others_need_of_it(tmp_path: Path) -> None:
    found = service(tmp_path, PROJECT + "defaults: {namespace: prod}\n", api=spec(more=FULL))
    assert found.dependencies == (
        Dependency(
            name="users-db",
            kind="postgres",
            namespace="data",
            selector={"app": "postgres", "role": "primary"},
            host="users-db.data.svc.cluster.local",
            port=5432,
            metrics=('job="postgres"', 'cluster=~"a|b"'),
            options={"database": "users", "user": "postgres"},
        ),
        Dependency("cache", "redis", "prod", {"app": "redis"}),
        Dependency(
            name="payments",
            kind="http",
            namespace="prod",
            host="payments.example.com",
            port=443,
            url="https://payments.example.com/healthz?deep=1",
        ),
    )
    assert found.dependencies[0].address == "users-db.data.svc.cluster.local:5432"
    assert found.dependencies[1].address == ""


def test_an_environment_has_dependencies_of_its_own(tmp_path: Path) -> None:
    overrides = (
        "overrides: {services: {api: {dependencies: [{name: cache, kind: redis, address: c}]}}}\n"
    )
    found = service(tmp_path, PROJECT + overrides, api=spec(more=FULL))
    assert [item.address for item in found.dependencies] == ["c:6379"]


def test_without_dependencies_there_are_none(tmp_path: Path) -> None:
    assert service(tmp_path, PROJECT, api=spec()).dependencies == ()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("db", Address("db", 5432)),
        ("db:6432", Address("db", 6432)),
        ("10.0.0.1:5432", Address("10.0.0.1", 5432)),
        ("[fd00::1]", Address("fd00::1", 5432)),
        ("[fd00::1]:6432", Address("fd00::1", 6432)),
        ("_db._tcp.example.com.", Address("_db._tcp.example.com.", 5432)),
        ("http://x", Address("x", 80, "http://x")),
        ("https://[fd00::1]:8443/a?b=c", Address("fd00::1", 8443, "https://[fd00::1]:8443/a?b=c")),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse(text, 5432, takes_url=True) == address


@pytest.mark.parametrize(
    "text",
    [
        "-rf",
        "a b",
        "a\nb",
        "db:0",
        "db:5432;id",
        "db:٥٤",
        "fd00::1",
        "[db]:1",
        "256.1.1.1",
        "a..b",
        "x" * 254,
        "http://",
        "http://a'b\nc",
        'https://x/"',
        "https://x/`id`",
        "https://u@x",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert isinstance(parse(text, 5432, takes_url=True), str)


def test_an_ipv6_address_has_brackets_before_its_port() -> None:
    assert Dependency("db", "postgres", "prod", host="fd00::1", port=5432).address == (
        "[fd00::1]:5432"
    )


def test_a_kind_is_found_by_its_file() -> None:
    folder = Path(__file__).parent.parent / "slosmith/dependencies/kinds"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert set(KINDS) == files == {"postgres", "redis", "http"}


def test_empty_matchers_are_refused(tmp_path: Path) -> None:
    more = "dependencies:\n- {name: a, kind: redis, address: a, metrics: '{}'}\n"
    found = compiled(tmp_path, PROJECT, api=spec(more=more)).problems
    assert [problem.check for problem in found] == ["promql-syntax"]


def test_matchers_in_backquotes_are_written_anew(tmp_path: Path) -> None:
    more = "dependencies:\n- {name: a, kind: redis, address: a, metrics: '{job=`$x\\`}'}\n"
    (found,) = service(tmp_path, PROJECT, api=spec(more=more)).dependencies
    assert found.metrics == ('job="$x\\\\"',)
