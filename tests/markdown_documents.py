"""Markdown as two renderers see it: CommonMark with tables (GitHub, GitLab), and Python-Markdown
with the extensions that MkDocs turns on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import markdown
from markdown_it import MarkdownIt

COMMONMARK = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
MKDOCS = ("tables", "fenced_code", "toc", "attr_list")


@dataclass
class Page(HTMLParser):
    """A rendered document: which tags it has, its text, links, anchors and blocks of code."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    headings: list[str] = field(default_factory=list)
    code: list[tuple[str, str]] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _language: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append((tag, named))
        if "id" in named:
            self.anchors.add(named["id"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append("")
        if tag == "code" and self._open[-1:] == ["pre"]:
            self._language = named.get("class", "").removeprefix("language-")
            self.code.append((self._language, ""))
        if tag not in ("br", "hr", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "pre" in self._open and "code" in self._open:
            language, before = self.code[-1]
            self.code[-1] = (language, before + data)
            return
        if self._open and self._open[-1] in ("h1", "h2", "h3", "h4"):
            self.headings[-1] += data
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def commonmark(text: str) -> Page:
    return _read(COMMONMARK.render(text))


def mkdocs(text: str) -> Page:
    return _read(markdown.markdown(text, extensions=list(MKDOCS)))


def _read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert not page._open, f"never closed: {page._open}"
    return page


def slug(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
