"""`slosmith diff` and git: what it compares with, and that it leaves everything as it was."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slosmith.git import tree
from slosmith.read.source import MAX_BYTES
from tests.projects import OFF, PROJECT, invoke, run, spec, write
from tests.projects import tree as files
from tests.repositories import commit, git, repository

FILES = {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()}
LOOSER = spec(objective="99")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that is the working directory; the branch `work` has a looser objective."""
    folder = repository(tmp_path / "project", FILES)
    git(folder, "checkout", "--quiet", "-b", "work")
    commit(folder, {"specs/api.yaml": LOOSER})
    monkeypatch.chdir(folder)
    return folder


def found(*arguments: str | Path) -> Any:
    result = invoke("diff", *OFF, "--format", "json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: str | Path, code: int = 1) -> str:
    result = invoke("diff", *OFF, *arguments)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    return " ".join(result.stderr.split())


def objective(data: Any) -> tuple[float, float]:
    """The objective of the only SLO that changes."""
    (service,) = data["services"]
    (slo,) = [part for part in service["parts"] if part["section"] == "slo"]
    (change,) = [item for item in slo["changes"] if item["what"] == "objective"]
    return change["before"], change["after"]


def test_a_spec_that_is_the_same_sees_what_it_looks_at_change(project: Path) -> None:
    """The scaler of `api` takes its histogram from an SLO of another service."""
    scaling = (
        "autoscaling:\n  target: deployment/api\n  replicas: {min: 1, max: 3}\n  triggers:\n"
        "  - latency: {slo: web/fast, quantile: 0.9, target: 500ms}\n"
    )

    def web(histogram: str) -> str:
        return (
            "version: slosmith/v1\nservice: web\nslos:\n- name: fast\n  objective: 99\n"
            f"  indicator: {{latency: {{histogram: '{histogram}', below: 500ms}}}}\n"
        )

    before = commit(
        project, {"specs/api.yaml": spec(more=scaling), "specs/web.yaml": web("old_seconds")}
    )
    write(project, {"specs/web.yaml": web("new_seconds")})
    data = found(before)
    assert [item["service"] for item in data["services"]] == ["api", "web"]
    changed = {item["what"] for item in data["services"][0]["parts"][0]["changes"]}
    assert "trigger latency of SLO web/fast.histogram" in changed


def test_what_differs_in_the_project_file_reaches_each_spec(project: Path) -> None:
    write(project, {"slosmith.yaml": PROJECT + "defaults: {owner: team-b}\n"})
    data = found("HEAD")
    (service,) = data["services"]
    assert [item["what"] for item in service["parts"][0]["changes"]] == ["owner"]


def test_the_base_is_where_the_branch_began(project: Path) -> None:
    base = git(project, "rev-parse", "main")
    git(project, "checkout", "--quiet", "main")
    commit(project, {"specs/other.yaml": spec("other")})
    git(project, "checkout", "--quiet", "work")
    data = found()
    assert data["base"] == {"name": "merge base with main", "commit": base, "note": None}
    # What main has had since is no change of this branch.
    assert objective(data) == (99.9, 99)


def test_the_remote_says_which_branch_is_the_default(project: Path, tmp_path: Path) -> None:
    git(project, "branch", "--quiet", "--move", "main", "trunk")
    git(project, "checkout", "--quiet", "trunk")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(project), str(clone))
    git(clone, "checkout", "--quiet", "work")
    os.chdir(clone)
    data = found()
    assert data["base"]["name"] == "merge base with origin/trunk"
    assert objective(data) == (99.9, 99)


def test_without_a_default_branch_it_is_head(project: Path) -> None:
    git(project, "branch", "--quiet", "-D", "main")
    write(project, {"specs/api.yaml": spec(objective="95")})
    data = found()
    assert data["base"]["name"] == "HEAD"
    assert "No default branch" in data["base"]["note"]
    assert objective(data) == (99, 95)


def test_histories_without_a_common_commit_are_said_to_be(project: Path) -> None:
    git(project, "checkout", "--quiet", "--orphan", "lone")
    commit(project, {"specs/api.yaml": LOOSER})
    assert "no common history" in found()["base"]["note"]


