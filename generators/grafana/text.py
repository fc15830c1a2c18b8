"""Text from a spec → text that Grafana shows as it was written, and data → JSON text.

Grafana puts values in for `$name`, `${name}` and `[[name]]` in titles, descriptions, queries and
URLs alike; Flux does so for `${name}` in whatever it applies. Descriptions are Markdown on top.
"""

from __future__ import annotations

import json
import re
from typing import Any

from slosmith import escape
from slosmith.escape import promql_string
from slosmith.model import Selector

# Takes no room on the screen, and no variable has it in its name.
_JOINER = "\u2060"
_VARIABLE = re.compile(r"\$(?=[\w{])|\[(?=\[)", re.ASCII)

# What Markdown, its GitHub dialect or HTML would act on: signs anywhere, list and heading marks
# at the start, and what turns into a link by itself.
_MARKDOWN = re.compile(
    r"[]$&<>[(){}*_`~#|\\!@]|^[-+=]|^\d+(?=\.)|:(?=//)|(?<=www)\.", re.IGNORECASE
)

_URL_SAFE = "%:/?#[]@!&'()*+,;=-._~"

# What a reviewer could not see, or what YAML would not keep in a block as it is: controls, marks
# of zero width or of direction, line separators, and all beyond the basic plane.
_INVISIBLE = re.compile(
    "[\x7f-\xa0\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U00010000-\U0010ffff]"
)


def title(text: str) -> str:
    """`text` on one line for a title, a tag or any other place without Markdown."""
    return _VARIABLE.sub(lambda match: match.group() + _JOINER, " ".join(text.split()))


def markdown(text: str) -> str:
    """`text` as one paragraph of Markdown that looks like it."""
    return _MARKDOWN.sub(_entities, " ".join(text.split()))


def _entities(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in match.group())


def http_url(text: str) -> str | None:
    """`text` as an address to link to; None where it is no http or https URL."""
    address = escape.http_url(text, _URL_SAFE)
    # Brackets are plain characters of IPv6 addresses, but two of them open a variable.
    return address and address.replace("[[", "%5B%5B")


def literal(selector: Selector) -> Selector:
    """`selector` as a spec has it, with signs that open a variable written as PromQL's escapes:
    the same series, and nothing for Grafana to put a value into."""
    return Selector(selector.name, tuple(literal_matcher(matcher) for matcher in selector.matchers))


def literal_matcher(matcher: str) -> str:
    """A label matcher with a quoted value, likewise."""
    if not _VARIABLE.search(matcher):
        return matcher
    quote_sign = next(char for char in matcher if char in "\"'`")
    name, _, rest = matcher.partition(quote_sign)
    value, _, _ = rest.rpartition(quote_sign)
    text = promql_string(value) if quote_sign == "`" else f"{quote_sign}{value}{quote_sign}"
    return name + _VARIABLE.sub(lambda match: f"\\x{ord(match.group()):02x}", text)


def json_text(data: Any, *, indent: int | None = 2) -> str:
    """JSON with sorted keys and a newline at the end; all on one line without `indent`. Readable
    text stays readable; characters that cannot be seen are escaped."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(
        data,
        sort_keys=True,
        indent=indent,
        separators=separators,
        ensure_ascii=False,
        allow_nan=False,
    )
    return _INVISIBLE.sub(lambda match: json.dumps(match.group())[1:-1], text) + "\n"
