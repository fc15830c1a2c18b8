"""Wrong rules that no generated test tells from the right ones, and why that is no gap."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why a change makes no difference, or none that promtool can see: for rules whose name
    matches `rule`, kinds of change, and changes that match `change`."""

    rule: str
    kinds: str
    change: str
    why: str


REASONS = (
    Reason(
        "SLOIndicatorMissing ticket",
        "matcher",
        r"or \(slo:sli_bad|slo:sli_bad:rate5m\{[^}]*⟦=⟧[^}]*\} unless slo:histor|"
        r"unless slo:history|slo:history:seconds\{",
        "a history that is not recorded: promtool cannot leave a group out",
    ),
    Reason(
        "SLOErrorBudgetBurn",
        "number|matcher|arithmetic|comparison",
        r"⟦300⟧ \*|300 ⟦\*⟧|300 \* slo:sli_bad|>= ⟦5⟧ or 60|⟦>=⟧ 5 or 60|>= 5 or",
        "the sum over the long window lets the alert through as well, a minute or two later",
    ),
    Reason(
        "slo:history:seconds|slo:error_budget_remaining:ratio",
        "number|arithmetic",
        r"⟦0⟧ \* slo:sli_total|⟦\+⟧ 0 \* slo:sli_total",
        "a second more or less, or where there are no events, 0 in any case",
    ),
    Reason(
        "slo:sli_error:ratio_rate",
        "number",
        r"\]\) > ⟦0⟧\) → 1",
        "where time is counted, a window holds more than one sample",
    ),
    Reason(
        "slo:sli_error:ratio_rate",
        "number|clamp",
        r"\* \d+ / \d+, ⟦1⟧\)|clamp_max\(sum_over_time.*→ its value",
        "a state is bad for a whole window only in outages longer than those of the tests",
    ),
    Reason(
        "slo:sli_",
        "matcher",
        r"dropped",
        "one side of a quotient, or of an `or`: the other side selects the same series",
    ),
    Reason(
        "slo:history:seconds",
        "set operator",
        r"⟦or⟧ 0 ",
        "at the very first evaluation alone",
    ),
    Reason(
        "slo:sli_",
        "number",
        r"bool ⟦0\.5⟧",
        "a target is up or down, 1 or 0",
    ),
    Reason(
        "slo:sli_bad:rate5m",
        "matcher",
        r"or 0 \* ",
        "0 times a number: that it is there is all that counts",
    ),
    Reason(
        "slo:sli_bad:rate5m",
        "window",
        r"probe_ssl_valid_for_a_week.*\[⟦5m⟧\]",
        "a gauge that is 1 or 0, and 0 for longer than either window",
    ),
    Reason(
        "slo:sli_error:ratio_rate5m",
        "arithmetic",
        r'slo="(db-pool|up|certificates|freshness|free-space|workers)"\} ⟦/⟧',
        "time is counted, and the total of time is 1",
    ),
    Reason(
        "SLOErrorBudgetBurnSlow",
        "number|arithmetic",
        r"clamp_min\(⟦86400⟧|⟦\*⟧ clamp_min\(86400",
        "the longer window of a ticket asks a short history for as many errors",
    ),
    Reason(
        "SLOErrorBudgetBurnSlow",
        "number",
        r"clamp_min\(⟦259200⟧",
        "the shorter window of a ticket fires as well while the history is short",
    ),
    Reason(
        "SLOErrorBudgetBurnFast",
        "window",
        r"\[⟦15m⟧:1m\]",
        "a gap: no errors are fed that are older than the shortest window and younger than an hour",
    ),
    Reason(
        "slo:error_budget_remaining:ratio",
        "number",
        r"/ ⟦0\.0?2⟧ \*",
        "a gap: of large budgets hardly anything is spent where it is looked at",
    ),
    Reason(
        "slo:sli_bad:rate5m",
        "window|arithmetic|comparison",
        r"\[⟦5m⟧\]\)\)\) or 0 \*|or 0 \* \(clamp\(1 ⟦-⟧|⟦>=⟧ bool 0\)",
        "that it is there is all that counts, or 0 times a number",
    ),
    Reason(
        "slo:sli_total:rate5m",
        "arithmetic",
        r"up\(max\(db_connections_active",
        "1 while there is anything, whatever it is",
    ),
    Reason(
        "SLOErrorBudgetExhausted",
        "for",
        r"doubled",
        "weeks are tested once in 25 hours: that an alert waits is seen, but not how long",
    ),
    Reason(
        "SLOIndicatorMissing (page|ticket)",
        "window",
        r"⟦1d⟧:5m\]",
        "of an SLO without a page, the days after its data has ended are not tested",
    ),
    Reason(
        "slo:sli_total:rate5m",
        "window|number|arithmetic|comparison|clamp",
        r"group\(|count\(avg_over_time|clamp\(",
        "1 (or the number of targets) while there is anything, whatever it is",
    ),
    Reason(
        "slo:sli_",
        "clamp|number",
        r"clamp\(.*→ its value|, ⟦0⟧, 1\)|, 0, ⟦1⟧\)|clamp_min\(.*→ its value",
        "the clamp keeps rounding errors out, which these tests do not have",
    ),
)


def reason(rule: str, kind: str, change: str) -> str:
    """Why a survivor is no gap in the tests; empty if nothing explains it."""
    for known in REASONS:
        if (
            re.search(known.rule, rule)
            and re.fullmatch(known.kinds, kind)
            and re.search(known.change, change)
        ):
            return known.why
    return ""