@pytest.mark.parametrize("name", ["HEAD~1", "main", "v1", ":/the start", "work^"])
def test_any_name_of_a_commit_will_do(name: str, project: Path) -> None:
    git(project, "tag", "-a", "v1", "main", "--message", "first")
    data = found(name)
    assert (data["base"]["name"], objective(data)) == (name, (99.9, 99))


def test_uncommitted_changes_count(project: Path) -> None:
    write(project, {"specs/api.yaml": spec(objective="90")})
    assert objective(found()) == (99.9, 90)
    assert objective(found("HEAD")) == (99, 90)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nope", "there is no commit nope here"),
        ("HEAD:specs/api.yaml", "no commit HEAD:specs/api.yaml"),
        ("HEAD^{tree}", "no commit"),
        ("main..work", "names two commits"),
        ("main...work", "names two commits"),
        ("", "(an empty name)"),
        ("a\nb", "a\\nb"),
        ("--", ""),
    ],
)
def test_what_is_no_commit_is_refused(name: str, says: str, project: Path) -> None:
    if name != "--":
        assert says in refused(name)
    # Nothing becomes an option of git.
    target = project / "written"
    assert "no commit" in refused("--", f"--output={target}")
    assert not target.exists()


def test_nothing_is_touched(project: Path) -> None:
    write(project, {"specs/new.yaml": spec("new"), "out/mine.txt": "x"})
    os.utime(project / "specs/api.yaml", (1, 1))  # git would like to refresh its index
    before = files(project)
    found()
    assert files(project) == before
    assert not (project / ".slosmith").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="not tested: root may write everywhere")
def test_a_read_only_clone_will_do(project: Path) -> None:
    folders = [project, *(path for path in project.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    try:
        assert objective(found()) == (99.9, 99)
    finally:
        for path in folders:
            path.chmod(0o755)


def test_a_shallow_clone_without_the_base_says_so(project: Path, tmp_path: Path) -> None:
    git(project, "checkout", "--quiet", "main")
    clone = tmp_path / "clone"
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--depth=1",
        "--no-single-branch",
        f"file://{project}",
        "clone",
    )
    git(clone, "checkout", "--quiet", "work")
    os.chdir(clone)
    data = found()
    assert data["base"]["name"] == "origin/main"
    assert "shallow" in data["base"]["note"]
    assert "fetch-depth: 0" in data["base"]["note"]
    assert objective(data) == (99.9, 99)
    # The note is where the reviewer is.
    for form in ("text", "markdown"):
        assert "shallow" in invoke("diff", *OFF, "--format", form).stdout
    git(clone, "fetch", "--quiet", "--unshallow")
    assert found()["base"]["note"] is None


def test_a_shallow_clone_of_one_branch_says_so(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=work", f"file://{project}", "clone")
    os.chdir(tmp_path / "clone")
    git(tmp_path / "clone", "remote", "set-head", "origin", "--delete")
    data = found()
    assert data["base"]["name"] == "HEAD"
    assert "shallow" in data["base"]["note"]
    assert "shallow" in refused("HEAD~1")
    assert "git fetch --unshallow" in refused(git(project, "rev-parse", "main"))


def test_no_git_is_a_missing_tool(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    assert "no `git` on PATH" in refused(code=3)


def test_no_repository_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, FILES))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "there is no git repository here" in refused()


def test_no_commit_yet_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "--quiet")
    monkeypatch.chdir(write(tmp_path, FILES))
    assert "there is no commit yet" in refused()
    assert "there is no commit yet" in refused("HEAD")


def test_a_bare_repository_is_refused(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(project), "bare")
    monkeypatch.chdir(tmp_path / "bare")
    assert "git says this operation must be run in a work tree" in refused()


