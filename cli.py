"""The command line: options in, exit codes out. Everything heavy is imported by the command that
needs it, so that `slosmith --help` and completion are instant."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

if TYPE_CHECKING:
    from slosmith.explain.rate import Rate
    from slosmith.formats import Format
    from slosmith.making import Progress
    from slosmith.promtool import Mode
    from slosmith.run import Settings
    from slosmith.unit_tests import Which

FAMILIES = ("prometheus", "grafana", "kubernetes", "k6", "chaos", "runbooks")
PROBLEMS = 1
TOOL_MISSING = 3


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from importlib import metadata

    try:
        version = metadata.version("slosmith")
    except metadata.PackageNotFoundError:
        version = "(not installed)"
    click.echo(f"slosmith {version}")
    context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version.",
)
def slosmith() -> None:
    """Compiles one short spec per service into SLO rules, alerts, dashboards and autoscaling.

    Exit codes: 0 fine; 1 problems found; 2 wrong usage; 3 a required tool cannot be had.
    """


_config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The project file. Default: slosmith.yaml in the working directory, if there.",
)
_promtool_option = click.option(
    "--promtool",
    type=click.Choice(["auto", "required", "off"]),
    default="auto",
    show_default=True,
    help="Whether Prometheus' own promtool judges the rules.",
)


def _folder(_: click.Context, __: click.Parameter, value: str | None) -> Path | None:
    if value == "":
        # As a path it would be the working directory.
        raise click.BadParameter("is empty; name a folder.")
    return None if value is None else Path(value)


def _common(command: Any) -> Any:
    """The options that build and check share."""
    options = (
        click.argument("spec", nargs=-1, type=click.Path(exists=True, path_type=Path)),
        _config_option,
        click.option(
            "--out",
            type=click.Path(),
            callback=_folder,
            help="The output folder. Default: what the project file says, else out.",
        ),
        _promtool_option,
        click.option("--allow-empty", is_flag=True, help="No specs at all is fine."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _settings(
    spec: tuple[Path, ...],
    config: Path | None,
    out: Path | None,
    promtool: Mode,
    allow_empty: bool,
    only: tuple[str, ...] = (),
) -> Settings:
    from slosmith.run import Settings

    default = Path("slosmith.yaml")
    found = config or (default if os.path.lexists(default) else None)
    return Settings(
        config=found,
        root=found.parent if found else Path(),
        out=out,
        specs=spec,
        only=only,
        promtool=promtool,
        allow_empty=allow_empty,
        environment=dict(os.environ),
    )


@slosmith.command()
@_common
@click.option(
    "--only",
    type=click.Choice(FAMILIES),
    multiple=True,
    help="Write this family alone; repeatable.",
)
def build(only: tuple[str, ...], **options: Any) -> None:
    """Compile the specs into the output folder.

    All specs of the project are read. SPEC and --only limit what is written; then nothing is
    removed.
    """
    from generators import GENERATORS
    from slosmith import run

    report = run.build(_settings(**options, only=only), GENERATORS, _progress())
    _notices(report.notices)
    _print(report.text(color=_color(sys.stderr)), err=True)
    if report.summary:
        _print(f"{report.summary}\n")
    sys.exit(report.exit_code)


@slosmith.command()
@_common
@click.option("--strict", is_flag=True, help="Warnings fail as well.")
@click.option(
    "--tests",
    type=click.Choice(["changed", "all", "none"]),
    default="changed",
    show_default=True,
    help="Which generated unit tests to run: those that have not passed yet as they are, or all.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="For people, for programs, as annotations of a GitHub workflow, or for code scanning.",
)
def check(strict: bool, form: Format, tests: Which, **options: Any) -> None:
    """Check specs, rules and drift; what CI runs.

    Finds all that a build would find, runs the generated unit tests, and tells how the output
    folder differs from what the specs give. Writes nothing but .slosmith/, to be faster the next
    time.
    """
    from generators import GENERATORS
    from slosmith import formats, run

    settings = _settings(**options)
    report = run.check(settings, GENERATORS, strict=strict, tests=tests, progress=_progress())
    if form == "text":
        _notices(report.notices)
    _print(formats.render(report, form, settings.environment, color=_color(sys.stdout)))
    sys.exit(report.exit_code)


def _rate(_: click.Context, __: click.Parameter, value: str | None) -> Rate | None:
    if value is None:
        return None
    from slosmith.explain.rate import parse_rate

    rate = parse_rate(value)
    if rate is None:
        raise click.BadParameter(f"{value!r} is no rate above 0, such as 100/s, 30/m or 5/h.")
    return rate


@slosmith.command()
@click.argument("name", metavar="[SERVICE[/SLO]]", required=False)
@_config_option
@_promtool_option
@click.option(
    "--rate",
    callback=_rate,
    metavar="N/s",
    help="All events of an SLO, as N/s, N/m, N/h or N/d: tells its budget in events, and what "
    "waits for enough of them.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for programs.",
)
@click.option(
    "--backfill",
    is_flag=True,
    help="Print the rule file that gives new SLOs their history, see docs/explain.md.",
)
@click.option(
    "--suggest",
    is_flag=True,
    help="Print SLOs for the dependencies of SERVICE, as YAML to paste into its spec.",
)
def explain(
    name: str | None,
    config: Path | None,
    promtool: Mode,
    rate: Rate | None,
    form: str,
    backfill: bool,
    suggest: bool,
) -> None:
    """Tell what an SLO means: its budget, when alerts fire and clear, what each rule is for.

    Without SERVICE: all services and their SLOs. Writes nothing.
    """
    from generators import GENERATORS
    from generators.rules.groups import slo_groups
    from slosmith import run
    from slosmith.explain.answer import Question, answer

    if backfill and form == "json":
        raise click.UsageError("--backfill prints a rule file, which is YAML: leave --format out.")
    if suggest and (backfill or form == "json"):
        raise click.UsageError("--suggest prints YAML: leave --format and --backfill out.")
    question = Question(
        name=name,
        form="suggest"
        if suggest
        else "backfill"
        if backfill
        else "json"
        if form == "json"
        else "text",
        rate=rate,
        color=_color(sys.stdout),
        options=("--config", str(config)) if config else (),
    )
    settings = _settings((), config, None, promtool, allow_empty=False)
    report = run.explain(
        settings, GENERATORS, lambda found: answer(found, question, slo_groups), _progress()
    )
    _notices(report.notices)
    _print(report.text(color=_color(sys.stderr)), err=True)
    _print(report.summary)
    sys.exit(report.exit_code)


@slosmith.command()
@click.argument("revision", metavar="[REV]", required=False)
@_config_option
@_promtool_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="For a terminal, for the comment of a pull request, or for programs.",
)
def diff(
    revision: str | None,
    config: Path | None,
    promtool: Mode,
    form: Literal["text", "markdown", "json"],
) -> None:
    """Tell what the specs change since a commit, for people who review it.

    REV is any commit of the repository; without it the merge base with the default branch, else
    HEAD. Objectives, budgets, alerts and when they fire, queries, replicas and panels are compared,
    not text. Writes nothing. Exits 0 whether or not anything differs.
    """
    from generators import GENERATORS, VIEWS
    from slosmith.diff.run import Question
    from slosmith.diff.run import diff as compare

    settings = _settings((), config, None, promtool, allow_empty=True)
    report = compare(settings, GENERATORS, VIEWS, Question(revision, form, _color(sys.stdout)))
    _notices(report.notices)
    _print(report.text(color=_color(sys.stderr)), err=True)
    _print(report.summary)
    sys.exit(report.exit_code)


@slosmith.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a first project that builds as it is.

    It has a slosmith.yaml and one spec. Nothing is overwritten.
    """
    from slosmith import starter

    written, in_the_way = starter.write(folder)
    if in_the_way:
        for message in in_the_way:
            _print(f"error: {message}\n", err=True)
        sys.exit(PROBLEMS)
    for path in written:
        _print(f"wrote {path}\n")
    place = "" if folder == Path() else f" in {folder}"
    _print(f"Next: put your names and queries into the spec, then run `slosmith build`{place}.\n")


