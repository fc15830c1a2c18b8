"""Values of prometheus-adapter → what it could not use."""

from __future__ import annotations

import re
from typing import Any

from slosmith.validate import expressions, shapes
from slosmith.validate.findings import Finding, Keys

# What its Go template fills in, by what Prometheus could be asked.
_FILLED_IN = {"<<.LabelMatchers>>": 'namespace="x"', "<<.GroupBy>>": "pod", '<<"<<">>': "<<"}
_ACTION = re.compile(r'<<"<<">>|<<.*?>>', re.DOTALL)


def check(data: Any) -> list[Finding]:
    """The values of the Helm chart."""
    found = shapes.faults(data, "ADAPTER")
    if found:
        return found
    names: set[str] = set()
    for index, rule in enumerate(data["rules"]["custom"]):
        keys: Keys = ("rules", "custom", index)
        for field in ("seriesQuery", "metricsQuery"):
            query = rule[field] if field == "seriesQuery" else _filled_in(rule[field])
            wrong = expressions.fault(query)
            if wrong:
                found.append(Finding("artifact-promql", (*keys, field), wrong))
        name = rule["name"]["as"]
        if name in names:
            text = f"{name} is made by two rules"
            found.append(Finding("artifact-adapter", (*keys, "name", "as"), text))
        names.add(name)
    return found


def _filled_in(template: str) -> str:
    """The query of a template; an action that slosmith does not write stays, and is no PromQL."""
    return _ACTION.sub(lambda match: _FILLED_IN.get(match.group(), match.group()), template)