def test_somebody_elses_repository_is_refused_in_the_words_of_git(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    assert "dubious ownership" in refused()


def test_specs_that_do_not_compile_now_are_refused_as_a_build_does(project: Path) -> None:
    write(project, {"specs/api.yaml": spec(objective="100")})
    text = refused()
    assert "specs/api.yaml:5:14: error" in text
    assert "[objective-range]" in text


def test_specs_that_did_not_compile_then_are_told(project: Path) -> None:
    broken = commit(project, {"specs/api.yaml": "service: [", "specs/b.yaml": spec("b", "99")})
    write(project, {"specs/api.yaml": spec(), "specs/b.yaml": spec("b", "98")})
    data = found(broken)
    (unread,) = data["not_compared"]
    assert unread["spec"] == "specs/api.yaml"
    assert "[yaml-syntax]" in unread["message"]
    assert str(project) not in unread["message"]
    assert "/tmp" not in unread["message"]
    # The broken one is no new service; the other is compared.
    assert objective(data) == (99, 98)
    assert "did not compile there" in invoke("diff", *OFF, broken).stdout


def test_a_project_file_that_did_not_compile_then_leaves_nothing_to_compare(project: Path) -> None:
    broken = commit(project, {"slosmith.yaml": "version: slosmith/v9\n"})
    write(project, {"slosmith.yaml": PROJECT})
    data = found(broken)
    assert [item["spec"] for item in data["not_compared"]] == ["slosmith.yaml"]
    assert data["services"] == data["project"] == []
    assert data["changed"]


def test_a_project_file_that_was_not_there_counts_as_its_defaults(project: Path) -> None:
    git(project, "rm", "--quiet", "slosmith.yaml")
    before = commit(project, {})
    write(project, {"slosmith.yaml": "version: slosmith/v1\ndefaults: {owner: team-a}\n"})
    data = found(before)
    (service,) = data["services"]
    (change,) = service["parts"][0]["changes"]
    assert (change["what"], change["before"], change["after"]) == ("owner", None, "team-a")


def test_no_specs_then_are_all_new_now(project: Path) -> None:
    git(project, "rm", "--quiet", "-r", "specs", "slosmith.yaml")
    before = commit(project, {"README": "x"})
    write(project, FILES)
    data = found(before)
    assert [(item["service"], item["state"]) for item in data["services"]] == [("api", "added")]


def test_no_specs_now_are_all_removed(project: Path) -> None:
    shutil.rmtree(project / "specs")
    data = found()
    assert [(item["service"], item["state"]) for item in data["services"]] == [("api", "removed")]


def test_no_specs_at_all_are_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository(tmp_path / "p", {"README": "x"}))
    assert "[no-specs]" in refused()


def test_a_project_below_the_top_and_its_specs_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "version: slosmith/v1\nspecs: ../../specs\nout: out\nprometheus: {retention: 95d}\n"
    folder = repository(
        tmp_path / "p", {"envs/prod/slosmith.yaml": config, "specs/api.yaml": spec()}
    )
    write(folder, {"specs/api.yaml": LOOSER})
    monkeypatch.chdir(folder / "envs/prod")
    assert objective(found()) == (99.9, 99)
    monkeypatch.chdir(folder)
    assert objective(found("--config", "envs/prod/slosmith.yaml")) == (99.9, 99)
    monkeypatch.chdir(tmp_path)
    assert objective(found("--config", "p/envs/prod/slosmith.yaml")) == (99.9, 99)


def test_a_broken_spec_beside_a_project_below_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "version: slosmith/v1\nspecs: ../../specs\nout: out\nprometheus: {retention: 95d}\n"
    files_of = {"envs/prod/slosmith.yaml": config, "specs/api.yaml": spec(objective="100")}
    folder = repository(tmp_path / "p", files_of)
    write(folder, {"specs/api.yaml": LOOSER})
    monkeypatch.chdir(folder / "envs/prod")
    data = found()
    assert [item["spec"] for item in data["not_compared"]] == ["../../specs/api.yaml"]
    assert data["services"] == []


def test_two_services_of_one_name_then_are_told(project: Path) -> None:
    """A problem that names a second place, in the temporary folder."""
    before = commit(project, {"specs/other.yaml": spec()})
    (project / "specs/other.yaml").unlink()
    (unread,) = found(before)["not_compared"]
    assert "specs/api.yaml" in unread["message"]
    assert "slosmith-" not in unread["message"]


def test_specs_that_moved_are_the_same_services(project: Path) -> None:
    git(project, "mv", "specs", "slos")
    write(project, {"slosmith.yaml": f"{PROJECT}specs: slos\n"})
    data = found("HEAD")
    (service,) = data["services"]
    (only,) = service["parts"]
    assert [item["what"] for item in only["changes"]] == ["spec"]
    assert data["project"] == []


