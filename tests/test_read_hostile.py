"""Hostile files: problems within seconds, never a crash, never an exception."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slosmith.problems import Path as DataPath
from slosmith.problems import Place, Problem, render
from slosmith.read.document import Document, split_lines
from slosmith.read.yaml_reader import read_yaml

MEBIBYTE = 1024 * 1024
SECONDS = 10.0  # for one file; the slowest takes about one on an idle machine

# In a process of its own, whose death is seen; small memory, so that growth is seen, too.
PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from pathlib import Path
from slosmith.read.files import read_file
document, problems = read_file(Path(sys.argv[1]), "f.yaml")
print(document is not None, len(problems), problems[-1].check if problems else "-")
"""


def in_a_process(tmp_path: Path, raw: bytes) -> str:
    path = tmp_path / "f.yaml"
    path.write_bytes(raw)
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.strip()


def fill(unit: str, before: str = "", after: str = "") -> bytes:
    """As much of `unit` between `before` and `after` as a file may hold."""
    count = (MEBIBYTE - len(before.encode()) - len(after.encode())) // len(unit.encode())
    return (before + unit * count + after).encode()


def numbered(line: Callable[[int], str], count: int, before: str = "", after: str = "") -> bytes:
    return (before + "".join(line(number) for number in range(count)) + after).encode()


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
QUADRATIC = "a: &a [" + "x," * 10_000 + "]\nb:\n" + "- *a\n" * 10_000

NESTED = {
    "brackets": ("[" * 100_000, 65),
    "closed brackets": ("a: " + "[" * 100_000 + "]" * 100_000, 67),
    "braces": ("{a: " * 100_000, 257),
    "pairs": ("[a: " * 100_000, 129),
    "dashes": ("- " * 100_000, 129),
    "question marks": ("? " * 100_000, 129),
    "lines": ("[\n" * 100_000, 1),
}


@pytest.mark.parametrize("name", NESTED)
def test_deep_nesting_is_refused_where_it_is_too_deep(name: str, tmp_path: Path) -> None:
    text, column = NESTED[name]
    assert in_a_process(tmp_path, text.encode()).endswith("yaml-limits")
    problem = read_yaml(text.encode(), "f.yaml")[1][-1]
    assert isinstance(problem.where, Place)
    assert problem.where.span is not None
    # Newer versions of libyaml stop by themselves, at a thousand brackets.
    assert problem.where.span.column in (column, column + 936)


def test_nested_maps_are_refused_where_they_are_too_deep(tmp_path: Path) -> None:
    text = "".join(" " * depth + "a:\n" for depth in range(1000))
    assert in_a_process(tmp_path, text.encode()) == "False 1 yaml-limits"


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("billion laughs", LAUGHS.encode(), "False 1 yaml-limits"),
        ("quadratic blow-up", QUADRATIC.encode(), "False 1 yaml-limits"),
        ("recursive alias", b"a: &x [*x, &y {b: *y}]\n", "True 2 yaml-alias"),
        ("aliases", fill("- *a\n", "a: &a 1\nb:\n"), "False 1 yaml-limits"),
        ("unknown aliases", fill("- *a\n", "b:\n"), "False 101 yaml-limits"),
        ("anchors", numbered(lambda n: f"- &a{n} {n}\n", 10_000, "a:\n", "- *a9999\n"), "True 0 -"),
        (
            "suggestions",
            numbered(lambda n: f"- &anchor{n} {n}\n", 40_000, "a:\n", "- *ancor\n" * 100),
            "False 101 yaml-limits",
        ),
        ("long anchor", fill("x", "a: *"), "True 1 yaml-alias"),
        ("%TAG lines", numbered(lambda n: f"%TAG !{n}! x\n", 60_000), "False 1 yaml-limits"),
        ("many values", fill("x,", "a: [", "]"), "False 1 yaml-limits"),
        ("many keys", numbered(lambda n: f"k{n}: 1\n", 60_000), "False 1 yaml-limits"),
        ("one key again and again", fill("a: 1\n"), "False 101 yaml-limits"),
        ("many tags", fill("- !x 1\n", "a:\n"), "False 101 yaml-limits"),
        ("long tag", fill("x", "a: !", " 1\n"), "True 1 yaml-tag"),
        ("long key", fill("k", "", ": 1\n"), "False 1 yaml-syntax"),
        ("long marked key", fill("k", "? ", "\n: 1\n"), "True 1 yaml-key"),
        ("long value", fill("x", "a: "), "True 0 -"),
        ("long integer", fill("9", "a: "), "True 1 yaml-number"),
        ("long fraction", fill("9", "a: ."), "True 1 yaml-number"),
        ("long exponent", fill("9", "a: 1e"), "True 1 yaml-number"),
        ("long hexadecimal", fill("f", "a: 0x"), "True 1 yaml-number"),
        ("long comment", fill("#", "a: 1 "), "True 0 -"),
        ("comments between", fill("#\n", "a: &x\n", " b\n"), "True 0 -"),
        ("blank lines", fill("\n", 'a: "', '"'), "True 0 -"),
        ("spaces", fill(" ", "", "a: 1"), "True 0 -"),
        ("block lines", fill(" x\n", "a: |\n"), "True 0 -"),
        ("escapes", fill("\\n", 'a: "', '\\0"'), "True 1 yaml-control-character"),
        ("refused escapes", fill("\\0", 'a: "', '"'), "False 101 yaml-limits"),
        ("open quote", fill("x\n", 'a: "'), "False 1 yaml-syntax"),
        ("NULs", b"\0" * MEBIBYTE, "False 2 yaml-syntax"),
        ("control characters", b"\x01\x02" * (MEBIBYTE // 2), "False 101 yaml-limits"),
        ("carriage returns", b"a\r" * (MEBIBYTE // 2), "False 101 yaml-limits"),
        ("too large", b"#" * (MEBIBYTE + 1), "False 1 file-unreadable"),
    ],
)
def test_hostile_files_are_answered_in_time(
    name: str, raw: bytes, expected: str, tmp_path: Path
) -> None:
    started = time.monotonic()
    assert in_a_process(tmp_path, raw) == expected
    assert time.monotonic() - started < SECONDS


def test_what_is_too_large_is_refused_before_it_is_decoded() -> None:
    document, (problem,) = read_yaml(b"\xff" * (MEBIBYTE + 1), "f.yaml")
    assert document is None
    assert problem.check == "yaml-limits"


def test_nesting_and_size_up_to_the_limits_are_fine() -> None:
    depth = "a: " + "[" * 63 + "]" * 63
    count = "a: [" + "x, " * 99_997 + "]"  # and the map, its key and the list
    alias = "a: &x " + "[" * 61 + "]" * 61 + "\nb: [[*x]]"
    copies = "x: &x [" + "y," * 49_997 + "]\nb: *x"
    for text in (depth, count, alias, copies):
        document, problems = read_yaml(text.encode(), "f.yaml")
        assert (document is not None, problems) == (True, [])


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a: " + "[" * 64 + "]" * 64, 67),
        ("a: [" + "x, " * 99_998 + "]", 5 + 3 * 99_997),
        ("x: &x " + "[" * 61 + "]" * 61 + "\nb: [[[*x]]]", 7),
        ("x: &x [" + "y," * 49_998 + "]\nb: *x", 4),
    ],
)
def test_one_more_than_the_limit_is_refused(text: str, column: int) -> None:
    document, (problem,) = read_yaml(text.encode(), "f.yaml")
    assert (document, problem.check) == (None, "yaml-limits")
    assert isinstance(problem.where, Place)
    assert problem.where.span is not None
    # Newer versions of libyaml stop by themselves, at a thousand brackets.
    assert problem.where.span.column in (column, column + 936)


