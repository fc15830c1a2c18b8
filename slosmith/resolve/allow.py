"""`allow` of slosmith.yaml and of specs: each entry checked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from slosmith.checks import WARNINGS
from slosmith.checks.allow import ARGUABLE, Allowance
from slosmith.problems import Path
from slosmith.resolve.context import Context, mapping, text
from slosmith.shape.messages import suggestion


def read(
    context: Context, entries: Any, service: str, slos: Collection[str], at: Path
) -> list[Allowance]:
    """The allowances at model path `at`. In a spec `service` is its own and `slos` names its
    SLOs; in slosmith.yaml `service` is empty and `slos` names all as `service/slo`."""
    found = []
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        data, path = mapping(entry), (*at, index)
        check, slo = text(data.get("check")), text(data.get("slo"))
        if not check:
            continue
        if check not in WARNINGS | ARGUABLE:
            near = suggestion(check, WARNINGS | ARGUABLE) or "; errors cannot be allowed"
            message = f"`check`: there is no warning `{check}`{near}"
            context.error("allow-check", message, (*path, "check"))
            continue
        if slo and slo not in slos:
            near = suggestion(slo, slos)
            form = "" if service or "/" in slo else "; write SERVICE/SLO"
            message = f"`slo`: there is no SLO `{slo}`{near or form}"
            context.error("slo-unknown", message, (*path, "slo"))
            continue
        owner, _, name = slo.rpartition("/")
        reason = text(data.get("reason"))
        found.append(Allowance(check, service or owner, name, path, reason))
    return found
