"""What is made once is not made again, unless anything that it depends on has changed."""

from __future__ import annotations

import io
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

import generators
from slosmith import making, specs
from slosmith.making import workers, workshop
from slosmith.making.memory import Memory, _Reader
from slosmith.model import Service
from slosmith.pipeline import Generators
from tests.projects import OFF, PROJECT, ROOT, built, invoke, ratio, run, spec, tree, write
from tests.repositories import repository

LATENCY = """\
- name: latency
  objective: 99
  indicator:
    latency: {histogram: 'http_request_duration_seconds{job="api"}', below: 300ms}
"""
SCALED = """\
autoscaling:
  target: deployment/web
  replicas: {min: 1, max: 3}
  triggers: [{latency: {slo: api/latency, quantile: 0.95, target: 500ms}}]
"""


def cache_files(out: Path) -> list[Path]:
    found = list((out.parent / ".slosmith/cache").iterdir())
    assert {file.name.split("-")[0] for file in found} == {"seen", "services"}
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The services that are compiled, as they are. All in this process, so that they are seen."""
    monkeypatch.setattr(workers, "_processors", lambda: 1)
    return names_given_to(workshop, "make", monkeypatch)


def names_given_to(module: ModuleType, function: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the first arguments of all calls of a function from now on, as they are made."""
    names: list[str] = []
    real = getattr(module, function)

    def noting(first: Service | Path, *rest: object) -> object:
        names.append(first.name)
        return real(first, *rest)

    monkeypatch.setattr(module, function, noting)
    return names


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[str]) -> Path:
    """Three services that were built; the working directory."""
    write(
        tmp_path,
        {
            "slosmith.yaml": PROJECT,
            "specs/api.yaml": spec("api", more=LATENCY),
            "specs/web.yaml": spec("web", more=SCALED),
            "specs/job.yaml": spec("job"),
        },
    )
    built(tmp_path, monkeypatch)
    assert sorted(made) == ["api", "job", "web"]
    made.clear()
    # What was written just now is not trusted to be as it was.
    time.sleep(0.1)
    assert invoke("check", *OFF).output.startswith("3 services")
    return tmp_path


def build() -> str:
    result = invoke("build", *OFF)
    assert result.exit_code == 0, result.output
    return result.output


def from_scratch(project: Path) -> dict[str, bytes]:
    """The output of a build in a fresh copy of the project."""
    other = project.parent / f"{project.name}-again"
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir()
    shutil.copy(project / "slosmith.yaml", other)
    shutil.copytree(project / "specs", other / "specs")
    done = run(other, "build", *OFF)
    assert done.returncode == 0, done.stdout + done.stderr
    return tree(other / "out")


def test_nothing_is_compiled_twice(project: Path, made: list[str]) -> None:
    assert "0 written" in build()
    assert invoke("check", *OFF).exit_code == 0
    assert made == []


def test_only_what_changed_is_compiled(project: Path, made: list[str]) -> None:
    write(project, {"specs/job.yaml": spec("job", "99")})
    build()
    assert made == ["job"]
    assert tree(project / "out") == from_scratch(project)


def test_a_service_that_refers_to_what_changed_is_compiled(project: Path, made: list[str]) -> None:
    changed = LATENCY.replace("http_request", "grpc_request")
    write(project, {"specs/api.yaml": spec("api", more=changed)})
    build()
    assert sorted(made) == ["api", "web"]
    scaled = (project / "out/kubernetes/web/scaledobject.yaml").read_text()
    assert "grpc_request_duration_seconds" in scaled
    assert tree(project / "out") == from_scratch(project)


def test_a_reference_that_leads_nowhere_any_more_is_an_error(project: Path) -> None:
    before = tree(project / "out")
    write(project, {"specs/api.yaml": spec("api")})
    result = invoke("build", *OFF)
    assert result.exit_code == 1
    assert re.search(r"specs/web\.yaml:\d+:\d+: error: .*\[slo-unknown\]", result.output)
    assert tree(project / "out") == before


@pytest.mark.parametrize(
    "text", [PROJECT.replace("95d", "94d"), PROJECT + "defaults: {owner: me}\n", PROJECT + "#\n"]
)
def test_another_project_file_compiles_everything(
    project: Path, made: list[str], text: str
) -> None:
    write(project, {"slosmith.yaml": text})
    build()
    assert sorted(made) == ["api", "job", "web"]
    assert tree(project / "out") == from_scratch(project)


