"""Files on disk: what can be read, what cannot and why, and which files are specs."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slosmith.problems import Place, Problem
from slosmith.read.files import find_specs, read_file, source_lines

NOBODY = 65534


def refused(path: Path) -> str:
    """The message of the one problem of a file that cannot be read."""
    document, problems = read_file(path, "shown.yaml")
    assert document is None
    (problem,) = problems
    assert problem == Problem("file-unreadable", problem.message, Place("shown.yaml"))
    return problem.message


def test_a_file_is_read_under_the_name_to_show(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\r\nb: [2]\r\n")
    document, problems = read_file(path, "specs/a.yaml")
    assert problems == []
    assert document is not None
    assert document.file == "specs/a.yaml"
    assert document.data == {"a": 1, "b": [2]}


def test_problems_of_the_text_show_that_name_too(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: [")
    _, (problem,) = read_file(path, "specs/a.yaml")
    assert isinstance(problem.where, Place)
    assert problem.where.file == "specs/a.yaml"


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "a.yaml")
    (tmp_path / "link.yaml").symlink_to("nowhere.yaml")
    assert "does not exist" in refused(tmp_path / "link.yaml")


def test_a_folder_is_a_problem(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)


def test_a_file_below_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert "cannot be read" in refused(tmp_path / "a" / "b.yaml")


def test_a_link_to_itself_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("a.yaml")
    assert "cannot be read" in refused(tmp_path / "a.yaml")


def test_a_name_that_no_file_can_have_is_a_problem(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "a\0b.yaml")
    assert "cannot be read" in refused(tmp_path / ("a" * 5000))


def test_a_pipe_is_a_problem_and_nobody_waits_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert "not a regular file" in refused(tmp_path / "a.yaml")


def test_devices_and_sockets_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not a regular file" in refused(Path("/dev/zero"))
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("a.yaml")
        assert "cannot be read" in refused(tmp_path / "a.yaml")


def test_a_large_file_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: reading it would take its terabyte
    assert "1 MiB" in refused(path)
    assert source_lines(path) == []


def test_one_mebibyte_is_the_most(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * (1024 * 1024 - 5))
    assert read_file(path, "a.yaml")[1] == []
    path.write_bytes(b"a: 1\n" + b"#" * (1024 * 1024 - 4))
    assert "1 MiB" in refused(path)


def test_lines_can_be_shown_although_the_file_is_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: [\r\nb: \xff\n")
    assert source_lines(path) == ["a: [", "b: \ufffd", ""]
    assert source_lines(tmp_path / "none.yaml") == []


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n")


def found(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_specs(folder)]


def test_specs_are_yaml_files_at_any_depth_in_a_fixed_order(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", "a/c.yml", "a/b/d.yaml", "a.yaml", "a-b/e.yaml", "Z.yaml", "é.yaml")
    write(tmp_path, "note.txt", "x.yaml.bak", "yaml", "a/README.md", "x.json")
    assert found(tmp_path) == [
        "Z.yaml",
        "a-b/e.yaml",
        "a.yaml",
        "a/b/d.yaml",
        "a/c.yml",
        "b.yaml",
        "é.yaml",
    ]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, ".a.yaml", ".git/b.yaml", "c/.d/e.yaml", "f.yaml", ".yaml")
    assert found(tmp_path) == ["f.yaml"]


def test_a_folder_given_by_a_relative_path_stays_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "specs/a.yaml", ".hidden/b.yaml")
    monkeypatch.chdir(tmp_path)
    assert find_specs(Path("specs")) == [Path("specs/a.yaml")]
    assert find_specs(Path("./.hidden")) == [Path(".hidden/b.yaml")]


def test_no_folder_has_no_specs(tmp_path: Path) -> None:
    assert find_specs(tmp_path / "none") == []
    write(tmp_path, "a.yaml")
    assert find_specs(tmp_path / "a.yaml") == []


def test_loops_of_links_end(tmp_path: Path) -> None:
    write(tmp_path, "a/b.yaml")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to("self")
    assert found(tmp_path) == ["a/b.yaml"]


def test_what_has_the_name_of_a_spec_and_is_none_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    write(tmp_path, "folder.yaml/a.yaml")
    assert found(tmp_path) == ["folder.yaml/a.yaml", "gone.yaml", "loop.yaml", "pipe.yaml"]


def test_links_to_files_are_specs(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/a.txt")
    (tmp_path / "b.yaml").symlink_to("elsewhere/a.txt")
    assert found(tmp_path) == ["b.yaml"]


def test_folders_may_be_nested_deeper_than_python_recurses(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1200):
        deep /= "d"
        deep.mkdir()
    write(deep, "a.yaml")
    write(tmp_path, "b.yaml")
    try:
        assert found(tmp_path) == ["b.yaml", "d/" * 1200 + "a.yaml"]
    finally:
        # pytest clears its folders by recursion.
        (deep / "a.yaml").unlink()
        os.removedirs(deep)


@pytest.fixture
def unlistable() -> Iterator[Path]:
    """A folder that the user of the test may not list: `locked`, with a spec, below it `a.yaml`.

    Root may list everything, so it becomes nobody meanwhile.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, "a.yaml", "locked/b.yaml", "secret.yaml")
        folder.chmod(0o755)
        (folder / "locked").chmod(0o000)
        (folder / "secret.yaml").chmod(0o000)
        user = os.geteuid()
        if user == 0:
            os.seteuid(NOBODY)
        yield folder
        if user == 0:
            os.seteuid(0)
        (folder / "locked").chmod(0o755)


def test_a_folder_that_may_not_be_listed_is_not_passed_over(unlistable: Path) -> None:
    assert found(unlistable) == ["a.yaml", "locked", "secret.yaml"]
    assert "permission denied" in refused(unlistable / "locked")
    assert "permission denied" in refused(unlistable / "secret.yaml")
