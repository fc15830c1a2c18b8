"""Hostile text from a spec stays data in a runbook: in Markdown, in HTML, in shell commands."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from slosmith.escape import one_line
from slosmith.model import Prometheus
from slosmith.validate import runbooks as validation
from tests.hostile_values import ALL, TEXTS
from tests.markdown_documents import Page, commonmark, mkdocs
from tests.runbook_models import PROJECT, make_dependency, make_full_service, runbook, section

# What commands are run in place of: they write down how they were called.
TOOLS = ("kubectl", "psql", "redis-cli", "curl")


def shape(page: Page) -> list[str]:
    """Which elements there are, in order."""
    return [tag for tag, _ in page.tags]


def shown(value: str) -> str:
    """What a reader has to see: on one line, what is invisible made visible."""
    return one_line(" ".join(value.split()))


@pytest.mark.parametrize("value", ALL)
def test_free_text_adds_no_element_and_is_shown_as_it_is(value: str) -> None:
    plain, text = runbook(make_full_service()), runbook(make_full_service(value))
    for render in (commonmark, mkdocs):
        page = render(text)
        assert shape(page) == shape(render(plain))
        # Description, owner, link, SLO, phase in headings and in steps.
        everything = page.text + " ".join(page.headings)
        assert everything.count(shown(value)) >= 6, everything[:2000]
        assert {link for link in page.links if "evil" in link} == set()
    assert validation.check(text)[0] == []


@pytest.mark.parametrize("value", TEXTS)
def test_options_are_arguments_and_nothing_else(value: str, tmp_path: Path) -> None:
    """Every command of the chapter is run by bash; what it calls writes down its arguments."""
    dependency = make_dependency(
        selector={}, options={"user": value, "database": value}, name="users-db"
    )
    text = section(runbook(make_full_service(dependencies=(dependency,))), "dependency_users-db")
    assert mkdocs(text).code == commonmark(text).code
    calls = [call for _, command in _commands(text) for call in _run(command, tmp_path)]
    assert calls
    for name, *arguments in calls:
        assert name == "psql"
        assert arguments[0] == "-X"
        assert _conninfo(arguments[1])["user"] == value
        assert _conninfo(arguments[1])["dbname"] == value
        assert len(arguments) == 2
    assert not (tmp_path / "pwned").exists()


def test_addresses_are_arguments_and_nothing_else(tmp_path: Path) -> None:
    hostile = "http://prometheus/$(touch${IFS}pwned)';touch${IFS}pwned;'`touch${IFS}pwned`"
    url = "https://example.com/a?b=$(touch${IFS}pwned)&c='d';e"
    service = make_full_service(
        dependencies=(make_dependency("http", url=url, host="example.com", selector={}),)
    )
    project = type(PROJECT)(**{**vars(PROJECT), "prometheus": Prometheus(url=hostile)})
    calls = []
    for _, command in _commands(runbook(service, project)):
        calls += _run(command, tmp_path)
    asked = {argument for name, *rest in calls if name == "curl" for argument in rest}
    assert f"{hostile}/api/v1/query" in asked
    assert url in asked
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_commands_in_pods_reach_the_pod_that_the_selector_finds(kind: str, tmp_path: Path) -> None:
    dependency = make_dependency(kind, selector={"app": kind, "example.com/role": "primary"})
    text = section(
        runbook(make_full_service(dependencies=(dependency,))), f"dependency_{dependency.name}"
    )
    calls = [call for _, command in _commands(text) for call in _run(command, tmp_path)]
    selector = f"app={kind},example.com/role=primary"
    assert ["kubectl", "-n", "prod", "get", "pods", "-l", selector, "-o", "wide"] in calls
    inside = [call for call in calls if "exec" in call]
    assert len(inside) >= 5
    for call in inside:
        assert call[:4] == ["kubectl", "-n", "prod", "exec"]
        rest = call[4:]
        # Only what reads a script keeps the terminal's input.
        assert (rest[0] == "-i") == (kind == "postgres")
        assert rest[rest.index("--") - 1] == "pod/first"
        assert rest[rest.index("--") + 1] == {"postgres": "psql", "redis": "redis-cli"}[kind]


def _commands(text: str) -> list[tuple[str, str]]:
    return [(language, code) for language, code in commonmark(text).code if language == "sh"]


def _run(command: str, folder: Path) -> list[list[str]]:
    """The calls that a command makes, each with its arguments."""
    tools, log = folder / "tools", folder / "log"
    tools.mkdir(exist_ok=True)
    log.write_text("")
    for name in TOOLS:
        tool = tools / name
        # `get … -o name` is asked for the name of a pod.
        tool.write_text(
            "#!/bin/sh\n"
            f'for word in {name} "$@"; do printf "%s\\0" "$word"; done >>{shlex.quote(str(log))}\n'
            f"printf '\\001' >>{shlex.quote(str(log))}\n"
            'case "$*" in *"-o name"*) echo pod/first; echo pod/second;; esac\n'
        )
        tool.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "syntax error" not in done.stderr
    calls = log.read_text(encoding="utf-8").split("\x01")
    return [call.split("\0")[:-1] for call in calls if call]


def _conninfo(text: str) -> dict[str, str]:
    """A connection string of libpq, read by its own rules."""
    found: dict[str, str] = {}
    rest = text
    while rest:
        key, _, rest = rest.partition("=")
        value, quoted = "", rest.startswith("'")
        rest = rest[1:] if quoted else rest
        while rest and not (rest[0] == "'" if quoted else rest[0] == " "):
            if rest[0] == "\\":
                rest = rest[1:]
            value, rest = value + rest[0], rest[1:]
        found[key] = value
        rest = (rest[1:] if quoted else rest).lstrip(" ")
    return found
