"""SLOs whose rules no generated test proves in incidents."""

from __future__ import annotations

from collections.abc import Iterator

from slosmith.checks.findings import Finding
from slosmith.model import Project, Slo
from slosmith.probes.build import probes
from slosmith.probes.steady import TooFree


def untested(slo: Slo, project: Project) -> Iterator[Finding]:
    """Queries that are too free to work out which series would make them good or bad."""
    try:
        probes(slo)
    except TooFree as reason:
        mend = "give its series by hand in `tests: {series: …}`, or " if reason.by_hand else ""
        message = (
            f"no generated test puts `{slo.name}` through incidents: its indicator has {reason}; "
            f"{mend}allow this"
        )
        yield Finding("tests-none", message, ("indicator",))
