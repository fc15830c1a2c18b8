"""A project compiled from what is known of it and what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slosmith import checks, pipeline, validate
from slosmith.artifacts import Known, Made
from slosmith.making.code import code_digest
from slosmith.making.memory import Memory
from slosmith.making.progress import Progress
from slosmith.making.unit import Product, Sighting, Unit
from slosmith.making.workshop import Workshop
from slosmith.model import Fleet, Project, Service
from slosmith.origins import Origins
from slosmith.pipeline import FLEET, Compilation, Generators, Options
from slosmith.problems import At, Place, Problem, has_errors
from slosmith.project_files import Names
from slosmith.promql.syntax import Judge
from slosmith.resolve.context import Context
from slosmith.resolve.known import Resolved
from slosmith.specs import Specs


@dataclass
class _Recollection:
    """What is known of the specs of this run, by source."""

    memory: Memory
    origins: Origins
    keep: bool
    keys: dict[str, bytes] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)

    def recall(self, source: str, shown: str, data: bytes) -> Resolved | None:
        key = self.keys[source] = self.memory.key(source, shown, data)
        unit = self.memory.get(key)
        if unit is None:
            return None
        self.units[source] = unit
        for seen in unit.sightings:
            self.origins.keep(seen.at, seen.place, seen.addition, seen.line)
        return unit.resolved

    def reread(self, source: str, shown: str, data: bytes) -> None:
        self.keys[source] = self.memory.key(source, shown, data)
        self.units.pop(source, None)

    def product(self, service: Service) -> Product | None:
        """What was made of a service, if it is the one that was recalled."""
        unit = self.units.get(service.source)
        return unit.product if unit and unit.resolved.service is service else None

    def save(self, made: Mapping[str, Unit], *, failed: bool) -> None:
        """Keeps the units that were there and were used, and those that were made now."""
        if not self.keep:
            return
        for source, unit in made.items():
            if self.units.get(source) is unit:
                self.memory.keep(self.keys[source])
            else:
                self.memory.put(self.keys[source], unit)
        self.memory.save(failed=failed)


class NoRoom(Exception):
    """The texts of the output found no room on the disk."""

    def __init__(self, out: str, error: OSError) -> None:
        reason = error.strerror or str(error)
        super().__init__(reason)
        where = f" ({error.filename})" if error.filename else ""
        message = f"cannot be compiled: {reason}{where}"
        self.problem = Problem("write-failed", message, Place(out))


def make_project(
    options: Options,
    generators: Generators,
    judge: Judge | None,
    progress: Progress,
    *,
    keep: bool = True,
) -> tuple[Compilation, Workshop | None]:
    """Like `pipeline.compile_project`, and validates what it makes.

    The texts of the services' artifacts are in the workshop, which has to be closed; there is none
    if nothing was made. Without `keep` nothing is left for the next run, nor put beside the output
    folder. Raises NoRoom, WorkerDied.
    """
    compilation, context, specs, known = _resolved(options, generators, judge, keep)
    fleet = compilation.fleet
    if fleet is None or specs is None or known is None:
        compilation.problems += context.problems
        return compilation, None
    whole = {
        source: resolved
        for source, resolved in context.resolved.items()
        if source not in specs.faulty
    }
    if compilation.failed or has_errors(context.problems):
        compilation.problems += context.problems
        known.save(_units(known, whole, {}, context, specs), failed=True)
        return compilation, None
    shown = Names.shown(compilation.out)
    shop = Workshop(compilation.out, shown, fleet.project, generators, progress, beside=keep)
    try:
        _make(compilation, context, specs, known, whole, fleet, shop)
    except OSError as error:
        shop.close()
        raise NoRoom(shown, error) from error
    except BaseException:
        shop.close()
        raise
    finally:
        progress.end()
    return compilation, shop


def review_project(
    options: Options, generators: Generators, judge: Judge | None
) -> tuple[Compilation, Context]:
    """Like `pipeline.check_project`, from what is known. Keeps nothing."""
    compilation, context, _, known = _resolved(options, generators, judge, keep=False)

    def of_service(service: Service, project: Project) -> Sequence[Problem]:
        product = known.product(service) if known else None
        return product.judged if product else checks.of_service(service, project)

    pipeline.review(compilation, context, of_service)
    return compilation, context


def _resolved(
    options: Options, generators: Generators, judge: Judge | None, keep: bool
) -> tuple[Compilation, Context, Specs | None, _Recollection | None]:
    """The project resolved, from what is known where that fits; and what is known, if it has a use
    for specs."""
    known: _Recollection | None = None

    def remember(out: Path, specs: Path, config: bytes, origins: Origins) -> _Recollection:
        nonlocal known
        memory = Memory(out, options.config, specs, config, code_digest(generators))
        known = _Recollection(memory, origins, keep)
        return known

    compilation, context, specs = pipeline.resolve_project(options, judge, remember)
    return compilation, context, specs, known


def _make(
    compilation: Compilation,
    context: Context,
    specs: Specs,
    known: _Recollection,
    whole: Mapping[str, Resolved],
    fleet: Fleet,
    shop: Workshop,
) -> None:
    products: dict[str, Product] = {}
    fresh: list[Service] = []
    for service in fleet.services:
        if product := known.product(service):
            products[service.source] = product
            shop.know(service, product)
        else:
            fresh.append(service)
    for service, product in shop.make(fresh):
        products[service.source] = product
    pipeline.review(compilation, context, lambda service, _: products[service.source].judged)
    if not compilation.failed:
        _finish(compilation, fleet, products, shop)
    units = _units(known, whole, products, context, specs)
    known.save(units, failed=compilation.failed)


def _finish(
    compilation: Compilation, fleet: Fleet, products: Mapping[str, Product], shop: Workshop
) -> None:
    """The artifacts of the fleet, and all together."""
    in_order = [(service, products[service.source]) for service in fleet.services]
    faults = [fault for _, product in in_order for fault in product.faults]
    summaries = [product.summary for _, product in in_order]
    made: dict[str, list[Made]] = {
        service.name: [Known(path, digest, shop) for path, digest in product.files]
        for service, product in in_order
    }
    made[FLEET] = list(pipeline.make_fleet(fleet.project, summaries, shop.generators))
    if not faults:
        # Without the files of all services, those of the fleet would name what is not there.
        paths = [artifact.path for artifacts in made.values() for artifact in artifacts]
        claims = [claim for _, product in in_order for claim in product.claims]
        faults = validate.check_fleet(made[FLEET], paths, claims, out=shop.shown)
    compilation.problems += faults
    compilation.artifacts = made


def _units(
    known: _Recollection,
    whole: Mapping[str, Resolved],
    products: Mapping[str, Product],
    context: Context,
    specs: Specs,
) -> dict[str, Unit]:
    """What is worth knowing in the next run, by source."""
    units = {}
    for source, resolved in whole.items():
        old, product = known.units.get(source), products.get(source)
        if product and (product.faults or has_errors(product.judged)):
            product = None
        if old and old.resolved is resolved and (product is None or old.product is product):
            units[source] = old
            continue
        about = [*resolved.problems, *(product.judged if product else ())]
        sightings = tuple(_sightings(about, context.origins))
        specs.settle(source, about)
        units[source] = Unit(resolved, product, sightings)
    return units


def _sightings(problems: Iterable[Problem], origins: Origins) -> Iterable[Sighting]:
    for problem in problems:
        if isinstance(problem.where, At):
            origins.remember(problem.where)
            yield Sighting(problem.where, *origins.kept(problem.where))
