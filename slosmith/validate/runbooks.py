"""Runbooks: every link within them has its anchor, and so has every alert that links to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from slosmith.validate.findings import Finding

# Code holds no links, and may hold what looks like one.
_FENCED = re.compile(r"^ *(`{3,})[^`\n]*\n.*?^ *\1$", re.DOTALL | re.MULTILINE)
_ANCHOR = re.compile(r'^<a id="([^"\n]+)"></a>$', re.MULTILINE)
_LINK = re.compile(r"\]\(#([^)\s]*)\)")


def check(text: str) -> tuple[list[Finding], frozenset[str]]:
    """What is wrong with a runbook, and its anchors."""
    prose = _FENCED.sub("", text)
    anchors = _ANCHOR.findall(prose)
    found = [
        Finding("artifact-link", (), f"the anchor `{anchor}` is there twice")
        for anchor in sorted({anchor for anchor in anchors if anchors.count(anchor) > 1})
    ]
    known = frozenset(anchors)
    found += [
        Finding("artifact-link", (), f"links to `#{target}`, which is no anchor in it")
        for target in sorted(set(_LINK.findall(prose)) - known)
    ]
    return found, known


def check_alerts(groups: Sequence[Any], service: str, anchors: frozenset[str]) -> list[Finding]:
    """Alerts whose `runbook_url` names an anchor that the service's runbook does not have."""
    found = []
    for group in groups:
        for rule in group["rules"]:
            url = rule.get("annotations", {}).get("runbook_url", "")
            _, here, anchor = url.partition(f"/{service}.md#")
            if here and anchor not in anchors:
                text = f"the alert {rule['alert']} links to `#{anchor}`, which is no anchor in it"
                found.append(Finding("artifact-link", (), text))
    return found
