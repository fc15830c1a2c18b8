"""The playbook library: every entry is whole, and nothing in it is what today's tools ignore."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slosmith import playbooks
from slosmith.dependencies import KINDS
from tests.markdown_documents import commonmark
from tests.projects import ROOT

ENTRY = pytest.mark.parametrize("entry", playbooks.LIBRARY.values(), ids=lambda entry: entry.name)


def test_the_remedies_of_the_incident_are_all_there() -> None:
    assert {
        "cache-reads",
        "missing-index",
        "pool-size",
        "circuit-breaker",
        "redis-cluster",
        "multi-level-cache",
        "read-replicas",
        "sharding",
        "cdn",
        "async-processing",
        "split-service",
    } <= set(playbooks.LIBRARY)


@ENTRY
def test_an_entry_says_when_at_what_risk_how_and_what_proves_it(entry: playbooks.Entry) -> None:
    assert set(entry.kinds) <= set(KINDS)
    assert len(entry.when) > 50
    assert entry.risk.count("\n- ") + entry.risk.startswith("- ") >= 2
    numbers = re.findall(r"^(\d)\. ", entry.steps, re.MULTILINE)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert len(numbers) >= 4
    assert len(entry.proof) > 50
    for part in (entry.when, entry.risk, entry.steps, entry.proof):
        tags = {tag for tag, _ in commonmark(part).tags}
        assert tags <= {"p", "ul", "ol", "li", "code", "em", "strong"}


@ENTRY
def test_an_entry_is_listed_in_the_docs(entry: playbooks.Entry) -> None:
    text = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
    kinds = ", ".join(entry.kinds) or "any"
    assert f"| `{entry.name}` | {kinds} |" in text


@pytest.mark.parametrize("missing", ["## When", "## Risk", "## Steps", "## Proof", "Kinds:"])
def test_an_entry_without_a_part_is_refused(missing: str) -> None:
    file = Path(playbooks.__file__).parent / "roll-back.md"
    text = file.read_text(encoding="utf-8").replace(missing, "")
    with pytest.raises(ValueError, match="roll-back"):
        playbooks.parse("roll-back", text)
