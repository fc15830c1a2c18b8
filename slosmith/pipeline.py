"""The stages in a row: read → resolve → generate → validate. Writing is the caller's choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slosmith import checks, folders, project_files
from slosmith.artifacts import Artifact, Made
from slosmith.checks import allow
from slosmith.model import Fleet, Project, Service, ServiceSummary
from slosmith.origins import Origins
from slosmith.problems import Place, Problem, has_errors
from slosmith.promql.syntax import Judge
from slosmith.read.files import read_bytes
from slosmith.resolve.context import Context, mapping
from slosmith.resolve.fleet import SourceFile, resolve
from slosmith.shape import schemas
from slosmith.specs import Memory, Specs, parse
from slosmith.summaries import summarize

ServiceGenerator = Callable[[Service, Project], list[Artifact]]
FleetGenerator = Callable[[Project, Sequence[ServiceSummary]], list[Artifact]]

# The owner of what belongs to no single service, in the records of the output folder.
FLEET = "fleet"


@dataclass(frozen=True)
class Generators:
    """All generators, in the order in which they run. A service's folder generator sees the paths
    that the others made for it."""

    service: Sequence[ServiceGenerator]
    folder: Callable[[Service, Project, Sequence[str]], list[Artifact]]
    fleet: Sequence[FleetGenerator]


@dataclass
class Compilation:
    """What a run found and made. `artifacts` is by owner: a service's name, or `fleet`; it is
    empty if there are errors."""

    out: Path
    origins: Origins = field(default_factory=Origins)
    problems: list[Problem] = field(default_factory=list)
    silenced: list[allow.Silenced] = field(default_factory=list)
    fleet: Fleet | None = None
    artifacts: Mapping[str, Sequence[Made]] = field(default_factory=dict)
    # The services that SPEC arguments mean; None: all.
    selected: frozenset[str] | None = None

    @property
    def failed(self) -> bool:
        return has_errors(self.problems)

    def all_artifacts(self) -> list[Made]:
        return [artifact for made in self.artifacts.values() for artifact in made]


@dataclass(frozen=True)
class Options:
    """What the command line says. `config` is None where there is no slosmith.yaml."""

    config: Path | None
    root: Path
    out: Path | None = None
    specs: tuple[Path, ...] = ()
    allow_empty: bool = False


Remember = Callable[[Path, Path, bytes, Origins], Memory]


def compile_project(options: Options, generators: Generators, judge: Judge | None) -> Compilation:
    """Reads, resolves and generates everything; finds all problems it can in one go.

    `judge` is asked about queries that the embedded parser refuses.
    """
    compilation, _ = check_project(options, judge)
    if compilation.fleet is not None and not compilation.failed:
        compilation.artifacts = generate(compilation.fleet, generators)
    return compilation


def check_project(options: Options, judge: Judge | None) -> tuple[Compilation, Context]:
    """Reads, resolves and checks everything, and generates nothing."""
    compilation, context, _ = resolve_project(options, judge)
    review(compilation, context, checks.of_service)
    return compilation, context


def review(compilation: Compilation, context: Context, of_service: checks.ServiceCheck) -> None:
    """Adds what is wrong with a project that was resolved. `of_service` finds it in one service."""
    fleet, found = compilation.fleet, context.problems
    if fleet is not None and not has_errors([*compilation.problems, *found]):
        # Only what resolved as a whole can be judged, or allowed, as a whole.
        problems = [*found, *checks.check(fleet, of_service)]
        found, compilation.silenced = allow.apply(problems, context.allowances, fleet)
    compilation.problems += found


def resolve_project(
    options: Options, judge: Judge | None, remember: Remember | None = None
) -> tuple[Compilation, Context, Specs | None]:
    """Reads and resolves everything. What is wrong with the specs as files is in the compilation,
    the rest in the context; there are no specs where the project has no use for them.

    `remember`, given the folders of output and specs and the bytes of slosmith.yaml, makes what
    is asked for things known of specs.
    """
    names = project_files.Names(options.root)
    compilation = Compilation(out=options.root / project_files.DEFAULT_OUT)
    origins = compilation.origins
    context = Context(origins, judge)
    config, data = _read_config(options, names, compilation)
    used = _folders(options, config, origins)
    compilation.out = used.out
    unusable = list(folders.faults(used, allow_empty=options.allow_empty))
    if unusable:
        # Without the specs of the project, all that refers to them would be wrong as well.
        compilation.problems += unusable
        return compilation, context, None
    memory = remember(used.out, used.specs, data, origins) if remember else None
    specs = Specs(names, context, compilation.problems, memory)
    read = specs.read(used.specs, options.specs, allow_empty=options.allow_empty)
    if not specs.count and not options.allow_empty and not compilation.failed:
        message = "no spec found (*.yaml); `slosmith init` writes a first one"
        compilation.problems.append(Problem("no-specs", message, Place(names.shown(used.specs))))
    compilation.fleet = resolve(context, config, read, specs.again)
    if options.specs:
        compilation.selected = frozenset(specs.selected)
    return compilation, context, specs


def generate(fleet: Fleet, generators: Generators) -> dict[str, list[Artifact]]:
    """The artifacts of all services and of the fleet, by owner. Pure."""
    project = fleet.project
    artifacts: dict[str, list[Artifact]] = {}
    summaries = []
    for service in fleet.services:
        artifacts[service.name] = make_service(service, project, generators)
        summaries.append(summarize(service, artifacts[service.name]))
    artifacts[FLEET] = make_fleet(project, summaries, generators)
    return artifacts


def make_service(service: Service, project: Project, generators: Generators) -> list[Artifact]:
    """The artifacts of one service. Pure."""
    made = [item for generator in generators.service for item in generator(service, project)]
    made += generators.folder(service, project, [artifact.path for artifact in made])
    return _wanted(made, project)


def make_fleet(
    project: Project, summaries: Sequence[ServiceSummary], generators: Generators
) -> list[Artifact]:
    """The artifacts of the whole fleet. Pure."""
    fleet_wide = [item for generator in generators.fleet for item in generator(project, summaries)]
    return _wanted(fleet_wide, project)


def _wanted(artifacts: list[Artifact], project: Project) -> list[Artifact]:
    return [artifact for artifact in artifacts if artifact.family in project.families]


def _folders(options: Options, config: SourceFile | None, origins: Origins) -> folders.Folders:
    data = mapping(config.data) if config else {}

    def named(key: str, default: str) -> Path:
        value = data.get(key)
        return project_files.under(options.root, value if isinstance(value, str) else None, default)

    return folders.Folders(
        specs=named("specs", project_files.DEFAULT_SPECS),
        out=options.out or named("out", project_files.DEFAULT_OUT),
        config=origins.documents[config.file] if config else None,
        out_is_option=options.out is not None,
    )


def _read_config(
    options: Options, names: project_files.Names, compilation: Compilation
) -> tuple[SourceFile | None, bytes]:
    if options.config is None:
        return None, b""
    shown = names.shown(options.config)
    data, problems = read_bytes(options.config, shown)
    compilation.problems += problems
    if data is None:
        return None, b""
    config, problems = parse(options.config, data, schemas.PROJECT, names, compilation.origins)
    compilation.problems += problems
    return config, data
