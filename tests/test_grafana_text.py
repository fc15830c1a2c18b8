"""Text from specs in dashboards: it is shown as it was written and does nothing else."""

from __future__ import annotations

import html
import json
import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from generators.dashboards import dashboard_json, generate
from generators.grafana.text import http_url, json_text, markdown, title
from slosmith.model import Grafana, Project
from tests.dashboard_model import PROJECT, dashboard, panels, queries, titled
from tests.models import make_service, make_slo

# As Grafana finds variables: `$name`, `[[name]]` and `${name}`.
VARIABLE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{", re.ASCII)

# Signs that Markdown or HTML act on. Entities use `&`, `#` and `;` themselves.
ACTIVE = re.compile(r"[][<>(){}*_`~|\\!@$]|://|www\.", re.IGNORECASE)
AT_THE_START = re.compile(r"[-+=]|\d+\.")

HOSTILE = [
    "$slo ${slo} ${__from:date} [[slo]] [[slo:raw]] [[[slo]]] $__interval $$slo",
    "${CLUSTER:=gone}",
    "<script>alert(1)</script> <b>&amp; &lt;</b>",
    "# heading",
    "- item",
    "12. item",
    "> quote\n\n```\ncode\n```",
    "    indented\ttabs\r\nand lines",
    "[here](javascript:alert(1)) ![](https://evil.example/x.png) <https://evil.example>",
    "https://evil.example www.evil.example me@evil.example",
    "| a | b |\n|---|---|\n*x* _y_ ~~z~~ `w`",
    "{{ $labels.slo }} {{slo}} \"double\" 'single' back\\slash \\n",
    "ü 日本語 😀 \u202egnp.exe \u200b\u2060\ufeff \u2028 \x85 \x00\x1b[31m",
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=60), st.text("$[]{}aslo:-1. ", max_size=20)
)


def one_line(text: str) -> str:
    return " ".join(text.split())


@given(TEXTS)
def test_a_title_reads_like_the_text_and_holds_no_variable(text: str) -> None:
    shown = title(text)
    assert not VARIABLE.search(shown)
    assert shown.replace("\u2060", "") == one_line(text).replace("\u2060", "")


@given(TEXTS)
def test_a_description_reads_like_the_text_and_holds_no_markup(text: str) -> None:
    shown = markdown(text)
    assert not VARIABLE.search(shown)
    without_entities = re.sub(r"&#\d+;", "", shown)
    assert not ACTIVE.search(without_entities) and "&" not in without_entities
    assert not AT_THE_START.match(shown)
    # What html.unescape makes of `&#0;` and other controls is no concern: none is written so.
    assert html.unescape(shown) == one_line(text)


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        ("https://git.example.com/api", "https://git.example.com/api"),
        (" HTTP://x.example/a b ", "HTTP://x.example/a%20b"),
        ("https://x.example/?a=$slo&b=${slo}", "https://x.example/?a=%24slo&b=%24%7Bslo%7D"),
        ("https://x.example/[[slo]]", "https://x.example/%5B%5Bslo]]"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("https://x.example/%7Ea#b", "https://x.example/%7Ea#b"),
        ('https://x.example/"><b>\n', "https://x.example/%22%3E%3Cb%3E"),
        ("https://ü.example/ä", "https://%C3%BC.example/%C3%A4"),
        ("https://x.example\\@y.example/", "https://x.example%5C@y.example/"),
        ("https://x.example/\ud800", "https://x.example/?"),
        ("javascript:alert(1)", None),
        ("javascript://x.example/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("//x.example/a", None),
        ("/d/other", None),
        ("https:", None),
        ("https://", None),
        ("https:x.example", None),
        ("https://[x/", None),
        ("", None),
    ],
)
def test_only_addresses_of_the_web_are_links(address: str, linked: str | None) -> None:
    assert http_url(address) == linked


@given(st.text(max_size=40))
def test_an_address_holds_no_variable_and_no_markup(text: str) -> None:
    url = http_url(f"https://x.example/{text}")
    if url is not None:
        assert not VARIABLE.search(url)
        assert url.isascii() and not re.search(r"[\s<>\"`{}\\^|]", url)


