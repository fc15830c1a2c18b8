"""Findings of the JSON Schema in words for people: what is wrong and what would be right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from slosmith.escape import one_line
from slosmith.numbers import plain
from slosmith.problems import Path
from slosmith.read.document import Document

# A jsonschema.ValidationError; its stubs leave the types of what is used here open.
Finding = Any

_DNS = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
_LABEL = "^[a-zA-Z_][a-zA-Z0-9_]*$"
_DNS_NAME = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"
_URL = "https?://"
_KUBERNETES = "[A-Za-z0-9_.-]"

_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a map",
    "array": "a list",
}


def lookup(data: Any, path: Path) -> Any:
    """What stands at `path`; None where there is nothing."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean `objective`?`, or the empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.65)
    return f"; did you mean `{near[0]}`?" if near else ""


def alternatives(schema: Any, instance: dict[str, Any]) -> list[str]:
    """The keys of a union that are given."""
    required = schema.get("required", [])
    return [key for key in schema["properties"] if key in instance and key not in required]


def unknown_keys(error: Finding) -> list[str]:
    """Those that the schema does not name, where it names them at all."""
    if "properties" not in error.schema:
        return []
    patterns = error.schema.get("patternProperties", {})
    return [
        key
        for key in error.instance
        if key not in error.schema["properties"]
        and not any(re.search(pattern, key) for pattern in patterns)
    ]


def unknown_key(key: str, error: Finding, path: Path) -> str:
    known = list(error.schema["properties"])
    place = f"`{field(path)}`" if field(path) else "this file"
    near = suggestion(key, known) or _known_mistake(key, known)
    if near:
        return f"`{_short(key)}` is no field of {place}{near}"
    return f"`{_short(key)}` is no field of {place}, which takes {listed(known, 'and')}"


# Words of neighbouring tools and formats, by the field that they mean here.
_MISTAKES = {
    "target": "objective",
    "goal": "objective",
    "slo": "objective",
    "errors": "bad",
    "error_query": "bad",
    "total_query": "total",
    "success": "good",
    "period": "window",
    "time_window": "window",
    "timeWindow": "window",
    "sli": "indicator",
    "team": "owner",
    "expr": "query",
    "metric": "query",
    "percentile": "quantile",
    "minReplicas": "min",
    "maxReplicas": "max",
    "apiVersion": "version",
    "disable": "disabled",
    "scaleTargetRef": "target",
    "minReplicaCount": "replicas",
    "maxReplicaCount": "replicas",
    "idleReplicaCount": "idle",
    "pollingInterval": "polling",
    "cooldownPeriod": "cooldown",
    "paused": "pause",
    "threshold": "target",
    "mode": "pods",
    "cron": "schedule",
}


def _known_mistake(key: str, known: list[str]) -> str:
    meant = _MISTAKES.get(key)
    return f"; did you mean `{meant}`?" if meant in known else ""


def key_name(key: str, error: Finding) -> str:
    if error.validator == "maxLength":
        return f"the name `{_short(key)}` is longer than {error.validator_value} characters"
    if error.validator == "minLength":
        return "an empty name"
    if error.validator_value == _LABEL:
        return f"`{_short(key)}` is no label name: letters, digits and _ only, and no digit first"
    if error.validator_value == _DNS:
        return f"`{_short(key)}` is no DNS label: lower-case letters, digits and hyphens"
    return f"`{_short(key)}` is no valid name here: letters, digits, and -, _ or . inside"


def missing(error: Finding) -> str:
    quoted = re.match(r"'(.*)' is a required property", error.message)
    name = quoted.group(1) if quoted else str(error.validator_value)
    meaning = error.schema["properties"].get(name, {}).get("description", "")
    return f"`{name}` is missing" + (f": {_sentence(meaning)}" if meaning else "")


def left_to_later(error: Finding, path: Path) -> bool:
    """The objective's range has an explanation of its own."""
    return path[-1:] == ("objective",) and str(error.validator).startswith("exclusive")


