"""Where each value of the model came from: model path → (file, path in it)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from slosmith.problems import At, Path, Place, Span
from slosmith.read.document import Document

_Table = dict[Path, tuple[str, Path]]


@dataclass
class Origins:
    """Filled while files are read and layers are merged; turns places in the model into places
    in files. The `Locator` of problems.

    A large project cannot keep every spec in memory: `forget` drops what is known of one, and
    `reload`, given the spec's source, brings it back should a place in it be asked for. Places
    that were `remember`ed need neither.
    """

    documents: dict[str, Document] = field(default_factory=dict)
    reload: Callable[[str], None] | None = None
    _lines: dict[str, list[str]] = field(default_factory=dict)
    # By the first parts of the model path: one table for each service.
    _sources: dict[Path, _Table] = field(default_factory=dict)
    _files: dict[str, Document] = field(default_factory=dict)
    _places: dict[At, tuple[Place, str]] = field(default_factory=dict)
    _excerpts: dict[tuple[str, int], str] = field(default_factory=dict)

    def add(self, source: str, document: Document) -> None:
        """`source` is what the model calls the file; the document knows how people call it."""
        self.documents[source] = document
        self._files[document.file] = document

    def add_lines(self, file: str, lines: list[str]) -> None:
        """The lines of a file as people call it, also of one that could not be read further."""
        self._lines[file] = lines

    def record(self, path: Path, file: str, inside: Path) -> None:
        """What stands at the model path `path` is what stands at `inside` in `file`."""
        self._sources.setdefault(_head(path), {})[path] = (file, inside)

    def source(self, path: Path) -> tuple[str, Path] | None:
        """The file and the path in it for a model path, or for the nearest that holds it."""
        table = self._table(path)
        while path:
            if path in table:
                return table[path]
            path = path[:-1]
        return None

    def document(self, source: str) -> Document | None:
        """The file that the model calls `source`, if it was read."""
        if source not in self.documents:
            self._table(("services", source))
        return self.documents.get(source)

    def remember(self, at: At) -> None:
        """Keeps the place of `at`, and the line there, beyond `forget`."""
        self._places[at] = self.locate(at)
        place = self._places[at][0]
        if place.span and (line := self.line(place.file, place.span.line)) is not None:
            self._excerpts[place.file, place.span.line] = line

    def kept(self, at: At) -> tuple[Place, str, str | None]:
        """What is remembered of `at`: its place, the addition to the message, and the line."""
        place, addition = self._places[at]
        line = self._excerpts.get((place.file, place.span.line)) if place.span else None
        return place, addition, line

    def keep(self, at: At, place: Place, addition: str, line: str | None) -> None:
        """Remembers what `kept` gave in another run."""
        self._places[at] = (place, addition)
        if place.span and line is not None:
            self._excerpts[place.file, place.span.line] = line

    def forget(self, source: str) -> None:
        """Drops what is known of a spec."""
        self._sources.pop(("services", source), None)
        document = self.documents.pop(source, None)
        if document:
            self._files.pop(document.file, None)

    def place(self, path: Path) -> str:
        """`specs/api.yaml:12`, to name a second place in a message."""
        found, _ = self.locate(At(path, key=True))
        return f"{found.file}:{found.span.line}" if found.span else found.file

    def locate(self, at: At) -> tuple[Place, str]:
        if at in self._places:
            return self._places[at]
        source = self.source(at.path)
        if source is None and at.otherwise:
            return self.locate(At(at.otherwise))
        if source is None:
            return Place("slosmith.yaml"), ""
        document = self.documents.get(source[0])
        if document is None:
            return Place(source[0]), ""
        file, inside = document.file, source[1]
        exact = at.path in self._table(at.path)
        if exact and at.chars is not None and not at.key:
            span, addition = document.chars_span(inside, *at.chars)
            return Place(file, span), addition
        spans = (document.keys, document.values) if at.key or not exact else (document.values,)
        return Place(file, _first(spans, inside) or _start(document)), ""

    def line(self, file: str, number: int) -> str | None:
        if (file, number) in self._excerpts:
            return self._excerpts[file, number]
        if file in self._files:
            return self._files[file].line(number)
        lines = self._lines.get(file, [])
        return lines[number - 1] if 0 < number <= len(lines) else None

    def _table(self, path: Path) -> _Table:
        head = _head(path)
        if head not in self._sources and self.reload and head[:1] == ("services",):
            self.reload(str(head[-1]))
        return self._sources.get(head, {})


def _head(path: Path) -> Path:
    return path[:2] if path[:1] == ("services",) else path[:1]


def _first(spans: Iterable[Mapping[Path, Span]], path: Path) -> Span | None:
    return next((mapping[path] for mapping in spans if path in mapping), None)


def _start(document: Document) -> Span:
    return min(document.keys.values(), default=Span(1, 1, 1, 1))
