"""The write stage on real folders: what is written, replaced, removed, merged and reported."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from slosmith.output import plan, status, write
from tests.outputs import API, FLEET, HEADER, WANTED, WEB, files, fine, found, merged


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder as a first build leaves it."""
    out = tmp_path / "out"
    fine(write(out, WANTED))
    return out


def test_first_write_creates_files_and_records(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    result = fine(write(out, WANTED))
    assert files(out) == merged(WANTED)
    assert result.written == tuple(sorted(merged(WANTED)))
    assert result.summary() == "5 written, 0 removed, 0 unchanged"
    hashes = {path: "sha256:" + sha256(text.encode()).hexdigest() for path, text in API.items()}
    expected = json.dumps({"files": hashes}, indent=2, sort_keys=True) + "\n"
    assert (out / ".slosmith/api.json").read_text() == expected
    assert {file.name for file in (out / ".slosmith").iterdir()} == {
        "api.json",
        "web.json",
        "fleet.json",
    }
    assert (tmp_path / "deep/.slosmith/.gitignore").read_text() == "*\n"
    assert {file.name for file in (tmp_path / "deep/.slosmith").iterdir()} == {".gitignore", "lock"}
    assert status(out, WANTED) == []


def test_second_write_touches_nothing(out: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*")}
    result = fine(write(out, WANTED))
    assert result.summary() == "0 written, 0 removed, 5 unchanged"
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*")} == before


def test_changed_file_is_replaced_and_the_others_stay(out: Path) -> None:
    inode = (out / "kubernetes/api/hpa.yaml").stat().st_ino
    changed = {**WANTED, "api": {**API, "prometheus/rules/api.yaml": HEADER + "a: 2\n"}}
    assert found(status(out, changed), out) == {
        ("error", "drift-outdated", "prometheus/rules/api.yaml"),
        ("error", "drift-outdated", ".slosmith/api.json"),
    }
    result = fine(write(out, changed))
    assert result.written == ("prometheus/rules/api.yaml",)
    assert files(out) == merged(changed)
    assert (out / "kubernetes/api/hpa.yaml").stat().st_ino == inode
    assert status(out, changed) == []


def test_removed_service_goes_with_its_record_and_empty_folders(out: Path) -> None:
    less = {"web": WEB, "fleet": FLEET}
    assert found(status(out, less), out) == {
        ("error", "drift-stale", "prometheus/rules/api.yaml"),
        ("error", "drift-stale", "kubernetes/api/hpa.yaml"),
        ("error", "drift-stale", ".slosmith/api.json"),
    }
    result = fine(write(out, less))
    assert result.removed == ("kubernetes/api/hpa.yaml", "prometheus/rules/api.yaml")
    assert files(out) == merged(less)
    assert not (out / "kubernetes/api").exists()
    assert (out / "kubernetes").is_dir()
    assert not (out / ".slosmith/api.json").exists()
    assert status(out, less) == []


def test_nothing_wanted_empties_but_keeps_the_output_folder(out: Path) -> None:
    fine(write(out, {}))
    assert files(out) == {}
    assert sorted(item.name for item in out.iterdir()) == [".slosmith"]
    assert status(out, {}) == []


def test_folder_with_a_file_of_somebody_else_stays(out: Path) -> None:
    (out / "kubernetes/api/.gitkeep").touch()
    fine(write(out, {"web": WEB, "fleet": FLEET}))
    assert [file.name for file in (out / "kubernetes/api").iterdir()] == [".gitkeep"]


def test_hand_edited_file_is_replaced_with_a_warning(out: Path) -> None:
    (out / "prometheus/rules/api.yaml").write_text(HEADER + "mine: 1\n")
    assert found(status(out, WANTED), out) == {
        ("error", "drift-hand-edited", "prometheus/rules/api.yaml")
    }
    result = write(out, WANTED)
    assert found(result.problems, out) == {("warning", "hand-edited", "prometheus/rules/api.yaml")}
    assert result.written == ("prometheus/rules/api.yaml",)
    assert files(out) == merged(WANTED)


def test_missing_file_is_written_again(out: Path) -> None:
    (out / "kubernetes/api/hpa.yaml").unlink()
    (out / ".slosmith/web.json").unlink()
    assert found(status(out, WANTED), out) == {
        ("error", "drift-missing", "kubernetes/api/hpa.yaml"),
        ("error", "drift-missing", ".slosmith/web.json"),
    }
    assert fine(write(out, WANTED)).written == ("kubernetes/api/hpa.yaml",)
    assert status(out, WANTED) == []


def test_stale_file_changed_by_hand_is_kept_and_forgotten(out: Path) -> None:
    (out / "kubernetes/api/hpa.yaml").write_text("mine\n")
    less = {"web": WEB, "fleet": FLEET}
    assert ("error", "drift-stale", "kubernetes/api/hpa.yaml") in found(status(out, less), out)
    result = write(out, less)
    assert found(result.problems, out) == {("warning", "stale-edited", "kubernetes/api/hpa.yaml")}
    assert result.removed == ("prometheus/rules/api.yaml",)
    assert (out / "kubernetes/api/hpa.yaml").read_text() == "mine\n"
    fine(write(out, less))
    expected = ("warning", "drift-foreign", "kubernetes/api/hpa.yaml")
    assert found(status(out, less), out) == {expected}


def test_foreign_file_stops_the_write_before_anything_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "prometheus/rules").mkdir(parents=True)
    (out / "prometheus/rules/api.yaml").write_text("groups: []\n")
    expected = ("error", "foreign-file", "prometheus/rules/api.yaml")
    assert expected in found(status(out, WANTED), out)
    result = write(out, WANTED)
    assert found(result.problems, out) == {expected}
    assert (result.written, result.removed) == ((), ())
    assert files(out) == {"prometheus/rules/api.yaml": "groups: []\n"}
    assert not (out / ".slosmith").exists()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a/x.yaml", "# Generated by slosmith from specs/old.yaml.\n"),
        ("a/x.json", '{"panels": [], "tags": ["slo", "slosmith"]}'),
    ],
)
def test_file_without_record_that_names_slosmith_is_ours(
    tmp_path: Path, path: str, text: str
) -> None:
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    (out / path).write_text(text)
    fine(write(out, {"api": {path: "new\n"}}))
    assert (out / path).read_text() == "new\n"