def test_links_in_the_tree_are_followed_as_on_disk(project: Path) -> None:
    (project / "shared").mkdir()
    (project / "specs/api.yaml").rename(project / "shared/api.yaml")
    (project / "specs/api.yaml").symlink_to("../shared/api.yaml")
    # It leads out of the repository, where the machine may have such a file, and is no path in it.
    (project / "specs/dead.yaml").symlink_to("/api.yaml")
    before = commit(project, {})
    (project / "specs/dead.yaml").unlink()
    write(project, {"shared/api.yaml": spec(objective="95")})
    data = found(before)
    assert objective(data) == (99, 95)
    (unread,) = data["not_compared"]
    assert unread["spec"] == "specs/dead.yaml"
    assert "does not exist" in unread["message"]


def test_a_folder_of_specs_that_is_a_link_is_followed(project: Path) -> None:
    (project / "specs").rename(project / "shared")
    (project / "specs").symlink_to("shared")
    before = commit(project, {})
    write(project, {"shared/api.yaml": spec(objective="95")})
    assert objective(found(before)) == (99, 95)


def test_a_file_that_was_too_large_is_told(project: Path) -> None:
    before = commit(project, {"specs/big.yaml": "#" * (MAX_BYTES + 1)})
    (project / "specs/big.yaml").unlink()
    (unread,) = found(before)["not_compared"]
    assert "1 MiB" in unread["message"]


HOSTILE = [
    "specs/a b.yaml",
    "specs/ü.yaml",
    "specs/*.yaml",
    "specs/-x.yaml",
    "specs/a`b|<i>.yaml",
    "specs/a\nb.yaml",
    "specs/:(top)x.yaml",
    'specs/"q".yaml',
]


def test_names_of_files_are_taken_as_they_are(project: Path) -> None:
    named = {name: spec(f"s{index}") for index, name in enumerate(HOSTILE)}
    before = commit(project, named)
    assert found(before)["services"] == []
    write(project, {name: spec(f"s{index}", "98") for index, name in enumerate(HOSTILE)})
    assert sorted(item["service"] for item in found(before)["services"]) == sorted(
        f"s{index}" for index in range(len(HOSTILE))
    )


def test_attributes_of_git_do_not_change_what_was_committed(project: Path) -> None:
    before = commit(
        project, {".gitattributes": "*.yaml export-ignore export-subst text eol=crlf\n"}
    )
    assert not found(before)["changed"]


def test_hooks_may_run_it(project: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", {"x": "y"})
    foreign = {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other), "GIT_PREFIX": "x/"}
    done = run(project, "diff", *OFF, "--format", "json", env=foreign)
    assert done.returncode == 0, done.stderr
    assert objective(json.loads(done.stdout)) == (99.9, 99)


def test_a_work_tree_of_its_own_will_do(project: Path, tmp_path: Path) -> None:
    git(project, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), "work")
    os.chdir(tmp_path / "tree")
    assert objective(found()) == (99.9, 99)


def test_no_home_will_do(project: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LANG": "C"}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent.parent / "cli.py"), "diff", *OFF],
        cwd=project,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"99.9% -> 99%" in done.stdout


def test_a_tree_that_leads_out_of_itself_is_refused(project: Path, tmp_path: Path) -> None:
    """No git makes such a tree by itself; whoever wants to can."""
    blob = git(project, "rev-parse", "main:specs/api.yaml")
    tree_of = "printf '{}' | git mktree"

    def made(line: str) -> str:
        return git(project, "-c", f"alias.made=!{tree_of.format(line)}", "made")

    evil = made(f"100644 blob {blob}\\tevil.yaml\\n")
    for _ in range(12):
        evil = made(f"040000 tree {evil}\\t..\\n")
    top = made(f"040000 tree {evil}\\tspecs\\n")
    commit_of = git(project, "commit-tree", top, "-m", "evil")
    assert "leads out of it" in refused(commit_of)


def test_the_temporary_folder_is_gone_and_was_private(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    seen = []
    original = tree.extract

    def extract(*arguments: Any) -> None:
        (folder,) = place.iterdir()
        seen.append(stat.S_IMODE(folder.stat().st_mode))
        original(*arguments)

    monkeypatch.setattr(tree, "extract", extract)
    found()
    assert seen == [0o700]
    assert list(place.iterdir()) == []
