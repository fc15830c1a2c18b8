"""The generated unit tests: they pass on the rules of any valid spec, and fail on wrong rules."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators import GENERATORS
from slosmith import pipeline, yamlout
from slosmith.escape import promql_string
from slosmith.problems import has_errors
from tests.projects import ROOT, built, write

PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
pytestmark = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool: the generated unit tests were not run"
)
CASES = sorted(path for path in (ROOT / "tests/cases").iterdir() if path.is_dir())
# A few in a test run; SLOSMITH_EXAMPLES=300 for a thorough one.
EXAMPLES = int(os.environ.get("SLOSMITH_EXAMPLES", "8"))


def promtool(folder: Path, *arguments: str) -> str:
    """What promtool says where it ends badly; empty if all is well."""
    run = subprocess.run(
        [str(PROMTOOL), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return run.stdout + run.stderr if run.returncode else ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rules_of_every_case_pass_their_tests(case: Path) -> None:
    tests = sorted(path.name for path in (case / "out/prometheus/tests").glob("*.yaml"))
    if not tests:
        pytest.skip(f"{case.name} is about other families")
    assert promtool(case / "out/prometheus/tests", "test", "rules", *tests) == ""


# --- any valid spec ---

NASTY = st.text(st.sampled_from("ab0. -_/\"'\\{}[]()$%&|^*+?#:;,<>=~é日\u00a0\n`"), max_size=12)
LABELS = st.one_of(st.sampled_from(["api", "a|b", "{{ $value }}", "08", ""]), NASTY)
DAY = 1440


@st.composite
def selectors(draw: Any, name: str, more: tuple[str, ...] = ()) -> str:
    job = f"job={promql_string(draw(LABELS) + 'x')}"
    extra = draw(st.sampled_from(["", 'env!="test"', 'path=~"/api/.+"', 'zone=~"a|b"', 'x!~"z.*"']))
    inside = ", ".join(part for part in (job, extra, *more) if part)
    return f"{name}{{{inside}}}"


@st.composite
def indicators(draw: Any, by: tuple[str, ...]) -> dict[str, Any]:
    group = f" by ({', '.join(by)})" if by else ""
    total = draw(selectors("requests_total"))
    match draw(st.sampled_from(["bad", "good", "sum", "latency", "below", "above", "up", "share"])):
        case "bad":
            part = draw(st.sampled_from(['status=~"5.."', 'code="500"', 'result!="ok"']))
            return {"ratio": {"bad": total[:-1] + f", {part}}}", "total": total}}
        case "good":
            return {"ratio": {"good": draw(selectors("hits_total")), "total": total}}
        case "sum":
            bad = f"sum{group}(rate(a_total[$window])) + sum{group}(increase(b_total[$window])) / 1"
            bad = bad.replace("increase", "rate").removesuffix(" / 1")
            return {"ratio": {"bad": bad, "total": f"sum{group}(rate(all_total[$window]))"}}
        case "latency":
            below = draw(st.sampled_from(["5ms", "250ms", "1s", "2s", "1m", "20m"]))
            unit = draw(st.sampled_from(["s", "ms"]))
            histogram = draw(selectors("took_seconds" if unit == "s" else "took_milliseconds"))
            return {"latency": {"histogram": histogram, "below": below, "unit": unit}}
        case "below":
            bound = draw(st.sampled_from([0, 0.8, 5, 1000, 0.001]))
            query = draw(
                st.sampled_from(
                    [f"max{group}(used / size)", f"sum{group}(queue)", f"1 - min{group}(free)"]
                )
            )
            return {"threshold": {"query": query, "below": bound}}
        case "above":
            query = f'min{group}(free_ratio{{kind="disk"}})'
            return {"threshold": {"query": query, "above": draw(st.sampled_from([0.1, 3, -2]))}}
        case "up":
            healthy = draw(st.sampled_from(["any", "all", "each"]))
            return {"uptime": {"series": draw(selectors("up")), "healthy": healthy}}
        case _:
            parts = (f"sum{group}(rate({name}_total[$window]))" for name in ("failed", "done"))
            return {"error_ratio": {"query": " / ".join(parts)}}


@st.composite
def policies(draw: Any, window: int) -> list[dict[str, Any]]:
    """Tiers with windows in minutes that fit an SLO window in minutes."""
    longs = [m for m in (5, 15, 60, 90, 360, 720, 1440, 4320, 10080) if 2 * m <= window]
    found = []
    for _ in range(draw(st.integers(1, 4))):
        long = draw(st.sampled_from(longs))
        short = draw(st.sampled_from([m for m in (5, 10, 30, 60, 120, 360) if m <= long]))
        tier = {"severity": draw(st.sampled_from(["page", "ticket"]))}
        tier |= {"long": f"{long}m", "short": f"{short}m"}
        found.append(tier | {"factor": draw(st.sampled_from([1, 1.5, 3, 6, 14.4, 100]))})
    return found


@st.composite
def slos(draw: Any) -> dict[str, Any]:
    by = draw(st.sampled_from([(), (), (), ("route",), ("zone", "pod")]))
    objective = draw(
        st.one_of(
            st.sampled_from([99.9, 99, 99.99, 95, 90, 50, 1, 99.9999]),
            st.decimals("1", "99.9999", places=4).map(float),
        )
    )
    slo: dict[str, Any] = {
        "name": draw(st.sampled_from(["availability", "no", "a-1"])),
        "objective": objective,
        "indicator": draw(indicators(by)),
        "window": f"{draw(st.sampled_from([7, 13, 28, 30, 90]))}d",
    }
    if by:
        slo["by"] = list(by)
    alerting: dict[str, Any] = {
        "absent": draw(st.sampled_from(["page", "ticket", "off"])),
        "exhausted": draw(st.sampled_from(["page", "ticket", "off"])),
        "min_bad_events": draw(st.sampled_from([0, 1, 5, 50])),
        "labels": {"note": draw(LABELS)},
    }
    if draw(st.booleans()):
        hours = draw(st.sampled_from([2, 24, 72, 7 * 24, 30 * 24]))
        slo["window"] = f"{hours}h"
        alerting["policy"] = draw(policies(hours * 60))
    return slo | {"alerting": alerting}


SEVERITIES = st.sampled_from(
    [{}, {}, {"page": "critical", "ticket": "warning"}, {"page": "one", "ticket": "one"}]
)
SPEC = st.fixed_dictionaries(
    {
        "version": st.just("slosmith/v1"),
        "service": st.sampled_from(["api", "no", "1e3"]),
        "owner": LABELS.filter(bool),
        "labels": st.just({"tier": "1"}),
        "slos": slos().map(lambda slo: [slo]),
    }
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    print_blob=True,
    # The same few in every run; a thorough run takes others each time.
    derandomize="SLOSMITH_EXAMPLES" not in os.environ,
)
@given(SPEC, SEVERITIES, st.sampled_from(["15s", "30s", "60s"]))
def test_rules_of_any_valid_spec_pass_their_tests(
    tmp_path_factory: pytest.TempPathFactory,
    spec: dict[str, Any],
    severities: dict[str, str],
    scrape: str,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    project = {
        "version": "slosmith/v1",
        "prometheus": {"retention": "95d", "scrape_interval": scrape},
        **({"severities": severities} if severities else {}),
    }
    write(
        folder,
        {
            "specs/any.yaml": yamlout.dump(spec),
            "slosmith.yaml": yaml.safe_dump(project),
        },
    )
    options = pipeline.Options(folder / "slosmith.yaml", folder)
    compilation = pipeline.compile_project(options, GENERATORS, None)
    if has_errors(compilation.problems):
        # Only faults of the spec that a strategy cannot rule out easily.
        allowed = {"by-label", "alert-name", "label-reserved"}
        assert {p.check for p in compilation.problems if p.severity == "error"} <= allowed
        return
    write(folder / "out", {item.path: item.text for item in compilation.all_artifacts()})
    service = spec["service"]
    assert promtool(folder / "out", "check", "rules", f"prometheus/rules/{service}.yaml") == ""
    names = sorted(path.name for path in (folder / "out/prometheus/tests").glob("*.yaml"))
    assert names, "nothing tests these rules"
    assert promtool(folder / "out/prometheus/tests", "test", "rules", *names) == ""
    shutil.rmtree(folder)


def test_a_build_has_tests_for_each_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = built(
        write(tmp_path, {"specs/api.yaml": (ROOT / "specs/api.yaml").read_text()}), monkeypatch
    )
    found = {path for path in files if path.startswith("prometheus/tests/")}
    assert found == {f"prometheus/tests/api{kind}.yaml" for kind in ("", ".pages", ".tickets")}