@pytest.mark.parametrize("text", ['{"title": "slosmith"}', '{"tags": "slosmith"}', "[[[", "[]"])
def test_json_without_the_tag_is_foreign(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "x.json").write_text(text)
    assert plan(out, {"api": {"x.json": "{}\n"}}).states == {"x.json": "foreign"}


def test_same_bytes_without_a_record_are_just_recorded(out: Path) -> None:
    for record in (out / ".slosmith").iterdir():
        record.unlink()
    result = fine(write(out, WANTED))
    assert result.summary() == "0 written, 0 removed, 5 unchanged"
    assert status(out, WANTED) == []


def test_unknown_files_are_warnings_of_the_check_alone(out: Path) -> None:
    (out / "notes.txt").touch()
    (out / ".gitkeep").touch()
    (out / "grafana/dashboards/.hidden").touch()
    (out / "link").symlink_to("/etc", target_is_directory=True)
    assert found(status(out, WANTED), out) == {
        ("warning", "drift-foreign", "notes.txt"),
        ("warning", "drift-foreign", "link"),
    }
    fine(write(out, WANTED))
    assert (out / "notes.txt").exists()
    assert status(out, {"api": API}, prune=False) == []


def test_partial_write_removes_nothing_and_merges_records(out: Path) -> None:
    before = (out / ".slosmith/web.json").read_text()
    part = {"api": {"prometheus/rules/api.yaml": HEADER + "a: 3\n"}}
    result = fine(write(out, part, prune=False))
    assert result.summary() == "1 written, 0 removed, 0 unchanged"
    assert files(out) == {**merged(WANTED), **part["api"]}
    assert (out / ".slosmith/web.json").read_text() == before
    assert set(json.loads((out / ".slosmith/api.json").read_text())["files"]) == set(API)
    assert status(out, part, prune=False) == []
    assert status(out, {**WANTED, "api": {**API, **part["api"]}}) == []


