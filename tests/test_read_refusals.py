"""What the reader refuses: each with its id and its exact place, and what is still read."""

from __future__ import annotations

from typing import Any

import pytest

from slosmith.problems import Place, Problem, Span
from slosmith.read.document import Document
from slosmith.read.yaml_reader import read_yaml


def read(text: str | bytes) -> tuple[Document | None, list[Problem]]:
    return read_yaml(text.encode() if isinstance(text, str) else text, "f.yaml")


def findings(text: str | bytes) -> list[tuple[str, str]]:
    """Ids and places of all problems, as `line:column-line:column`."""
    found = []
    for problem in read(text)[1]:
        assert isinstance(problem.where, Place)
        assert problem.where.file == "f.yaml"
        assert problem.severity == "error"
        span = problem.where.span
        assert span is not None
        place = f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"
        found.append((problem.check, place))
    return found


def only(text: str | bytes) -> tuple[str, str, str]:
    """Id, start and message of the one problem of a text."""
    ((check, place),) = findings(text)
    return check, place.split("-")[0], read(text)[1][0].message


@pytest.mark.parametrize(
    ("text", "check", "place", "data"),
    [
        # Keys.
        ("a: 1\nb: 2\na: 3\n", "yaml-duplicate-key", "3:1-3:2", {"a": 1, "b": 2}),
        ("a: {b: 1, 'b': 2}\n", "yaml-duplicate-key", "1:11-1:14", {"a": {"b": 1}}),
        ("&x a: 1\n*x : 2\n", "yaml-duplicate-key", "2:1-2:3", {"a": 1}),
        ("a: 1\n? [b]\n: 2\nc: 3\n", "yaml-key", "2:3-2:4", {"a": 1, "c": 3}),
        ("a: {{ b }}\n", "yaml-key", "1:5-1:6", {"a": {}}),
        ("a: &x [1]\n*x : 2\n", "yaml-key", "2:1-2:3", {"a": [1]}),
        ("a: {'': 1}\n", "yaml-key", "1:5-1:7", {"a": {}}),
        ("?\n: 1\n", "yaml-key", "1:2-1:2", {}),
        ("? " + "k" * 1025 + "\n: 1\n", "yaml-key", "1:3-1:1028", {}),
        # Tags: the value below a foreign tag is read as if it had none.
        ("a: !x 1\n", "yaml-tag", "1:4-1:6", {"a": 1}),
        ("a: &b !!binary 'AA=='\n", "yaml-tag", "1:7-1:15", {"a": "AA=="}),
        ("a: !!set {b: }\n", "yaml-tag", "1:4-1:9", {"a": {"b": None}}),
        ("a: !<x:y> [1]\n", "yaml-tag", "1:4-1:10", {"a": [1]}),
        ("!!timestamp a: 1\n", "yaml-tag", "1:1-1:12", {"a": 1}),
        ("a: !!seq {b: 1}\n", "yaml-tag", "1:4-1:9", {"a": {"b": 1}}),
        ("a: !!int [1]\n", "yaml-tag", "1:4-1:9", {"a": [1]}),
        # Documents and versions.
        ("a: 1\n---\nb: 2\n", "yaml-documents", "2:1-2:4", {"a": 1}),
        ("--- # x\na: 1\n--- \n", "yaml-documents", "3:1-3:4", {"a": 1}),
        ("%YAML 1.1\n---\na: 1\n", "yaml-syntax", "1:1-1:10", {"a": 1}),
        # Control characters, raw and escaped.
        ("a: b\x07\x07\n", "yaml-control-character", "1:5-1:7", {"a": "b\ufffd\ufffd"}),
        ("a: '\x00'\n", "yaml-control-character", "1:5-1:6", {"a": "\ufffd"}),
        ("a: 1\nb: 😀\x7f\n", "yaml-control-character", "2:5-2:6", {"a": 1, "b": "😀\ufffd"}),
        ("a: b\x85c\n", "yaml-control-character", "1:5-1:6", {"a": "b\ufffdc"}),
        ("a: b\u2028c\n", "yaml-control-character", "1:5-1:6", {"a": "b\ufffdc"}),
        ("# \u2029\na: b\n", "yaml-control-character", "1:3-1:4", {"a": "b"}),
        ("a: b\ufeff\n", "yaml-control-character", "1:5-1:6", {"a": "b\ufffd"}),
        ("a: b\uffff\n", "yaml-control-character", "1:5-1:6", {"a": "b\ufffd"}),
        ('a: "b\\0"\n', "yaml-control-character", "1:6-1:8", {"a": "b\0"}),
        ('a: "\\\\0\\x07"\n', "yaml-control-character", "1:8-1:12", {"a": "\\0\x07"}),
        ('a: "\\u2028"\n', "yaml-control-character", "1:5-1:11", {"a": "\u2028"}),
        ('a: "\\U0000FEFF"\n', "yaml-control-character", "1:5-1:15", {"a": "\ufeff"}),
        ('a: "\\L"\n', "yaml-control-character", "1:5-1:7", {"a": "\u2028"}),
        ('a: "b\n  \\r"\n', "yaml-control-character", "2:3-2:5", {"a": "b \r"}),
        ('"\\e": 1\n', "yaml-control-character", "1:2-1:4", {"\x1b": 1}),
    ],
)
def test_a_fault_that_leaves_the_data_whole_is_found_and_the_rest_is_read(
    text: str, check: str, place: str, data: Any
) -> None:
    assert findings(text) == [(check, place)]
    document, _ = read(text)
    assert document is not None
    assert document.data == data


