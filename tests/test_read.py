"""YAML text → data, and the places of its keys, values and characters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slosmith.problems import Path, Span
from slosmith.read.document import Document
from slosmith.read.scalars import ScalarError, plain_scalar
from slosmith.read.yaml_reader import read_yaml


def read(text: str | bytes) -> Document:
    raw = text.encode() if isinstance(text, str) else text
    document, problems = read_yaml(raw, "f.yaml")
    assert problems == []
    assert document is not None
    return document


def source(document: Document, span: Span) -> str:
    """The stretch of the source that a span covers."""
    lines = [document.line(number) or "" for number in range(span.line, span.end_line + 1)]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def test_a_document_knows_its_name_text_and_lines() -> None:
    document = read("a: 1\r\nb: 2\n")
    assert (document.file, document.text) == ("f.yaml", "a: 1\r\nb: 2\n")
    assert [document.line(number) for number in (0, 1, 2, 3, 4)] == [None, "a: 1", "b: 2", "", None]


def test_numbers_are_exact_and_words_of_yaml_1_1_are_text() -> None:
    text = 'a: 99.90\nb: 08\nc: no\nd: "1"\ne: !!str 1\nf: ! 1\ng:\nh: !!float 2\n'
    assert read(text).data == {
        "a": Decimal("99.9"),
        "b": 8,
        "c": "no",
        "d": "1",
        "e": "1",
        "f": "1",
        "g": None,
        "h": Decimal(2),
    }


def test_keys_are_taken_as_their_text() -> None:
    text = "true: 1\non: 2\n1: 3\nnull: 4\n~: 5\n1.0: 6\n.inf: 7\n'<<': 8\n? x\n: 9\n"
    keys = ["true", "on", "1", "null", "~", "1.0", ".inf", "<<", "x"]
    assert list(read(text).data) == keys


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: b c # d\n", ("a",), "b c"),
        ("a:\tb\n", ("a",), "b"),
        ("a: 'b'\n", ("a",), "'b'"),
        ('a: "b\\n"\n', ("a",), '"b\\n"'),
        ("a:   # nothing\nb: 1\n", ("a",), ""),
        ("a: 12\n", ("a",), "12"),
        ("a: &x !!str b\n", ("a",), "b"),
        ("a: !!str &x  'b'\n", ("a",), "'b'"),
        ("a: !<tag:yaml.org,2002:str> b\n", ("a",), "b"),
        ("a: &x # &y !z\n  b\n", ("a",), "b"),
        ("a: !!str\n", ("a",), ""),
        ("a: b\n  c\n", ("a",), "b\n  c"),
        ('a: "b\n  c"\n', ("a",), '"b\n  c"'),
        ("a: |\n  b\n  c\n\n\nd: 1\n", ("a",), "b\n  c"),
        ("a: &x |-  # c\n\n    b\n", ("a",), "b"),
        ("a: >\n  b\n  c\n# d\n", ("a",), "b\n  c"),
        ("a: |\n", ("a",), "|"),
        ("a: |\n  \xa0\n", ("a",), "\xa0"),
        ("a: |2\n    \n", ("a",), "|"),
        ("a: [b, {c: d}]\n", ("a",), "[b, {c: d}]"),
        ("a: [b, {c: d}]\n", ("a", 1), "{c: d}"),
        ("a: [b, {c: d}]\n", ("a", 1, "c"), "d"),
        ("a: [b: c, d]\n", ("a", 0), "b: c"),
        ("a: {b, c: [d]}\n", ("a", "c"), "[d]"),
        ("a: [\n  b,\n  c]\n", ("a",), "[\n  b,\n  c]"),
        ("a: &x [b]\n", ("a",), "[b]"),
        ("a:\n  b: 1\n  c: 2\nd: 3\n", ("a",), "b: 1\n  c: 2"),
        ("a: &x\n  b: 1\n\n# c\nd: 3\n", ("a",), "b: 1"),
        ("a:\n- b\n- c: 1\n  d: 2\ne: 3\n", ("a",), "- b\n- c: 1\n  d: 2"),
        ("a:\n- b\n- c: 1\n  d: 2\ne: 3\n", ("a", 1), "c: 1\n  d: 2"),
        ("a: !!seq\n- b\n", ("a",), "- b"),
        ("a:\n  b:\nc: 1\n", ("a",), "b:"),
        ("a: 1\nb: [2]\n\n\n", (), "a: 1\nb: [2]"),
        ("# x\n--- # y\n  a: 1", (), "a: 1"),
    ],
)
def test_a_value_stands_where_its_content_stands(text: str, path: Path, expected: str) -> None:
    document = read(text)
    assert source(document, document.values[path]) == expected


@pytest.mark.parametrize(
    ("text", "path", "span"),
    [
        ("é: 😀 b\n", ("é",), Span(1, 4, 1, 7)),
        ("a: '😀😀'\n", ("a",), Span(1, 4, 1, 8)),
        ("\ufeffa: b\n", ("a",), Span(1, 4, 1, 5)),
        ("x: 1\r\na: b\r\n", ("a",), Span(2, 4, 2, 5)),
        ("a: [😀, 'é', b]\n", ("a", 2), Span(1, 13, 1, 14)),
        ("x: '\t'\na:\n  - b: c\n", ("a", 0, "b"), Span(3, 8, 3, 9)),
        ("a: b", ("a",), Span(1, 4, 1, 5)),
        ("a:\r\n  b: |\r\n    x\r\n    y\r\n", ("a", "b"), Span(3, 5, 4, 6)),
    ],
)
def test_columns_count_characters_from_1(text: str, path: Path, span: Span) -> None:
    assert read(text).values[path] == span


def test_keys_have_their_own_places() -> None:
    document = read("a: 1\n'b c': {d: [e: 2]}\n&x 😀: 3\n")
    assert document.keys == {
        ("a",): Span(1, 1, 1, 2),
        ("b c",): Span(2, 1, 2, 6),
        ("b c", "d"): Span(2, 9, 2, 10),
        ("b c", "d", 0, "e"): Span(2, 13, 2, 14),
        ("😀",): Span(3, 4, 3, 5),
    }


def test_an_alias_is_a_copy_whose_inside_stands_at_the_anchor() -> None:
    document = read("a: &x {b: [c]}\nd: *x\n")
    assert document.data == {"a": {"b": ["c"]}, "d": {"b": ["c"]}}
    assert document.data["a"]["b"] is not document.data["d"]["b"]
    assert document.values[("d",)] == Span(2, 4, 2, 6)
    assert document.values[("d", "b", 0)] == document.values[("a", "b", 0)] == Span(1, 12, 1, 13)
    assert document.keys[("d", "b")] == Span(1, 8, 1, 9)


def test_an_alias_stands_for_the_last_anchor_of_its_name_and_can_be_a_key() -> None:
    document = read("a: &x b\nc: *x\nd: &x e\nf: *x\n*x : g\n")
    assert document.data == {"a": "b", "c": "b", "d": "e", "f": "e", "e": "g"}
    assert document.keys[("e",)] == Span(5, 1, 5, 3)


@pytest.mark.parametrize(
    ("text", "start", "end", "span"),
    [
        ("q: sum(x)\n", 4, 5, Span(1, 8, 1, 9)),
        ("q: 'sum(x)' # c\n", 4, 5, Span(1, 9, 1, 10)),
        ('q: "sum(x)"\n', 0, 6, Span(1, 5, 1, 11)),
        ("q: !!str   sum(x)\n", 0, 1, Span(1, 12, 1, 13)),
        ("q: 😀é(x)\n", 2, 4, Span(1, 6, 1, 8)),
        ("p: [a, {q: 0}]\nq: b\n", 0, 1, Span(2, 4, 2, 5)),
        ("q: |\n  a\n  bc\n", 2, 4, Span(3, 3, 3, 5)),
        ("q: |\r\n  a\r\n  bc\r\n", 2, 4, Span(3, 3, 3, 5)),
        ("q: &x |-  # c\n    a\n      bc\n", 4, 5, Span(3, 7, 3, 8)),
        ("q: |2\n    a\n", 2, 3, Span(2, 5, 2, 6)),
        ("q: |2\n    \n", 0, 1, Span(2, 3, 2, 4)),
        ("q: |\n\n  a\n", 1, 2, Span(3, 3, 3, 4)),
        ("q: |\n  a\n\n  bc\n", 2, 3, Span(3, 1, 3, 2)),
        ("q: |\n  a\n\n  bc\n", 4, 5, Span(4, 4, 4, 5)),
        ("q: |\n  ab\n  cd\n", 1, 5, Span(2, 4, 3, 5)),
        ("q: |\n  ab\n  cd\n", 0, 3, Span(2, 3, 2, 6)),
        ("q: |\n  ab\n  cd\n", 3, 3, Span(3, 3, 3, 3)),
        ("q: sum(x)\n", 5, 99, Span(1, 9, 1, 10)),
        ("q: sum(x)\n", 99, 99, Span(1, 10, 1, 10)),
        ("q: |\n  ab\n", 99, 99, Span(2, 5, 2, 5)),
        ("q: |+\n  ab\n\n", 3, 4, Span(2, 5, 2, 5)),
        ("q: |\n  ab\n", 1, 3, Span(2, 4, 2, 5)),
        ("q: ''\n", 0, 1, Span(1, 5, 1, 5)),
    ],
)
def test_characters_that_stand_as_they_are_have_exact_places(
    text: str, start: int, end: int, span: Span
) -> None:
    assert read(text).chars_span(("q",), start, end) == (span, "")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ('q: "a\\"b"\n', Span(1, 4, 1, 10)),
        ("q: 'a''b'\n", Span(1, 4, 1, 10)),
        ("q: >\n  a\n  b\n", Span(2, 3, 2, 4)),
        ("q: >-\n  abc\n", Span(2, 3, 2, 6)),
        ("q: ab\n  c\n", Span(1, 4, 1, 6)),
        ('q: "ab\n  c"\n', Span(1, 4, 1, 7)),
        ('q: "ab\r\n  c"\r\n', Span(1, 4, 1, 7)),
    ],
)
def test_other_characters_are_counted_from_the_start_of_the_value(text: str, span: Span) -> None:
    assert read(text).chars_span(("q",), 2, 3) == (span, "character 3 of the query")


def test_characters_of_an_alias_stand_at_its_anchor() -> None:
    document = read("a: &x sum(y)\nq: *x\n")
    assert document.chars_span(("q",), 4, 5) == (Span(1, 11, 1, 12), "")


def test_characters_of_what_is_no_string_are_the_place_of_the_value() -> None:
    document = read("q: 12\nr: [\n1]\n")
    assert document.chars_span(("q",), 0, 1) == (Span(1, 4, 1, 6), "")
    assert document.chars_span(("r",), 0, 1) == (Span(2, 4, 2, 5), "")
    assert document.chars_span(("r", 7, "x"), 0, 1) == (Span(2, 4, 2, 5), "")


# Characters that a YAML file may hold, raw or escaped.
CHARACTERS = st.one_of(
    st.sampled_from("abc:#{}[],&*!|>'\"%@`-? \\\n\té😀"),
    st.characters(
        exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"
    ),
)


def _is_text_in_both_versions(text: str) -> bool:
    """Whether YAML 1.2 reads as text what YAML 1.1 writes without quotes."""
    try:
        if plain_scalar(text) == text:
            return True
    except ScalarError:
        pass
    try:
        return bool(yaml.safe_load(text) != text)
    except (yaml.YAMLError, ValueError):
        return True


TEXTS = st.text(CHARACTERS, max_size=30).filter(_is_text_in_both_versions)
DATA = st.dictionaries(
    TEXTS.filter(bool),
    st.recursive(
        st.one_of(
            TEXTS,
            st.none(),
            st.booleans(),
            st.integers(-(10**30), 10**30),
            st.decimals(-1000, 1000, places=3).map(float),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(TEXTS.filter(bool), inner, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=5,
)


def _with_floats(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _with_floats(item) for key, item in value.items()}
    return [_with_floats(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=200, deadline=None, database=None)
@given(
    data=DATA,
    style=st.sampled_from([None, "'", '"', "|", ">"]),
    flow=st.sampled_from([True, False, None]),
    unicode=st.booleans(),
)
def test_data_is_what_pyyaml_reads_and_places_are_those_of_the_text(
    data: dict[str, Any], style: str | None, flow: bool | None, unicode: bool
) -> None:
    text: str = yaml.safe_dump(
        data, default_style=style, default_flow_style=flow, allow_unicode=unicode, width=60
    )
    document = read(text)
    assert _with_floats(document.data) == yaml.safe_load(text) == data
    assert document.keys.keys() <= document.values.keys()
    for path in document.strings:
        _check_characters(document, path)


def _check_characters(document: Document, path: Path) -> None:
    """Every place that is said to be exact holds the character."""
    value: Any = document.data
    for part in path:
        value = value[part]
    for index, char in enumerate(value):
        span, addition = document.chars_span(path, index, index + 1)
        line = document.line(span.line)
        assert line is not None
        if addition:
            assert addition == f"character {index + 1} of the query"
            assert span.line == span.end_line
            assert span.column <= span.end_column <= len(line) + 1
        elif char == "\n":
            assert span.column == len(line) + 1
        else:
            assert line[span.column - 1 : span.end_column - 1] == char
