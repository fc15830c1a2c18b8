"""A regular expression → texts that it matches: label values for `=~` matchers.

Reads the part of RE2's syntax that matchers use. What it makes of the rest does not matter: its
callers try every text against the pattern before they use it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

_MOST = 8  # texts for one pattern
_CLASSES = {"d": "0", "D": "x", "w": "a", "W": "-", "s": " ", "S": "x"}
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
# Tried for a negated class, in this order.
_OTHERS = "a0-_./ ~"


def examples(pattern: str) -> list[str]:
    """A few texts that `pattern` probably matches, the plainest first; empty where it cannot be
    read."""
    reader = _Reader(pattern)
    try:
        found = reader.alternatives()
    except (IndexError, ValueError):
        return []
    return found if reader.at == len(pattern) else []


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def alternatives(self) -> list[str]:
        found = self._sequence()
        while self._take("|"):
            found = [*found, *self._sequence()]
        return list(dict.fromkeys(found))[:_MOST]

    def _sequence(self) -> list[str]:
        parts: list[list[str]] = []
        while self.at < len(self._pattern) and self._pattern[self.at] not in "|)":
            atom = self._atom()
            parts.append(self._repeated(atom))
        return ["".join(choice) for choice in itertools.islice(_varied(parts), _MOST)]

    def _atom(self) -> list[str]:
        char = self._next()
        if char == "(":
            if self._take("?"):
                # (?:…), (?i), (?P<name>…): only what stands behind the flags or the name counts.
                while self._next() not in ":)>":
                    pass
                if self._pattern[self.at - 1] == ")":
                    return [""]
            found = self.alternatives()
            if not self._take(")"):
                raise ValueError("a group without its end")
            return found
        if char == "[":
            return self._class()
        if char == "\\":
            return [self._escaped()]
        if char in "^$":
            return [""]
        return ["x"] if char == "." else [char]

    def _escaped(self) -> str:
        char = self._next()
        if char in "bBAz":
            return ""
        if char == "Q" or char.isdigit() or char in "pPxC":
            raise ValueError("an escape that is not read")
        return _CLASSES.get(char) or _CONTROL.get(char) or char

    def _class(self) -> list[str]:
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        while not (self._pattern[self.at] == "]" and ranges):
            first = self._next()
            if first == "[" and self._pattern[self.at] == ":":
                raise ValueError("a named class is not read")
            if first == "\\":
                first = self._escaped()
            last = first
            if self._pattern[self.at] == "-" and self._pattern[self.at + 1] != "]":
                self.at += 1
                last = self._next()
                last = self._escaped() if last == "\\" else last
            ranges.append((first, last))
        self.at += 1
        if not negated:
            return [first for first, _ in ranges[:_MOST]]
        fits = [c for c in _OTHERS if not any(first <= c <= last for first, last in ranges)]
        return fits[:1]

    def _repeated(self, atom: list[str]) -> list[str]:
        found = atom
        while self.at < len(self._pattern) and self._pattern[self.at] in "*+?{":
            char = self._next()
            if char in "*?":
                found = [*found, ""]
            elif char == "{":
                end = self._pattern.index("}", self.at)
                least = int(self._pattern[self.at : end].split(",")[0])
                self.at = end + 1
                if least > 100:
                    raise ValueError("a long repetition is not read")
                found = [text * least for text in found]
            self._take("?")  # as few as can be: the same texts
        return found

    def _take(self, char: str) -> bool:
        if self._pattern[self.at : self.at + 1] != char:
            return False
        self.at += 1
        return True

    def _next(self) -> str:
        self.at += 1
        return self._pattern[self.at - 1]


def _varied(parts: list[list[str]]) -> Iterator[tuple[str, ...]]:
    """The first choice of every part, then other choices; all of them, later ones last."""
    return itertools.product(*parts)
