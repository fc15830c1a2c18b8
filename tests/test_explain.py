"""`slosmith explain`: what it says about the committed specs, and that nothing in a spec harms a
terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from slosmith.explain.layout import WIDTH, columns, promql, table, wrapped
from slosmith.explain.rate import parse_rate
from slosmith.explain.wording import about, number, one_of
from tests.golden import compare
from tests.projects import OFF, PROJECT, ROOT, invoke, spec, tree, write

HERE = Path(__file__).parent
SERVICES = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
GOLDEN = {
    "api.txt": ("api",),
    "all.txt": (),
    "rate.txt": ("gateway/routes", "--rate", "5/h"),
    "availability.json": ("api/availability", "--format", "json", "--rate", "100/s"),
    "base.yaml": ("gateway", "--backfill"),
}


def explained(*arguments: str) -> str:
    """What is said about the committed specs."""
    result = invoke("explain", *arguments, *OFF)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def data(*arguments: str) -> Any:
    return json.loads(explained(*arguments, "--format", "json"))


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.usefixtures("committed")
def test_the_committed_specs_are_explained_like_this(name: str, update: bool) -> None:
    compare(HERE / "explain" / name, explained(*GOLDEN[name]), update=update)


def test_the_readme_shows_what_is_said() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("`slosmith explain api/availability` shows")[2].split("```")[1]
    assert shown.count("\n") > 5
    assert shown in (HERE / "explain/api.txt").read_text(encoding="utf-8")


@pytest.mark.usefixtures("committed")
def test_text_fits_a_hundred_columns() -> None:
    for service in SERVICES:
        for line in explained(service, "--rate", "1/h").splitlines():
            assert columns(line) <= WIDTH
            assert line == line.rstrip()


def rules(service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The rules that were built: group, name, rule."""
    text = (ROOT / f"out/prometheus/rules/{service}.yaml").read_text(encoding="utf-8")
    for group in yaml.safe_load(text)["groups"]:
        for rule in group["rules"]:
            yield group["name"], rule.get("record") or rule["alert"], rule


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("committed")
def test_every_rule_that_is_built_is_told_once_and_no_other(service: str) -> None:
    (found,) = data(service)["services"]
    told = [
        (group["group"], rule["record"], rule["purpose"])
        for slo in found["slos"]
        for group in slo["groups"]
        for rule in group["rules"]
    ]
    alerts = [
        (alert["group"], alert["alert"], alert["severity"], alert["for_seconds"])
        for slo in found["slos"]
        for alert in slo["alerts"]
    ]
    built = list(rules(service))
    assert [item[:2] for item in told] == [item[:2] for item in built if "record" in item[2]]
    assert all(purpose for *_, purpose in told)
    seconds = {"5m": 300, "10m": 600}
    assert alerts == [
        (group, name, rule["labels"]["severity"], seconds[rule["for"]] if "for" in rule else 0)
        for group, name, rule in built
        if "alert" in rule
    ]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("committed")
def test_the_numbers_are_those_of_the_rules(service: str) -> None:
    built = {(group, name): rule["expr"] for group, name, rule in rules(service)}
    for slo in data(service)["services"][0]["slos"]:
        fast = f"slosmith.{service}.{slo['slo']}.fast"
        assert slo["bad"] == built[fast, "slo:sli_bad:rate5m"]
        assert slo["total"] == built[fast, "slo:sli_total:rate5m"]
        slow = fast.replace(".fast", ".slow")
        assert built[slow, "slo:error_budget:ratio"] == f"vector({slo['budget']['ratio']})"
        for tier in slo["tiers"]:
            if not tier["alerts"]:
                continue
            wanted = f"> {tier['threshold']}"
            if tier["factor"] is not None and not tier["clamped"]:
                wanted = f"> ({tier['factor']} * {slo['budget']['ratio']})"
            group, name = (
                (fast, "SLOErrorBudgetBurnFast")
                if tier["severity"] == "page"
                else (slow, "SLOErrorBudgetBurnSlow")
            )
            assert wanted in built[group, name]


