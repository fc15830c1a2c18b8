"""The Dockerfile, built with podman: upon the images that it names, or, where no registry can be
reached, upon images of Debian's packages and of the promtool of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from slosmith.promtool.find import IMAGE
from tests.podman import MISSING, Podman, podman
from tests.projects import PROJECT, ROOT, spec, write
from tests.repositories import repository

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
def container() -> Iterator[Podman]:
    if MISSING:
        pytest.skip(f"without {', '.join(MISSING)}: the image was not built")
    with podman("host") as found:
        yield found


def base_images(container: Podman) -> Mapping[str, str] | None:
    """Images to build upon, by the argument that names them; None: those of the Dockerfile."""
    named = re.findall(r"^ARG \w+_IMAGE=(.*)$", DOCKERFILE, re.MULTILINE)
    if all(container.run("pull", "--quiet", image).returncode == 0 for image in named):
        return None
    release = re.search(r"^VERSION_CODENAME=(\w+)", _os_release(), re.MULTILINE)
    debootstrap = shutil.which("debootstrap", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if debootstrap is None or release is None:
        pytest.skip("neither the base images nor debootstrap can be had: the image was not built")
    root = container.base / "root"
    packages = "--include=python3,python3-venv,git,ca-certificates"
    done = subprocess.run(
        [debootstrap, "--variant=minbase", packages, release[1], str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-300:]
        pytest.skip(f"no base system can be had, so the image was not built: {said}")
    python = container.load(root, "localhost/slosmith-python:test")
    (root / "bin").mkdir(parents=True)
    shutil.copy(str(shutil.which("promtool")), root / "bin")
    prometheus = container.load(root, "localhost/slosmith-prometheus:test")
    return {"PYTHON_IMAGE": python, "PROMETHEUS_IMAGE": prometheus}


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text()
    except OSError:
        return ""


def as_pip_is_set_up_here(folder: Path) -> list[str]:
    """Options of a build, in which pip finds packages as it does on this machine."""
    names = ("cert", "index_url", "extra_index_url", "proxy")
    given = {name: os.environ.get(f"PIP_{name.upper()}") for name in names}
    lines = [f"{name.replace('_', '-')} = {value}" for name, value in given.items() if value]
    write(folder, {"pip.conf": "\n".join(["[global]", *lines, ""])})
    certificates = "/etc/ssl/certs"
    mounts = [f"{folder}/pip.conf:/etc/pip.conf:ro"]
    if Path(certificates).is_dir():
        mounts.append(f"{certificates}:{certificates}:ro")
    return [f"--volume={mount}" for mount in mounts]


@pytest.mark.server
def test_the_image_builds_checks_and_compares_a_project(container: Podman, tmp_path: Path) -> None:
    images = base_images(container)
    arguments = [f"--build-arg={name}={image}" for name, image in (images or {}).items()]
    built = container.run(
        *("build", "--network=host", "--layers=false", "--tag=slosmith"),
        *(*arguments, *as_pip_is_set_up_here(container.base), str(ROOT)),
    )
    assert built.returncode == 0, built.stderr
    if images is None:
        size = int(container.run("image", "inspect", "--format={{.Size}}", "slosmith").stdout)
        assert size < 300 << 20, "small"
    assert container.run("run", "--rm", "--entrypoint=id", "slosmith", "-u").stdout == "65534\n"

    project = repository(tmp_path / "project", {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    for path in (tmp_path, project, *project.rglob("*")):
        path.chmod(0o777)
    mount = f"--volume={project}:/work"
    refused = container.run("run", "--rm", mount, "slosmith")
    assert refused.returncode == 1
    assert "is missing" in refused.stdout, "the command is `check`, and nothing was built"
    user = f"--user={os.getuid()}:{os.getgid()}"
    done = container.run("run", "--rm", user, mount, "slosmith", "build", "--promtool=required")
    assert done.returncode == 0, done.stderr
    done = container.run("run", "--rm", mount, "slosmith", "check", "--promtool=required")
    assert (done.returncode, done.stderr) == (0, "")
    assert "unit tests passed" in done.stdout
    write(project, {"specs/api.yaml": spec(objective="99.95")})
    done = container.run("run", "--rm", mount, "slosmith", "diff", "HEAD")
    assert (done.returncode, done.stderr) == (0, "")
    assert "99.9% -> 99.95%" in done.stdout
