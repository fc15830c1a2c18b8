"""Where services are made into files, and where the texts are until they are written.

Texts of a large project do not fit into memory. What stands in the output folder already is not
kept at all; the rest goes to a folder of its own, from which a build moves it into place.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from slosmith import checks, pipeline, validate
from slosmith.artifacts import Artifact
from slosmith.making import workers
from slosmith.making.progress import Progress
from slosmith.making.unit import Product
from slosmith.model import Project, Service
from slosmith.output import (
    Tree,
    hold,
    make_scratch,
    remove_unused_scratch,
    scratch_folder,
)
from slosmith.summaries import summarize


@dataclass
class Workshop:
    """Makes services. The `Source` of the texts of what it made, and of what was made before by
    the same code from the same specs.

    `shown` is the output folder as problems name it. `beside`: texts may be put beside it.
    """

    out: Path
    shown: str
    project: Project
    generators: pipeline.Generators
    progress: Progress = field(default_factory=Progress)
    beside: bool = True
    _services: dict[str, Service] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)
    _kept: dict[str, Path] = field(default_factory=dict)
    _folder: Path | None = None
    _handle: int | None = None

    def make(self, services: Sequence[Service]) -> Iterator[tuple[Service, Product]]:
        """Makes services, as they come. Raises OSError without room for their texts."""
        if not services:
            return
        folder = self._open()
        tree = Tree(self.out)
        total = len(services)

        def work(service: Service) -> tuple[Product, list[tuple[str, str]]]:
            product, artifacts = make(service, self.project, self.generators, self.shown)
            return product, list(_put(artifacts, product, service, folder, tree))

        for done, (number, (product, kept)) in enumerate(workers.each(services, work), 1):
            self.know(services[number], product)
            self._kept |= {path: folder / name for path, name in kept}
            self.progress.report("compiling services", done, total)
            yield services[number], product

    def know(self, service: Service, product: Product) -> None:
        """The texts of a service can be asked for."""
        for path, digest in product.files:
            self._services[path] = service
            self._digests[path] = digest

    def prepare(self, paths: Sequence[str]) -> None:
        """Makes anew what of `paths` was made before, and is needed now. Raises OSError."""
        services = {self._services[path].name: self._services[path] for path in paths}
        missing = {self._services[path].name for path in paths if path not in self._kept}
        for _ in self.make([service for name, service in services.items() if name in missing]):
            pass

    def text(self, path: str) -> str:
        if path in self._kept:
            return self._kept[path].read_bytes().decode()
        found = Tree(self.out).look(path)
        if found.data is not None and found.digest == self._digests[path]:
            return found.data.decode()
        _, artifacts = make(self._services[path], self.project, self.generators, self.shown)
        return next(artifact.text for artifact in artifacts if artifact.path == path)

    def move(self, path: str, target: Path) -> None:
        file = self._kept.pop(path, None)
        if file is None:
            target.write_bytes(self.text(path).encode())
            return
        try:
            file.replace(target)
        except OSError:
            shutil.copyfile(file, target)

    def close(self) -> None:
        """Removes the texts that nobody took."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            if self.beside:
                remove_unused_scratch(scratch_folder(self.out))
        if self._handle is not None:
            os.close(self._handle)
        self._folder = self._handle = None

    def _open(self) -> Path:
        if self._folder is None:
            self._folder = _new_folder(self.out, self.beside)
            with suppress(OSError):
                self._handle = hold(self._folder)
        return self._folder


def make(
    service: Service, project: Project, generators: pipeline.Generators, shown: str
) -> tuple[Product, list[Artifact]]:
    """A service made, judged and validated; without files if they are not valid."""
    judged = tuple(checks.of_service(service, project))
    artifacts = pipeline.make_service(service, project, generators)
    faults, claims = validate.check_service(artifacts, out=shown)
    if faults:
        artifacts = []
    files = tuple((artifact.path, artifact.digest) for artifact in artifacts)
    summary = summarize(service, artifacts)
    return Product(files, summary, tuple(claims), judged, tuple(faults)), artifacts


def _put(
    artifacts: Sequence[Artifact], product: Product, service: Service, folder: Path, tree: Tree
) -> Iterator[tuple[str, str]]:
    """Writes the texts that do not stand in the output folder; path and name of each."""
    digests: Mapping[str, str] = dict(product.files)
    for number, artifact in enumerate(artifacts):
        if tree.probe(artifact.path).digest != digests[artifact.path]:
            name = f"{service.name}.{number}"
            (folder / name).write_bytes(artifact.text.encode())
            yield artifact.path, name


def _new_folder(out: Path, beside: bool) -> Path:
    """Beside the output folder, so that texts can be moved there; else among temporary files."""
    if beside:
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="made-", dir=make_scratch(scratch_folder(out))))
    return Path(tempfile.mkdtemp(prefix="slosmith-made-"))
