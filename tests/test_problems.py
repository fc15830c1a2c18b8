"""Problems as text: order, carets, long lines, colours, control characters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slosmith.origins import Origins
from slosmith.problems import At, Place, Problem, Severity, Span, has_errors, render
from slosmith.read.yaml_reader import read_yaml

FILE = "specs/api.yaml"


def shown(*problems: Problem, lines: list[str] | None = None, color: bool = False) -> str:
    """The problems as text, with `lines` as the lines of the file."""
    origins = Origins()
    origins.add_lines(FILE, lines or [])
    return render(problems, origins, color=color)


def problem(
    *span: int, check: str = "a-check", message: str = "wrong", severity: Severity = "error"
) -> Problem:
    return Problem(check, message, Place(FILE, Span(*span) if span else None), severity)


def test_nothing_wrong_is_no_text() -> None:
    assert shown() == ""
    assert not has_errors([])


def test_a_problem_has_its_place_its_line_and_carets() -> None:
    text = shown(problem(2, 8, 2, 11), lines=["service: api", "window: 30h"])
    assert text == (
        "specs/api.yaml:2:8: error: wrong [a-check]\n  2 | window: 30h\n    |        ^^^\n1 error\n"
    )


def test_the_gutter_is_as_wide_as_the_number() -> None:
    lines = [""] * 99 + ["owner: x"]
    assert shown(problem(100, 8, 100, 9), lines=lines).splitlines()[1:3] == [
        "  100 | owner: x",
        "      |        ^",
    ]


def test_places_sort_by_number_and_files_by_name() -> None:
    elsewhere = Problem("z", "wrong", Place("a.yaml", Span(7, 1, 7, 2)))
    nowhere = Problem("z", "wrong")
    whole = problem()
    items = [problem(10, 1, 10, 2), problem(2, 11, 2, 12), problem(2, 9, 2, 10)]
    text = shown(*items, whole, elsewhere, nowhere)
    assert [line.split(": error")[0] for line in text.splitlines()[:-1]] == [
        "error: wrong [z]",
        "a.yaml:7:1",
        "specs/api.yaml",
        "specs/api.yaml:2:9",
        "specs/api.yaml:2:11",
        "specs/api.yaml:10:1",
    ]


def test_order_does_not_depend_on_the_order_of_finding() -> None:
    items = [
        problem(1, 1, 1, 2, check=check, message=message, severity=severity)
        for check in ("b", "a")
        for message in ("two", "one")
        for severity in ("warning", "error")
    ]
    assert shown(*items) == shown(*reversed(items))
    assert shown(*items).splitlines()[0] == "specs/api.yaml:1:1: error: one [a]"


def test_the_same_problem_is_shown_once() -> None:
    assert shown(problem(1, 1, 1, 2), problem(1, 1, 1, 2)).endswith("\n1 error\n")
    twice = shown(problem(1, 1, 1, 2), problem(1, 1, 1, 2, message="wronger"))
    assert twice.endswith("\n2 errors\n")


def test_errors_and_warnings_are_counted_apart() -> None:
    warnings = [problem(n, 1, n, 2, severity="warning") for n in (1, 2)]
    assert shown(*warnings).splitlines()[-1] == "2 warnings"
    assert shown(*warnings, problem()).splitlines()[-1] == "1 error, 2 warnings"
    assert not has_errors(warnings)
    assert has_errors([*warnings, problem()])


def test_a_stretch_of_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    text = shown(problem(1, 4, 3, 2), lines=["a: [b,", "c,", "d]"])
    assert text.splitlines()[1:3] == ["  1 | a: [b,", "    |    ^^^"]


def test_a_place_beyond_the_line_still_has_a_caret() -> None:
    text = shown(problem(1, 9, 1, 10), lines=["service:"])
    assert text.splitlines()[2] == "    |         ^"
    assert "^" in shown(problem(1, 400, 1, 401), lines=["service:"])


def test_a_blank_or_unknown_line_is_not_shown() -> None:
    for lines in ([], ["", "x"], ["   ", "x"]):
        assert shown(problem(1, 1, 1, 2), lines=lines).count("\n") == 2


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "query: " + "a" * 500 + "WRONG" + "b" * 500
    source, carets = shown(problem(1, 508, 1, 513), lines=[line]).splitlines()[1:3]
    assert len(source) < 180
    assert source[carets.index("^") :][: carets.count("^")] == "WRONG"


def test_carets_over_a_cut_end_stay_on_the_line() -> None:
    line = "query: " + "a" * 1000
    source, carets = shown(problem(1, 8, 1, 1008), lines=[line]).splitlines()[1:3]
    assert len(carets) == len(source)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=300), st.data())
def test_carets_mark_the_place_in_any_line(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(1, len(line) + 1))
    end = data.draw(st.integers(start, len(line) + 1))
    text = shown(problem(1, start, 1, end), lines=[line])
    assert text.endswith("\n1 error\n")
    assert all(char.isprintable() or char == "\n" for char in text)
    if not line.strip():
        return
    source, carets = text.split("\n")[1:3]
    marked = source.ljust(len(carets))[carets.index("^") :][: carets.count("^")]
    wanted = line[start - 1 : max(end - 1, start)]
    printable = "".join(char if char.isprintable() else " " for char in wanted).rstrip()
    assert marked.startswith(printable[: len(marked)].rstrip())


def test_colour_is_put_to_the_severity_and_the_carets_alone() -> None:
    plain = shown(problem(1, 1, 1, 3), lines=["ab"])
    for severity, code in (("error", "31;1"), ("warning", "33;1")):
        item = problem(1, 1, 1, 3, severity="error" if severity == "error" else "warning")
        text = shown(item, lines=["ab"], color=True)
        assert f"\x1b[{code}m{severity}\x1b[0m: wrong" in text
        stripped = text.replace(f"\x1b[{code}m", "").replace("\x1b[0m", "")
        stripped = stripped.replace("\x1b[31;1m", "")
        assert stripped == plain.replace("error", severity)


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\r", "\x9b", "\u202e", "\u2028", "\udcff"])
def test_nothing_from_a_spec_reaches_the_terminal_raw(char: str) -> None:
    message = f"`a{char}b` is wrong"
    item = Problem("a-check", message, Place(f"specs/{char}.yaml", Span(1, 1, 1, 2)))
    origins = Origins()
    origins.add_lines(f"specs/{char}.yaml", [f"x{char}y"])
    for color in (False, True):
        text = render([item], origins, color=color)
        for code in ("\x1b[31;1m", "\x1b[0m"):
            text = text.replace(code, "") if color else text
        assert char not in text
        assert text.count("\n") == 4


def test_the_lines_of_advice_stay_lines() -> None:
    advice = shown(problem(1, 1, 1, 2, message="write:\n    bad: \x1bx\n  or"), lines=["ab"])
    assert advice.splitlines() == [
        "specs/api.yaml:1:1: error: write: [a-check]",
        "    bad: \\x1bx",
        "  or",
        "  1 | ab",
        "    | ^",
        "1 error",
    ]


def test_a_place_in_the_model_is_shown_where_it_came_from() -> None:
    document, _ = read_yaml(b"slos:\n- name: a\n  query: >\n    folded\n    text\n", FILE)
    assert document
    origins = Origins()
    origins.add("the model's name of it", document)
    at = ("services", "x", "slos", 0)
    origins.record(at, "the model's name of it", ("slos", 0))
    origins.record((*at, "query"), "the model's name of it", ("slos", 0, "query"))
    value = Problem("a", "value", At((*at, "query")))
    char = Problem("b", "inside", At((*at, "query"), chars=(7, 11)))
    below = Problem("c", "nearest above", At((*at, "nothing", "like it")))
    lines = [line for line in render([value, char, below], origins).splitlines() if "[" in line]
    assert lines == [
        "specs/api.yaml:2:3: error: nearest above [c]",
        "specs/api.yaml:4:5: error: value [a]",
        "specs/api.yaml:4:5: error: inside (character 8 of the query) [b]",
    ]