def value(error: Finding, path: Path, document: Document) -> tuple[str, str]:
    """The id and the message for a value that was refused."""
    name = field(path) or "the file"
    instance = error.instance
    match error.validator:
        case "type":
            return _type(name, error, path, document)
        case "enum":
            near = suggestion(str(instance), map(str, error.validator_value))
            allowed = listed([str(item) for item in error.validator_value], "or")
            return "field-value", f"`{name}` must be {allowed}, not {_shown(instance)}{near}"
        case "const":
            return "field-value", f"`{name}` must be {error.validator_value}"
        case "pattern":
            return (
                "field-value",
                f"`{name}`: {_pattern(str(error.validator_value), instance, path)}",
            )
        case "maxProperties" if "properties" not in error.schema:
            return "field-value", f"`{name}` must have 1 to {error.validator_value} entries"
        case "maxProperties":
            return "field-union", _union(name, error)
        case "minItems":
            return "field-value", f"`{name}` must have at least {_items(error.validator_value)}"
        case "maxItems":
            message = f"`{name}` must have at most {_items(error.validator_value)}"
            if name == "slos":
                message += (
                    f", not {len(instance)}: more do not fit on one dashboard. Split the service: "
                    "two specs, each with a name of its own"
                )
            return "field-value", message
        case "uniqueItems":
            return "field-value", f"`{name}` names something twice"
        case "minLength":
            return "field-value", f"`{name}` is empty"
        case "maxLength":
            message = f"`{name}` is {len(instance)} characters long; at most "
            return "field-value", message + f"{error.validator_value} are allowed"
    return "field-value", f"`{name}` must be {_bound(error)}, not {_shown(instance)}"


def _type(name: str, error: Finding, path: Path, document: Document) -> tuple[str, str]:
    wanted = error.validator_value
    wanted = [wanted] if isinstance(wanted, str) else wanted
    kinds = listed([_TYPES[kind] for kind in wanted], "or")
    instance = error.instance
    if instance is None:
        return "field-empty", f"`{name}` has no value; give it one ({kinds}), or leave it out"
    if "smhdwy" in error.schema.get("pattern", ""):
        return "field-type", f"`{name}` must be a duration with its unit, as in 500ms, 30s or 30d"
    if error.schema.get("pattern", "").endswith("%$"):
        return "field-type", f"`{name}` must be percent, such as 2%"
    if wanted == ["string"] and isinstance(instance, dict) and any("=" in key for key in instance):
        return "field-type", f"`{name}` starts with a {{ and so is a map: put it in quotes"
    if "string" in wanted and not isinstance(instance, dict | list):
        return "field-type", f'`{name}` must be text: put it in quotes, "{_raw(path, document)}"'
    if isinstance(instance, str):
        if wanted[0] in ("number", "integer") and re.fullmatch(r"-?[0-9.]+%?", instance):
            number = instance.rstrip("%")
            return "field-type", f"`{name}` must be {kinds}, as in {number}, without quotes and %"
        if wanted == ["object"] and "properties" in error.schema:
            keys = listed(list(error.schema["properties"]), "or")
            return "field-type", f"`{name}` must be {kinds} with {keys}, not text"
    if wanted == ["integer"] and isinstance(instance, Decimal):
        return "field-type", f"`{name}` must be {kinds}, not {_raw(path, document)}"
    return "field-type", f"`{name}` must be {kinds}, not {_kind(instance)}"


def _raw(path: Path, document: Document) -> str:
    """The value as it is written."""
    span = document.values.get(path)
    line = document.line(span.line) if span else None
    return line[span.column - 1 : span.end_column - 1] if span and line else ""


def _union(name: str, error: Finding) -> str:
    required = error.schema.get("required", [])
    choices = [key for key in error.schema["properties"] if key not in required]
    given = alternatives(error.schema, error.instance)
    has = f"it has {listed(given, 'and')}" if given else "it has none of them"
    return f"`{name}` takes exactly one of {listed(choices, 'and')}; {has}"


