"""Text of a YAML or JSON file → its data, and what readers would not agree on."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from slosmith.validate.findings import Finding, Keys, shown

_STR = "tag:yaml.org,2002:str"
_MAP = "tag:yaml.org,2002:map"
_SEQ = "tag:yaml.org,2002:seq"

# What a plain scalar looks like that PyYAML (YAML 1.1), YAML 1.2 and Go's readers take for the
# same value. Go reads `1e3` and `08` as numbers, PyYAML as strings; some read `y` as true.
_PLAIN = {
    _STR: re.compile(r"(?![yYnN]\Z)[A-Za-z_/].*"),
    "tag:yaml.org,2002:int": re.compile(r"-?(0|[1-9][0-9]*)"),
    "tag:yaml.org,2002:float": re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+"),
    "tag:yaml.org,2002:bool": re.compile(r"true|false"),
    "tag:yaml.org,2002:null": re.compile(r"null"),
}
_BREAK = re.compile("[\x85\u2028\u2029]")


def read_yaml(text: str) -> tuple[list[Any], list[Finding]]:
    """All documents of a file, and what is wrong with it as YAML; no documents where it cannot be
    read at all."""
    loader = yaml.CSafeLoader(text)
    documents: list[Any] = []
    findings: list[Finding] = []
    if match := _BREAK.search(text):
        message = f"holds {match.group()!r} unescaped, a line break to some YAML readers only"
        findings.append(Finding("artifact-yaml", (), message))
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None, "there is one more"
            _check(node, (), findings)
            documents.append(loader.construct_document(node))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        return [], [Finding("artifact-yaml", (), f"is not readable as YAML: {reason}")]
    finally:
        loader.dispose()
    return documents, findings


def read_json(text: str) -> tuple[Any, list[Finding]]:
    """The data of a JSON file, and what is wrong with it as JSON."""
    try:
        return json.loads(text, parse_constant=_no_constant), []
    except (ValueError, RecursionError) as error:
        return None, [Finding("artifact-json", (), f"is not readable as JSON: {error}")]


def encoded_size(data: Any) -> int:
    """Bytes of `data` as kubectl keeps it in an annotation: JSON on one line.

    Go's encoder writes `<`, `>` and `&` as six characters each.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode(errors="replace")) + 5 * sum(text.count(char) for char in "<>&")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check(node: yaml.Node, keys: Keys, findings: list[Finding]) -> None:
    """What is ambiguous in a node and below it."""
    if isinstance(node, yaml.ScalarNode):
        pattern = _PLAIN.get(node.tag) if not node.style else None
        sure = pattern.fullmatch(node.value) if pattern else node.style and node.tag == _STR
        if not sure:
            text = f"{shown(node.value)} is not read alike by all YAML readers; quote it"
            findings.append(Finding("artifact-yaml", keys, text))
    elif isinstance(node, yaml.MappingNode) and node.tag == _MAP:
        seen = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            _check(key, (*keys, name), findings)
            if key.tag != _STR:
                findings.append(Finding("artifact-yaml", (*keys, name), "a key is no string"))
            if name in seen:
                findings.append(Finding("artifact-yaml", (*keys, name), "a key stands twice"))
            seen.add(name)
            _check(value, (*keys, name), findings)
    elif isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
        for index, item in enumerate(node.value):
            _check(item, (*keys, index), findings)
    else:
        findings.append(Finding("artifact-yaml", keys, f"has the tag {node.tag}"))
