"""The GitHub Action, its steps run as GitHub's runner would; the hooks for pre-commit."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import OFF, PROJECT, ROOT, spec, write

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="no bash: the Action's steps were not run")


@dataclass
class Runner:
    """As much of GitHub's runner as the action needs: a checkout, temporary files, outputs."""

    workspace: Path
    temp: Path
    inputs: dict[str, str]
    context: dict[str, str]
    env: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """A step, by its name, with bash as GitHub calls it."""
        step = STEPS[name]
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "inputs never become a part of a script"
        script, output = self.temp / "step.sh", self.temp / "output"
        script.write_text(step["run"])
        output.write_text("")
        env = {name: self.value(str(text)) for name, text in step.get("env", {}).items()}
        done = subprocess.run(
            [str(BASH), "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                "PATH": os.environ["PATH"],
                "GITHUB_ACTIONS": "true",
                "CI": "true",
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_OUTPUT": str(output),
                "RUNNER_TEMP": str(self.temp),
                **self.env,
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        for line in output.read_text().splitlines():
            key, _, value = line.partition("=")
            self.outputs[f"steps.{step.get('id')}.outputs.{key}"] = value
        return done

    def value(self, text: str) -> str:
        """Expressions replaced by what they stand for."""

        def known(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("inputs."):
                key = name.removeprefix("inputs.")
                default = str(ACTION["inputs"][key].get("default", ""))
                return self.inputs.get(
                    key, self.context.get("github.token", "") if "${{" in default else default
                )
            return {**self.context, **self.outputs}[name]

        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", known, text)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A checkout with a project that is as its specs say, and slosmith "installed"."""
    workspace, temp = tmp_path / "work", tmp_path / "temp"
    write(workspace, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    runner = Runner(workspace, temp, {"promtool": "off"}, {"github.token": "t0ken"})
    program = temp / "slosmith/bin/slosmith"
    command = f"exec {shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'cli.py'))}"
    write(temp, {"slosmith/bin/slosmith": f'#!/bin/sh\n{command} "$@"\n'})
    program.chmod(0o755)
    subprocess.run([program, "build", *OFF], cwd=workspace, check=True, capture_output=True)
    return runner


def test_every_input_is_used_and_every_used_one_is_there() -> None:
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert all("description" in each for each in ACTION["inputs"].values())
    for name in re.findall(r"scripts/action\" (\w+)", text):
        assert f'"{name}": {name}' in (ROOT / "scripts/action").read_text()


def test_a_check_without_problems(runner: Runner) -> None:
    done = runner.run("Check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("all as the specs say\n")
    assert runner.outputs["steps.check.outputs.exit-code"] == "0"
    sarif = json.loads(Path(runner.outputs["steps.check.outputs.sarif-file"]).read_text())
    assert sarif["runs"][0]["results"] == []
    assert runner.run("Result").returncode == 0


def test_problems_fail_the_last_step_and_not_the_check(runner: Runner) -> None:
    (runner.workspace / "out/prometheus/rules/api.yaml").unlink()
    done = runner.run("Check")
    assert done.returncode == 0, "uploads and comments come after it"
    assert done.stdout.startswith("::error file=out/prometheus/rules/api.yaml,")
    sarif = json.loads(Path(runner.outputs["steps.check.outputs.sarif-file"]).read_text())
    assert [item["ruleId"] for item in sarif["runs"][0]["results"]] == ["drift-missing"]
    assert runner.run("Result").returncode == 1


def test_strict_makes_warnings_fail(runner: Runner) -> None:
    write(runner.workspace, {"out/mine.txt": ""})
    for strict, code in (("false", 0), ("true", 1)):
        runner.inputs["strict"] = strict
        runner.run("Check")
        assert runner.run("Result").returncode == code


def test_a_required_promtool_that_is_missing_is_exit_code_3(runner: Runner) -> None:
    runner.inputs["promtool"] = "required"
    runner.env["PROMTOOL"] = "/nowhere/promtool"
    done = runner.run("Check")
    assert "promtool" in done.stdout
    assert runner.run("Result").returncode == 3


def test_a_project_in_a_folder_is_named_from_the_repository(runner: Runner) -> None:
    below = runner.workspace / "observability"
    below.mkdir()
    for name in ("slosmith.yaml", "specs", "out"):
        (runner.workspace / name).rename(below / name)
    (below / "out/prometheus/rules/api.yaml").unlink()
    runner.inputs["working-directory"] = "observability"
    done = runner.run("Check")
    assert done.stdout.startswith("::error file=observability/out/prometheus/rules/api.yaml,")


def test_hostile_inputs_are_no_commands(runner: Runner) -> None:
    runner.inputs["config"] = '$(touch owned); "`touch owned`'
    runner.run("Check")
    assert not list(runner.workspace.rglob("owned"))
    assert runner.run("Result").returncode == 2


class GitHub(ThreadingHTTPServer):
    """The part of GitHub's API that comments need, on loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.comments: list[dict[str, Any]] = []
        self.refuses = False


class Answers(BaseHTTPRequestHandler):
    server: GitHub

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        data = json.loads(self.rfile.read(length) or "null")
        assert self.headers["Authorization"] == "Bearer t0ken"
        if self.server.refuses:
            self.send_error(403, "Resource not accessible by integration")
            return
        comments = self.server.comments
        if self.command == "GET":
            page = int(re.findall(r"&page=(\d+)", self.path)[0])
            answer: Any = comments[(page - 1) * 100 : page * 100]
        elif self.command == "POST":
            assert self.path == "/repos/o/r/issues/7/comments"
            answer = {"id": len(comments) + 1000, **data}
            comments.append(answer)
        else:
            number = int(re.findall(r"/repos/o/r/issues/comments/(\d+)", self.path)[0])
            (answer,) = (item for item in comments if item["id"] == number)
            answer.update(data)
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = handle_any

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def github() -> Iterator[GitHub]:
    server = GitHub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pull_request(runner: Runner, github: GitHub) -> Runner:
    """The runner in a pull request that changes an objective, with git's history."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
            cwd=runner.workspace,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "base")
    base = git("rev-parse", "HEAD")
    write(runner.workspace, {"specs/api.yaml": spec(objective="99.95")})
    git("commit", "-qam", "change")
    event = {"pull_request": {"number": 7, "base": {"sha": base}}}
    write(runner.temp, {"event.json": json.dumps(event)})
    runner.env |= {
        "GITHUB_EVENT_PATH": str(runner.temp / "event.json"),
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_API_URL": f"http://127.0.0.1:{github.server_address[1]}",
        "HOME": str(runner.temp),
        "no_proxy": "*",
    }
    return runner


COMMENT = "Comment on what the change means"


def with_diff(runner: Runner, text: str, code: int = 0) -> None:
    """`slosmith diff` says this; what it really says is tested elsewhere."""
    program = runner.temp / "slosmith/bin/slosmith"
    said = runner.temp / "said.md"
    said.write_text(text)
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{shlex.quote(str(runner.temp / "calls"))}\n'
        f"cat {shlex.quote(str(said))}\nexit {code}\n"
    )


def test_the_comment_is_made_once_and_kept_up_to_date(pull_request: Runner, github: GitHub) -> None:
    # More than a page of others, one of which quotes ours.
    others = [{"id": n, "body": f"> <!-- slosmith diff --> {n}"} for n in range(150)]
    github.comments += others
    for text in ("first ☃\n", "second\n"):
        with_diff(pull_request, text)
        done = pull_request.run(COMMENT)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert github.comments[:150] == [dict(item) for item in others]
    assert [item["body"] for item in github.comments[150:]] == ["<!-- slosmith diff -->\nsecond\n"]
    base = json.loads((pull_request.temp / "event.json").read_text())["pull_request"]["base"]
    call = f"diff --format markdown {base['sha']}\n"
    assert (pull_request.temp / "calls").read_text() == call * 2


def test_a_token_that_may_only_read_fails_nothing(pull_request: Runner, github: GitHub) -> None:
    github.refuses = True
    with_diff(pull_request, "x")
    done = pull_request.run(COMMENT)
    assert done.returncode == 0
    assert done.stdout.startswith("::warning::no comment on what changes: HTTP Error 403")


def test_a_diff_that_fails_makes_no_comment(pull_request: Runner, github: GitHub) -> None:
    with_diff(pull_request, "half", code=1)
    done = pull_request.run(COMMENT)
    assert (done.returncode, github.comments) == (0, [])
    assert done.stdout.startswith("::notice::")


def test_a_comment_is_never_longer_than_github_takes(pull_request: Runner, github: GitHub) -> None:
    with_diff(pull_request, "x" * 100_000)
    assert pull_request.run(COMMENT).returncode == 0
    assert len(github.comments[0]["body"]) < 65_536


@pytest.mark.server
def test_slosmith_is_installed_from_the_action(runner: Runner) -> None:
    """As at a user's: the action's files alone, and a cache that came with the checkout."""
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    action = runner.temp / "action"
    for name in files.stdout.splitlines():
        if (ROOT / name).is_file():
            (action / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, action / name)
    shutil.rmtree(runner.temp / "slosmith")
    write(runner.workspace, {".slosmith/tests-passed": "forged\n"})
    proxies = {k: v for k, v in os.environ.items() if "PROXY" in k.upper() or k.startswith("PIP_")}
    runner.env |= {
        "GITHUB_ACTION_PATH": str(action),
        "HOME": os.environ.get("HOME", "/"),
        **proxies,
    }
    done = runner.run("Install slosmith")
    if done.returncode and "No matching distribution" in done.stderr + done.stdout:
        pytest.skip("no packages to be had: the Action's installation was not tested")
    assert done.returncode == 0, done.stderr
    assert not (runner.workspace / ".slosmith").exists()
    assert runner.run("Check").stdout.endswith("all as the specs say\n")


HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def test_pre_commit_takes_the_hooks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_find_and_mend_drift(runner: Runner) -> None:
    bin_ = runner.temp / "slosmith/bin"

    def hook(name: str) -> int:
        done = subprocess.run(
            shlex.split(HOOKS[name]["entry"]),
            cwd=runner.workspace,
            env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"},
            capture_output=True,
            check=False,
        )
        return done.returncode

    rules = runner.workspace / "out/prometheus/rules/api.yaml"
    rules.unlink()
    assert hook("slosmith-check") == 1
    assert hook("slosmith-build") == 0
    assert rules.is_file()
    assert hook("slosmith-check") == 0


@pytest.mark.parametrize(
    ("path", "watched"),
    [
        ("specs/api.yaml", True),
        ("deploy/specs/team/api.yml", True),
        ("out/prometheus/rules/api.yaml", True),
        ("slosmith.yaml", True),
        ("src/slosmith.yaml.txt", False),
        ("my-specs.md", False),
    ],
)
def test_hooks_run_when_it_matters(path: str, watched: bool) -> None:
    for each in HOOKS.values():
        assert bool(re.search(each["files"], path)) is watched
