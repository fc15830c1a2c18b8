"""All services and SLOs of a project as one table."""

from __future__ import annotations

from collections.abc import Sequence

from slosmith.durations import format_duration
from slosmith.explain import layout, wording
from slosmith.explain.target import Target
from slosmith.numbers import plain

_HEAD = ("service", "slo", "objective", "window", "budget", "measures")


def listing(targets: Sequence[Target], *, color: bool = False) -> str:
    rows = []
    for target in targets:
        service = target.service
        for index in target.indices:
            slo = service.slos[index]
            rows.append(
                (
                    service.name,
                    slo.name,
                    f"{plain(slo.objective)}%",
                    format_duration(slo.window),
                    wording.about(slo.budget * slo.window),
                    wording.measured(slo),
                )
            )
    lines = layout.table(_HEAD, rows, indent=0, color=color)
    return "\n".join([*lines, "", "`slosmith explain SERVICE/SLO` tells all about one."]) + "\n"
