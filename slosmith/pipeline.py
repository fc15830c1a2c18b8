"""The stages in a row: read → resolve → generate → validate. Writing is the caller's choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slosmith import checks, folders, project_files
from slosmith.artifacts import Artifact
from slosmith.checks import allow
from slosmith.model import Fleet, Project, Service, ServiceSummary
from slosmith.origins import Origins
from slosmith.problems import Place, Problem, has_errors
from slosmith.promql.syntax import Judge
from slosmith.read.document import Document
from slosmith.read.files import find_specs, read_file, source_lines
from slosmith.resolve.context import Context, mapping
from slosmith.resolve.fleet import SourceFile, resolve
from slosmith.shape import schemas
from slosmith.shape.validate import check as check_shape
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
    artifacts: dict[str, list[Artifact]] = field(default_factory=dict)
    spec_count: int = 0
    # The services that SPEC arguments mean; None: all.
    selected: frozenset[str] | None = None

    @property
    def failed(self) -> bool:
        return has_errors(self.problems)

    def all_artifacts(self) -> list[Artifact]:
        return [artifact for made in self.artifacts.values() for artifact in made]


@dataclass(frozen=True)
class Options:
    """What the command line says. `config` is None where there is no slosmith.yaml."""

    config: Path | None
    root: Path
    out: Path | None = None
    specs: tuple[Path, ...] = ()
    allow_empty: bool = False


def compile_project(options: Options, generators: Generators, judge: Judge | None) -> Compilation:
    """Reads, resolves and generates everything; finds all problems it can in one go.

    `judge` is asked about queries that the embedded parser refuses.
    """
    names = project_files.Names(options.root)
    compilation = Compilation(out=options.root / project_files.DEFAULT_OUT)
    config = _read_config(options, names, compilation)
    used = _folders(options, config, compilation.origins)
    compilation.out = used.out
    unusable = list(folders.faults(used, allow_empty=options.allow_empty))
    if unusable:
        # Without the specs of the project, all that refers to them would be wrong as well.
        compilation.problems += unusable
        return compilation
    sources = _read_specs(options, names, compilation, used.specs)
    if not compilation.spec_count and not options.allow_empty and not compilation.failed:
        message = "no spec found (*.yaml); `slosmith init` writes a first one"
        compilation.problems.append(Problem("no-specs", message, Place(names.shown(used.specs))))
    context = Context(compilation.origins, judge)
    fleet = resolve(context, config, sources)
    compilation.fleet = fleet
    found = context.problems
    if not has_errors([*compilation.problems, *found]):
        # Only what resolved as a whole can be judged, or allowed, as a whole.
        found, compilation.silenced = allow.apply(
            [*found, *checks.check(fleet)], context.allowances, fleet
        )
    compilation.problems += found
    if not compilation.failed:
        compilation.artifacts = generate(fleet, generators)
    return compilation


def generate(fleet: Fleet, generators: Generators) -> dict[str, list[Artifact]]:
    """The artifacts of all services and of the fleet, by owner. Pure."""
    project = fleet.project
    artifacts: dict[str, list[Artifact]] = {}
    summaries = []
    for service in fleet.services:
        made = [item for generator in generators.service for item in generator(service, project)]
        made += generators.folder(service, project, [artifact.path for artifact in made])
        artifacts[service.name] = _wanted(made, project)
        summaries.append(summarize(service, artifacts[service.name]))
    fleet_wide = [item for generator in generators.fleet for item in generator(project, summaries)]
    artifacts[FLEET] = _wanted(fleet_wide, project)
    return artifacts


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
) -> SourceFile | None:
    if options.config is None:
        return None
    return _read(options.config, schemas.PROJECT, names, compilation)


def _read_specs(
    options: Options, names: project_files.Names, compilation: Compilation, folder: Path
) -> list[SourceFile]:
    """All specs of the project; SPEC arguments choose among them."""
    paths = find_specs(folder)
    chosen, idle = project_files.selected(options.specs, paths)
    if paths or not options.allow_empty:
        compilation.problems += folders.outside(idle, folder)
    compilation.spec_count = len(paths)
    sources = []
    selected = set()
    for path in paths:
        source = _read(path, schemas.SPEC, names, compilation)
        if source is None:
            continue
        sources.append(source)
        name = mapping(source.data).get("service")
        if path in chosen and isinstance(name, str):
            selected.add(name)
    if options.specs:
        compilation.selected = frozenset(selected)
    return sources


def _read(
    path: Path, schema: str, names: project_files.Names, compilation: Compilation
) -> SourceFile | None:
    shown = names.shown(path)
    document, problems = read_file(path, shown)
    compilation.problems += problems
    if problems:
        compilation.origins.add_lines(shown, source_lines(path))
    if document is None:
        return None
    source = names.source(path)
    compilation.origins.add(source, document)
    data, problems = check_shape(document, schema)
    compilation.problems += problems
    return SourceFile(source, data)


__all__ = ["Compilation", "Document", "Generators", "Options", "compile_project", "generate"]
