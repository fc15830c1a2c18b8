"""History for a new SLO on an old service: the rules that promtool can evaluate over the past, and
the commands for it.

promtool evaluates each rule by itself, against what Prometheus already has. So only the two base
rules, which read raw series, can be backfilled; all others come from them by themselves.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from slosmith import series
from slosmith.escape import one_line
from slosmith.model import Project, Slo
from slosmith.yamlout import dump

# Prometheus is still writing the blocks of about this last time; promtool's own default.
HEAD = 3 * 3600
_BASE = (series.TOTAL, series.BAD)
_HEADER = """\
# The base rules of {what}, for `promtool tsdb create-blocks-from rules` alone.
# Not for `rule_files:`, which has them already. Written by `slosmith explain --backfill`.
"""
Group = dict[str, Any]


def rule_file(groups: Sequence[Group], what: str) -> str:
    """The base rules of generated `groups` as a rule file. Each group keeps its interval, at which
    promtool evaluates it: samples as dense as those that are recorded from now on weigh the same.
    `what`: the service or SLO."""
    return _HEADER.format(what=one_line(what)) + dump({"groups": base_groups(groups)})


def base_groups(groups: Sequence[Group]) -> list[Group]:
    """The groups with their base rules alone, without those that have none."""
    found = []
    for group in groups:
        rules = [rule for rule in group["rules"] if rule.get("record") in _BASE]
        if rules:
            found.append(group | {"rules": rules})
    return found


def commands(
    name: str, slos: Sequence[Slo], project: Project, options: Sequence[str] = ()
) -> tuple[str, str]:
    """Two shell commands: one writes the rule file of `name`, the other evaluates it over the
    longest window of `slos`, as far as Prometheus keeps samples. `options` are those of this
    slosmith that choose the project."""
    reach = min(max(slo.window for slo in slos), project.prometheus.retention)
    write = shlex.join(["slosmith", "explain", name, *options, "--backfill"]) + " > base.yaml"
    url = shlex.quote(one_line(f"--url={project.prometheus.url}"))
    evaluate = (
        f"promtool tsdb create-blocks-from rules {url} "
        f"--start=$(($(date +%s) - {reach})) --end=$(($(date +%s) - {HEAD})) "
        "--output-dir=blocks base.yaml"
    )
    return write, evaluate
