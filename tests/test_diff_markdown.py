"""The comment of a pull request: it fits whatever changes, and no text of a spec is markup."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from generators import VIEWS
from slosmith.diff import fleets, services
from slosmith.diff.changes import Change, Difference, Part, Risk, ServiceChange, Unread
from slosmith.diff.machine import as_json
from slosmith.diff.markdown import LIMIT, as_markdown
from slosmith.diff.sides import Side, Views
from slosmith.diff.text import as_text
from slosmith.escape import code_block, code_span, prose
from slosmith.model import Fleet, Project, Service
from tests.projects import OFF, PROJECT, invoke, spec, write
from tests.repositories import repository

READER = MarkdownIt("gfm-like", {"html": True})
# All tags that a comment may have.
OURS = {
    "p",
    "ul",
    "li",
    "strong",
    "code",
    "pre",
    "details",
    "summary",
    "b",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "blockquote",
}
HOSTILE = [
    "@octocat and @my-org/team",
    "`code` ``more`` ` `` ```",
    "a | b \\| c \\\\| d",
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "</details></summary><!-- <details>",
    "[link](https://evil.example) ![x](https://evil.example/x.png) https://evil.example",
    "www.evil.example and a@evil.example",
    "# head\n\n- item\n\n---\n\n```\nfence",
    "fixes #1, closes org/repo#2, GH-3",
    "**bold** _it_ ~~gone~~ $x$ :smile: &amp; &lt;",
    "\u202eright to left\u200b\x00\x1b[31m",
    "`",
    " ",
    "x" * 5000,
]


class Seen(HTMLParser):
    """The tags of a rendered comment, and its text outside of code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.code = ""
        self._deep = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert all(name in ("class", "style") for name, _ in attrs), attrs
        self._deep += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._deep -= tag == "code"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_data(self, data: str) -> None:
        if self._deep:
            self.code += data
        else:
            self.text += data


def rendered(markdown: str) -> Seen:
    seen = Seen()
    seen.feed(READER.render(markdown))
    seen.close()
    return seen


def harmless(markdown: str) -> Seen:
    """What is seen of a comment that has only our own markup, and nobody and nothing is called."""
    seen = rendered(markdown)
    assert seen.tags <= OURS, seen.tags - OURS
    assert not re.search(r"@\w|#\d|://|www\.\w|GH-\d|:\w+:", seen.text), seen.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", markdown)
    return seen


@pytest.mark.parametrize("text", HOSTILE)
def test_escapes_give_the_text_and_nothing_else(text: str) -> None:
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    assert harmless(f"a {code_span(text)} b").code == shown
    block = harmless("\n".join(code_block([f"+ {shown}"], "diff")))
    assert block.code == f"+ {shown}\n"
    if "GH-3" not in text:
        words = harmless(f"- a {prose(text)} b").text.replace("\u200b", "")
        assert words.strip() == f"a {shown.replace(chr(0x200B), '')} b"


def difference(*changed: ServiceChange, risks: tuple[Risk, ...] = ()) -> Difference:
    return Difference("main", "`main`", "0" * 40, services=changed, project_risks=risks)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_a_spec_is_markup(text: str, tmp_path: Path) -> None:
    """The model as the resolver might give it, with a value in every place that takes text."""
    old = Service("api", "specs/api.yaml", ())
    new = dataclasses.replace(
        old,
        source=f"specs/{text}.yaml",
        description=text,
        owner=text,
        labels={"x": text},
        links={text: text},
        pods={text: text},
    )
    views = Views(VIEWS.groups_of, ())
    before, after = (Side(item, Project(), views) for item in (old, new))
    changed = services.compare(before, after)
    assert changed is not None
    (own,) = changed.parts
    query = Change("query of x", f"up{{x={text!r}}}", text, "query")
    # Of a section that takes names of any text.
    titled = Part(
        "runbook",
        "",
        "changed",
        (Change(f"{text}.within", 60, 90, "seconds"), Change(text, None, 1)),
    )
    found = Difference(
        text,
        f"`{text}`",
        "0" * 40,
        note=f"Names such as `{text}` and {text}.",
        project=(Change(text, text, None), query),
        services=(
            ServiceChange(
                "api",
                text,
                "changed",
                (
                    dataclasses.replace(own, changes=(*own.changes, query)),
                    titled,
                ),
            ),
        ),
        project_risks=(Risk("note", "", f"It is {text} and `{text}`."),),
        same_meaning=(text,),
        unread=(Unread(text, text),),
    )
    markdown = as_markdown(found)
    if "GH-3" not in text:
        harmless(markdown)
    assert len(markdown.encode()) < 60_000
    # Every details that opens closes.
    lines = markdown.splitlines()
    assert lines.count("<details>") == lines.count("</details>") == 2
    for line in as_text(found).splitlines():
        assert line.isprintable() or not line
    as_json(found).encode()


def many(count: int, objective: str, padding: str = "") -> dict[str, str]:
    """Specs of so many services, each with three SLOs."""
    found = {"slosmith.yaml": PROJECT}
    for number in range(count):
        name = f"service-{number:04}"
        slos = "".join(
            f"- name: slo-{index}\n  objective: {objective}\n  indicator: "
            f'{{ratio: {{bad: \'errors_total{{job="{name}", x="{padding}"}}\', '
            f"total: 'requests_total{{job=\"{name}\"}}'}}}}\n"
            for index in range(3)
        )
        found[f"specs/{name}.yaml"] = f"version: slosmith/v1\nservice: {name}\nslos:\n{slos}"
    return found


