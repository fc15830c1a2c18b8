"""Random damage to good specs: no crash, and either sound artifacts or problems with places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from generators import GENERATORS
from slosmith import validate
from slosmith.pipeline import Options, compile_project
from slosmith.problems import has_errors, located, render
from slosmith.promql import fields
from tests.projects import ROOT

# Deterministic, so that a run that fails fails again; raise the number to search for longer.
EXAMPLES = 80
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SPECS = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("specs/*.yaml"))]
PROJECT = (ROOT / "tests/cases/overrides/slosmith.yaml").read_text(encoding="utf-8")

NOISE = r"""
sum rate increase max by without on ignoring group_left ( ) [ ] { } , $window 5m 1h 0 1 1.5 NaN Inf
x e_total job le = =~ !~ != "a" "5.." 'b' `c` + - * / % ^ == > bool and or unless offset @ :
histogram_quantile label_replace vector time scalar topk count_values absent predict_linear
timestamp start end # $ ${x} {{ x }} é 😀 \ " ' `
"""
WORDS = [*NOISE.split(), "\n", "\u00a0"]
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    100,
    10**30,
    0.5,
    1e-20,
    1e30,
    "",
    " ",
    "x",
    "no",
    "1e3",
    "a/b",
    "a..b",
    "5m",
    "0s",
    "100y",
    "1m1h",
    "{{ x }}",
    "é😀\u202e",
    "two\nlines\n",
    "http://x",
    "x" * 5000,
    [],
    {},
    [1],
    ["x", "x"],
    [[]],
    {"": 1},
    {"x": {"y": []}},
    {"uptime": {"series": "up"}},
    {"cpu": 70},
)


def _containers(data: Any) -> Iterator[Any]:
    """Every map and list that is not empty."""
    if isinstance(data, dict | list) and data:
        yield data
        for item in data.values() if isinstance(data, dict) else data:
            yield from _containers(item)


def _query(random: Random) -> str:
    """Something between PromQL and noise."""
    text = random.choice(
        (
            "sum(rate(errors_total[$window]))",
            'max(x{job="a"}) / on () max(y)',
            "histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))",
            'up{job="api"}',
            "",
        )
    )
    for _ in range(random.randint(0, 5)):
        at = random.randint(0, len(text))
        text = text[:at] + random.choice(WORDS) + text[at + random.choice((0, 0, 1, 5)) :]
    return text


def _damage(data: Any, random: Random) -> None:
    """Drops, renames, doubles or replaces something somewhere in `data`."""
    target = random.choice(list(_containers(data)))
    key = random.choice(list(target) if isinstance(target, dict) else range(len(target)))
    match random.randint(0, 5):
        case 0:
            del target[key]
        case 1 if isinstance(target, dict):
            name = random.choice((key + "s", key[1:], key.upper(), "x-y", "name"))
            target[name] = deepcopy(target[key])
        case 1 if isinstance(target, list):
            target.append(deepcopy(target[key]))
        case 2:
            target[key] = _query(random)
        case 3:
            target[key] = deepcopy(random.choice(list(_containers(data))))
        case _:
            target[key] = deepcopy(random.choice(VALUES))


def _judge(folder: Path, project: str, specs: list[str]) -> bool:
    """Compiles; fails the test unless all is sound. True if the project builds."""
    for text in (project, *specs):
        note(text)
    (folder / "specs").mkdir(exist_ok=True)
    (folder / "slosmith.yaml").write_text(project, encoding="utf-8", newline="\n")
    for number, text in enumerate(specs):
        (folder / f"specs/{number}.yaml").write_text(text, encoding="utf-8", newline="\n")
    compilation = compile_project(Options(folder / "slosmith.yaml", folder), GENERATORS, None)
    if not compilation.failed:
        assert compilation.artifacts
        assert not has_errors(validate.check(compilation.all_artifacts()))
        return True
    assert not compilation.artifacts
    for item in located(compilation.problems, compilation.origins):
        assert item.message
        assert item.place, item
        if item.place.span is None:
            assert item.problem.check in ("no-specs", "file-unreadable", "yaml-limits")
            continue
        line = compilation.origins.line(item.place.file, item.place.span.line)
        assert line is not None, item
        assert 1 <= item.place.span.column <= len(line) + 1, item
    text = render(compilation.problems, compilation.origins)
    assert all(char.isprintable() or char == "\n" for char in text)
    return False


@BOUNDED
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_damaged_specs_end_in_artifacts_or_in_problems_with_places(
    tmp_path: Path, random: Random, times: int
) -> None:
    data = yaml.safe_load(random.choice(SPECS))
    for _ in range(times):
        _damage(data, random)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=random.choice((True, False)))
    _judge(tmp_path, "version: slosmith/v1\n", [text])


@BOUNDED
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_a_damaged_project_file_ends_in_artifacts_or_in_problems_with_places(
    tmp_path: Path, random: Random, times: int
) -> None:
    data = yaml.safe_load(PROJECT)
    data["specs"] = "specs"
    for _ in range(times):
        _damage(data, random)
    if data.get("specs") != "specs":
        data.pop("specs", None)
    orders = "version: slosmith/v1\nservice: orders\nslos:\n- name: a\n  objective: 99\n"
    orders += "  indicator: {uptime: {series: up}}\n"
    project = yaml.safe_dump(data, sort_keys=False)
    _judge(tmp_path, project, [orders, orders.replace("orders", "search")])


@BOUNDED
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_damaged_text_ends_in_artifacts_or_in_problems_with_places(
    tmp_path: Path, random: Random, times: int
) -> None:
    text = random.choice(SPECS)
    for _ in range(times):
        at = random.randint(0, len(text))
        lines = text.splitlines(keepends=True) or [""]
        number = random.randrange(len(lines))
        match random.randint(0, 3):
            case 0:
                text = text[:at] + text[at + random.randint(1, 10) :]
            case 1:
                text = (
                    text[:at] + random.choice("\t:-#{}[]'\"&*!|>%@`,? \n\r\x00\ufeff") + text[at:]
                )
            case 2:
                text = "".join(lines[:number] + lines[number + 1 :])
            case _:
                text = "".join([*lines[:number], lines[number], *lines[number:]])
    _judge(tmp_path, "version: slosmith/v1\n", [text])


@pytest.mark.parametrize("reader", [fields.selector, fields.event_count, fields.instant_value])
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(random=st.randoms(use_true_random=False))
def test_a_query_is_read_or_refused_with_a_place_in_it(
    reader: Callable[[str], tuple[Any, list[Any]]], random: Random
) -> None:
    text = _query(random)
    found, faults = reader(text)
    assert (found is None) == bool(faults), text
    for fault in faults:
        assert fault.message
        assert 0 <= fault.start <= fault.end, (text, fault)
        assert fault.start <= len(text), (text, fault)
