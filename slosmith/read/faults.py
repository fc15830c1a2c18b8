"""Kinds of YAML syntax errors: what is wrong in plain words, where, and the usual cure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slosmith.read.scalars import shorten
from slosmith.read.source import Positions

QUOTE_IT = "put the whole value in quotes"
TO_LINE_END = -1  # as the end of a found place
_MAX_KEY = 1024  # libyaml's limit for a key that is not marked by `?`
_ESCAPE = re.compile(r"\\[xuU]?[0-9a-fA-F]{0,8}")

# A message, and the place from start to end. An end of 0 means one character.
Found = tuple[str, int, int]


@dataclass(frozen=True)
class Fault:
    """A syntax error. Places are indices into `text`.

    `at` is where libyaml gave up, `start` where what it was reading began. `last` is the extent
    of the value before it (a scalar or a flow collection), `opened` the innermost bracket that
    is open.
    """

    text: str
    positions: Positions
    at: int
    start: int
    last: tuple[int, int] | None
    opened: int | None

    @property
    def char(self) -> str:
        return self.char_at(self.at)

    def char_at(self, index: int) -> str:
        """The character at `index`; empty at the end of the text."""
        return self.text[index : index + 1]

    @property
    def before(self) -> str:
        """What stands before `at` on its line."""
        return self.text[self.positions.line_start(self.at) : self.at]

    def line(self, index: int) -> int:
        return self.positions.at(index)[0]

    def content_start(self, index: int) -> int:
        """The first character of a line that is no space."""
        start = self.positions.line_start(index)
        rest = self.text[start : self.positions.line_end(start)]
        return start + len(rest) - len(rest.lstrip(" "))


def tab(fault: Fault, problem: str) -> Found | None:
    """A tab where only spaces may stand: in the indentation, or at the start of a value."""
    lead = fault.content_start(fault.at)
    # Between brackets, lines may start with a tab.
    in_indentation = fault.opened is None and fault.char_at(lead) == "\t"
    if "quoted" in problem or not (in_indentation or fault.char == "\t"):
        return None
    begin = lead if in_indentation else fault.at
    end = begin
    while fault.char_at(end) == "\t":
        end += 1
    if in_indentation:
        return "a tab in the indentation: YAML takes spaces only", begin, end
    return "a value cannot start after a tab: use spaces", begin, end


def after_value(fault: Fault) -> Found | None:
    """Text that follows a quoted value or a flow collection on its line."""
    if fault.last is None:
        return None
    begin, end = fault.last
    opening = fault.char_at(begin)
    between = fault.text[end : fault.at]
    if end > fault.at or opening not in ("'", '"', "[", "{") or between.strip(" \t>|"):
        return None
    if opening in "[{":
        kind, closing = ("list", "]") if opening == "[" else ("map", "}")
        message = (
            f"text after `{closing}`: a value that starts with `{opening}` is a {kind} in YAML; "
            f"{QUOTE_IT} if it is a query"
        )
        return message, begin, TO_LINE_END
    if fault.line(begin) != fault.line(end):
        return _late_quote(fault, begin, end)
    escape = '\\" for each "' if opening == '"' else "'' for each '"
    message = (
        f"text after the closing quote: {QUOTE_IT}, and write {escape} in it, or use the other "
        "kind of quotes"
    )
    return message, fault.at, TO_LINE_END


def _late_quote(fault: Fault, begin: int, end: int) -> Found:
    """A quoted value that ends lines later, probably at the opening quote of another one."""
    quote, line = fault.char_at(begin), fault.line(end)
    message = f"this {quote} is closed only on line {line}: is a quote missing on this line?"
    return message, begin, TO_LINE_END


def start_of_token(fault: Fault) -> Found:
    char = "a backtick" if fault.char == "`" else f"`{fault.char}`"
    return f"a plain value cannot start with {char}: {QUOTE_IT}", fault.at, 0


def second_colon(fault: Fault) -> Found:
    """`mapping values are not allowed`: a `:` where no key can be."""
    key = fault.content_start(fault.at)
    begin, end = fault.last or (fault.at, fault.at)
    if fault.line(begin) < fault.line(fault.at) == fault.line(end):
        return _continued_line(fault, begin, end)
    if end == fault.at and begin > key and fault.char_at(begin) in ("'", '"'):
        return f"a `:` after the closing quote: {QUOTE_IT}", fault.at, 0
    if re.search(r":[ \t]", fault.before):
        message = (
            f"a plain value cannot hold `: `: {QUOTE_IT}, as every query with `: ` or ` #` in it "
            "or `{` at its start"
        )
        return message, fault.at, 0
    if fault.at - key > _MAX_KEY:
        return f"a key has at most {_MAX_KEY} characters", key, fault.at
    return f"no key can stand here; if this is one value, {QUOTE_IT}", fault.at, 0


def _continued_line(fault: Fault, begin: int, end: int) -> Found:
    """The `:` ends what began as a value on a line above."""
    if fault.char_at(begin) in ("'", '"'):
        return _late_quote(fault, begin, end)
    if begin == fault.content_start(begin):
        return no_pair(fault, begin)
    message = (
        f"this line is indented deeper than line {fault.line(begin)}, so it goes on with the "
        "value there: keys of one map start in the same column"
    )
    return message, fault.content_start(fault.at), fault.at


def no_pair(fault: Fault, begin: int) -> Found:
    """A line, from `begin` on, that should have been `key: value`."""
    line = fault.text[begin : fault.positions.line_end(begin)]
    glued = re.match(r"([\w.-]{1,60}):(?=[^\s/])", line)
    if glued:
        message = f"a space is missing after the colon: `{glued[1]}: …`"
    elif re.match(r"-\w", line):
        message = "a space is missing after the dash of a list item"
    elif line[:1] in ("'", '"') and fault.line(begin) != fault.line(fault.at):
        message = "a key must fit on one line: is a quote missing?"
    elif len(line) > _MAX_KEY:
        message = f"a key has at most {_MAX_KEY} characters"
    else:
        message = "`:` is missing: neither `key: value` nor `- item`"
    return message, begin, TO_LINE_END


def missing_colon(fault: Fault) -> Found:
    return no_pair(fault, fault.start)


def expected_key(fault: Fault) -> Found:
    found = after_value(fault)
    if found:
        return found
    if fault.char == ":":
        return "a key is missing before the `:`", fault.at, 0
    if fault.at != fault.content_start(fault.at):
        message = f"`key: value` was expected here: {QUOTE_IT} if this is one"
    elif re.match(r"-(?:\s|$)", fault.text[fault.at : fault.at + 2]):
        message = "a list item where a key belongs: check the indentation"
    else:
        message = (
            "the indentation fits nothing above: keys of one map start in the same column, and "
            "so do the lines of one text"
        )
    return message, fault.at, TO_LINE_END


def expected_item(fault: Fault) -> Found:
    message = "`- item` was expected: items of one list start in the same column"
    return after_value(fault) or (message, fault.at, TO_LINE_END)


def expected_separator(fault: Fault) -> Found:
    closing = "]" if fault.char_at(fault.start) == "[" else "}"
    same_line = fault.line(fault.start) == fault.line(fault.at)
    # A `:` lines later is that of the next key, after a bracket that was never closed.
    if fault.at < len(fault.text) and (same_line or fault.char not in (":", "-", ".")):
        message = f"`,` or `{closing}` was expected: put text with special characters in quotes"
        return message, fault.at, 0
    return _unclosed(fault, fault.start)


def _unclosed(fault: Fault, index: int) -> Found:
    message = (
        f"this `{fault.char_at(index)}` is not closed, or a `,` is missing in it; {QUOTE_IT} if it "
        "is a query"
    )
    return message, index, TO_LINE_END


def node_content(fault: Fault) -> Found:
    if fault.opened is None:
        return start_of_token(fault)
    if fault.at >= len(fault.text.rstrip()):
        return _unclosed(fault, fault.opened)
    if fault.char == ":":
        return "a key is missing before the `:`", fault.at, 0
    if fault.char == ",":
        return "a value is missing before the `,`", fault.at, 0
    return f"`{fault.char}` cannot stand here: {QUOTE_IT} if it is part of one", fault.at, 0


def unclosed_quote(fault: Fault) -> Found:
    return f"this {fault.char_at(fault.start)} is never closed", fault.start, TO_LINE_END


def unknown_escape(fault: Fault) -> Found:
    if fault.at + 1 >= len(fault.text):
        return unclosed_quote(fault)
    escape = shorten(fault.text[fault.at : fault.at + 2])
    message = (
        f"`{escape}` is no escape in double quotes: write `\\{escape}` for the backslash itself, "
        "or use single quotes"
    )
    return message, fault.at, fault.at + 2


def bad_code(fault: Fault) -> Found:
    begin = max(fault.text.rfind("\\", 0, fault.at + 1), 0)
    match = _ESCAPE.match(fault.text, begin)
    message = (
        "this escape stands for no character: \\x takes 2, \\u 4 and \\U 8 hexadecimal digits; "
        "an emoji is written as it is"
    )
    return message, begin, match.end() if match else 0


def list_on_line(fault: Fault) -> Found:
    message = (
        "a list cannot start after its key: put `- ` on a line of its own, or the value in quotes"
    )
    return message, fault.at, TO_LINE_END


def question_mark(fault: Fault) -> Found:
    return f"a plain value cannot start with `? `: {QUOTE_IT}", fault.at, 0


def block_header(fault: Fault) -> Found:
    message = (
        f"`{fault.char_at(fault.start)}` opens a text of several lines and must end its line: "
        f"{QUOTE_IT} if it starts with this character"
    )
    return after_value(fault) or (message, fault.start, TO_LINE_END)


def after_end(fault: Fault) -> Found:
    message = "this line does not belong to the map above: all its keys start in the same column"
    return after_value(fault) or (message, fault.at, TO_LINE_END)


def name(fault: Fault) -> Found:
    kind = "an anchor" if fault.char_at(fault.start) == "&" else "an alias"
    message = f"{kind} needs a name of letters, digits, `_` and `-`: {QUOTE_IT} if it is none"
    return message, fault.start, 0


def tag(fault: Fault) -> Found:
    message = f"a value that starts with `!` is a tag in YAML: {QUOTE_IT}"
    return message, fault.start, TO_LINE_END


def directive(fault: Fault) -> Found:
    message = "a line that starts with `%` is a directive in YAML: use quotes if it is data"
    return message, fault.start, TO_LINE_END


def version(fault: Fault) -> Found:
    return "slosmith reads YAML 1.2: remove the %YAML line", fault.at, TO_LINE_END
