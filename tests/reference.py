"""Reference pages made from what they describe: the JSON Schemas, and the commands."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import cli

_MADE = "<!-- Made from {source} by `make golden`. -->"
SCHEMAS = Path(__file__).parent.parent / "slosmith/schema"
Schema = dict[str, Any]


def fields(file: Path, title: str, intro: str) -> str:
    """Every field that a schema knows: a table for the top, and one for each section in it."""
    schema = json.loads(file.read_text(encoding="utf-8"))
    lines = [f"# {title}", "", _MADE.format(source=file.name), "", intro, ""]
    required = set(schema.get("required", ()))
    rows, sections = [], []
    for name, given in schema["properties"].items():
        found = _merged(given, schema)
        rows.append(_row(name, found, name in required))
        inner = list(_inside(name, found, schema, ()))
        if inner:
            sections.append((name, found, inner))
    lines += [*_table(rows), ""]
    for name, found, inner in sections:
        lines += [f"## {name}", "", _told(found), "", *_table(inner), ""]
    return "\n".join(lines)


def commands() -> str:
    """Each command with its words and options, as its help has them."""
    lines = ["# Commands", "", _MADE.format(source="cli.py"), ""]
    lines += [
        "Exit codes: 0 fine; 1 problems found; 2 wrong usage; 3 a required tool cannot be had."
    ]
    lines += ["Every command has `--help`."]
    group = cli.slosmith
    assert isinstance(group, click.Group)
    for name, command in sorted(group.commands.items()):
        usage = " ".join(map(_usage, _of(command, click.Argument)))
        lines += [
            "",
            f"## slosmith {name}",
            "",
            f"    slosmith {name} [OPTIONS] {usage}".rstrip(),
            "",
        ]
        lines += [inspect.cleandoc(command.help or ""), ""]
        lines += ["| option | takes | meaning | default |", "|---|---|---|---|"]
        lines += [_option(option) for option in _of(command, click.Option)]
    return "\n".join(lines) + "\n"


def _of(command: click.Command, kind: type[click.Parameter]) -> list[Any]:
    return [param for param in command.params if isinstance(param, kind)]


def _usage(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    dots = "…" if argument.nargs == -1 else ""
    return name if name.startswith("[") else f"[{name}{dots}]"


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if isinstance(option.type, click.Choice):
        takes = ", ".join(f"`{choice}`" for choice in option.type.choices)
    else:
        takes = "" if option.is_flag else option.metavar or option.type.name
    default = f"`{option.default}`" if option.show_default else ""
    return f"| {names} | {takes} | {option.help or ''} | {default} |"


def _merged(given: Schema, schema: Schema) -> Schema:
    """A field with what it refers to, its own words first."""
    if "$ref" not in given:
        return given
    own = {key: item for key, item in given.items() if key != "$ref"}
    file, _, pointer = given["$ref"].partition("#")
    if not file:
        return {**_merged(_at(schema, pointer), schema), **own}
    # What is a spec's own is told there.
    other = json.loads((SCHEMAS / file).read_text(encoding="utf-8"))
    found = _merged(_at(other, pointer), other)
    return {key: found[key] for key in ("type", "description", "examples") if key in found} | own


def _at(schema: Schema, pointer: str) -> Schema:
    for part in pointer.strip("/").split("/"):
        schema = schema[part]
    return schema


def _inside(
    path: str, found: Schema, schema: Schema, above: tuple[int, ...]
) -> Iterator[tuple[str, ...]]:
    """The rows of all that a field holds."""
    key = id(found.get("properties") or found.get("items") or found.get("oneOf"))
    if key in above:
        return
    above = (*above, key)
    items = found.get("items")
    if isinstance(items, dict):
        yield from _inside(f"{path}[]", _merged(items, schema), schema, above)
    required = set(found.get("required", ()))
    for name, given in found.get("properties", {}).items():
        if given is True:
            continue
        inner = _merged(given, schema)
        yield _row(f"{path}.{name}", inner, name in required)
        yield from _inside(f"{path}.{name}", inner, schema, above)
    extra = found.get("additionalProperties")
    if isinstance(extra, dict):
        inner = _merged(extra, schema)
        if inner.get("properties") or inner.get("items"):
            yield from _inside(f"{path}.NAME", inner, schema, above)
    for branch in (*found.get("oneOf", ()), *found.get("anyOf", ())):
        yield from _inside(path, _merged(branch, schema), schema, above)


def _row(name: str, found: Schema, required: bool) -> tuple[str, ...]:
    told = _told(found) + (" **Required.**" if required else "")
    example = found.get("examples", [None])[0]
    shown = "" if example is None else f"`{json.dumps(example, ensure_ascii=False)}`"
    return f"`{name}`", _type(found), told, shown if len(shown) < 100 else ""


def _told(found: Schema) -> str:
    return str(found.get("description", ""))


def _type(found: Schema) -> str:
    if "const" in found:
        return f"`{json.dumps(found['const'])}`"
    if "enum" in found:
        return ", ".join(f"`{json.dumps(item)}`" for item in found["enum"])
    branches = [*found.get("oneOf", ()), *found.get("anyOf", ())]
    kinds = found.get("type") or [item["type"] for item in branches if "type" in item]
    names = {"object": "map", "array": "list", "string": "text"}
    listed = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(dict.fromkeys(names.get(kind, kind) for kind in listed))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    unique = list(dict.fromkeys(map(tuple, escaped)))
    lines = [f"| {' | '.join(row)} |" for row in unique]
    return ["| field | takes | meaning | example |", "|---|---|---|---|", *lines]