class Shown:
    """Shows lines of one text."""

    def __init__(self, raw: bytes) -> None:
        self.lines = split_lines(raw.decode("utf-8", errors="replace"))

    def locate(self, at: object) -> tuple[Place, str]:
        raise AssertionError("the reader knows places in files only")

    def line(self, file: str, number: int) -> str | None:
        return self.lines[number - 1] if number <= len(self.lines) else None


def check_anything(raw: bytes) -> None:
    """What holds for every input."""
    document, problems = read_yaml(raw, "f.yaml")
    assert document is not None or problems
    for problem in problems:
        check_problem(problem)
    render(problems, Shown(raw))
    if document is not None:
        check_document(document)


def check_problem(problem: Problem) -> None:
    assert isinstance(problem.where, Place)
    span = problem.where.span
    assert span is not None
    assert 1 <= span.line <= span.end_line
    assert span.column >= 1
    assert (span.line, span.column) <= (span.end_line, span.end_column)
    assert len(problem.message) < 400


def check_document(document: Document) -> None:
    assert isinstance(document.data, dict)
    for path, span in [*document.values.items(), *document.keys.items()]:
        assert 1 <= span.column <= len(document.line(span.line) or "") + 1
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        check_characters(document, path)


def check_characters(document: Document, path: DataPath) -> None:
    span, _ = document.chars_span(path, 1, 3)
    assert 1 <= span.column <= len(document.line(span.line) or "") + 1


@settings(max_examples=200, deadline=None, database=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_answered(raw: bytes) -> None:
    check_anything(raw)


# Pieces that mean something to YAML, so that random rows of them reach deep into it.
PIECES = st.lists(
    st.one_of(
        st.sampled_from(["a", "b: ", "- ", "\n", "\n  ", "\n    ", "  ", "key: value\n", "? "]),
        st.sampled_from(
            ["[", "]", "{", "}", ", ", ": ", "&x ", "*x", "!!str ", "!y ", "! ", "<<: "]
        ),
        st.sampled_from(["|", ">", "|2-\n", "'", '"', "\\", "\\x07", "#", " #", "\t", "@", "`"]),
        st.sampled_from(
            ["\n---\n", "...", "%", "%YAML 1.2\n", "1", ".inf", "0x1F", "~", "é", "😀"]
        ),
        st.sampled_from(["\r\n", "\r", "\x85", "\u2028", "\ufeff", "\0", "\x07"]),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None, database=None)
@given(PIECES)
def test_random_yaml_is_answered(pieces: list[str]) -> None:
    check_anything("".join(pieces).encode())


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.integers(0, 500), st.integers(0, 20), st.sampled_from(["", "'", '"', "[", "}", "\t", ": "])
)
def test_a_damaged_spec_is_answered(start: int, length: int, instead: str) -> None:
    spec = SPEC[:start] + instead + SPEC[start + length :]
    check_anything(spec.encode())


SPEC = """\
version: slosmith/v1   # a comment
service: api
x-base: &base {objective: 99.9, window: 30d}
labels: {tier: "1", "é😀": 'it''s'}
slos:
- name: availability
  objective: 99.9
  indicator:
    ratio:
      bad: |
        sum(rate(errors_total[$window]))
          + sum(rate(timeouts_total[$window]))
      total: >-
        sum(rate(requests_total[$window]))
- name: up
  copy: *base
  indicator: {uptime: {series: "up{job=\\"api\\"}"}}
"""