@pytest.mark.parametrize(
    ("text", "check", "place"),
    [
        # Encodings.
        (b"\xff\xfea\0", "yaml-encoding", "1:1-1:2"),
        (b"\xfe\xff\0a", "yaml-encoding", "1:1-1:2"),
        (b"a\0:\0 \x001\0", "yaml-encoding", "1:1-1:2"),
        (b"\0a\0:\0 \x001", "yaml-encoding", "1:1-1:2"),
        (b"a: 1\nb: \xc3\xa9\xe9\n", "yaml-encoding", "2:5-2:6"),
        (b"\xef\xbb\xbfa: \xff", "yaml-encoding", "1:4-1:5"),
        (b"a: \xed\xa0\x80\n", "yaml-encoding", "1:4-1:5"),
        ("a: b\rc: d\n", "yaml-control-character", "1:5-1:6"),
        # No data, or not what a file must hold.
        ("", "yaml-empty", "1:1-1:1"),
        ("\ufeff", "yaml-empty", "1:1-1:1"),
        ("# a\n\n", "yaml-empty", "1:1-1:1"),
        ("---\n...\n", "yaml-empty", "1:1-1:1"),
        ("null\n", "yaml-empty", "1:1-1:1"),
        ("---\n---\na: 1\n", "yaml-documents", "2:1-2:4"),
        ("# x\n- a\n- b\n", "yaml-syntax", "2:1-3:4"),
        ("a\n", "yaml-syntax", "1:1-1:2"),
        ("b: &x {a: 1}\nc:\n  <<: *x\n", "yaml-merge", "3:3-3:5"),
    ],
)
def test_a_fault_that_leaves_holes_is_found_and_nothing_is_read(
    text: str | bytes, check: str, place: str
) -> None:
    assert findings(text) == [(check, place)]
    assert read(text)[0] is None


@pytest.mark.parametrize(
    ("text", "check", "place"),
    [
        # Values that cannot be had.
        ("a: .inf\n", "yaml-number", "1:4-1:8"),
        ("a: [1, -.nan, .NaN]\n", "yaml-number", "1:15-1:19"),
        ("a: " + "9" * 41 + "\n", "yaml-number", "1:4-1:45"),
        ("a: 1e31\n", "yaml-number", "1:4-1:8"),
        ("a: !!int x\n", "yaml-tag", "1:10-1:11"),
        ("a: *x\n", "yaml-alias", "1:4-1:6"),
        ("a: &x [1, *x]\n", "yaml-alias", "1:11-1:13"),
        ("a: &x {b: {c: *x}}\n", "yaml-alias", "1:15-1:17"),
    ],
)
def test_a_value_that_cannot_be_had_is_refused_in_its_place_and_the_rest_is_read(
    text: str, check: str, place: str
) -> None:
    text += "rest: 1\n"
    assert findings(text) == [(check, place)]
    document = read(text)[0]
    assert document is not None
    assert "REFUSED" in repr(document.data["a"])
    assert document.data["rest"] == 1


