"""libyaml's events → a tree of nodes with places, within limits, and all problems on the way.

Events are walked in a loop: yaml.compose and yaml.load recurse, and deep nesting would end the
process.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import yaml

from slosmith.problems import REFUSED, Place, Problem, Refused, Span
from slosmith.read.document import StringSource
from slosmith.read.extents import bounds, properties, refused_escapes, scalar_extent
from slosmith.read.nodes import AliasNode, ListNode, MapNode, ScalarNode
from slosmith.read.scalars import Scalar, ScalarError, foreign_tag, is_core, scalar, shorten
from slosmith.read.source import Positions, character_name
from slosmith.read.syntax import explain
from slosmith.read.tree import Frame, Tree

MAX_DEPTH = 64
_TOO_DEEP = f"maps and lists are nested more than {MAX_DEPTH} deep"
MAX_NODES = 100_000
MAX_PROBLEMS = 100
MAX_KEY_LENGTH = 1024
TOO_MANY_PROBLEMS = f"{MAX_PROBLEMS} problems: the rest of the file was not read"
# libyaml compares each %TAG line with all others.
_MAX_DIRECTIVES = 32
# Anchors that are compared with the name of an unknown alias.
_COMPARED = 200
_COMPARED_LENGTH = 64

_COLLECTION_TAGS = {"map": "tag:yaml.org,2002:map", "list": "tag:yaml.org,2002:seq"}

_MERGE = (
    "`<<` is not part of YAML 1.2: an alias stands for a whole value and is not merged; write the "
    "fields out, or put what services share under `defaults` in slosmith.yaml"
)


@dataclass
class Composed:
    """`root` is None where there is nothing that later stages could check. `complete`: no value
    had to be left out, so that what is missing in `root` is missing in the file."""

    root: MapNode | None
    problems: list[Problem]
    complete: bool


def compose(text: str, positions: Positions, file: str, problems: list[Problem]) -> Composed:
    """The tree of the first document of `text`, and `problems` with all that was found."""
    return _Composer(text, positions, file, problems).run()


class _GiveUp(Exception):
    """A limit was reached, which is among the problems; nothing after it is read."""


class _Composer:
    def __init__(self, text: str, positions: Positions, file: str, problems: list[Problem]) -> None:
        self.text = text
        self.positions = positions
        self.file = file
        self.problems = problems
        self.complete = True
        self.documents = 0
        self.nodes = 0
        self.tree = Tree()
        self.anchors: dict[str, ScalarNode | ListNode | MapNode] = {}
        # The extent of the scalar, alias or bracketed collection that was read last, and the
        # end of all that was read.
        self.last: tuple[int, int] | None = None
        self.end = 0

    def run(self) -> Composed:
        failed = Composed(None, self.problems, complete=False)
        try:
            self._check_directives()
            for event in yaml.parse(self.text, Loader=yaml.CSafeLoader):
                self._event(event)
                if self.documents > 1:
                    break
        except _GiveUp:
            return failed
        except yaml.MarkedYAMLError as error:
            if "nesting depth" in str(error.problem):
                # Newer versions of libyaml count brackets ahead of the events.
                at = error.problem_mark.index if error.problem_mark else 0
                self._report("yaml-limits", _TOO_DEEP, at, at + 1)
                return failed
            opened = self.tree.open_bracket
            self.problems.append(
                explain(error, self.text, self.positions, self.file, last=self.last, opened=opened)
            )
            return failed
        except yaml.YAMLError as error:
            message = f"this is not valid YAML: {shorten(str(error), 200)}"
            self.problems.append(Problem("yaml-syntax", message, Place(self.file)))
            return failed
        return Composed(self._root_map(), self.problems, self.complete)

    def _root_map(self) -> MapNode | None:
        root = self.tree.root
        if isinstance(root, MapNode):
            return root
        if root is None or (isinstance(root, ScalarNode) and root.value is None):
            # A value that was refused, or a file of several documents, has its problem already.
            if self.complete and self.documents <= 1:
                place = Place(self.file, Span(1, 1, 1, 1))
                self.problems.append(Problem("yaml-empty", "the file holds no data", place))
            return None
        kind = "a list" if isinstance(root, ListNode) else "one value"
        message = f"a file must hold `key: value` pairs, not {kind}"
        self.problems.append(Problem("yaml-syntax", message, Place(self.file, root.span)))
        return None

    def _report(self, check: str, message: str, start: int, end: int) -> None:
        place = Place(self.file, self.positions.span(start, end))
        self.problems.append(Problem(check, message, place))
        if len(self.problems) >= MAX_PROBLEMS and check != "yaml-limits":
            self._give_up(TOO_MANY_PROBLEMS, start, end)

    def _give_up(self, message: str, start: int, end: int) -> None:
        self._report("yaml-limits", message, start, end)
        raise _GiveUp

    def _check_directives(self) -> None:
        if self.text.count("\n%") > _MAX_DIRECTIVES:
            start = self.text.index("\n%") + 1
            message = f"more than {_MAX_DIRECTIVES} lines start with `%`"
            self._give_up(message, start, start + 1)

    def _count(self, size: int, start: int, end: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            message = f"more than {MAX_NODES} values (an alias counts as what it stands for)"
            self._give_up(message, start, end)

    def _check_depth(self, height: int, start: int, end: int) -> None:
        if self.tree.depth + height > MAX_DEPTH:
            self._give_up(_TOO_DEEP, start, end)

    def _event(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    def _read(self, start: int, end: int) -> None:
        """Notes what was read."""
        if end > start:
            self.last = (start, end)
        self.end = max(self.end, end)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        start, end = bounds(event)
        if self.documents > 1:
            message = "a second document starts here: a file holds one; use a file per service"
            self._report("yaml-documents", message, start, end)
        elif event.version is not None and event.version != (1, 2):
            message = "slosmith reads YAML 1.2: remove the %YAML line"
            self._report("yaml-syntax", message, start, self.positions.line_end(start))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        extent = scalar_extent(self.text, event)
        start, end = extent.start, extent.end
        self._count(1, start, end)
        self._read(start, end)
        if extent.style == '"':
            self._check_escapes(event.value, start, end)
        tag = event.tag
        if tag is not None and not is_core(tag):
            self._report("yaml-tag", foreign_tag(tag), *extent.tag)
            tag = None
        plain = extent.style == ""
        span = self.positions.span(start, end)
        frame = self.tree.waiting_for_key
        value = event.value if frame else self._resolve(event.value, plain, tag, start, end)
        node = ScalarNode(span, event.value, value)
        if isinstance(value, str):
            first_line, _ = self.positions.at(extent.first)
            node.source = StringSource(span, extent.style, first_line)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        if frame is None:
            self.tree.add(node)
        elif plain and event.tag is None and event.value == "<<":
            frame.no_key()
            self.complete = False
            self._report("yaml-merge", _MERGE, start, end)
        else:
            self._key(frame, event.value, start, end)

    def _check_escapes(self, value: str, start: int, end: int) -> None:
        for char, begin, stop in refused_escapes(self.text, value, start, end):
            message = (
                f"this escape stands for {character_name(char)}: of the control characters, only "
                "line feed and tab may stand in a value"
            )
            self._report("yaml-control-character", message, begin, stop)

    def _resolve(
        self, text: str, plain: bool, tag: str | None, start: int, end: int
    ) -> Scalar | Refused:
        try:
            return scalar(text, plain=plain, tag=tag)
        except ScalarError as error:
            self._report(error.check, str(error), start, end)
            return REFUSED

    def _key(self, frame: Frame, key: str, start: int, end: int) -> None:
        check, message = "yaml-key", ""
        if not key:
            message = "a key is empty: every value needs a name"
        elif len(key) > MAX_KEY_LENGTH:
            message = f"a key has at most {MAX_KEY_LENGTH} characters"
        elif key in frame.lines:
            check = "yaml-duplicate-key"
            message = f"the key `{shorten(key)}` is there already, on line {frame.lines[key]}"
        if message:
            frame.no_key()
            self._report(check, message, start, end)
        else:
            frame.key(key, self.positions.span(start, end))

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        start, tag = properties(self.text, event, len(self.text))
        is_map = isinstance(event, yaml.MappingStartEvent)
        kind = "map" if is_map else "list"
        self._check_depth(1, start, start + 1)
        self._count(1, start, start + 1)
        if event.tag is not None and not is_core(event.tag):
            self._report("yaml-tag", foreign_tag(event.tag), *tag)
        elif event.tag not in (None, "!", _COLLECTION_TAGS[kind]):
            self._report("yaml-tag", f"a {kind} cannot have this tag: remove it", *tag)
        if self.tree.waiting_for_key:
            message = (
                f"a {kind} cannot be a key; put the whole value in quotes if this is one, such as "
                "a template with `{{`"
            )
            self._report("yaml-key", message, start, start + 1)
        span = self.positions.span(start, start + 1)
        node: MapNode | ListNode = MapNode(span) if is_map else ListNode(span)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        # A pair in a list without braces of its own, `[a: b]`, is in flow style, too.
        bracket = bool(event.flow_style) and self.text[start : start + 1] in ("[", "{")
        self.tree.open(node, start, bracket)

    def _close(self, event: yaml.Event) -> None:
        frame = self.tree.frames[-1]
        if frame.bracket:
            self._read(frame.start, bounds(event)[1])
        self.tree.close(self.positions.span(frame.start, max(self.end, frame.start)))

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = bounds(event)
        self._read(start, end)
        span = self.positions.span(start, end)
        name = event.anchor or ""
        target = self.anchors.get(name)
        if target is None or not target.closed:
            self._report("yaml-alias", self._no_target(name, target is None), start, end)
            target = ScalarNode(span, name, REFUSED)
        self._check_depth(target.height, start, end)
        self._count(target.size, start, end)
        frame = self.tree.waiting_for_key
        if frame is None:
            self.tree.add(AliasNode(span, target))
        elif isinstance(target, ScalarNode):
            self._key(frame, target.text, start, end)
        else:
            frame.no_key()
            self._report("yaml-key", "an alias of a map or list cannot be a key", start, end)

    def _no_target(self, name: str, unknown: bool) -> str:
        if not unknown:
            return f"`*{shorten(name)}` stands inside the value that it names"
        message = f"there is no anchor `&{shorten(name)}` above"
        near: list[str] = []
        if len(name) <= _COMPARED_LENGTH:
            known = [known for known in self.anchors if len(known) <= _COMPARED_LENGTH]
            near = get_close_matches(name, known[:_COMPARED], n=1)
        if near:
            return f"{message}; did you mean `*{near[0]}`?"
        return f"{message}; put the value in quotes if it is meant to start with `*`"
