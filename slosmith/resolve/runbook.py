"""How a service's incidents are mitigated: phases with time limits, and what they refer to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slosmith import playbooks
from slosmith.durations import format_duration
from slosmith.escape import one_line
from slosmith.model_dependencies import Phase, Step
from slosmith.problems import Path
from slosmith.resolve import references
from slosmith.resolve.context import Context, mapping, no_duration, text, whole_seconds
from slosmith.resolve.references import SloIndex
from slosmith.shape.messages import listed, suggestion

# A comment of people has a space after its `#`; the name of a channel or an issue has none.
_CUT = re.compile(r"[ \t]+(#[\w-]+)")


def build(
    context: Context, data: Mapping[str, Any], at: Path, service: str, slos: SloIndex
) -> tuple[Phase, ...]:
    """The phases of the service whose merged fields are `data`; its runbook stands at `at`."""
    phases = mapping(data.get("runbook")).get("phases")
    items = data.get("dependencies")
    known = {
        text(found.get("name")): text(found.get("kind"))
        for found in map(mapping, items if isinstance(items, list) else ())
    }
    found = []
    before = 0
    for index, item in enumerate(phases if isinstance(phases, list) else ()):
        path = (*at, "phases", index)
        phase = _phase(context, mapping(item), known, path, service, slos)
        if phase and phase.within < before:
            message = (
                f"`within`: {format_duration(phase.within)} is less than "
                f"{format_duration(before)} of the phase above; all count from the start of the "
                "incident"
            )
            context.error("runbook-phases", message, (*path, "within"))
        before = phase.within if phase else before
        found += [phase] if phase else []
    return tuple(found)


def _phase(
    context: Context,
    data: dict[str, Any],
    known: Mapping[str, str],
    at: Path,
    service: str,
    slos: SloIndex,
) -> Phase | None:
    within = whole_seconds(context, data, "within", at)
    if within == 0:
        no_duration(context, data, "within", at)
    slo = ""
    if isinstance(data.get("slo"), str):
        slo = references.full_name(context, data["slo"], service, slos, (*at, "slo")) or ""
    items = data.get("steps")
    steps = [
        _step(context, item, known, (*at, "steps", index))
        for index, item in enumerate(items if isinstance(items, list) else ())
    ]
    if not within:
        return None
    return Phase(text(data.get("title")), within, tuple(step for step in steps if step), slo)


def _step(context: Context, item: Any, known: Mapping[str, str], at: Path) -> Step | None:
    """`known` are the kinds of the service's dependencies, by their names."""
    if isinstance(item, str):
        _check_comment(context, at)
        return Step(text=item)
    data = mapping(item)
    use, dependency = text(data.get("use")), text(data.get("dependency"))
    if not use:
        return None
    if use not in playbooks.LIBRARY:
        near = suggestion(use, playbooks.LIBRARY) or "; docs/runbooks.md lists them"
        message = f"`use`: there is no playbook entry `{one_line(use)}`{near}"
        context.error("playbook-unknown", message, (*at, "use"))
        return None
    if dependency and dependency not in known:
        near = suggestion(dependency, known)
        message = f"`dependency`: there is no dependency `{one_line(dependency)}`{near}"
        context.error("dependency-unknown", message, (*at, "dependency"))
        return None
    kinds = playbooks.LIBRARY[use].kinds
    if dependency and kinds and known[dependency] not in kinds:
        message = (
            f"`dependency`: `{use}` is for {listed(list(kinds), 'and')}, and `{dependency}` is "
            f"{one_line(known[dependency])}"
        )
        context.error("playbook-kind", message, (*at, "dependency"))
        return None
    return Step(use=use, dependency=dependency)


def _check_comment(context: Context, at: Path) -> None:
    """Warns where the text at `at` ends before what looks like the name of a channel, which is a
    comment to YAML."""
    file, inside = context.origins.source(at) or ("", ())
    document = context.origins.document(file)
    source = document.strings.get(inside) if document else None
    if document is None or source is None or source.style:
        return
    line = document.line(source.span.end_line) or ""
    cut = _CUT.match(line, source.span.end_column - 1)
    if cut:
        message = (
            f"the step ends before `{one_line(cut[1])}`, where a comment begins: put the text in "
            "quotes, or a space after # if it is a comment"
        )
        context.warning("text-cut", message, at)