QUOTED = "in quotes"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        # Values that need quotes.
        ('a: x{b="c", d: "e"}\n', "1:14-1:15", "cannot hold `: `"),
        ('a: "b": c\n', "1:7-1:8", "after the closing quote"),
        ("a: @b\n", "1:4-1:5", "cannot start with `@`"),
        ("a: %b\n", "1:4-1:5", "cannot start with `%`"),
        ("a: `b`\n", "1:4-1:5", "cannot start with a backtick"),
        ("a: ]\n", "1:4-1:5", "cannot start with `]`"),
        ("a: ? b\n", "1:4-1:5", "cannot start with `? `"),
        ("a: - b\n", "1:4-1:7", "cannot start after its key"),
        ("a: > 5\n", "1:4-1:7", "`>` opens a text"),
        ("a: |x\n", "1:4-1:6", "`|` opens a text"),
        ('a: {b="c"} > 0\n', "1:4-1:15", "starts with `{` is a map"),
        ('a: {b="c"}[5m]\n', "1:4-1:15", "starts with `{` is a map"),
        ("a: [b] + 1\n", "1:4-1:11", "starts with `[` is a list"),
        ('a: "b{c="d"}"\n', "1:10-1:14", 'write \\" for each "'),
        ("a: 'it's'\n", "1:8-1:10", "write '' for each '"),
        ("a: * 5\n", "1:4-1:5", "an alias needs a name"),
        ("a: & 5\n", "1:4-1:5", "an anchor needs a name"),
        ("a: !<b\n", "1:4-1:7", "is a tag"),
        ("%a\nb: 1\n", "1:1-1:3", "directive"),
        ("%YAML 2.0\n---\na: 1\n", "1:1-1:10", "reads YAML 1.2"),
        # Quotes and escapes.
        ('a: 1\nb: "c\nd: 1\n', "2:4-2:6", "never closed"),
        ("a: 'b\n", "1:4-1:6", "never closed"),
        ('a: "b\n---\n"\n', "1:4-1:6", "never closed"),
        ('a: "b\\', "1:4-1:7", "never closed"),
        ('a: "b\nc: "d"\n', "1:4-1:6", "closed only on line 2"),
        ('"a\nb": 1\n', "1:1-1:3", "closed only on line 2"),
        ('a: 1\n"b\nc": 1\n', "2:1-2:3", "must fit on one line"),
        ('a: "\\d+"\n', "1:5-1:7", "write `\\\\d`"),
        ('a: "\\ud83d"\n', "1:5-1:11", "stands for no character"),
        ('a: "b\\x1"\n', "1:6-1:9", "stands for no character"),
        # Brackets.
        ("a: [1, 2\nb: 3\n", "1:4-1:9", "`[` is not closed"),
        ("a: {b: 1\n", "1:4-1:9", "`{` is not closed"),
        ("a: 1\nb: [\n", "2:4-2:5", "`[` is not closed"),
        ("a: [b\n---\nc: 1\n", "1:4-1:6", "`[` is not closed"),
        ("a: [1, 2}\n", "1:9-1:10", "`,` or `]` was expected"),
        ("a: [\n  {b: 1}\n  {c: 2}\n]\n", "3:3-3:4", "`,` or `]` was expected"),
        ("a: {\n\tb: 1,\n\t'c' 'd'\n}\n", "3:6-3:7", "`,` or `}` was expected"),
        ("a: [1,, 2]\n", "1:7-1:8", "missing before the `,`"),
        ("a: {: 1}\n", "1:5-1:6", "a key is missing before the `:`"),
        # Lines that are no pairs, and indentation.
        ("a: 1\nb\nc: 2\n", "2:1-2:2", "`:` is missing"),
        ("a: 1\nb:2\n", "2:1-2:4", "a space is missing after the colon: `b: …`"),
        ("a:1\nb: 2\n", "1:1-1:4", "a space is missing after the colon: `a: …`"),
        ("- a\n-b\n", "2:1-2:3", "a space is missing after the dash"),
        (": 1\n", "1:1-1:2", "a key is missing before the `:`"),
        ("k" * 1025 + ": 1\n", "1:1-1:1026", "at most 1024 characters"),
        ("a: 1\n  b: 2\n", "2:3-2:4", "indented deeper than line 1"),
        ("a:\n    b: 1\n  c: 2\n", "3:3-3:7", "indentation fits nothing"),
        ("a: |\n    b\n  c\n", "3:3-3:4", "indentation fits nothing"),
        ("a:\n  b: 1\n  - c\n", "3:3-3:6", "a list item where a key belongs"),
        ("a:\n  - b\n  c: 1\n", "3:3-3:7", "`- item` was expected"),
        ("  a: 1\nb: 2\n", "2:1-2:5", "does not belong to the map above"),
        ("{a: 1}\nb: 2\n", "2:1-2:5", "does not belong to the map above"),
        ("a: &x &y 1\n", "1:7-1:11", "`key: value` was expected"),
        # Tabs.
        ("a:\n\tb: 1\n", "2:1-2:2", "a tab in the indentation"),
        ("a:\n  b: 1\n \t\tc: 2\n", "3:2-3:4", "a tab in the indentation"),
        ("a: |\n\tb\n", "2:1-2:2", "a tab in the indentation"),
        ("a:\n\t- b\n", "2:1-2:2", "a tab in the indentation"),
        ("\ta: 1\n", "1:1-1:2", "a tab in the indentation"),
        # Columns count characters here, too.
        ("é😀: 'b' c\n", "1:9-1:10", "after the closing quote"),
    ],
)
def test_syntax_errors_say_in_plain_words_what_is_wrong_and_where(
    text: str, place: str, words: str
) -> None:
    assert findings(text) == [("yaml-syntax", place)]
    document, (problem,) = read(text)
    assert document is None
    assert words in problem.message
    # None of libyaml's own words.
    assert not {"scanning", "parsing", "context", "token", "stream"} & set(problem.message.split())


