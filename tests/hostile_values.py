"""Texts that mean something in one of the languages that slosmith writes. They are data, wherever
a spec holds them: tests run them through the generators and look whether they stay so."""

from __future__ import annotations

# Each stands alone: one line, none of them empty.
TEXTS: tuple[str, ...] = (
    # shell
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "' ; touch pwned ; '",
    '" ; touch pwned ; "',
    "\\' ; touch pwned ; \\'",
    "&& touch pwned || true",
    "| touch pwned",
    "> pwned",
    "${IFS}touch${IFS}pwned",
    "!!",
    "~root",
    "-rf /",
    "--help",
    "a=b c=d",
    # Markdown and HTML
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</code></pre><b>bold</b>",
    "[link](javascript:alert(1))",
    "![image](https://evil.example.com/x.png)",
    "[link]: https://evil.example.com",
    "<https://evil.example.com>",
    "https://evil.example.com/x www.evil.example.com",
    "**bold** _italic_ ~~gone~~ `code`",
    "```",
    "````sh",
    "~~~",
    "# heading",
    "1. item",
    "- item",
    "> quote",
    "---",
    "===",
    "| cell | cell |",
    "&amp; &lt;b&gt; &#60;b&#62;",
    "-->",
    "<!-- comment",
    "]]> <![CDATA[",
    "\\*not bold\\*",
    "line ends in backslash\\",
    ":warning: @somebody #123",
    # templates
    "{{ 7 * 7 }} {% raw %} {# gone #}",
    "{{ $labels.slo }} {{- end }} }}",
    "${x} $x $__interval [[x]]",
    "%s %(x)s {0} {x}",
    # PromQL, SQL, libpq
    '"} or vector(1) #',
    "'; DROP TABLE users; --",
    "dbname=evil host=evil.example.com",
    # JavaScript
    "'; process.exit(); //",
    "${process.exit()}",
    "</script><script>process.exit()</script>",
    # YAML
    "- a: *b",
    "key: value",
    "no",
    "2001-01-01",
    "0x10",
    # what looks like something else, or like nothing
    "😀 שלום 你好",
    "\u202eevil\u202c",
    "zero\u200bwidth",
    "no\u00a0break\u2028line\u2029paragraph",
)

# Of several lines: what must not start a line of its own.
LINES: tuple[str, ...] = (
    "first\n# heading",
    "first\n```\nrm -rf /\n```",
    "first\n\n<b>second paragraph</b>",
    "first\n---\nsecond",
    "first\nSQL\ntouch pwned",
    "first\n- item\n  - nested\t tab",
)

ALL = TEXTS + LINES
