"""How many wrong rules the generated tests catch: `python -m tests.mutants [SERVICE[/SLO]…]`.

Each SLO of the committed specs becomes a service of its own, so that a run is short. Every change
of its rules is tried on its generated tests: first on what caught the last change of that rule,
then the cheapest scenario first.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from generators import GENERATORS
from generators.rule_tests import files as tests
from generators.rules import files as rules
from slosmith import pipeline
from slosmith.durations import parse_seconds
from slosmith.model import Project, Service
from tests.mutation import Mutant, mutants
from tests.survivors import reason

ROOT = Path(__file__).parent.parent
WANTED = 0.95


@dataclass(frozen=True)
class Trial:
    """A mutant to try on the scenarios (names and texts) of its SLO."""

    service: str
    slo: str
    mutant: Mutant
    scenarios: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Verdict:
    """`caught_by`: the scenario that failed; empty if none did."""

    service: str
    slo: str
    mutant: Mutant
    caught_by: str

    @property
    def reason(self) -> str:
        """Why a survivor is no gap, if so."""
        return (
            "" if self.caught_by else reason(self.mutant.rule, self.mutant.kind, self.mutant.change)
        )


def single_slo_services() -> tuple[Project, list[Service]]:
    """Each SLO of the committed specs in a service of its own, but those of native histograms."""
    options = pipeline.Options(ROOT / "slosmith.yaml", ROOT)
    fleet = pipeline.compile_project(options, GENERATORS, None).fleet
    assert fleet is not None, "the committed specs resolve"
    return fleet.project, [
        dataclasses.replace(service, slos=(slo,))
        for service in fleet.services
        for slo in service.slos
        # Only a new promtool reads the tests of native histograms.
        if not getattr(slo.indicator, "native", False)
    ]


def all_mutants(service: Service, project: Project) -> list[Mutant]:
    return list(mutants(yaml.safe_load(rules.generate(service, project)[0].text)))


def unchanged(service: Service, project: Project) -> Mutant:
    """The right rules, as if they were wrong."""
    text = rules.generate(service, project)[0].text
    return Mutant("", "none", "", yaml.safe_load(text))


def judge(trial: Trial, promtool: str, likely: str = "") -> Verdict:
    """Runs the tests of a service over wrong rules until one fails, the `likely` scenario first."""
    # Runs are short: to collect no garbage saves a fifth of them.
    environment = {**os.environ, "GOGC": "400"}
    with tempfile.TemporaryDirectory(prefix="slosmith-mutant-") as name:
        folder = Path(name)
        (folder / "rules.yaml").write_text(json.dumps(trial.mutant.document), "utf-8")
        in_turn = sorted(trial.scenarios, key=lambda scenario: scenario[0] != likely)
        for number, (title, text) in enumerate(in_turn):
            file = folder / f"{number}.yaml"
            file.write_text(text, encoding="utf-8")
            command = [promtool, "test", "rules", str(file)]
            run = subprocess.run(command, capture_output=True, check=False, env=environment)
            if run.returncode:
                return Verdict(trial.service, trial.slo, trial.mutant, title)
    return Verdict(trial.service, trial.slo, trial.mutant, "")


def judge_all(trials: Sequence[Trial], promtool: str, jobs: int = 2) -> list[Verdict]:
    """The verdicts in order, with a word on stderr every hundred. What caught the last change of
    a rule is the likely one to catch the next."""
    verdicts: list[Verdict] = []
    likely: dict[str, str] = {}

    def judged(trial: Trial) -> Verdict:
        rule = trial.mutant.rule
        verdict = judge(trial, promtool, likely.get(rule, ""))
        if verdict.caught_by:
            likely[rule] = verdict.caught_by
        return verdict

    with ThreadPoolExecutor(jobs) as pool:
        for verdict in pool.map(judged, trials):
            verdicts.append(verdict)
            if len(verdicts) % 100 == 0:
                caught = sum(1 for v in verdicts if v.caught_by)
                print(f"{len(verdicts)} of {len(trials)}, caught {caught}", file=sys.stderr)
    return verdicts


def scenarios(service: Service, project: Project) -> tuple[tuple[str, str], ...]:
    """Name and text of every scenario as a file of its own, the cheapest first: those with the
    fewest evaluations."""
    found = []
    for artifact in tests.generate(service, project):
        if ".native." in artifact.path:
            continue  # promtool 2 cannot read them
        document = yaml.safe_load(artifact.text)
        document["rule_files"] = ["rules.yaml"]
        step = parse_seconds(document["evaluation_interval"])
        assert step, "an interval"
        for test in document["tests"]:
            last = max(parse_seconds(check["eval_time"]) or 0 for check in test["promql_expr_test"])
            text = json.dumps({**document, "tests": [test]})
            found.append((last / step, test["name"], text))
    return tuple((name, text) for _, name, text in sorted(found))


def report(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Lines for people; survivors that no reason explains first."""
    survivors = [v for v in verdicts if not v.caught_by]
    for verdict in sorted(
        survivors, key=lambda v: (bool(v.reason), v.service, v.slo, v.mutant.rule)
    ):
        why = f"  ({verdict.reason})" if verdict.reason else ""
        mutant = verdict.mutant
        where = f"{verdict.service}/{verdict.slo} {mutant.rule}"
        yield f"survived: {where}: {mutant.kind}: {mutant.change}{why}"
    kinds = Counter(v.mutant.kind for v in verdicts)
    for kind in sorted(kinds):
        caught = sum(1 for v in verdicts if v.mutant.kind == kind and v.caught_by)
        yield f"{kind}: {caught} of {kinds[kind]}"
    caught = len(verdicts) - len(survivors)
    explained = sum(1 for v in survivors if v.reason)
    share = caught / max(len(verdicts), 1)
    left = f"{explained} of {len(survivors)} survivors explained"
    yield f"caught: {caught} of {len(verdicts)} ({share:.1%}); {left}"


def wanted(project: Project, services: Sequence[Service], only: Sequence[str]) -> Iterator[Trial]:
    for service in services:
        slo = service.slos[0].name
        if only and not {service.name, f"{service.name}/{slo}"} & set(only):
            continue
        tried = scenarios(service, project)
        for mutant in all_mutants(service, project):
            yield Trial(service.name, slo, mutant, tried)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", metavar="SERVICE[/SLO]")
    parser.add_argument("--every", type=int, default=1, help="try every n-th change alone")
    # More than cores: each waits for the disk now and then.
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    chosen = parser.parse_args()
    promtool = shutil.which("promtool")
    if promtool is None:
        print("no promtool: nothing was tried", file=sys.stderr)
        return 3
    project, services = single_slo_services()
    trials = list(wanted(project, services, chosen.only))[:: chosen.every]
    started = time.monotonic()
    verdicts = judge_all(trials, promtool, chosen.jobs)
    for line in report(verdicts):
        print(line)
    print(f"{time.monotonic() - started:.0f} s")
    return 0 if sum(1 for v in verdicts if v.caught_by) >= WANTED * len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