def test_path_may_change_its_owner(out: Path) -> None:
    path = "kubernetes/api/hpa.yaml"
    moved = {**WANTED, "api": {k: v for k, v in API.items() if k != path}}
    moved["fleet"] = {**FLEET, path: HEADER + "new\n"}
    assert fine(write(out, moved)).summary() == "1 written, 0 removed, 4 unchanged"
    assert status(out, moved) == []


def test_record_cannot_reach_outside_the_output_folder(out: Path, tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.write_text("x")
    (out / "linked").symlink_to(tmp_path, target_is_directory=True)
    hash_ = "sha256:" + sha256(b"x").hexdigest()
    record = out / ".slosmith/old.json"
    paths = ["../precious", str(outside), "a/../../precious", "linked/precious", "", "C:/x"]
    record.write_text(json.dumps({"files": dict.fromkeys(paths, hash_)}))
    result = write(out, WANTED)
    assert found(result.problems, out) == {("warning", "stale-edited", "linked/precious")}
    assert outside.read_text() == "x"
    assert result.removed == ()
    assert not record.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"files": []}',
        b"\xff\xfe",
        b"[" * 200_000,
        b"<<<<<<< HEAD\n{}\n=======\n",
    ],
)
def test_unreadable_record_is_a_warning_and_mended(out: Path, content: bytes) -> None:
    (out / ".slosmith/api.json").write_bytes(content)
    assert found(status(out, WANTED), out) == {("error", "drift-outdated", ".slosmith/api.json")}
    result = write(out, WANTED)
    assert found(result.problems, out) == {("warning", "record-unreadable", ".slosmith/api.json")}
    assert result.summary() == "0 written, 0 removed, 5 unchanged"
    assert status(out, WANTED) == []


def test_unreadable_record_of_nobody_stays_with_a_warning(out: Path) -> None:
    (out / ".slosmith/old.json").write_text("{")
    expected = {("warning", "record-unreadable", ".slosmith/old.json")}
    assert found(write(out, WANTED).problems, out) == expected
    assert found(status(out, WANTED), out) == expected


@pytest.mark.parametrize("value", [None, 3, "sha256:xyz", ["a"], {"a": 1}])
def test_record_entry_of_another_shape_counts_as_none(out: Path, value: object) -> None:
    record = out / ".slosmith/web.json"
    record.write_text(json.dumps({"files": {"prometheus/rules/web.yaml": value}}))
    fine(write(out, WANTED))
    assert status(out, WANTED) == []


def test_output_folder_may_be_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    fine(write(Path(), WANTED))
    assert files(tmp_path / "here") == merged(WANTED)
    assert (tmp_path / ".slosmith/lock").exists()


def test_two_output_folders_beside_each_other_keep_apart(out: Path) -> None:
    other = out.with_name("out-staging")
    fine(write(other, {"web": WEB}))
    fine(write(out, WANTED))
    assert files(other) == WEB
    assert status(other, {"web": WEB}) == []


def test_status_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert {check for _, check, _ in found(status(out, WANTED), out)} == {"drift-missing"}
    assert list(tmp_path.iterdir()) == []


def test_thousands_of_services_take_seconds(tmp_path: Path) -> None:
    out = tmp_path / "out"
    wanted = {
        f"s{number}": {f"kubernetes/s{number}/{part}.yaml": HEADER for part in range(4)}
        for number in range(1000)
    }
    fine(write(out, wanted))
    assert len(fine(write(out, wanted)).unchanged) == 4000
