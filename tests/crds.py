"""Kubernetes objects → what the real CustomResourceDefinitions say against them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).resolve().parents[2] / "shared" / "schemas"

needs_crds = pytest.mark.skipif(
    not SCHEMAS.is_dir(), reason="no CRD schemas in ../shared/schemas beside the repository"
)


def crd_errors(obj: dict[str, Any]) -> list[str]:
    """What is wrong with an object, `path: message` each; unknown fields are wrong too."""
    validator = _validators().get((obj["apiVersion"], obj["kind"]))
    if validator is None:
        return [f"no CRD for {obj['apiVersion']} {obj['kind']}"]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(obj)]


@cache
def _validators() -> dict[tuple[str, str], Draft202012Validator]:
    found = {}
    for path in sorted(SCHEMAS.glob("*.yaml")):
        for document in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
            if not document:
                continue
            spec = document["spec"]
            for version in spec["versions"]:
                name = f"{spec['group']}/{version['name']}"
                schema = _closed(version["schema"]["openAPIV3Schema"])
                found[name, spec["names"]["kind"]] = Draft202012Validator(schema)
    return found


def _closed(schema: Any) -> Any:
    """The schema as the API server reads it, but refusing what it would prune."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items() if key != "properties"}
    if "properties" in schema:
        closed["properties"] = {
            name: _closed(value) for name, value in schema["properties"].items()
        }
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        closed["type"] = ["integer", "string"]
    return closed
