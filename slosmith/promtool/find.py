"""Where promtool is: `$PROMTOOL`, then PATH, then a container engine that has its image."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from slosmith.promtool.run import Outcome, Promtool, execute, run

Mode = Literal["auto", "required", "off"]

IMAGE = "docker.io/prom/prometheus:v3.5.0"
_ENGINES = ("docker", "podman")
_ANSWER, _PULL = 5, 600  # seconds


class ToolMissing(Exception):
    """promtool was required, or named, and cannot be had. The message says why, and what to do."""


def find(mode: Mode, env: Mapping[str, str]) -> Promtool | None:
    """The promtool to use, one that has answered `--version`; None if there is none.

    `auto` takes a container only if the image is here already; `required` may pull it, and
    raises ToolMissing rather than returning None. `$PROMTOOL` that does not run raises it in
    both. `env` is the environment, also for whatever is run.
    """
    if mode == "off":
        return None
    if named := env.get("PROMTOOL"):
        return _named(named, env)
    if (program := _program("promtool", env)) and not _silence(Promtool(program, env)):
        return Promtool(program, env)
    image = env.get("PROMTOOL_IMAGE") or IMAGE
    reasons: list[str] = []
    tool = _in_container(image, mode == "required", env, reasons)
    if tool is None and mode == "required":
        raise ToolMissing(
            "promtool is required but not to be had: none on PATH that answers; "
            + "; ".join(reasons)
            + ". Install it (it comes with Prometheus), or set PROMTOOL to its path."
        )
    return tool


def version(tool: Promtool) -> str:
    """What a promtool says of itself: `promtool, version 3.5.0 (branch: …)`."""
    outcome = run(replace(tool, timeout=_ANSWER), ["--version"])
    said = (outcome.stdout + outcome.stderr).strip()
    return said.split("\n")[0]


def missing_notice(env: Mapping[str, str]) -> str:
    """The line for stderr when `auto` found nothing."""
    image = env.get("PROMTOOL_IMAGE") or IMAGE
    return (
        "promtool not found: rules were checked with the embedded parser only; install it, set "
        f"PROMTOOL to its path, or pull {image}"
    )


def _named(named: str, env: Mapping[str, str]) -> Promtool:
    program = _program(named, env)
    if program is None:
        raise ToolMissing(f"PROMTOOL={named}: no such program, or it may not be run")
    tool = Promtool(program, env)
    if reason := _silence(tool):
        raise ToolMissing(f"PROMTOOL={named}: is no promtool that answers `--version`: {reason}")
    return tool


def _program(name: str, env: Mapping[str, str]) -> str | None:
    """The absolute path of a program, as it is run from other folders too."""
    found = shutil.which(name, path=env.get("PATH", ""))
    return str(Path(found).absolute()) if found else None


def _silence(tool: Promtool) -> str:
    """Why a promtool does not count; empty if it answers as one."""
    outcome = run(replace(tool, timeout=_ANSWER), ["--version"])
    if outcome.code == 0 and "promtool" in outcome.stdout + outcome.stderr:
        return ""
    return outcome.last_line


def _in_container(
    image: str, may_pull: bool, env: Mapping[str, str], reasons: list[str]
) -> Promtool | None:
    """A promtool in `image`; else None, with the reasons appended, one per engine."""
    if image.startswith("-"):
        reasons.append(f"PROMTOOL_IMAGE={image} is no name of an image")
        return None
    engines = []
    for name in _ENGINES:
        engine = _program(name, env)
        answer = execute([engine, "version"], env, _ANSWER) if engine else _NOT_THERE
        if engine and answer.code == 0:
            engines.append((name, engine))
        else:
            reasons.append(f"{name}: {answer.last_line}")
    for name, engine in engines:
        if execute([engine, "image", "inspect", image], env, _ANSWER).code == 0:
            if tool := _answering(name, Promtool(engine, env, image), reasons):
                return tool
        elif not may_pull:
            reasons.append(f"{name}: no image {image}")
    for name, engine in engines if may_pull else []:
        pulled = execute([engine, "pull", image], env, _PULL)
        if pulled.code != 0:
            reasons.append(f"{name}: {pulled.last_line}")
        elif tool := _answering(name, Promtool(engine, env, image), reasons):
            return tool
    return None


_NOT_THERE = Outcome(code=-1, failure="not on PATH")


def _answering(name: str, tool: Promtool, reasons: list[str]) -> Promtool | None:
    if reason := _silence(tool):
        reasons.append(f"{name}: {reason}")
        return None
    return tool