@slosmith.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to FILE.")
@click.option("--project", is_flag=True, help="That of slosmith.yaml instead of the specs'.")
def schema(output: Path | None, project: bool) -> None:
    """Print the JSON Schema of specs.

    Editors complete and check specs with it.
    """
    from slosmith.shape import schemas

    text = schemas.text(schemas.PROJECT if project else schemas.SPEC)
    if output is None:
        _print(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error


def _notices(notices: tuple[str, ...]) -> None:
    for notice in notices:
        _print(f"{notice}\n", err=True)


def _print(text: str, *, err: bool = False) -> None:
    """Writes to stdout, or stderr. A reader that has gone (`| head`) ends the run quietly."""
    try:
        click.echo(text, err=err, nl=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "standard error" if err else "standard output"
        raise click.ClickException(f"{name} cannot be written: {error.strerror}") from error


def _progress() -> Progress:
    """On a terminal that shows lines over each other, and no log of CI."""
    from slosmith.making import Progress

    quiet = os.environ.get("TERM") == "dumb" or bool(os.environ.get("CI"))
    able = sys.stderr is not None and sys.stderr.isatty() and not quiet
    return Progress(sys.stderr if able else None)


def _color(stream: Any) -> bool:
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR")


def main() -> None:
    """The console script. A fault of slosmith itself is one line, never a traceback."""
    # Models of thousands of services are no garbage: looking for some among them takes time, while
    # they are read and once more when all is done.
    gc.set_threshold(1_000_000, 50, 100)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Whatever the locale says: messages quote specs, which are UTF-8.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdout is None:
        _fail("standard output is closed")
    try:
        slosmith(prog_name="slosmith")
    except Exception as error:
        if os.environ.get("SLOSMITH_DEBUG"):
            raise
        _fail(_surroundings(error) if isinstance(error, OSError) else _fault(error))


def _fail(message: str) -> NoReturn:
    with suppress(OSError):  # there may be no stderr either
        click.echo(f"error: {message}", err=True)
    sys.exit(PROBLEMS)


def _surroundings(error: OSError) -> str:
    """What is wrong around slosmith, in words."""
    try:
        Path.cwd()
    except OSError:
        return "the working directory is gone, or may not be read"
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _fault(error: Exception) -> str:
    return (
        f"slosmith failed ({type(error).__name__}: {error}). This is a fault of slosmith; please "
        "report it with the spec. SLOSMITH_DEBUG=1 shows where."
    )


if __name__ == "__main__":
    main()
