"""How long builds take and how much memory, for projects of 1 to 10,000 services of three SLOs.

Each project is built cold (nothing is known, nothing was written), warm (nothing has changed) and
with one spec changed; promtool is off. `time` is of the whole command, `CPU` of all its processes,
`memory` the most that all of them together had at a time (proportional set size, sampled). Needs
Linux. Fails where a promise is broken: one change among 1,000 services takes less than a second;
cold builds grow linearly; 10,000 services take less than 1 GiB; `--help` is as fast as click.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.console import progress, table, workspace

ROOT = Path(__file__).parents[1]
PROJECT = "version: slosmith/v1\nprometheus: {retention: 95d}\n"
SPEC = """\
version: slosmith/v1
service: {name}
description: The service {name}.
owner: team-{team}
namespace: prod
slos:
- name: availability
  description: Requests answered without a server error.
  objective: {objective}
  indicator:
    ratio:
      bad: http_requests_total{{job="{name}", status=~"5.."}}
      total: http_requests_total{{job="{name}"}}
- name: latency
  description: Requests answered within 300 ms.
  objective: 99
  indicator:
    latency:
      histogram: http_request_duration_seconds{{job="{name}"}}
      below: 300ms
- name: up
  objective: 99.5
  indicator:
    uptime: {{series: 'up{{job="{name}"}}'}}
"""
# Warm builds are over in no time, so the best of several is shown.
REPEATS = 5
CHANGED_SECONDS, CHANGED_AT = 1.0, 1_000
MEMORY, MEMORY_AT = 1 << 30, 10_000
LINEAR = 1.3
HELP = 1.5


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds of time and of CPU, bytes of memory."""

    time: float
    cpu: float
    memory: int


@dataclass(frozen=True)
class Result:
    services: int
    cold: Cost
    warm: Cost
    changed: Cost


def measured(command: Sequence[str], folder: Path) -> Cost:
    """A command that has to end well."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True, env=_environment()
    )
    most = [0]

    def watch() -> None:
        while process.returncode is None:
            most[0] = max(most[0], sum(map(_proportional, _session(process.pid))))
            # Looking costs a processor something, too.
            time.sleep(0.05 if time.monotonic() - started < 5 else 0.25)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        # It has a session of its own, and would go on.
        os.killpg(process.pid, signal.SIGKILL)
        raise
    taken = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")
    # What was too short for the watcher. Else it is no good: a program has the size of the one
    # that started it to begin with.
    memory = most[0] or usage.ru_maxrss * 1024
    return Cost(taken, usage.ru_utime + usage.ru_stime, memory)


def _environment() -> dict[str, str]:
    """With Python's bytecode, which every installation has."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _session(number: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == number:
                found.append(int(folder.name))
    return found


def _proportional(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def write_project(folder: Path, services: int) -> None:
    (folder / "specs").mkdir(parents=True)
    (folder / "slosmith.yaml").write_text(PROJECT)
    for number in range(services):
        write_spec(folder, number, "99.9")


def write_spec(folder: Path, number: int, objective: str) -> None:
    name = f"service-{number:05d}"
    text = SPEC.format(name=name, team=number % 20, objective=objective)
    (folder / f"specs/{name}.yaml").write_text(text)


def measure(folder: Path, services: int) -> Result:
    progress(f"{services:,} services")
    write_project(folder, services)
    command = [sys.executable, str(ROOT / "cli.py"), "build", "--promtool", "off"]
    cold = measured(command, folder)
    warm = [measured(command, folder) for _ in range(REPEATS)]
    changed = []
    for number in range(REPEATS):
        # An objective of its own, so that nothing of other services can be shared.
        write_spec(folder, services // 2, f"99.{11 + number}")
        changed.append(measured(command, folder))
    return Result(services, cold, _best(warm), _best(changed))


def _best(costs: Sequence[Cost]) -> Cost:
    return min(costs, key=lambda cost: cost.time)


def startup() -> tuple[float, float]:
    """Seconds of `slosmith --help`, and of a Python that imports click; the best of many."""
    help_ = [sys.executable, str(ROOT / "cli.py"), "--help"]
    click = [sys.executable, "-c", "import click"]
    pairs = [(_seconds(help_), _seconds(click)) for _ in range(20)]
    return min(first for first, _ in pairs), min(second for _, second in pairs)


def _seconds(command: Sequence[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=_environment())
    return time.monotonic() - started


def report(results: Sequence[Result]) -> str:
    head = ["services", "build", "time", "CPU", "CPU per service", "memory"]
    rows = []
    for result in results:
        for name, cost in (
            ("cold", result.cold),
            ("nothing changed", result.warm),
            ("one changed", result.changed),
        ):
            each = cost.cpu / result.services * 1000
            rows.append(
                [
                    f"{result.services:,}",
                    name,
                    f"{cost.time:.2f} s",
                    f"{cost.cpu:.2f} s",
                    f"{each:.1f} ms",
                    f"{cost.memory / (1 << 20):.0f} MiB",
                ]
            )
    return table(head, rows)


def broken(results: Sequence[Result]) -> list[str]:
    """The promises that do not hold."""
    found = []
    for result in results:
        costs = (result.cold, result.warm, result.changed)
        if result.services == CHANGED_AT and result.changed.time >= CHANGED_SECONDS:
            found.append(f"one of {CHANGED_AT:,} changed: {result.changed.time:.2f} s")
        if result.services <= MEMORY_AT and max(cost.memory for cost in costs) >= MEMORY:
            found.append(f"{result.services:,} services take more than 1 GiB")
    # A few services pay for the start of Python as well.
    many = [result for result in results if result.services >= 100]
    if len(many) > 1:
        first, last = (each.cold.cpu / each.services for each in (many[0], many[-1]))
        if last > LINEAR * first:
            found.append(f"cold: {last / first:.1f}× the CPU per service of a small project")
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__))
    options.add_argument(
        "--services",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[1, 100, 1_000, 10_000],
        help="sizes of projects: 1,100,1000,10000",
    )
    arguments = options.parse_args()
    results = []
    with workspace(servers=False) as folder:
        for services in arguments.services:
            results.append(measure(folder / str(services), services))
    print(report(results))
    help_, click = startup()
    print(f"\nslosmith --help: {help_ * 1000:.0f} ms; importing click: {click * 1000:.0f} ms")
    found = broken(results)
    if help_ > HELP * click:
        found.append(f"--help takes {help_ / click:.1f}× of importing click")
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
