"""The same specs give the same bytes, whatever the process, the locale, the clock or the place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import OFF, ROOT, run, tree


def _project(folder: Path) -> Path:
    """The committed specs in one project with those of the hostile case."""
    shutil.copytree(ROOT / "specs", folder / "specs")
    shutil.copy(ROOT / "slosmith.yaml", folder)
    shutil.copytree(ROOT / "tests/cases/hostile/specs", folder / "specs/hostile")
    return folder


def _build(folder: Path, *arguments: str, **options: object) -> dict[str, bytes]:
    done = run(folder, "build", *OFF, *arguments, **options)  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr
    return tree(folder / "out")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a plain build gives."""
    folder = _project(tmp_path_factory.mktemp("reference") / "project")
    made = _build(folder, env={"PYTHONHASHSEED": "0"})
    assert len(made) > 25
    return made


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC", "HOME": "/nowhere"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "POSIX", "TZ": "Asia/Kathmandu", "PYTHONUTF8": "0"},
        {"PYTHONHASHSEED": "3", "LC_ALL": "C.utf8", "TZ": "Pacific/Kiritimati", "NO_COLOR": "1"},
        {"PYTHONHASHSEED": "4", "LANG": "tr_TR.UTF-8", "USER": "somebody", "COLUMNS": "20"},
    ],
    ids=lambda env: env["PYTHONHASHSEED"],
)
def test_environment_changes_no_byte(
    env: dict[str, str], tmp_path: Path, reference: dict[str, bytes]
) -> None:
    assert _build(_project(tmp_path / "project"), env=env) == reference


def test_place_and_working_directory_change_no_byte(
    tmp_path: Path, reference: dict[str, bytes]
) -> None:
    project = _project(tmp_path / "some where" / "é # x")
    (tmp_path / "cwd").mkdir()
    for folder, config in (
        (tmp_path / "cwd", str(project / "slosmith.yaml")),
        (tmp_path / "cwd", "../some where/é # x/slosmith.yaml"),
        (project / "specs", "../slosmith.yaml"),
    ):
        shutil.rmtree(project / "out", ignore_errors=True)
        done = run(folder, "build", "--config", config, *OFF)
        assert done.returncode == 0, done.stderr
        assert tree(project / "out") == reference
    assert list((tmp_path / "cwd").iterdir()) == []


def test_the_order_of_files_on_disk_changes_no_byte(
    tmp_path: Path, reference: dict[str, bytes]
) -> None:
    project = _project(tmp_path / "project")
    files = {path: path.read_bytes() for path in sorted((project / "specs").glob("*.yaml"))}
    for path in files:
        path.unlink()
    for path in reversed(files):
        path.write_bytes(files[path])
    assert _build(project) == reference


def test_line_ends_and_a_byte_order_mark_change_no_byte(
    tmp_path: Path, reference: dict[str, bytes]
) -> None:
    project = _project(tmp_path / "project")
    for path in project.rglob("*.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert _build(project) == reference


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_files_have_the_mode_that_the_umask_leaves(
    umask: int, tmp_path: Path, reference: dict[str, bytes]
) -> None:
    project = _project(tmp_path / "project")
    assert _build(project, umask=umask) == reference
    files = [path for path in (project / "out").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o666 & ~umask}


def _out_of_date(project: Path) -> None:
    text = (project / "specs/api.yaml").read_text(encoding="utf-8")
    (project / "specs/api.yaml").write_text(text.replace("99.9", "95"), encoding="utf-8")


def _one_more(project: Path) -> None:
    text = (project / "specs/reports.yaml").read_text(encoding="utf-8")
    text = text.replace("service: reports", "service: more")
    (project / "specs/more.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("change", [_out_of_date, _one_more], ids=["changed", "added"])
def test_what_was_there_before_changes_no_byte(
    change: Callable[[Path], None], tmp_path: Path, reference: dict[str, bytes]
) -> None:
    project = _project(tmp_path / "project")
    specs = tree(project / "specs")
    change(project)
    assert _build(project) != reference
    for path in tree(project / "specs"):
        if path in specs:
            (project / "specs" / path).write_bytes(specs[path])
        else:
            (project / "specs" / path).unlink()
    assert _build(project) == reference
