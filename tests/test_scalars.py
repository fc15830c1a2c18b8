"""The YAML 1.2 core schema: what unquoted and tagged text stands for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from slosmith.read.scalars import Scalar, ScalarError, plain_scalar, scalar

CORE = "tag:yaml.org,2002:"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("0", 0),
        ("-0", 0),
        ("08", 8),
        ("010", 10),
        ("+12", 12),
        ("-12", -12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", Decimal(1000)),
        ("1E-3", Decimal("0.001")),
        (".5", Decimal("0.5")),
        ("-.5", Decimal("-0.5")),
        ("1.", Decimal(1)),
        ("99.90", Decimal("99.90")),
        ("1e30", Decimal("1e30")),
        ("9" * 40, int("9" * 40)),
    ],
)
def test_plain_text_becomes_a_value_of_the_core_schema(text: str, value: Scalar) -> None:
    found = plain_scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_decimals_keep_the_digits_of_their_text() -> None:
    assert str(plain_scalar("99.90")) == "99.90"
    assert str(plain_scalar("0.1")) == "0.1"


@pytest.mark.parametrize(
    "text",
    # Words and numbers of YAML 1.1, forms that only look like numbers, digits of other scripts.
    [
        *("no", "on", "yes", "off", "y", "n", "nULL", "tRUE", "1_000", "0b11", "0o8", "0xg"),
        *("1:30", "2024-01-01", "1e", "e3", ".", "-", "+", "-.", "--1", "1.2.3", "١٢", "1٢", "1e३"),
        *("5m", "10%", ".iNf", "inf", "NaN", "+0x1F", "-0o7", "1 2", " 1", "<<", "1\n"),
    ],
)
def test_everything_else_stays_text(text: str) -> None:
    assert plain_scalar(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN", "1e31", "1e-31", "0.1E+99"),
        *("9" * 41, "0." + "1" * 40, "0x" + "f" * 39, "0o" + "7" * 39, "-" + "1" * 40),
        "1e" + "0" * 50,
    ],
)
def test_numbers_that_are_not_finite_or_too_long_are_refused(text: str) -> None:
    with pytest.raises(ScalarError) as caught:
        plain_scalar(text)
    assert caught.value.check == "yaml-number"
    assert len(str(caught.value)) < 200


def test_quoted_text_is_always_text() -> None:
    for text in ("", "null", "true", "12", ".inf", "9" * 50):
        assert scalar(text, plain=False, tag=None) == text


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("!", "12", "12"),
        (CORE + "str", "12", "12"),
        (CORE + "str", ".inf", ".inf"),
        (CORE + "int", "12", 12),
        (CORE + "int", "0x1F", 31),
        (CORE + "float", "3", Decimal(3)),
        (CORE + "float", "1e3", Decimal(1000)),
        (CORE + "bool", "true", True),
        (CORE + "bool", "FALSE", False),
        (CORE + "null", "", None),
        (CORE + "null", "~", None),
    ],
)
@pytest.mark.parametrize("plain", [True, False])
def test_core_tags_decide_over_style(tag: str, text: str, value: Scalar, plain: bool) -> None:
    found = scalar(text, plain=plain, tag=tag)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("tag", "text", "check"),
    [
        (CORE + "int", "1.5", "yaml-tag"),
        (CORE + "int", "x", "yaml-tag"),
        (CORE + "int", "", "yaml-tag"),
        (CORE + "float", "x", "yaml-tag"),
        (CORE + "float", ".inf", "yaml-number"),
        (CORE + "int", "9" * 41, "yaml-number"),
        (CORE + "bool", "yes", "yaml-tag"),
        (CORE + "null", "x", "yaml-tag"),
        (CORE + "map", "x", "yaml-tag"),
        (CORE + "seq", "", "yaml-tag"),
        (CORE + "binary", "AA==", "yaml-tag"),
        (CORE + "timestamp", "2024-01-01", "yaml-tag"),
        (CORE, "x", "yaml-tag"),
        ("int", "1", "yaml-tag"),
        ("!int", "1", "yaml-tag"),
        (CORE + "python/object:os.system", "x", "yaml-tag"),
    ],
)
def test_tags_that_do_not_fit_or_are_foreign_are_refused(tag: str, text: str, check: str) -> None:
    with pytest.raises(ScalarError) as caught:
        scalar(text, plain=True, tag=tag)
    assert caught.value.check == check


def test_messages_stay_one_short_printable_line() -> None:
    with pytest.raises(ScalarError) as caught:
        scalar("x", plain=True, tag="!\x1b[31m\n" + "x" * 5000)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
