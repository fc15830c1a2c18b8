"""Hostile text in load tests and experiments stays data: in JavaScript, in YAML, for k6 itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators import chaos, load_test
from slosmith.model import Project, SeverityAlert
from slosmith.model_chaos import Experiment, PodFault, Pods
from slosmith.model_load_test import ArrivalRate, LoadTest, Request
from slosmith.validate import check
from tests.answering import answering
from tests.hostile_values import ALL
from tests.k6 import PASSED, inspect, needs_k6, run
from tests.models import make_alerting, make_service, make_slo

HARMLESS = "harmless"


def load_of(text: str) -> LoadTest:
    """A load test with a text in all places where a spec may hold any text."""
    request = Request(
        name="user",
        method="POST",
        path=f"/{text}",
        slos=("availability",),
        headers={"x-note": text},
        body=text,
    )
    return LoadTest(f"https://api.example.com/{text}", (request,), arrival=ArrivalRate(9, "s", 5))


def script(test: LoadTest, source: str = "specs/api.yaml") -> str:
    slo = make_slo(objective="90")
    service = make_service("api", slo, load_test=test, source=source)
    [artifact] = load_test.generate(service, Project())
    return artifact.text


def literals(text: str) -> Iterator[tuple[Any, slice]]:
    for opening in ("const TEST = ", "export const options = "):
        start = text.index(f"\n{opening}") + 1 + len(opening)
        value, end = json.JSONDecoder().raw_decode(text, start)
        assert text[end : end + 2] == ";\n"
        yield value, slice(start, end)


def skeleton(text: str) -> str:
    """The script without its literals."""
    for _, place in reversed(list(literals(text))):
        text = text[: place.start] + text[place.stop :]
    return text


@pytest.mark.parametrize("text", ALL)
def test_a_script_holds_it_as_data_alone(text: str) -> None:
    made = script(load_of(text))
    (test, _), _ = literals(made)
    [request] = test["requests"]
    assert test["baseUrl"] == f"https://api.example.com/{text}"
    assert (request["path"], request["body"]) == (f"/{text}", text)
    assert request["headers"] == {"x-note": text}
    assert skeleton(made) == skeleton(script(load_of(HARMLESS)))
    assert made.isascii()
    assert "</" not in made


@pytest.mark.parametrize("text", ALL)
def test_the_name_of_a_spec_ends_no_comment(text: str) -> None:
    made = script(load_of(HARMLESS), source=f"specs/{text}.yaml")
    assert len(made.splitlines()) == len(script(load_of(HARMLESS)).splitlines())
    assert all(line.startswith("//") for line in re.split("[\r\n\u2028\u2029]", made)[:12])


@needs_k6
@pytest.mark.server
def test_k6_sends_all_of_it_as_it_stands(tmp_path: Path) -> None:
    # What no header of HTTP and no path may hold is refused in specs.
    headers = [text for text in ALL if text.isascii() and text.isprintable()]
    requests = tuple(
        Request(
            f"r{number}",
            "POST",
            "/",
            ("availability",),
            {"x-note": headers[number % len(headers)]},
            text,
        )
        for number, text in enumerate(ALL)
    )
    test = LoadTest("http://x.invalid", requests, arrival=ArrivalRate(100, "s", 2))
    path = tmp_path / "api.js"
    path.write_text(script(test))
    assert len(inspect(path)["thresholds"]) == 2 * len(ALL) + 1
    with answering() as server:
        assert run(path, BASE_URL=server.url) == (PASSED, set())
    assert {body for _, _, _, body in server.seen} == set(ALL)
    sent = {headers["x-note"] for _, _, headers, _ in server.seen}
    assert sent == {text.strip() for text in headers}


EXPERIMENT = Experiment(
    name="try",
    target="users-db",
    fault=PodFault("fail"),
    pods=Pods("prod", {"app": "api"}),
    seconds=600,
    schedule="0 10 1 * *",
    slo="availability",
    alerts=True,
    least=Decimal(1),
    most=Decimal(1),
    budget=Decimal(1),
)


@pytest.mark.parametrize("text", ALL)
def test_a_schedule_holds_it_as_data_alone(text: str) -> None:
    page = SeverityAlert(text)
    slo = make_slo(alerting=make_alerting(page=page))
    experiment = replace(EXPERIMENT, description=text)
    service = make_service("api", slo, experiments=(experiment,), source=f"specs/{text}.yaml")
    artifacts = chaos.generate(service, Project())
    assert check(artifacts) == []
    data = yaml.safe_load(artifacts[0].text)
    notes = data["metadata"]["annotations"]
    assert notes["slosmith/description"] == text
    assert notes["slosmith/alert"] == text
    assert notes["slosmith/hypothesis"].startswith(f"{text} of api/availability")
    usual = make_service("api", make_slo(), experiments=(EXPERIMENT,))
    [plain] = chaos.generate(usual, Project())
    assert data["spec"] == yaml.safe_load(plain.text)["spec"]
    assert list(data) == ["apiVersion", "kind", "metadata", "spec"]
