"""The tree of a YAML document with places, and its way to plain data and tables of places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from slosmith.problems import Path, Refused, Span
from slosmith.read.document import StringSource
from slosmith.read.scalars import Scalar


@dataclass(slots=True)
class ScalarNode:
    """`text` is the scalar as a key reads it; `source` is there if `value` is a string."""

    span: Span
    text: str
    value: Scalar | Refused
    source: StringSource | None = None
    size: int = 1
    height: int = 0
    closed: bool = True


@dataclass(slots=True)
class ListNode:
    """`size`: nodes in it and itself, with aliases expanded. `height`: collections in a row from
    it downwards. Both, and the end of the span, are known when it is `closed`."""

    span: Span
    items: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 1
    closed: bool = False


@dataclass(slots=True)
class MapNode:
    """Entries are key, place of the key, value; keys are unique. The rest is as in ListNode."""

    span: Span
    entries: list[tuple[str, Span, Node]] = field(default_factory=list)
    size: int = 1
    height: int = 1
    closed: bool = False


@dataclass(slots=True)
class AliasNode:
    """The place of an alias and what it stands for."""

    span: Span
    target: ScalarNode | ListNode | MapNode

    @property
    def size(self) -> int:
        return self.target.size

    @property
    def height(self) -> int:
        return self.target.height


Node = ScalarNode | ListNode | MapNode | AliasNode


@dataclass
class Tables:
    """What a tree holds, as in `Document`."""

    data: Any = None
    values: dict[Path, Span] = field(default_factory=dict)
    keys: dict[Path, Span] = field(default_factory=dict)
    strings: dict[Path, StringSource] = field(default_factory=dict)


def flatten(root: Node) -> Tables:
    """Plain data (aliases expanded into copies of their own) and the places of all its paths."""
    tables = Tables()
    holder: list[Any] = [None]
    # Containers are filled later than they are made: a stack in place of recursion, which
    # nesting in the file could exhaust.
    stack: list[tuple[Node, Path, Any, str | int]] = [(root, (), holder, 0)]
    while stack:
        node, path, container, slot = stack.pop()
        tables.values[path] = node.span
        if isinstance(node, AliasNode):
            node = node.target
        if isinstance(node, ScalarNode):
            container[slot] = node.value
            if node.source:
                tables.strings[path] = node.source
        elif isinstance(node, ListNode):
            container[slot] = items = [None] * len(node.items)
            stack += [(item, (*path, i), items, i) for i, item in enumerate(node.items)]
        else:
            container[slot] = mapping = dict.fromkeys(key for key, _, _ in node.entries)
            for key, span, value in node.entries:
                tables.keys[(*path, key)] = span
                stack.append((value, (*path, key), mapping, key))
    tables.data = holder[0]
    return tables
