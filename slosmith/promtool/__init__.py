"""promtool, the judge of rule files: found on the machine or in a container, run, understood."""

from __future__ import annotations

from slosmith.promtool.check import check_rules, explain_query, test_rules
from slosmith.promtool.find import Mode, ToolMissing, find, missing_notice, version
from slosmith.promtool.parse import Finding
from slosmith.promtool.run import Promtool

__all__ = [
    "Finding",
    "Mode",
    "Promtool",
    "ToolMissing",
    "check_rules",
    "explain_query",
    "find",
    "missing_notice",
    "test_rules",
    "version",
]