def test_links_are_in_the_order_of_the_spec_after_the_runbook() -> None:
    links = {
        "repo ${slo}": "https://git.example.com/api",
        "bad": "javascript:alert(1)",
        "chat": "https://chat.example.com/$team",
        "Runbook": "https://other.example.com",
    }
    shown = dashboard(make_service(links=links))["links"]
    assert [(link["title"], link["url"]) for link in shown] == [
        ("Runbook", "https://git.example.com/slos/out/runbooks/api.md"),
        ("All SLOs", "/d/slo-overview"),
        ("repo $\u2060{slo}", "https://git.example.com/api"),
        ("chat", "https://chat.example.com/%24team"),
        ("Runbook", "https://other.example.com"),
    ]


@pytest.mark.parametrize(
    ("owner", "tags"),
    [
        ("team", ["slo", "slosmith", "team"]),
        ("", ["slo", "slosmith"]),
        ("slo", ["slo", "slosmith"]),
        ("x" * 60, ["slo", "slosmith", "x" * 50]),
        ("${x}\n[[y]]", ["$\u2060{x} [\u2060[y]]", "slo", "slosmith"]),
    ],
)
def test_tags_fit_grafanas_database(owner: str, tags: list[str]) -> None:
    assert dashboard(make_service(owner=owner))["tags"] == tags


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_nothing_but_the_texts(text: str) -> None:
    usual, hostile = (
        make_service("api", make_slo(description=words), description=words, owner=words)
        for words in ("words", text)
    )
    plain, other = dashboard(usual), dashboard(hostile)
    assert list(queries(other)) == list(queries(plain))
    for panel, wanted in zip(panels(other), panels(plain), strict=True):
        assert panel.get("description", "").startswith(
            wanted.get("description", "").partition("words")[0]
        )
        assert panel | {"description": ""} == wanted | {"description": ""}
    burning = titled(other, "availability: burn rate")["description"]
    assert html.unescape(burning.partition("\n\n")[0]) == one_line(text)
    words = {"description", "tags", "panels"}
    assert {key: value for key, value in other.items() if key not in words} == {
        key: value for key, value in plain.items() if key not in words
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_config_map_is_for_flux_or_grafana_to_fill_in(text: str) -> None:
    slo = make_slo(description=text)
    links = {text: f"https://x.example/{text}"}
    service = make_service("api", slo, description=text, owner=text, links=links)
    project = Project(grafana=Grafana(folder=text), runbooks_url=f"https://x.example/{text}")
    _, artifact = generate(service, project)
    # The folder may hold anything: Flux is told to leave the object alone.
    loaded = yaml.load(artifact.text, Loader=yaml.CSafeLoader)
    annotations = loaded["metadata"]["annotations"]
    assert annotations["kustomize.toolkit.fluxcd.io/substitute"] == "disabled"
    assert annotations["grafana_folder"] == text
    [stored] = loaded["data"].values()
    assert "${" not in stored
    assert {match[0] for match in VARIABLE.finditer(stored)} == {
        "$datasource",
        "$slo",
        "$__all",
        "$__from",
        "$__to",
    }
    # Written as it is, not as an escaped line: a block of the same text, indented.
    assert stored.splitlines() == [
        line.removeprefix("    ")
        for line in artifact.text.partition("slo-api.json: |\n")[2].splitlines()
    ]
    assert stored == dashboard_json(service, project)


@given(st.text(max_size=60))
@example("\u2028\x85\u202e\ufeff😀")
def test_json_text_is_visible_and_reads_back(text: str) -> None:
    written = json_text({"text": text})
    assert json.loads(written) == {"text": text}
    for char in written:
        assert char == "\n" or 0x20 <= ord(char) < 0x7F or 0xA0 < ord(char) < 0x10000
        assert not 0x200B <= ord(char) <= 0x200F and not 0x2028 <= ord(char) <= 0x202E
    block = yaml.load(
        "a: |\n" + "".join(f"  {line}\n" for line in written.splitlines()), yaml.CSafeLoader
    )
    assert block == {"a": written}


def test_readable_text_stays_readable_in_the_file() -> None:
    text = dashboard_json(make_service(description="Größe – 日本語"), PROJECT)
    assert "Größe – 日本語" in text
