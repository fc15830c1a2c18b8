"""Data and the name of a shape → where the data does not have it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from slosmith.validate import chaos_schemas, load_schemas, schemas
from slosmith.validate.findings import Finding, Keys, shown

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_HOMES = (schemas, load_schemas, chaos_schemas)


def faults(data: Any, shape: str, keys: Keys = ()) -> list[Finding]:
    """What keeps `data`, which stands at `keys`, from the schema called `shape`."""
    found = []
    for error in _validator(shape).iter_errors(data):
        where = (*keys, *error.absolute_path)
        found.append(Finding("artifact-schema", where, _message(error)))
    return sorted(found, key=lambda finding: (finding.message, finding.text))


@cache
def _validator(shape: str) -> Validator:
    # Here, since a run that generates nothing needs no validator.
    from jsonschema import Draft202012Validator

    home = next(module for module in _HOMES if hasattr(module, shape))
    return Draft202012Validator(getattr(home, shape))


def _message(error: ValidationError) -> str:
    """In our words where jsonschema would print whole objects."""
    value = shown(error.instance)
    schema = error.schema if isinstance(error.schema, dict) else {}
    description = schema.get("description")
    if description and error.validator in ("pattern", "maxLength"):
        return f"{value} is not {description}"
    if error.validator == "type":
        return f"{value} is not of type {error.validator_value}"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = schema.get("properties", {})
        unknown = sorted(str(key) for key in error.instance if key not in known)
        return f"holds {', '.join(unknown)}, which slosmith does not write"
    text = error.message
    return text if len(text) <= 200 else f"{text[:199]}…"
