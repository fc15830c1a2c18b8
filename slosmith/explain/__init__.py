"""What an SLO means, for people: its budget, when which alert fires and clears, what every rule is
for, and how a new SLO starts with history.

Fed with the model and with the rule groups that were generated from it, so that what is told is
what runs. Pure; prints nothing.
"""

from __future__ import annotations

from slosmith.explain.answer import Question, answer
from slosmith.explain.backfill import rule_file
from slosmith.explain.explanation import explain
from slosmith.explain.rate import Rate, parse_rate

__all__ = ["Question", "Rate", "answer", "explain", "parse_rate", "rule_file"]
