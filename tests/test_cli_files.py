"""Files that are not what they should be, and names that are hard to print."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.projects import OFF, PROJECT, built, invoke, run, spec, tree, write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()}))
    return tmp_path


def _refused(*arguments: str) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 1, result.output
    return str(result.output)


def test_a_spec_that_is_a_pipe_is_refused_without_waiting(project: Path) -> None:
    os.mkfifo(project / "specs/pipe.yaml")
    done = run(project, "build", *OFF)
    assert done.returncode == 1
    assert "specs/pipe.yaml: error: is not a regular file [file-unreadable]" in done.stderr
    assert not (project / "out").exists()


def test_a_spec_that_is_a_device_is_refused(project: Path) -> None:
    (project / "specs/zero.yaml").symlink_to("/dev/zero")
    assert "specs/zero.yaml: error: is not a regular file" in _refused("build", *OFF)


def test_a_link_to_nothing_is_refused(project: Path) -> None:
    (project / "specs/gone.yaml").symlink_to("nothing")
    assert "specs/gone.yaml: error: does not exist [file-unreadable]" in _refused("build", *OFF)


def test_a_link_to_itself_is_refused(project: Path) -> None:
    (project / "specs/loop.yaml").symlink_to("loop.yaml")
    output = _refused("build", *OFF)
    assert "specs/loop.yaml: error: cannot be read: Too many levels of symbolic links" in output


def test_a_folder_that_is_called_like_a_spec_is_a_folder(project: Path) -> None:
    write(project, {"specs/d.yaml/web.yaml": spec("web")})
    assert invoke("build", *OFF).exit_code == 0
    assert (project / "out/prometheus/rules/web.yaml").is_file()


def test_a_spec_that_may_not_be_read_is_an_error(project: Path) -> None:
    (project / "specs/secret.yaml").touch(mode=0o000)
    if os.access(project / "specs/secret.yaml", os.R_OK):
        pytest.skip("this user may read every file")
    output = _refused("build", *OFF)
    assert "specs/secret.yaml: error: cannot be read: permission denied" in output


def test_an_output_folder_that_may_not_be_written_is_an_error(project: Path) -> None:
    (project / "out").mkdir(mode=0o500)
    if os.access(project / "out", os.W_OK):
        pytest.skip("this user may write to every folder")
    assert "[write-failed]" in _refused("build", *OFF)


@pytest.mark.parametrize("out", ["slosmith.yaml", "slosmith.yaml/below", "docs/notes.txt"])
def test_an_output_folder_that_is_a_file_is_an_error(project: Path, out: str) -> None:
    before = tree(write(project, {"docs/notes.txt": "mine\n"}))
    output = _refused("build", "--out", out, *OFF)
    assert f"{out}: error: cannot be written: a file is where a folder has to be" in output
    after = tree(project)
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize(
    "out", ["specs", "specs/out", ".", "link", "link/out", "way/../specs/out", "way/out"]
)
def test_an_output_folder_among_the_specs_is_an_error(project: Path, out: str) -> None:
    (project / "link").symlink_to("specs")
    (project / "way").mkdir()
    (project / "way/out").symlink_to("../specs/inside")
    before = tree(project)
    for command in ("build", "check"):
        output = _refused(command, "--out", out, *OFF)
        assert f"{os.path.normpath(out)}: error: the folders of output and specs, " in output
        assert output.endswith("[out-folder]\n1 error\n")
    assert tree(project) == before


@pytest.mark.parametrize("out", ["specs-out", "link/../out", "specs/../out"])
def test_an_output_folder_beside_the_specs_is_none(project: Path, out: str) -> None:
    (project / "elsewhere/inside").mkdir(parents=True)
    (project / "link").symlink_to("elsewhere/inside")
    result = invoke("build", "--out", out, *OFF)
    assert result.exit_code == 0, result.output
    assert invoke("check", "--out", out, *OFF).exit_code == 0


@pytest.mark.parametrize(
    "path", ["other.yaml", "empty", "specs/notes.txt", "specs/.hidden.yaml", "specs/none", "out"]
)
def test_what_is_no_spec_of_the_project_cannot_be_built_beside_it(
    project: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = built(project, monkeypatch)
    (project / "empty").mkdir()
    (project / "specs/none").mkdir()
    more = ("other.yaml", "specs/notes.txt", "specs/.hidden.yaml")
    write(project, {name: spec("other") for name in more})
    for arguments in ((path,), ("specs/api.yaml", path)):
        output = _refused("build", *arguments, *OFF)
        assert output.startswith(f"{path}: error: is no spec of this project, or holds none")
        assert output.endswith("[spec-outside]\n1 error\n")
    assert tree(project / "out") == before


def test_a_spec_may_be_named_by_another_way_to_it(project: Path) -> None:
    (project / "link").symlink_to("specs")
    for path in ("link/api.yaml", "specs/../specs/api.yaml", "link", ".", project / "specs"):
        assert invoke("build", path, *OFF).exit_code == 0


def test_specs_that_are_a_file_are_an_error_even_where_none_would_do(project: Path) -> None:
    (project / "specs/api.yaml").unlink()
    (project / "specs").rmdir()
    (project / "specs").touch()
    output = _refused("build", "--allow-empty", *OFF)
    assert output.startswith("specs: error: specs is no folder; name the one")


@pytest.mark.parametrize("name", ["web.YAML", "web.Yml"])
def test_capitals_in_the_suffix_make_no_difference(project: Path, name: str) -> None:
    write(project, {f"specs/{name}": spec("web")})
    assert invoke("build", *OFF).exit_code == 0
    assert (project / "out/prometheus/rules/web.yaml").is_file()


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_a_project_file_that_is_none_is_an_error(project: Path, kind: str) -> None:
    config = project / "slosmith.yaml"
    config.unlink()
    match kind:
        case "folder":
            config.mkdir()
        case "pipe":
            os.mkfifo(config)
        case "loop":
            config.symlink_to("slosmith.yaml")
    assert "slosmith.yaml: error: " in _refused("build", *OFF)
    assert not (project / "out").exists(), "specs must not be built without what they share"


NAMES = {
    "two words.yaml": "two words.yaml",
    "new\nline.yaml": "new\\nline.yaml",
    "quotes'\"`.yaml": "quotes'\"`.yaml",
    "\x1b[31mred.yaml": "\\x1b[31mred.yaml",
    "-dash.yaml": "-dash.yaml",
    "é 😀 \u202e.yaml": "é 😀 \\u202e.yaml",
    "# hash: {x}.yaml": "# hash: {x}.yaml",
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name))
def test_a_spec_may_have_any_name(
    name: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, {f"specs/{name}": spec("odd")})
    rules = built(project, monkeypatch)["prometheus/rules/odd.yaml"].decode()
    assert rules.startswith(f"# Generated by slosmith from specs/{NAMES[name]}. Do not edit")
    assert invoke("check", *OFF).exit_code == 0
    assert invoke("build", f"specs/{name}", *OFF).exit_code == 0
    write(project, {f"specs/{name}": spec("odd", "100")})
    output = _refused("build", *OFF)
    assert output.startswith(f"specs/{NAMES[name]}:5:14: error: ")


def test_a_name_that_is_no_utf_8_does_not_stop_a_build(project: Path) -> None:
    try:
        Path(os.fsdecode(bytes(project / "specs") + b"/\xff.yaml")).write_text(spec("odd"))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    done = run(project, "build", *OFF)
    assert done.returncode == 0, done.stderr
    text = (project / "out/prometheus/rules/odd.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Generated by slosmith from specs/\\udcff.yaml.")


LOCALES = {
    "utf-8": {"PYTHONUTF8": "1"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def test_names_give_the_same_bytes_in_every_locale(project: Path) -> None:
    write(project, {"specs/caf\xe9/\u6771.yaml": spec("odd")})
    made = {}
    for locale, environment in LOCALES.items():
        done = run(project, "build", "--out", locale, *OFF, env=environment)
        assert done.returncode == 0, done.stderr
        made[locale] = tree(project / locale)
    assert made["ascii"] == made["utf-8"]
    rules = made["ascii"]["prometheus/rules/odd.yaml"].decode()
    assert rules.startswith("# Generated by slosmith from specs/caf\xe9/\u6771.yaml. Do not edit")
    write(project, {"specs/caf\xe9/\u6771.yaml": spec("odd", "100")})
    for environment in LOCALES.values():
        done = run(project, "build", *OFF, env=environment)
        assert done.stderr.startswith("specs/caf\xe9/\u6771.yaml:5:14: error: ")


def test_files_beyond_the_working_directory_are_shown_in_full(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, {"specs/api.yaml": spec(objective="100"), "elsewhere/x": ""})
    monkeypatch.chdir(project / "elsewhere")
    output = _refused("build", "--config", "../slosmith.yaml", *OFF)
    file, _, rest = output.partition(":")
    assert os.path.normpath(file) == f"{project}/specs/api.yaml"
    assert rest.startswith("5:14: error: ")


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "- a\n", "x\n", "---\n---\n", "a: &a [*a]\n", "\x00", "a: " + "[" * 5000],
    ids=["empty", "comment", "list", "scalar", "documents", "cycle", "zero", "deep"],
)
def test_a_spec_without_data_is_a_problem_and_not_a_crash(project: Path, text: str) -> None:
    write(project, {"specs/api.yaml": text})
    assert _refused("build", *OFF).startswith("specs/api.yaml:")
