"""The wheel: what is in it, and that it works away from this repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("cli.py", "generators", "slosmith", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy, so that the repository stays clean."""
    source = tmp_path_factory.mktemp("source")
    for name in PARTS:
        part = ROOT / name
        if part.is_dir():
            shutil.copytree(part, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(part, source / name)
    target = tmp_path_factory.mktemp("wheel")
    command = ["pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), str(source)]
    run = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    if run.returncode and "Could not find a version" in run.stderr:
        pytest.skip("no package index: that the wheel builds was not tested")
    assert run.returncode == 0, run.stderr
    return next(target.glob("*.whl"))


def test_the_wheel_holds_the_three_names_and_all_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"cli.py", "generators", "slosmith"}
    for path in [*ROOT.glob("slosmith/**/*"), *ROOT.glob("generators/**/*")]:
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names


def test_the_wheel_s_files_alone_build_a_first_project(wheel: Path, tmp_path: Path) -> None:
    site, project = tmp_path / "site", tmp_path / "project"
    zipfile.ZipFile(wheel).extractall(site)
    project.mkdir()
    # -P: this repository is not on the path, only what the wheel holds and the dependencies.
    start = f"import sys; sys.path.insert(0, {str(site)!r}); import cli; cli.main()"
    for arguments in (["init"], ["build", "--promtool", "off"], ["check", "--promtool", "off"]):
        run = subprocess.run(
            [sys.executable, "-P", "-c", start, *arguments],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
    assert (project / "out/prometheus/rules/my-service.yaml").is_file()
