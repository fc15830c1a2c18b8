"""What Grafana puts into a query: the variables of a dashboard, the intervals and the time.

As its template service finds them (`$name`, `${name}`, `${name:format}`, `[[name]]`) and as its
Prometheus data source writes their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from slosmith.durations import format_duration, parse_seconds

Json = dict[str, Any]

VARIABLE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::\w+)?\]\]|\$\{(\w+)(?::\w+)?\}", re.ASCII)
SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")
# The data source's own, where nobody sets it.
SCRAPE = 15


def values_of(dashboard: Json, chosen: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """What stands for each variable of a dashboard, with all values of it or those `chosen`."""
    found = {}
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if variable["type"] == "datasource":
            found[name] = "uid-of-a-data-source"
        elif chosen and name in chosen:
            assert variable["multi"]
            found[name] = pattern(chosen[name])
        else:
            # What is written for all is put in as it is.
            found[name] = variable["allValue"]
    return found


def pattern(values: Sequence[str]) -> str:
    """Chosen values as a regular expression inside of a PromQL string."""
    escaped = [_escaped(value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _escaped(value: str) -> str:
    text = value.replace("\\", "\\\\\\\\").replace('"', '\\\\\\"')
    return SPECIAL.sub(lambda match: f"\\\\{match.group()}", text)


def expand(
    query: str,
    values: Mapping[str, str],
    *,
    step: int = 60,
    target: Json | None = None,
    time_range: int = 86400,
) -> str:
    """A query as Grafana sends it for points `step` seconds apart.

    `$__rate_interval` holds four samples at least, and a step with a sample more. A target tells
    how far apart samples are by its `interval`, else the data source does. What is no variable
    stays as it is.
    """
    told = parse_seconds((target or {}).get("interval", f"{SCRAPE}s"))
    assert told is not None
    scrape = int(told)
    rate = max(max(step, scrape) + scrape, 4 * scrape)
    known = {
        "__rate_interval": format_duration(rate),
        "__interval": format_duration(step),
        "__range": format_duration(time_range),
        **values,
    }

    def value(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group)
        return known.get(name, match.group())

    return VARIABLE.sub(value, query)