@pytest.mark.parametrize(
    "text",
    ['a: x{b="c", d: "e"}\n', 'a: {b="c"} > 0\n', "a: @b\n", "a: > 5\n", "a: - b\n", "a: * 5\n"],
)
def test_what_quotes_would_mend_is_told_so(text: str) -> None:
    assert QUOTED in only(text)[2]


def test_an_unknown_tag_handle_is_a_foreign_tag() -> None:
    assert only("a: !x!y 1\n")[:2] == ("yaml-tag", "1:4")


def test_tabs_are_fine_where_yaml_takes_them() -> None:
    document, problems = read("a:\tb\tc\t# d\ne: [\n\tf,\n\tg]\nh: |\n  i\tj\n")
    assert problems == []
    assert document is not None
    assert document.data == {"a": "b\tc", "e": ["f", "g"], "h": "i\tj\n"}


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    assert "`a`" in only("\na: 1\nb: 2\na: 3\n")[2]
    assert "line 2" in only("\na: 1\nb: 2\na: 3\n")[2]


def test_a_merge_key_is_told_what_to_do_instead() -> None:
    message = only("b: &x {a: 1}\nc: {<<: *x}\n")[2]
    assert "not merged" in message
    assert "`defaults` in slosmith.yaml" in message


def test_an_unknown_alias_comes_with_a_suggestion() -> None:
    assert "did you mean `*base`?" in only("a: &base 1\nb: *bse\n")[2]
    assert "quotes" in only("b: *bse\n")[2]


def test_utf_16_is_called_by_its_name() -> None:
    assert "UTF-16" in only("a: é".encode("utf-16"))[2]
    assert "UTF-16" in only("a: é".encode("utf-16-le"))[2]


def test_the_name_of_a_control_character_is_told() -> None:
    assert "LINE SEPARATOR U+2028" in only("a: \u2028b\n")[2]
    assert "control character U+001B" in only("a: \x1b[31m\n")[2]


def test_all_problems_are_found_in_one_run() -> None:
    text = "a: 1\na: 2\nb: !x 3\nc: *y\nd: .inf\n? []\n: 1\ne: '\x07'\nf: [\n"
    assert findings(text) == [
        ("yaml-control-character", "8:5-8:6"),
        ("yaml-duplicate-key", "2:1-2:2"),
        ("yaml-tag", "3:4-3:6"),
        ("yaml-alias", "4:4-4:6"),
        ("yaml-number", "5:4-5:8"),
        ("yaml-key", "6:3-6:4"),
        ("yaml-syntax", "9:4-9:5"),
    ]


def test_values_of_refused_keys_are_checked_too() -> None:
    text = "a: 1\na: {b: .inf}\n? [*x]\n: !y 1\n"
    assert [check for check, _ in findings(text)] == [
        "yaml-duplicate-key",
        "yaml-number",
        "yaml-key",
        "yaml-alias",
        "yaml-tag",
    ]


def test_a_refused_key_leaves_no_value_and_no_place() -> None:
    document, _ = read("a: 1\n? [b]\n: {c: 2}\n'': {d: 3}\ne: 4\n")
    assert document is not None
    assert document.data == {"a": 1, "e": 4}
    assert set(document.values) == {(), ("a",), ("e",)}
    assert set(document.keys) == {("a",), ("e",)}


def test_a_map_whose_first_key_is_a_list_ends_with_its_last_value() -> None:
    document, _ = read("a:\n  [b]: 1\n  c: 2\n\nd: 3\n")
    assert document is not None
    assert document.values[("a",)] == Span(2, 3, 3, 7)
