"""The Dockerfile, built with podman where its base images can be had."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from slosmith.promtool.find import IMAGE
from tests.projects import PROJECT, ROOT, spec, write
from tests.test_promtool_container import CONTAINERS, MISSING, STORAGE

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_promtool_is_that_of_the_version_that_slosmith_pulls_itself() -> None:
    assert f"ARG PROMETHEUS_IMAGE={IMAGE}\n" in DOCKERFILE


def test_it_runs_as_nobody_with_slosmith_as_its_entry_point() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 65534:65534$", last, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["slosmith"\]$', last, re.MULTILINE)


def context(folder: Path) -> Path:
    """What .dockerignore lets through."""
    patterns = (ROOT / ".dockerignore").read_text().split()
    for pattern in patterns:
        if pattern.startswith("!"):
            name = pattern[1:]
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder)
    return folder


def test_its_context_has_all_that_an_installation_needs(tmp_path: Path) -> None:
    """As a wheel, so that it is seen what would be installed."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(tmp_path)]
    done = subprocess.run(
        [*command, str(context(tmp_path / "src"))], capture_output=True, text=True, check=False
    )
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("no packages to be had: the context of the image was not tested")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("slosmith-*.whl")
    site = tmp_path / "site"
    shutil.unpack_archive(wheel, site, "zip")
    write(tmp_path / "project", {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    built = subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", "build", "--promtool", "off"],
        cwd=tmp_path / "project",
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr


@pytest.fixture
def podman() -> Iterator[Mapping[str, str]]:
    if MISSING:
        pytest.skip(f"without {', '.join(MISSING)}: the image was not built")
    with tempfile.TemporaryDirectory(prefix="smith", dir="/tmp") as name:
        base = Path(name)
        config = CONTAINERS.format(base=base).replace('netns="none"', 'netns="host"')
        write(base, {"containers.conf": config, "storage.conf": STORAGE.format(base=base)})
        env = {
            **os.environ,
            "HOME": name,
            "CONTAINERS_CONF": str(base / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(base / "storage.conf"),
        }
        yield env
        subprocess.run(["podman", "system", "reset", "--force"], env=env, capture_output=True)


@pytest.mark.server
def test_the_image_checks_a_project(podman: Mapping[str, str], tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["podman", *arguments], env=podman, capture_output=True, text=True, check=False
        )

    for image in re.findall(r"^ARG \w+_IMAGE=(.*)$", DOCKERFILE, re.MULTILINE):
        pulled = run("pull", "--quiet", image)
        if pulled.returncode:
            pytest.skip(f"{image} cannot be had: the image was not built")
    built = run("build", "--network=host", "--tag", "slosmith", str(ROOT))
    assert built.returncode == 0, built.stderr
    size = int(run("image", "inspect", "--format", "{{.Size}}", "slosmith").stdout)
    assert size < 300 << 20, "small"
    assert run("run", "--rm", "--entrypoint=id", "slosmith", "-u").stdout == "65534\n"
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    tmp_path.chmod(0o777)
    mount = f"--volume={tmp_path}:/work"
    command = ("build", "--promtool=required")
    done = run("run", "--rm", "--user=0:0", mount, "slosmith", *command)
    assert done.returncode == 0, done.stderr
    done = run("run", "--rm", mount, "slosmith", "check", "--promtool=required")
    assert (done.returncode, done.stderr) == (0, "")
    assert "unit tests passed" in done.stdout
