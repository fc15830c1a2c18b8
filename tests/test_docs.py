"""The docs: pages that are made are current, links lead somewhere, commands are what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

import cli
from slosmith.shape import schemas
from tests import reference
from tests.golden import compare
from tests.projects import ROOT, write

DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *DOCS.rglob("*.md"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "examples").rglob("*.md"),
    ]
)
_SPEC = (
    "Every field of a spec, from its [JSON Schema](../slosmith/schema/v1.json), which editors and "
    "`slosmith schema` use too. [spec.md](spec.md) tells how they work together."
)
_PROJECT = (
    "Every field of `slosmith.yaml`, from its [JSON Schema](../slosmith/schema/project-v1.json). "
    "[spec.md](spec.md) tells how layers work."
)
MADE = {
    "fields.md": lambda: reference.fields(reference.SCHEMAS / "v1.json", "Fields of a spec", _SPEC),
    "project-fields.md": lambda: reference.fields(
        reference.SCHEMAS / "project-v1.json", "Fields of slosmith.yaml", _PROJECT
    ),
    "commands.md": reference.commands,
}
page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.parametrize("name", MADE)
def test_made_pages_are_current(name: str, update: bool) -> None:
    compare(DOCS / name, MADE[name](), update=update)


def test_every_field_of_the_schema_is_in_the_reference() -> None:
    text = (DOCS / "fields.md").read_text(encoding="utf-8")
    for name in (
        "service",
        "slos[].indicator.ratio.bad",
        "slos[].alerting.page.labels",
        "autoscaling.replicas.max",
        "slos[].objective",
    ):
        assert f"`{name}`" in text
    assert schemas.SPEC == "v1.json"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {target.partition("#")[0] for target in links(index)}
    for path in DOCS.rglob("*.md"):
        if path.name != "README.md":
            assert path.relative_to(DOCS).as_posix() in linked


def links(text: str) -> Iterator[str]:
    """Targets of the links outside of code."""
    plain = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    plain = re.sub(r"`[^`\n]*`", "", plain)
    for target in re.findall(r"\]\(([^)\s]+)\)", plain):
        if not target.startswith(("http://", "https://")):
            yield target


def anchors(path: Path) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(words.replace(" ", "-"))
    return found


@page
def test_links_lead_somewhere(path: Path) -> None:
    for target in links(path.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def blocks(path: Path) -> Iterator[str]:
    """Shell in a page: fenced as `sh` or `console` (after `$ `), or indented."""
    text = path.read_text(encoding="utf-8")
    for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        if language == "sh":
            yield block
        elif language == "console":
            yield "\n".join(line[2:] for line in block.splitlines() if line.startswith("$ "))
    fenced = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield "\n".join(re.findall(r"^    (slosmith .*)$", fenced, re.MULTILINE))
    yield "\n".join(re.findall(r"`(slosmith [a-z][^`]*)`", fenced))


def commands(path: Path) -> Iterator[list[str]]:
    """Each run of slosmith in a page, as its arguments."""
    for block in blocks(path):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"\||&&|;|>|<", line):
                words = shlex.split(part.strip(), comments=True) if "slosmith" in part else []
                if words[:1] == ["slosmith"]:
                    yield words[1:]


@page
def test_commands_have_the_options_that_they_are_said_to_have(path: Path) -> None:
    for words in commands(path):
        if not words or words[0].startswith("-"):
            continue
        assert isinstance(cli.slosmith, click.Group)
        command = cli.slosmith.commands.get(words[0])
        assert command, words
        arguments = [word for word in words[1:] if not re.fullmatch(r"\[.*|.*\]", word)]
        with click.Context(command, info_name=words[0]) as context:
            try:
                command.make_parser(context).parse_args(list(arguments))
            except click.BadOptionUsage:
                pass  # an option is named, without its value
            except click.UsageError as error:
                pytest.fail(f"slosmith {shlex.join(words)}: {error.format_message()}")


def steps(path: Path) -> list[tuple[str, list[str]]]:
    """The shell blocks of a page in a row, each with the lines that the page shows of its output.
    A block as `console` needs a cluster, and is not run."""
    text = path.read_text(encoding="utf-8")
    found: list[tuple[str, list[str]]] = []
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language == "sh":
            found.append((block, []))
        elif language == "text":
            found[-1][1].extend(block.splitlines())
    return found


def run_through(path: Path, folder: Path, replaced: dict[str, str]) -> None:
    """Runs the blocks of a page in one shell; fails where one fails or says something else."""
    found = steps(path)
    mark = "=== next step ==="
    script = f"\necho '{mark}'\n".join(block for block, _ in found)
    for old, new in replaced.items():
        script = script.replace(old, new)
    tools = folder / "tools"
    write(tools, {"slosmith": f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/cli.py" "$@"\n'})
    (tools / "slosmith").chmod(0o755)
    identity = {
        f"GIT_{who}_{what}": "test@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    path_variable = f"{tools}:{os.environ['PATH']}"
    process = subprocess.Popen(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **identity, "PATH": path_variable, "GIT_CONFIG_GLOBAL": os.devnull},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=400)
    finally:
        # Whatever a block left running in the background, when it failed before it stopped it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, output[-3000:]
    for (block, lines), said in zip(found, output.split(mark), strict=True):
        for line in lines:
            # `…` stands for whatever a line says there.
            pattern = ".*".join(map(re.escape, line.split("…")))
            assert re.search(pattern, said), f"{block}\n--- said\n{said}"


def missing(*programs: str) -> pytest.MarkDecorator:
    gone = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(gone), reason=f"the page was not run: no {', '.join(gone)}")


@pytest.mark.server
@missing("prometheus", "promtool", "curl", "git", "kubectl")
def test_the_tutorial_works(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    replaced = {"127.0.0.1:9090": f"127.0.0.1:{port}", "/tmp/slos-data": f"{tmp_path}/data"}
    run_through(DOCS / "tutorial.md", tmp_path, replaced)


@missing("git")
def test_the_page_on_environments_works(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/gitops", tmp_path, dirs_exist_ok=True)
    run_through(DOCS / "environments.md", tmp_path, {})


@missing("kubectl")
def test_the_page_of_the_example_works(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/gitops", tmp_path, dirs_exist_ok=True)
    run_through(ROOT / "examples/gitops/README.md", tmp_path, {})
