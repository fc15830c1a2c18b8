"""The JSON Schemas that come with slosmith, for files and for editors."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

Schema = dict[str, Any]
SPEC = "v1.json"
PROJECT = "project-v1.json"


@functools.cache
def load(name: str) -> Schema:
    """The schema in `slosmith/schema/<name>`."""
    schema: Schema = json.loads(text(name))
    return schema


def text(name: str) -> str:
    return resources.files("slosmith").joinpath("schema", name).read_text(encoding="utf-8")


@functools.cache
def resolved(name: str) -> Schema:
    """The schema with every `$ref` replaced by what it names; keys beside `$ref` win."""
    schema: Schema = _inline(load(name), name)
    schema.pop("definitions", None)
    return schema


def _inline(node: Any, file: str) -> Any:
    if isinstance(node, list):
        return [_inline(item, file) for item in node]
    if not isinstance(node, dict):
        return node
    beside = {key: _inline(value, file) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return beside
    other, _, pointer = node["$ref"].partition("#")
    return {**_target(other or file, pointer), **beside}


@functools.cache
def _target(file: str, pointer: str) -> Any:
    """What a `$ref` names. Many name the same, and share it: nobody changes a schema."""
    target: Any = load(file)
    for part in pointer.strip("/").split("/"):
        target = target[part]
    return _inline(target, file)
