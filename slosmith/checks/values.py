"""Values that are there while there is no data, or the other way about, and percents."""

from __future__ import annotations

from collections.abc import Iterator

from promql_parser import BinaryExpr

from slosmith.checks.findings import Finding
from slosmith.checks.trees import queries
from slosmith.model import Project, Slo, ThresholdIndicator
from slosmith.promql import syntax
from slosmith.promql.constants import factor, is_always_there, number
from slosmith.promql.filters import filters


def hidden_absence(slo: Slo, project: Project) -> Iterator[Finding]:
    """A value in place of missing data: then dead pods page nobody."""
    if slo.alerting.absent == "off":
        return
    for inside, expression in queries(slo):
        # Without bad (or good) series there is none that is bad (or good): that is no loss of data.
        if inside[-1] not in ("total", "query") or not is_always_there(expression):
            continue
        message = (
            f"`{inside[-1]}`: this has a value although its series are gone, so that nobody is "
            "told when all pods are dead; leave the `or …` (or vector) out, or set "
            "alerting.absent: off if that is meant"
        )
        yield Finding("absent-hidden", message, inside)


def filtered_values(slo: Slo, project: Project) -> Iterator[Finding]:
    """Series that a threshold does not see while a comparison is false."""
    if not isinstance(slo.indicator, ThresholdIndicator):
        return
    for inside, expression in queries(slo):
        for item in filters(expression):
            if item.effect != "some" or not isinstance(item.node, BinaryExpr):
                continue
            sign = syntax.operator(item.node)
            message = (
                f"`query`: series for which {sign} is false are left out, and when none is left "
                f"there is no value, which pages as missing data does; give the values without "
                f"{sign}, or allow this if it is meant"
            )
            yield Finding("value-filtered", message, inside)


def percents(slo: Slo, project: Project) -> Iterator[Finding]:
    """A ratio of 0 to 100, where 0 to 1 is taken: all above 1 counts as 1."""
    if slo.indicator.kind != "error_ratio":
        return
    for inside, expression in queries(slo):
        operations = [node for node in syntax.walk(expression) if isinstance(node, BinaryExpr)]
        if any(map(_by_100, operations)) and not any(map(_over_100, operations)):
            message = (
                "`query`: this reads like percent, and a ratio is 0 to 1; what is above 1 counts "
                "as 1, so leave the 100 out"
            )
            yield Finding("ratio-percent", message, inside)


def _by_100(node: BinaryExpr) -> bool:
    product = factor(node)
    if product is not None:
        return product[0] == 100
    return syntax.operator(node) == "-" and number(node.lhs) == 100


def _over_100(node: BinaryExpr) -> bool:
    if syntax.operator(node) == "/":
        return number(node.rhs) == 100
    product = factor(node)
    return product is not None and product[0] == 0.01