def shape(value: Any) -> Any:
    """The keys and types of data; for null, nothing."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return "number" if type(value) in (int, float) else type(value).__name__


def fits(found: Any, wanted: Any) -> bool:
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(fits(found[k], wanted[k]) for k in found)
    if isinstance(found, list) and isinstance(wanted, list):
        return not found or not wanted or fits(found[0], wanted[0])
    return found == wanted or "NoneType" in (found, wanted)


@pytest.mark.usefixtures("committed")
def test_json_has_one_form_for_every_kind_of_slo() -> None:
    wanted = json.loads((HERE / "explain/availability.json").read_text())
    everything = data("--rate", "1/m")
    assert everything["version"] == 1
    assert [service["service"] for service in everything["services"]] == SERVICES
    (sample,) = wanted["services"]
    for service in everything["services"]:
        assert service.keys() == sample.keys()
        for slo in service["slos"]:
            assert fits(shape(slo), shape(sample["slos"][0])), slo["slo"]


@pytest.mark.usefixtures("committed")
def test_a_rate_gives_the_budget_in_events_where_events_are_counted() -> None:
    found = {slo["slo"]: slo for slo in data("api", "--rate", "60/m")["services"][0]["slos"]}
    month = 30 * 86400
    assert found["availability"]["budget"]["events"] == {
        "rate": "60/m",
        "bad": month / 1000,
        "total": month,
    }
    assert found["up"]["budget"]["events"] is None
    assert found["up"]["min_bad_events"] is None
    without = data("api/availability")["services"][0]["slos"][0]
    assert without["budget"]["events"] is None
    assert without["budget"]["seconds"] == 2592


def test_what_is_allowed_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "allow:\n- {check: tier-clamped, slo: availability, reason: Nobody waits for it.}\n"
    other = spec("web", "90").replace("slos:", "allow: [{check: tier-clamped, reason: x}]\nslos:")
    files = {
        "slosmith.yaml": PROJECT,
        "specs/a.yaml": spec("api", "90", more),
        "specs/w.yaml": other,
    }
    monkeypatch.chdir(write(tmp_path, files))
    (slo,) = data("api")["services"][0]["slos"]
    ((allowed),) = slo["allowed"]
    assert (allowed["check"], allowed["reason"]) == ("tier-clamped", "Nobody waits for it.")
    assert "Nobody waits for it." in explained("api/availability")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("apii", "there is no service `apii`; did you mean `api`?"),
        ("x", "there is no service `x`; there is api, checkout, gateway, reports"),
        ("api/availabilty", "has no SLO `availabilty`; did you mean `availability`?"),
        ("api/", "the service `api` has no SLO ``; there is availability, latency"),
        ("a\x1b[31m\u202eb", r"there is no service `a\x1b[31m\u202eb`"),
    ],
)
@pytest.mark.usefixtures("committed")
def test_an_unknown_name_is_a_problem_with_advice(name: str, message: str) -> None:
    for form in ((), ("--format", "json"), ("--backfill",)):
        result = invoke("explain", name, *form, *OFF)
        assert (result.exit_code, result.stdout) == (1, "")
        assert message in result.stderr
        assert result.stderr.startswith("error: ")


def test_broken_specs_are_refused_as_a_build_refuses_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"specs/api.yaml": spec(objective="100"), "specs/web.yaml": spec("web")}
    monkeypatch.chdir(write(tmp_path, files))
    build = invoke("build", *OFF)
    result = invoke("explain", "web", *OFF)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == build.stderr
    assert "objective: 100 leaves no error budget" in result.stderr


def test_a_project_without_specs_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "[no-specs]" in invoke("explain", *OFF).stderr


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()}))
    before = tree(tmp_path)
    explained("api")
    explained("api", "--backfill")
    assert tree(tmp_path) == before


@pytest.mark.parametrize("case", sorted((HERE / "cases").iterdir()), ids=lambda path: path.name)
def test_any_project_is_explained(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    listed = invoke("explain", *OFF)
    assert listed.exit_code == 0, listed.output
    found = json.loads(invoke("explain", "--format", "json", *OFF).stdout)["services"]
    base = yaml.safe_load(invoke("explain", "--backfill", *OFF).stdout)["groups"]
    assert len(base) == sum(len(service["slos"]) for service in found) > 0
    for service in found:
        for slo in service["slos"]:
            assert f"{slo['slo']} " in listed.stdout
            text = invoke("explain", f"{service['service']}/{slo['slo']}", *OFF).stdout
            assert text.count("\n    page  ") + text.count("\n    ticket  ") >= 1
            for tier in slo["tiers"]:
                assert tier["clears_after_seconds"] <= tier["short_seconds"] + 300


def test_no_spec_makes_a_terminal_obey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / "cases" / "hostile")
    options = ("--promtool", "off")
    for arguments in (("no",), ("no", "--rate", "1/s"), ()):
        text = invoke("explain", *arguments, *options).stdout
        assert text
        lines = text.split("\n")
        bad = {char for line in lines for char in line if not char.isprintable()}
        assert bad == set(), arguments
    parsed = json.loads(invoke("explain", "no", "--format", "json", *options).stdout)
    assert "\u202e" in parsed["services"][0]["description"], "JSON is for programs, and exact"


def test_control_characters_of_labels_and_reasons_are_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = spec(objective="90").replace(
        "slos:\n",
        'description: "a\\u202eb"\nowner: "o\\u2066"\n'
        'allow: [{check: tier-clamped, reason: "r\\u202e"}]\nslos:\n',
    )
    project = PROJECT + 'severities: {page: "p\\u202e", ticket: "{{ $value }}"}\n'
    monkeypatch.chdir(write(tmp_path, {"slosmith.yaml": project, "specs/api.yaml": text}))
    shown = invoke("explain", "api", *OFF)
    assert shown.exit_code == 0, shown.output
    assert all(char.isprintable() or char == "\n" for char in shown.stdout)
    for escaped in (r"a\u202eb", r"o\u2066", r"r\u202e", r"p\u202e", " {{ $value }} "):
        assert escaped in shown.stdout


def test_headings_are_bold_on_a_terminal_unless_no_color_is_set(tmp_path: Path) -> None:
    write(tmp_path, {"slosmith.yaml": PROJECT, "specs/api.yaml": spec()})
    assert b"\x1b[1mapi" in _on_a_terminal(tmp_path, {})
    assert b"\x1b" not in _on_a_terminal(tmp_path, {"NO_COLOR": "1"})


def _on_a_terminal(folder: Path, env: dict[str, str]) -> bytes:
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "explain", "api/availability", *OFF],
        cwd=folder,
        env=environment | env,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    found = b""
    try:
        while chunk := os.read(ours, 65536):
            found += chunk
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    assert process.wait() == 0
    return found


@pytest.mark.parametrize(
    ("text", "a_day"),
    [("100/s", 8_640_000), ("2.5/m", 3600), ("7/h", 168), ("0.5/d", Decimal("0.5"))],
)
def test_rates_are_exact(text: str, a_day: int | Decimal) -> None:
    rate = parse_rate(text)
    assert rate is not None
    assert rate.events(86400) == a_day
    assert str(rate) == text


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--rate", rate) for rate in ("", "100", "0/s", "-1/s", "1e3/s", "1/w", "١/s", "1/ s")),
        ("--backfill", "--format", "json"),
        ("--format", "yaml"),
        ("api", "web"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("committed")
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    assert invoke("explain", *arguments, *OFF).exit_code == 2


def test_times_and_numbers_are_told_at_a_glance() -> None:
    times = ("0.0052", "2.592", "51.84", "409.2", "3599.7", "21786", "129750")
    assert [about(Decimal(seconds)) for seconds in times] == [
        "<0.1s",
        "2.6s",
        "52s",
        "6m49s",
        "1h",
        "6h3m",
        "1d12h",
    ]
    counts = ("259200", "3.6", "0.0001", "99.999")
    assert [number(Decimal(count)) for count in counts] == ["259,200", "3.6", "0.0001", "100"]
    assert [one_of(Decimal(b)) for b in ("0.001", "0.0005", "0.3")] == [
        "1 of 1,000",
        "1 of 2,000",
        "3 of 10",
    ]


@pytest.mark.parametrize(
    "query",
    [
        'sum(rate(a{b="two  spaces, and a long text that goes on and on until it does not fit any"}'
        "[5m])) / sum(rate(a[5m])) * 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9",
        "sum(rate(a[5m])) # it's a comment that is really far too long to fit into a hundred "
        "columns of text\n+ 1",
        "\tsum(rate(a{b='x', c=~`y \" z`}[5m])) + "
        "sum(rate(a{b='it\\'s', c=~\"y\\\" z\"}[5m])) + 1 + 2 + 3",
    ],
)
def test_a_query_means_the_same_when_it_is_broken_into_lines(query: str) -> None:
    shown = "\n".join(promql(query, 4))
    again = promql_parser.parse(shown)
    assert again.prettify() == promql_parser.parse(query).prettify()


def test_wide_characters_keep_columns_aligned() -> None:
    lines = table(("a", "b", "c"), [("漢字", "x", "y"), ("e\u0301", "x", "y")], indent=0)
    assert [columns(line.rpartition("x")[0]) for line in lines[1:]] == [6, 6]
    assert wrapped("漢字 " * 40)[0] == " ".join(["漢字"] * 20)