def test_a_thousand_changed_services_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository(tmp_path / "p", many(1000, "99.9"))
    write(folder, many(1000, "99"))
    monkeypatch.chdir(folder)
    result = invoke("diff", *OFF, "--format", "markdown")
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert 40_000 < len(text) <= len(text.encode()) < 60_000
    first = text.splitlines()[0]
    assert "1,000 services change (3,000 SLOs" in first
    assert "more things to know" in text
    assert re.search(r"and \d+ more services", text)
    assert "`slosmith diff` shows them" in text
    harmless(text)


def test_details_go_before_names_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository(tmp_path / "p", many(100, "99.9"))
    write(folder, many(100, "99.9", "other"))
    monkeypatch.chdir(folder)
    text = invoke("diff", *OFF, "--format", "markdown").stdout
    assert len(text.encode()) < 60_000
    named = set(re.findall(r"<b>(service-\d+)</b>", text))
    assert len(named) == 100
    assert 10 < text.count("<details>") == text.count("</details>") < 100
    harmless(text)


def test_one_service_with_the_longest_queries_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def files(label: str) -> dict[str, str]:
        slos = "".join(
            f"- name: slo-{index}\n  objective: 99\n  indicator: {{ratio: {{bad: "
            f"'errors_total{{x=\"{label * 7000}\"}}', total: 'requests_total'}}}}\n"
            for index in range(50)
        )
        text = f"version: slosmith/v1\nservice: api\nslos:\n{slos}"
        return {"slosmith.yaml": PROJECT, "specs/api.yaml": text}

    folder = repository(tmp_path / "p", files("a"))
    write(folder, files("b"))
    monkeypatch.chdir(folder)
    text = invoke("diff", *OFF, "--format", "markdown").stdout
    assert "1 service changes (50 SLOs" in text
    assert "<b>api</b>" in text
    assert len(text.encode()) < 60_000
    harmless(text)


def test_a_long_query_is_cut_and_said_to_be() -> None:
    change = Change("bad events", "up", "\n".join(f"line_{n}" for n in range(2000)), "query")
    changed = ServiceChange(
        "api", "specs/api.yaml", "changed", (Part("slo", "up", "changed", (change,)),)
    )
    text = as_markdown(difference(changed))
    assert "<details>" in text
    assert "+ line_0\n" in text
    assert "too long for a comment" in text
    assert len(text) < 6_000
    harmless(text)


def test_many_unread_specs_and_risks_fit() -> None:
    found = Difference(
        "main",
        "`main`",
        "0" * 40,
        unread=tuple(Unread(f"specs/{n}.yaml", "é" * 900) for n in range(3000)),
        same_meaning=tuple(f"specs/{n}-same.yaml" for n in range(3000)),
        project_risks=tuple(Risk("note", "", "ü" * 900) for _ in range(3000)),
    )
    text = as_markdown(found)
    assert len(text.encode()) <= LIMIT
    assert "more specs" in text
    assert "more things to know" in text


@dataclass(frozen=True)
class Thing:
    name: str
    size: int
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Later(Service):
    """A service with a section that no module of the comparison knows."""

    things: tuple[Thing, ...] = ()
    switch: bool = False


def test_a_section_that_is_newer_than_its_comparison_is_shown_anyway() -> None:
    views = Views(VIEWS.groups_of, ())

    def side(*things: Thing, switch: bool = False) -> Side:
        return Side(Later("api", "s", (), things=things, switch=switch), Project(), views)

    before = side(Thing("a", 1), Thing("b", 2, ("x",)))
    after = side(Thing("b", 3, ("x", "y")), Thing("c", 4), switch=True)
    found = services.compare(before, after)
    assert found is not None
    parts = {part.section: part for part in found.parts}
    told = {item.what: (item.before, item.after) for item in parts["things"].changes}
    assert told["b.size"] == (2, 3)
    assert told["b.parts"] == (["x"], ["x", "y"])
    assert told["a"][0]["size"] == 1
    assert told["a"][1] is None
    assert told["c"] == (None, {"type": "Thing", "name": "c", "size": 4, "parts": []})
    assert [(item.before, item.after) for item in parts["switch"].changes] == [(False, True)]
    assert services.compare(before, before) is None


def test_the_same_fleet_has_no_difference() -> None:
    fleet = Fleet(Project(), (Service("api", "specs/api.yaml", ()),))
    assert fleets.compare(fleet, fleet, VIEWS) == ()


def test_a_spec_of_hostile_text_gives_a_harmless_comment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def files(number: int) -> dict[str, str]:
        texts = [text for text in HOSTILE[:10] if "\x00" not in text and "GH-3" not in text]
        description = "; ".join(texts[number:] + texts[:number]).replace("\n", " ")
        quoted = "'" + description.replace("'", "''") + "'"
        label = "@octocat `|<b>" + str(number)
        more = f"description: {quoted}\nlabels: {{x: {quoted}}}\n"
        text = spec(more=more).replace('job="api"', f'job="{label}"')
        return {"slosmith.yaml": PROJECT, "specs/api.yaml": text}

    folder = repository(tmp_path / "p", files(0))
    write(folder, files(1))
    monkeypatch.chdir(folder)
    result = invoke("diff", *OFF, "--format", "markdown")
    assert result.exit_code == 0, result.output
    seen = harmless(result.stdout)
    assert "onerror" in seen.code
    assert "@octocat `|<b>1" in seen.code
