"""A document against its schema: findings with positions, and what of it is fit for use."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

from slosmith.problems import REFUSED, Path, Place, Problem, Span
from slosmith.read.document import Document
from slosmith.shape import messages, schemas


def check(document: Document, schema_name: str) -> tuple[Any, list[Problem]]:
    """The document's data without what is wrong, and the problems.

    Unknown fields are left out, refused values are REFUSED; so the rest can still be checked in the
    same run.
    """
    problems: list[Problem] = []
    data = _copy(document.data)
    for error in _validator(schema_name).iter_errors(document.data):
        path = tuple(error.absolute_path)
        if _touches(data, path):
            continue
        problems += _problems(document, error, path, data)
    return data, problems


def _problems(document: Document, error: messages.Finding, path: Path, data: Any) -> list[Problem]:
    if "propertyNames" in error.absolute_schema_path:
        key = error.instance
        place = _key_place(document, (*path, key))
        _replace(data, (*path, key), None, drop=True)
        return [Problem("field-name", messages.key_name(key, error), place)]
    if error.validator == "additionalProperties":
        found = []
        for key in messages.unknown_keys(error):
            if _touches(data, (*path, key)):
                continue
            _replace(data, (*path, key), None, drop=True)
            message = messages.unknown_key(key, error, path)
            found.append(Problem("field-unknown", message, _key_place(document, (*path, key))))
        return found
    if error.validator == "required":
        place = _key_place(document, path) if path else _first_line(document)
        return [Problem("field-missing", messages.missing(error), place)]
    if messages.left_to_later(error, path):
        return []
    if error.validator == "maxProperties" and messages.unknown_keys(error):
        # The unknown key is the fault, and was reported.
        _replace(data, path, REFUSED)
        return []
    _replace(data, path, REFUSED)
    check_id, message = messages.value(error, path, document)
    return [Problem(check_id, message, _value_place(document, path))]


@functools.cache
def _validator(schema_name: str) -> Any:
    def pattern(_: Any, wanted: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
        # `$` of Python also matches before a last newline.
        if isinstance(instance, str) and (
            not re.search(wanted, instance) or ("\n" in instance and wanted.endswith("$"))
        ):
            yield ValidationError(f"{instance!r} does not match")

    def one_of(_: Any, most: int, instance: Any, schema: Any) -> Iterator[ValidationError]:
        # Our unions are maps with exactly one of their optional keys; other maps have any keys.
        if isinstance(instance, dict):
            if "properties" not in schema:
                if not schema.get("minProperties", 0) <= len(instance) <= most:
                    yield ValidationError("too few or too many")
            elif len(messages.alternatives(schema, instance)) != 1:
                yield ValidationError("not exactly one")

    validators: Any = jsonschema.validators
    validator = validators.extend(
        jsonschema.Draft7Validator,
        {"pattern": pattern, "maxProperties": one_of, "minProperties": lambda *_: iter(())},
    )
    return validator(schemas.resolved(schema_name))


def _key_place(document: Document, path: Path) -> Place:
    return Place(document.file, document.keys.get(path) or _nearest(document, path))


def _value_place(document: Document, path: Path) -> Place:
    value = messages.lookup(document.data, path)
    if value is None or isinstance(value, dict | list):
        return _key_place(document, path)
    return Place(document.file, document.values.get(path) or _nearest(document, path))


def _first_line(document: Document) -> Place:
    """For what is missing in a whole file: its first key."""
    keys = [span for path, span in document.keys.items() if len(path) == 1]
    return Place(document.file, min(keys, default=Span(1, 1, 1, 1)))


def _nearest(document: Document, path: Path) -> Span | None:
    while path and path not in document.values:
        path = path[:-1]
    span: Span | None = document.values.get(path)
    return span


def _touches(data: Any, path: Path) -> bool:
    """Whether the path, or what it lies in, was refused already."""
    for part in path:
        if data is REFUSED:
            return True
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return True
    return data is REFUSED


def _replace(data: Any, path: Path, value: Any, drop: bool = False) -> None:
    for part in path[:-1]:
        data = data[part]
    if not path:
        return
    if drop:
        data.pop(path[-1], None)
    else:
        data[path[-1]] = value


def _copy(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_copy(value) for value in data]
    return data
