"""Where each value of the model came from: model path → (file, path in it)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slosmith.problems import At, Path, Place, Span
from slosmith.read.document import Document


@dataclass
class Origins:
    """Filled while files are read and layers are merged; turns places in the model into places
    in files. The `Locator` of problems."""

    documents: dict[str, Document] = field(default_factory=dict)
    _lines: dict[str, list[str]] = field(default_factory=dict)
    _sources: dict[Path, tuple[str, Path]] = field(default_factory=dict)

    def add(self, source: str, document: Document) -> None:
        """`source` is what the model calls the file; the document knows how people call it."""
        self.documents[source] = document

    def add_lines(self, file: str, lines: list[str]) -> None:
        """The lines of a file as people call it, also of one that could not be read further."""
        self._lines[file] = lines

    def record(self, path: Path, file: str, inside: Path) -> None:
        """What stands at the model path `path` is what stands at `inside` in `file`."""
        self._sources[path] = (file, inside)

    def source(self, path: Path) -> tuple[str, Path] | None:
        """The file and the path in it for a model path, or for the nearest that holds it."""
        while path:
            if path in self._sources:
                return self._sources[path]
            path = path[:-1]
        return None

    def place(self, path: Path) -> str:
        """`specs/api.yaml:12`, to name a second place in a message."""
        found, _ = self.locate(At(path, key=True))
        return f"{found.file}:{found.span.line}" if found.span else found.file

    def locate(self, at: At) -> tuple[Place, str]:
        source = self.source(at.path)
        if source is None and at.otherwise:
            return self.locate(At(at.otherwise))
        if source is None:
            return Place("slosmith.yaml"), ""
        document = self.documents.get(source[0])
        if document is None:
            return Place(source[0]), ""
        file, inside = document.file, source[1]
        exact = at.path in self._sources
        if exact and at.chars is not None and not at.key:
            span, addition = document.chars_span(inside, *at.chars)
            return Place(file, span), addition
        spans = (document.keys, document.values) if at.key or not exact else (document.values,)
        return Place(file, _first(spans, inside) or _start(document)), ""

    def line(self, file: str, number: int) -> str | None:
        for document in self.documents.values():
            if document.file == file:
                return document.line(number)
        lines = self._lines.get(file, [])
        return lines[number - 1] if 0 < number <= len(lines) else None


def _first(spans: Iterable[Mapping[Path, Span]], path: Path) -> Span | None:
    return next((mapping[path] for mapping in spans if path in mapping), None)


def _start(document: Document) -> Span:
    return min(document.keys.values(), default=Span(1, 1, 1, 1))
