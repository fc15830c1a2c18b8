"""The tree of nodes while it is built: what is open, and where the next value belongs."""

from __future__ import annotations

from dataclasses import dataclass, field

from slosmith.problems import Span
from slosmith.read.nodes import ListNode, MapNode, Node


@dataclass
class Frame:
    """An open map or list.

    `start` is its index in the text, `bracket` whether it is written in brackets, `is_key`
    whether it stands where a key belongs. `lines` tells the line of each key so far.
    """

    node: MapNode | ListNode
    start: int
    bracket: bool
    is_key: bool
    lines: dict[str, int] = field(default_factory=dict)
    expects_key: bool = True
    _pending: tuple[str, Span] | None = None

    def key(self, key: str, span: Span) -> None:
        """The next value belongs to `key`."""
        self.lines[key] = span.line
        self._pending = (key, span)
        self.expects_key = False
        self.node.size += 1

    def no_key(self) -> None:
        """The next value is left out: its key is none, or not its own."""
        self._pending = None
        self.expects_key = False

    def add(self, value: Node) -> None:
        if isinstance(self.node, ListNode):
            self.node.items.append(value)
        else:
            self.expects_key = True
            if self._pending is None:
                return
            self.node.entries.append((*self._pending, value))
        self.node.size += value.size
        self.node.height = max(self.node.height, value.height + 1)


class Tree:
    """Nodes are opened, added and closed in the order of libyaml's events."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.frames: list[Frame] = []

    @property
    def depth(self) -> int:
        return len(self.frames)

    @property
    def waiting_for_key(self) -> Frame | None:
        """The innermost map, if a key of it comes next."""
        frame = self.frames[-1] if self.frames else None
        is_map = frame is not None and isinstance(frame.node, MapNode)
        return frame if frame and is_map and frame.expects_key else None

    @property
    def open_bracket(self) -> int | None:
        """The index of the innermost bracket that is not closed yet."""
        starts = [frame.start for frame in self.frames if frame.bracket]
        return starts[-1] if starts else None

    def add(self, value: Node) -> None:
        """Puts a finished value where it belongs."""
        if self.frames:
            self.frames[-1].add(value)
        else:
            self.root = value

    def open(self, node: MapNode | ListNode, start: int, bracket: bool) -> None:
        is_key = self.waiting_for_key is not None
        self.frames.append(Frame(node, start, bracket, is_key))

    def close(self, span: Span) -> None:
        """The innermost map or list ends; `span` is its place."""
        frame = self.frames.pop()
        frame.node.span = span
        frame.node.closed = True
        if frame.is_key:
            self.frames[-1].no_key()
        else:
            self.add(frame.node)
