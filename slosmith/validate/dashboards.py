"""Dashboards, the ConfigMaps that carry them and Grafana's provisioning → what would not load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slosmith.validate import expressions, shapes
from slosmith.validate.documents import read_json
from slosmith.validate.findings import Finding, Keys

# A ConfigMap holds 1 MiB, and its metadata needs some.
MAX_DATA_BYTES = 900 * 1024

_COLUMNS = 24
_LABEL_VALUES = "label_values("


def check(data: Any) -> list[Finding]:
    """One dashboard's JSON model."""
    if isinstance(data, dict) and "dashboard" in data:
        text = "is wrapped as for Grafana's API; provisioning takes the model itself"
        return [Finding("artifact-dashboard", (), text)]
    found = shapes.faults(data, "DASHBOARD")
    if found:
        return found
    ids: set[int] = set()
    found += _panels(data["panels"], ("panels",), ids)
    for keys, query in _queries(data):
        wrong = expressions.fault(expressions.expand(query))
        if wrong:
            found.append(Finding("artifact-promql", keys, wrong))
    return found


def check_config_map(data: Any) -> tuple[list[Finding], str, Any]:
    """One ConfigMap: what is wrong with it, the file name it gives, and the dashboard in it."""
    found = shapes.faults(data, "CONFIG_MAP")
    if found:
        return found, "", None
    [(name, text)] = data["data"].items()
    size = len(name) + len(text.encode(errors="replace"))
    if size >= MAX_DATA_BYTES:
        message = (
            f"{size} bytes of data, and a ConfigMap takes {MAX_DATA_BYTES} safely: split the "
            "service, or shorten its texts"
        )
        found.append(Finding("artifact-size", ("data", name), message))
    dashboard, wrong = read_json(text)
    found += [Finding(fault.check, ("data", name), fault.text) for fault in wrong]
    return found, name, dashboard


def check_provisioning(data: Any) -> list[Finding]:
    return shapes.faults(data, "PROVISIONING")


def _panels(panels: list[Any], keys: Keys, ids: set[int]) -> list[Finding]:
    found: list[Finding] = []
    taken: set[tuple[int, int]] = set()
    for index, panel in enumerate(panels):
        here = (*keys, index)
        wrong = shapes.faults(panel, "PANEL", here)
        if wrong:
            found += wrong
            continue
        if panel["id"] in ids:
            text = f"{panel['id']} is the id of an earlier panel"
            found.append(Finding("artifact-dashboard", (*here, "id"), text))
        ids.add(panel["id"])
        found += _position(panel["gridPos"], (*here, "gridPos"), taken)
        found += _panels(panel.get("panels", []), (*here, "panels"), ids)
    return found


def _position(grid: Any, keys: Keys, taken: set[tuple[int, int]]) -> list[Finding]:
    """A panel beyond the 24 columns, or on cells that others have; adds its own to `taken`."""
    if grid["x"] + grid["w"] > _COLUMNS:
        text = f"ends in column {grid['x'] + grid['w']} of {_COLUMNS}"
        return [Finding("artifact-dashboard", keys, text)]
    if grid["h"] > 100:
        return [Finding("artifact-dashboard", keys, f"is {grid['h']} rows high")]
    cells = {
        (x, y)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    }
    overlap = bool(cells & taken)
    taken |= cells
    return [Finding("artifact-dashboard", keys, "overlaps an earlier panel")] if overlap else []


def _queries(data: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    """All PromQL of a dashboard and where it stands: panels, variables, annotations."""
    yield from _panel_queries(data["panels"], ("panels",))
    for index, variable in _items(data.get("templating")):
        query = variable.get("query")
        text = query.get("query") if isinstance(query, dict) else query
        if variable.get("type") == "query" and isinstance(text, str):
            keys: Keys = ("templating", "list", index, "query")
            if not text.startswith(_LABEL_VALUES):
                yield keys, text
            elif "," in text:
                yield keys, text.removeprefix(_LABEL_VALUES).rpartition(",")[0]
    for index, annotation in _items(data.get("annotations")):
        if isinstance(annotation.get("expr"), str):
            yield ("annotations", "list", index, "expr"), annotation["expr"]


def _panel_queries(panels: Any, keys: Keys) -> Iterator[tuple[Keys, str]]:
    for index, panel in enumerate(panels):
        if not isinstance(panel, dict):
            continue
        for number, target in enumerate(panel.get("targets") or []):
            if isinstance(target, dict) and isinstance(target.get("expr"), str):
                yield (*keys, index, "targets", number, "expr"), target["expr"]
        yield from _panel_queries(panel.get("panels") or [], (*keys, index, "panels"))


def _items(holder: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries of `{"list": […]}` that are objects."""
    items = holder.get("list") if isinstance(holder, dict) else None
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield index, item