def _pattern(pattern: str, instance: str, path: Path) -> str:
    shown = _shown(instance)
    if pattern == _DNS:
        return (
            f"{shown} is no DNS label: lower-case letters, digits and hyphens, with a letter or "
            "digit at both ends"
        )
    if pattern == _DNS_NAME:
        return (
            f"{shown} is no name of a Kubernetes object: lower-case letters, digits, hyphens and "
            "dots, with a letter or digit at both ends of each part"
        )
    if pattern.endswith("/)?v[0-9][a-z0-9]*$"):
        return f"{shown} is no API version, such as apps/v1"
    if pattern == "^[A-Z][A-Za-z0-9]*$":
        return f"{shown} is no kind, such as StatefulSet: a capital letter first"
    if pattern == "^([a-z0-9-]+/)?[a-z0-9-]+$":
        return f"{shown} is no SLO: write its name, or SERVICE/SLO"
    if pattern == "^none$":
        return f"{shown} is neither none nor a map with bearer, basic, tls or header"
    if pattern == "^(scale_up|scale_down)$":
        return f"{shown} is neither true nor a number of replicas, scale_up or scale_down"
    if "()|" in pattern:
        return f"{shown} is no tenant: letters, digits and !-_.*'()| only"
    if "smhdwy" in pattern:
        return f"{shown} is no duration: integers with units, as in 30s, 500ms, 1h30m or 30d"
    if pattern.endswith("%$"):
        return f"{shown} is no percentage, such as 2%"
    if pattern.endswith("/[smh]$"):
        return f"{shown} is no rate: N/s, N/m or N/h, as in 1000/s"
    if pattern.startswith("^(one|all"):
        return f"{shown} is no number of pods: one, a number such as 2, or percent such as 25%"
    if "KB|MB" in pattern:
        return f"{shown} is no size: 256MB (B, KB, MB or GB), or percent such as 25%"
    if pattern.startswith("^/[^"):
        return f"{shown} is no path: it begins with / and has neither spaces nor #"
    if pattern.endswith("/s$"):
        return f"{shown} is no pace: a number for a gauge, or N/s for a counter, as in 10/s"
    if "deployment|statefulset" in pattern:
        return (
            f"{shown} is no target: write deployment/NAME or statefulset/NAME, or a map with "
            "apiVersion, kind and name"
        )
    if re.match(r"https?://[^/]*@", instance):
        # Not shown: it may be a password.
        advice = ""
        if path[-2:] == ("prometheus", "url"):
            advice = ", and set prometheus.auth to {basic: NAME}, a TriggerAuthentication"
        return (
            "the address holds a user or a password, and generated files are committed: write it "
            f"without{advice}"
        )
    if _URL in pattern:
        return f"{shown} is no address, which is http:// or https:// and a host"
    if pattern.startswith("^[^"):
        return f"{shown} is empty or holds a control character"
    if _KUBERNETES in pattern:
        return f"{shown} is no value of a Kubernetes label: letters, digits, and -, _ or . inside"
    if pattern.startswith("^2"):
        return f"{shown} is no version of KEDA 2, such as 2.18"
    return f"{shown} is not of the form {pattern}"


def _bound(error: Finding) -> str:
    limit = plain(error.validator_value)
    return {
        "minimum": f"at least {limit}",
        "maximum": f"at most {limit}",
        "exclusiveMinimum": f"above {limit}",
        "exclusiveMaximum": f"below {limit}",
    }.get(str(error.validator), f"something else ({error.validator})")


def field(path: Path) -> str:
    """The name of what stands at `path`: `objective`, or `slos[2]` for an item of a list."""
    if not path:
        return ""
    if isinstance(path[-1], int):
        return f"{field(path[:-1])}[{path[-1]}]"
    return _short(path[-1])


def listed(words: list[str], conjunction: str) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _items(number: int) -> str:
    return f"{number} item{'s' if number != 1 else ''}"


def _sentence(text: str) -> str:
    return text.rstrip(".")[:1].lower() + text.rstrip(".")[1:]


def _shown(instance: Any) -> str:
    if isinstance(instance, bool):
        return str(instance).lower()
    return f'"{_short(instance)}"' if isinstance(instance, str) else _short(str(instance))


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= 60 else text[:57] + "…"


def _kind(instance: Any) -> str:
    if isinstance(instance, bool):
        return str(instance).lower()
    if isinstance(instance, dict):
        return "a map"
    if isinstance(instance, list):
        return "a list"
    return "text" if isinstance(instance, str) else "a number"
