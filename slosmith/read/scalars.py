"""The text of a YAML scalar → None, bool, int, Decimal or str, by the YAML 1.2 core schema."""

from __future__ import annotations

import re
from decimal import Decimal

from slosmith.escape import one_line

Scalar = None | bool | int | Decimal | str

MAX_NUMBER_LENGTH = 40
MAX_EXPONENT = 30

_PREFIX = "tag:yaml.org,2002:"
_CORE = frozenset({"str", "int", "float", "bool", "null", "map", "seq"})
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# [0-9] throughout: \d takes the digits of every script.
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE](?P<exponent>[-+]?[0-9]+))?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_SHOWN = 40


class ScalarError(ValueError):
    """A scalar that is refused. `check` is the id of the problem, the text its message."""

    def __init__(self, check: str, message: str) -> None:
        super().__init__(message)
        self.check = check


def shorten(text: str, width: int = _SHOWN) -> str:
    """`text` on one printable line of at most `width` characters, for messages."""
    line = one_line(text[: width + 1])
    return line if len(line) <= width else line[: width - 1] + "…"


def plain_scalar(text: str) -> Scalar:
    """What an unquoted scalar stands for: `no` and `on` are strings, `08` is 8, `1.` a Decimal.

    Raises ScalarError (`yaml-number`) for numbers that are not finite, longer than 40 characters
    or with an exponent beyond ±30.
    """
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    number = _number(text)
    return text if number is None else number


def scalar(text: str, *, plain: bool, tag: str | None) -> Scalar:
    """The value of a scalar with its style and tag (in long form, `!`, or None for no tag).

    Raises ScalarError: `yaml-number` as above, `yaml-tag` where the tag is not of the core schema
    or does not fit the text.
    """
    if tag is None:
        return plain_scalar(text) if plain else text
    if not is_core(tag):
        raise ScalarError("yaml-tag", foreign_tag(tag))
    if tag in ("!", _PREFIX + "str"):
        return text
    name = tag.removeprefix(_PREFIX)
    value = _tagged(name, text)
    if value is None and name != "null":
        raise ScalarError("yaml-tag", f"`{shorten(text)}` is no value of the tag `!!{name}`")
    return value


def is_core(tag: str) -> bool:
    """Whether a tag, in long form, is `!` or one of the core schema."""
    return tag == "!" or (tag.startswith(_PREFIX) and tag.removeprefix(_PREFIX) in _CORE)


def foreign_tag(tag: str) -> str:
    """The message about a tag beyond the core schema."""
    shown = "!!" + tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else tag
    return (
        f"the tag `{shorten(shown)}` is not part of the YAML core schema: remove it, or put the "
        "value in quotes if it is meant to start with `!`"
    )


def _tagged(name: str, text: str) -> Scalar:
    """The value of `text` as the core type `name`; None also where it is no such value."""
    if name == "null":
        if text not in _NULLS:
            raise ScalarError("yaml-tag", f"`{shorten(text)}` is no value of the tag `!!null`")
        return None
    if name == "bool":
        return _BOOLS.get(text)
    if name in ("int", "float"):
        number = _number(text)
        if name == "int":
            return number if isinstance(number, int) else None
        return None if number is None else Decimal(number)
    return None


def _number(text: str) -> int | Decimal | None:
    """The number that `text` is in the core schema, or None."""
    if not text or text[0] not in "+-.0123456789":
        return None
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError("yaml-number", f"`{text}` is not a finite number")
    if _INT.fullmatch(text):
        _check_length(text)
        return int(text)
    if _BASED.fullmatch(text):
        _check_length(text)
        return int(text[2:], 8 if text[1] == "o" else 16)
    match = _FLOAT.fullmatch(text)
    if match is None:
        return None
    _check_length(text)
    if abs(int(match["exponent"] or 0)) > MAX_EXPONENT:
        raise ScalarError("yaml-number", f"the exponent of `{text}` is beyond ±{MAX_EXPONENT}")
    return Decimal(text)


def _check_length(text: str) -> None:
    if len(text) > MAX_NUMBER_LENGTH:
        raise ScalarError(
            "yaml-number",
            f"the number `{shorten(text)}` has {len(text)} characters; {MAX_NUMBER_LENGTH} are "
            "the most: put it in quotes if it is text",
        )
