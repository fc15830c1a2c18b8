"""Projects and the whole tree that comes of them: each folder of tests/cases is one.

`slosmith.yaml` and `specs/` go in, `out/` is what must come out. Adding a case is adding a folder.
"""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from slosmith.read.yaml_reader import read_yaml
from tests.golden import compare
from tests.kubectl import needs_kubectl
from tests.projects import OFF, invoke, tree

HERE = Path(__file__).parent
CASES = sorted(path for path in (HERE / "cases").iterdir() if path.is_dir())
CASE = pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)


@CASE
def test_case_gives_exactly_its_output(
    case: Path, tmp_path: Path, update: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(case, project, ignore=shutil.ignore_patterns("out", ".slosmith"))
    monkeypatch.chdir(project)
    result = invoke("build", *OFF)
    assert result.exit_code == 0, result.output
    made = {path: data.decode() for path, data in tree(project / "out").items()}
    for path in sorted(tree(case / "out").keys() - made.keys()):
        if not update:
            pytest.fail(f"{case / 'out' / path} is no longer made; `make golden` accepts this")
        (case / "out" / path).unlink()
        _remove_empty(case / "out" / path)
    for path, text in made.items():
        compare(case / "out" / path, text, update=update)


def test_promtool_accepts_the_rules_of_all_cases() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on PATH")
    files = [str(path) for case in CASES for path in case.glob("out/prometheus/rules/*.yaml")]
    assert len(files) >= len(CASES)
    done = subprocess.run(
        [promtool, "check", "rules", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_kubectl
@pytest.mark.parametrize(
    "folder",
    [case for case in CASES if (case / "out/kubernetes/kustomization.yaml").is_file()],
    ids=lambda path: path.name,
)
def test_kustomize_reads_the_objects_as_a_yaml_1_1_reader_does(folder: Path) -> None:
    """kubectl reads by Go's rules, PyYAML by YAML 1.1, where `no` and `1e3` mean other things."""
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder / "out/kubernetes")],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = sorted((folder / "out/kubernetes").glob("*/*.yaml"))
    written = [
        document
        for path in files
        if path.name != "kustomization.yaml"
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]
    assert _by_name(yaml.safe_load_all(done.stdout)) == _by_name(written)


@CASE
def test_every_yaml_file_is_read_alike_by_yaml_1_1_and_1_2(case: Path) -> None:
    files = sorted((case / "out").rglob("*.yaml"))
    assert files
    for path in files:
        document, problems = read_yaml(path.read_bytes(), path.name)
        assert document is not None, problems
        assert _floats(document.data) == yaml.safe_load(path.read_text(encoding="utf-8")), path


def _remove_empty(path: Path) -> None:
    """Removes the folders above a path that hold nothing."""
    for folder in path.parents:
        if any(folder.iterdir()):
            return
        folder.rmdir()


def _by_name(documents: Any) -> dict[tuple[str, ...], Any]:
    """Objects by what identifies them: kustomize sorts them."""
    found: dict[tuple[str, ...], Any] = {}
    for document in documents:
        metadata = document["metadata"]
        key = (document["kind"], metadata.get("namespace", ""), metadata["name"])
        assert key not in found
        found[key] = document
    return found


def _floats(data: Any) -> Any:
    """Exact decimals as the floats that PyYAML makes of them."""
    if isinstance(data, Decimal):
        return float(data)
    if isinstance(data, dict):
        return {key: _floats(value) for key, value in data.items()}
    return [_floats(item) for item in data] if isinstance(data, list) else data