def test_other_code_compiles_everything(
    project: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making.project, "code_digest", lambda _: "another")
    build()
    assert sorted(made) == ["api", "job", "web"]


def test_the_code_digest_sees_every_change_of_code(tmp_path: Path) -> None:
    """In a copy: of a module, of a schema, of what is installed, of Python's own version."""
    for package in ("slosmith", "generators"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    script = (
        "from generators import GENERATORS; from slosmith.making.code import code_digest; "
        "print(code_digest(GENERATORS))"
    )

    def digest() -> str:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout

    seen = [digest()]
    assert digest() == seen[0]
    for name in ("generators/keda.py", "slosmith/schema/v1.json"):
        with (tmp_path / name).open("a") as file:
            file.write("\n")
        seen.append(digest())
    (tmp_path / "grafanalib-9.9.9.dist-info").mkdir()
    seen.append(digest())
    assert len(set(seen)) == len(seen)


def test_generators_without_a_name_are_not_remembered(
    project: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = generators.GENERATORS
    nameless = [lambda *all_, each=each: each(*all_) for each in real.service]
    other = Generators(nameless, real.folder, real.fleet)
    monkeypatch.setattr(generators, "GENERATORS", other)
    for _ in range(2):
        made.clear()
        build()
        assert sorted(made) == ["api", "job", "web"]


def test_the_cache_may_be_deleted(project: Path, made: list[str]) -> None:
    before = tree(project / "out")
    shutil.rmtree(project / ".slosmith")
    assert "0 written" in build()
    assert sorted(made) == ["api", "job", "web"]
    assert tree(project / "out") == before


def test_lost_output_is_made_again(project: Path, made: list[str]) -> None:
    before = tree(project / "out")
    shutil.rmtree(project / "out")
    build()
    assert tree(project / "out") == before
    (project / "out/prometheus/rules/api.yaml").write_text("mine")
    made.clear()
    build()
    assert made == ["api"]
    assert tree(project / "out") == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other", "folder"])
def test_a_damaged_cache_does_no_harm(project: Path, made: list[str], damage: str) -> None:
    before = tree(project / "out")
    for file in cache_files(project / "out"):
        data = file.read_bytes()
        half = len(data) // 2
        if damage == "folder":
            file.unlink()
            file.mkdir()
            continue
        file.write_bytes(
            {
                "cut": data[:half],
                "flipped": data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :],
                "empty": b"",
                "other": b'{"format": 1, "files": {"x": 1}}',
            }[damage]
        )
    assert "0 written" in build()
    assert tree(project / "out") == before
    write(project, {"specs/job.yaml": spec("job", "98")})
    build()
    assert tree(project / "out") == from_scratch(project)


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch owned",)


def test_a_cache_from_a_stranger_runs_nothing(project: Path, made: list[str]) -> None:
    """The folder is in the working tree: a pull request might bring one along."""
    (file,) = (file for file in cache_files(project / "out") if file.name.startswith("services-"))
    memory = Memory.__new__(Memory)
    memory._file, memory._old, memory._off = file, {}, False
    memory._new = {bytes(32): pickle.dumps(Hostile())}
    memory.save(failed=False)
    assert file.read_bytes().count(b"touch owned") == 1
    memory._old = memory._new
    assert memory.get(bytes(32)) is None
    build()
    assert not (project / "owned").exists()
    for blob in (b"cos\nsystem\n.", b"cslosmith.promtool.run\nexecute\n.", b"cbuiltins\neval\n."):
        with pytest.raises(pickle.UnpicklingError):
            _Reader(io.BytesIO(blob)).load()


def test_warnings_are_told_again_with_their_places(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, {"specs/odd.yaml": spec("odd", "0.5")})
    first = invoke("build", *OFF)
    assert first.output.count("[objective-fraction]") == 1
    for _ in range(2):
        warm = invoke("build", *OFF)
        assert warm.output.split("\nout: ")[0] == first.output.split("\nout: ")[0]
    # From elsewhere the same place has another name.
    (project / "elsewhere").mkdir()
    monkeypatch.chdir(project / "elsewhere")
    other = invoke("build", "--config", "../slosmith.yaml", *OFF)
    assert f"{project}/elsewhere/../specs/odd.yaml:5:14: warning" in other.output


def test_warnings_about_several_services_have_places(project: Path, made: list[str]) -> None:
    write(project, {"specs/twin.yaml": spec("twin").replace(ratio("twin"), ratio("api"))})
    build()
    made.clear()
    warm = invoke("build", *OFF)
    assert re.search(r"specs/twin\.yaml:6:3: warning: .*\[indicator-twice\]", warm.output)
    assert "6 |   indicator:" in warm.output, "the line of the source"
    assert made == []


def test_allowing_a_warning_is_seen(project: Path) -> None:
    write(project, {"specs/odd.yaml": spec("odd", "0.5")})
    build()
    text = PROJECT + "allow: [{check: objective-fraction, reason: meant}]\n"
    write(project, {"slosmith.yaml": text})
    assert "[objective-fraction]" not in build()


def test_an_edit_of_the_same_length_is_seen(project: Path) -> None:
    """Right after a build, within what file systems can tell apart."""
    file = project / "out/prometheus/rules/api.yaml"
    for _ in range(5):
        build()
        text = file.read_text()
        file.write_text(text.replace("99.9", "99.8"))
        assert "hand-edited" in invoke("check", *OFF).output
        build()
        assert file.read_text() == text


@pytest.mark.parametrize("command", [("explain", "web"), ("diff", "HEAD")])
def test_questions_know_what_builds_know_and_keep_nothing(
    project: Path, made: list[str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    repository(project, {})
    write(project, {"specs/web.yaml": spec("web", "0.5", more=SCALED)})
    parsed = names_given_to(specs, "parse", monkeypatch)
    before = tree(project)
    known = invoke(*command, *OFF)
    assert known.exit_code == 0, known.output
    assert ("objective-fraction" in known.stderr) is (command[0] == "explain")
    # The other side of a diff has a web.yaml of its own.
    assert set(parsed) == {"web.yaml"}
    assert made == (["web"] if command[0] == "explain" else []), "a diff makes no files"
    assert tree(project) == before
    shutil.rmtree(project / ".slosmith")
    again = invoke(*command, *OFF)
    assert (again.stdout, again.stderr) == (known.stdout, known.stderr)
    assert set(parsed) == {"api.yaml", "job.yaml", "web.yaml"}
    assert not (project / ".slosmith").exists()


def test_many_services_are_compiled_by_several_processes(tmp_path: Path) -> None:
    write(tmp_path, {"slosmith.yaml": PROJECT})
    write(tmp_path, {f"specs/s{n}.yaml": spec(f"s{n}") for n in range(30)})
    done = run(tmp_path, "build", *OFF)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "no progress where there is no terminal"
    before = tree(tmp_path / "out")
    shutil.rmtree(tmp_path / ".slosmith")
    shutil.rmtree(tmp_path / "out")
    again = run(tmp_path, "build", *OFF)
    assert again.returncode == 0
    assert tree(tmp_path / "out") == before


def square(number: int) -> int:
    if number == 77:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 66:
        raise ValueError("sixty-six")
    return number * number


def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_processors", lambda: 3)
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def results(items: Sequence[int]) -> dict[int, int]:
    return dict(workers.each(items, square))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_workers_do_each_item_once(monkeypatch: pytest.MonkeyPatch) -> None:
    several(monkeypatch)
    assert results(range(50)) == {n: n * n for n in range(50)}
    with pytest.raises(ValueError, match="sixty-six"):
        results(range(40, 70))
    with pytest.raises(workers.WorkerDied):
        results([*range(30), 77])
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def slow(number: int) -> Path:
    time.sleep(0.05)
    return Path(str(number))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_workers_end_when_their_parent_was_killed(tmp_path: Path) -> None:
    script = (
        "import sys; from slosmith.making import workers; from tests.test_making import slow\n"
        "workers._processors = lambda: 3\n"
        "for n, _ in workers.each(range(10_000), slow):\n"
        "    print(n, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    process.stdout.readline()
    assert len(list(members(process.pid))) == 4
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while list(members(process.pid)):
        assert time.monotonic() < deadline, "workers go on without their parent"
        time.sleep(0.05)


def members(session: int) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                yield int(folder.name)
