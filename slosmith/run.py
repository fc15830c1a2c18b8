"""What the commands do: compile, judge, then write or compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from slosmith import judging, output, pipeline, problems, unit_tests
from slosmith.artifacts import Artifact
from slosmith.making import NoRoom, Progress, Workshop, make_project
from slosmith.origins import Origins
from slosmith.pipeline import FLEET, Compilation, Generators
from slosmith.problems import Problem, has_errors
from slosmith.project_files import Names
from slosmith.promtool import Mode, ToolMissing

OK, PROBLEMS, TOOL_MISSING = 0, 1, 3


@dataclass(frozen=True)
class Settings:
    """What the command line says; paths as given. `environment` is that of the process."""

    config: Path | None
    root: Path
    out: Path | None = None
    specs: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    promtool: Mode = "auto"
    allow_empty: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether only a part of the project is to be written or compared."""
        return bool(self.specs or self.only)


@dataclass(frozen=True)
class Tally:
    """What a check looked at: services, generated files, and files of unit tests, those that ran
    now and those that are known to pass."""

    services: int = 0
    files: int = 0
    tests_run: int = 0
    tests_known: int = 0


@dataclass
class Report:
    """What a command has to say. `summary` is empty where nothing was done."""

    exit_code: int
    problems: list[Problem] = field(default_factory=list)
    origins: Origins = field(default_factory=Origins)
    notices: tuple[str, ...] = ()
    summary: str = ""
    tally: Tally = Tally()

    def text(self, *, color: bool = False) -> str:
        return problems.render(self.problems, self.origins, color=color)


def build(settings: Settings, generators: Generators, progress: Progress | None = None) -> Report:
    """Compiles the project into its output folder; with any error nothing is written."""
    with _made(settings, generators, progress or Progress()) as made:
        if isinstance(made, Report):
            return made
        compilation, summary = made.compilation, ""
        if not compilation.failed:
            wanted = _wanted(compilation, settings)
            prepare = made.workshop.prepare if made.workshop else lambda _: None
            prune = not settings.partial
            result = output.write(compilation.out, wanted, prune=prune, prepare=prepare)
            compilation.problems += result.problems
            if not compilation.failed:
                summary = f"{Names.shown(compilation.out)}: {result.summary()}"
        return _report(compilation, made.tool, summary)


def check(
    settings: Settings,
    generators: Generators,
    *,
    strict: bool = False,
    tests: unit_tests.Which = "changed",
    progress: Progress | None = None,
) -> Report:
    """Everything that a build would find, what the generated unit tests say, and how the output
    folder differs from the specs."""
    with _made(settings, generators, progress or Progress()) as made:
        if isinstance(made, Report):
            return made
        compilation = made.compilation
        tested = unit_tests.Outcome()
        if not compilation.failed:
            wanted = _wanted(compilation, settings)
            drift = output.status(compilation.out, wanted, prune=not settings.partial)
            compilation.problems += drift
            tested = _unit_tests(made, wanted, tests)
            compilation.problems += tested.problems
        fine = not compilation.failed and not (strict and compilation.problems)
        services = compilation.fleet.services if compilation.fleet else ()
        files = len(compilation.all_artifacts())
        tally = Tally(len(services), files, tested.ran, tested.known)
        report = _report(compilation, made.tool, _all_fine(tally) if fine else "")
    report.tally = tally
    report.notices += tuple(tested.notices)
    report.exit_code = OK if fine else PROBLEMS
    return report


def _all_fine(tally: Tally) -> str:
    noun = "service" if tally.services == 1 else "services"
    text = f"{tally.services} {noun}, {tally.files} files: all as the specs say"
    if tally.tests_run + tally.tests_known:
        text += f"; unit tests passed ({tally.tests_run} run, {tally.tests_known} passed before)"
    return text


def explain(
    settings: Settings,
    generators: Generators,
    answer: Callable[[Compilation], tuple[str, list[Problem]]],
    progress: Progress | None = None,
) -> Report:
    """What `answer` says about the compiled project, as the report's summary. Specs that a build
    would refuse are refused, with the same problems. Writes nothing."""
    with _made(settings, generators, progress or Progress(), keep=False) as made:
        if isinstance(made, Report):
            return made
        compilation, text = made.compilation, ""
        if not compilation.failed:
            text, problems = answer(compilation)
            compilation.problems += problems
        return _report(compilation, made.tool, text)


@dataclass(frozen=True)
class _Made:
    compilation: Compilation
    workshop: Workshop | None
    tool: judging.Tool
    progress: Progress


@contextmanager
def _made(
    settings: Settings, generators: Generators, progress: Progress, *, keep: bool = True
) -> Iterator[_Made | Report]:
    """The compiled project, with its texts at hand until the end; or why there is none. `keep`:
    what was made is remembered for the next run."""
    tool = judging.Tool(settings.promtool, settings.environment)
    workshop = None
    try:
        if settings.promtool == "required":
            tool.find()
        options = _options(settings)
        compilation, workshop = make_project(options, generators, tool.explain, progress, keep=keep)
        _judge(compilation, tool, keep=keep)
    except ToolMissing as error:
        yield Report(TOOL_MISSING, notices=(f"error: {error}",))
    except NoRoom as error:
        yield Report(PROBLEMS, [error.problem])
    else:
        yield _Made(compilation, workshop, tool, progress)
    finally:
        if workshop:
            workshop.close()
        progress.end()


def _options(settings: Settings) -> pipeline.Options:
    return pipeline.Options(
        settings.config, settings.root, settings.out, settings.specs, settings.allow_empty
    )


def _judge(compilation: Compilation, tool: judging.Tool, *, keep: bool) -> None:
    if not compilation.failed and compilation.fleet:
        compilation.problems += judging.check_rules(
            tool,
            compilation.all_artifacts(),
            compilation.fleet,
            compilation.origins,
            compilation.out,
            keep=keep,
        )


def _unit_tests(made: _Made, wanted: output.Wanted, which: unit_tests.Which) -> unit_tests.Outcome:
    """The generated unit tests of what is looked at, where there is a promtool."""
    compilation, tool = made.compilation, made.tool
    if which == "none" or compilation.fleet is None:
        return unit_tests.Outcome()
    found = tool.find()
    if found is None:
        # Who switched promtool off knows.
        missing = ["without promtool no unit test was run either"] if tool.notices else []
        return unit_tests.Outcome(notices=missing)
    paths = {path for texts in wanted.values() for path in texts}
    artifacts = [item for item in compilation.all_artifacts() if item.path in paths]

    def report(done: int, total: int) -> None:
        made.progress.report("running unit tests", done, total)

    return unit_tests.run(found, artifacts, compilation.fleet, compilation.out, which, report)


def _wanted(compilation: Compilation, settings: Settings) -> dict[str, dict[str, output.Content]]:
    """What may be written: all, or what SPEC and --only leave of it. What belongs to the whole
    fleet always counts."""
    chosen = compilation.selected
    return {
        owner: {
            artifact.path: artifact.text if isinstance(artifact, Artifact) else artifact
            for artifact in artifacts
            if not settings.only or artifact.family in settings.only
        }
        for owner, artifacts in compilation.artifacts.items()
        if chosen is None or owner == FLEET or owner in chosen
    }


def _report(compilation: Compilation, tool: judging.Tool, summary: str) -> Report:
    return Report(
        exit_code=PROBLEMS if has_errors(compilation.problems) else OK,
        problems=compilation.problems,
        origins=compilation.origins,
        notices=tool.notices,
        summary=summary,
    )
