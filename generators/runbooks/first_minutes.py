"""The first five minutes of an alert, as checks in the order in which to do them."""

from __future__ import annotations

import shlex

from generators.runbooks import links, queries
from generators.runbooks.views import Item
from slosmith import anchors, markdown
from slosmith.dependencies import KINDS, shell
from slosmith.durations import format_duration
from slosmith.markdown import Markdown, block, join, link
from slosmith.model import (
    LatencyIndicator,
    Project,
    RatioIndicator,
    Service,
    Slo,
    ThresholdIndicator,
    UptimeIndicator,
)
from slosmith.numbers import percent, plain
from slosmith.series import INFO

_APART = "\n\n"


def of_burn(service: Service, slo: Slo, project: Project) -> tuple[Item, ...]:
    """Is it still going on, what is bad, what changed, who else burns, which dependency."""
    ratio = queries.error_ratio(service, slo)
    return _items(
        _going_on(service, slo, project, ratio),
        ("What is bad?", join(_details(slo), links.asked(queries.details(slo), project))),
        _changes(service),
        _others(service, project),
        _dependencies(service),
    )


def of_missing(service: Service, slo: Slo, project: Project) -> tuple[Item, ...]:
    """Is the service there, is it scraped, do the names still match, are the rules loaded."""
    asked = join(*(links.asked(query, project) for query in queries.raw(slo)), by=_APART)
    return _items(
        _changes(service),
        (
            "Which of what it reads is gone?",
            join(
                Markdown(
                    "No value: nothing is scraped under this name and these labels. Look at "
                    "Prometheus' page *Targets*, and for a metric that was renamed.\n\n"
                ),
                asked,
            ),
        ),
        (
            "Are the rules loaded?",
            join(
                Markdown(
                    "One series for this SLO, or Prometheus has not loaded its rules: look at its "
                    "page *Rules* for errors.\n\n"
                ),
                links.asked(f'{INFO}{{service="{service.name}",slo="{slo.name}"}}', project),
            ),
        ),
        _dependencies(service),
    )


def _items(*checks: tuple[str, Markdown] | None) -> tuple[Item, ...]:
    # Not the items of a list: MkDocs knows no blocks of code within them.
    return tuple(Item(markdown.text(title), body) for title, body in filter(None, checks))


def _going_on(service: Service, slo: Slo, project: Project, ratio: str) -> tuple[str, Markdown]:
    board = links.dashboard(service, project, slo)
    shown = f"{link('Dashboard', board)}. " if board else ""
    words = (
        f"{shown}The error ratio over the last {format_duration(300)}; above "
        f"{percent(slo.budget)} it spends more than it may:"
    )
    prometheus = "Without Grafana, where Prometheus can be reached by its name:"
    return "Is it still going on?", join(
        Markdown(words),
        links.asked(ratio, project),
        Markdown(prometheus),
        block(links.curl(ratio, project), "sh"),
        by=_APART,
    )


def _details(slo: Slo) -> Markdown:
    match slo.indicator:
        case RatioIndicator():
            words = "Bad events per second, by what tells them apart (route, status, pod):"
        case LatencyIndicator(below=below):
            words = (
                f"The 99th percentile; {format_duration(below)} is the bound. Add a label such as "
                "`route` or `pod` to `by (le)` to see who is slow:"
            )
        case ThresholdIndicator(below=None, above=above):
            words = f"The value; good is above {plain(above or 0)}:"
        case ThresholdIndicator(below=below):
            words = f"The value; good is below {plain(below or 0)}:"
        case UptimeIndicator():
            words = "The targets that are down:"
        case _:
            words = "The error ratio as it is measured:"
    return Markdown(f"{words}{_APART}")


def _changes(service: Service) -> tuple[str, Markdown]:
    """Pods, events and rollouts, as far as the spec says which they are."""
    commands = []
    namespace = shlex.quote(service.namespace)
    if service.pods:
        commands.append(shell.states(service.namespace, service.pods))
    if service.autoscaling:
        target = service.autoscaling.target
        kind = target.kind.lower()
        if kind in ("deployment", "statefulset", "daemonset"):
            name = shlex.quote(f"{kind}/{target.name}")
            commands.append(f"kubectl -n {namespace} rollout history {name}")
    if not commands:
        commands.append(f"kubectl -n {namespace} get events --sort-by=.lastTimestamp | tail -n 20")
    words = (
        "Pods that are not ready or restart, and releases, flags, migrations and certificates of "
        "the last hours:"
    )
    return "What changed?", Markdown(f"{words}{_APART}{block(chr(10).join(commands), 'sh')}")


def _others(service: Service, project: Project) -> tuple[str, Markdown] | None:
    if len(service.slos) < 2:
        return None
    words = (
        "How fast each SLO of this service spends its budget, the fastest first. Above 1 is too "
        "fast. One that began earlier is nearer to the cause:"
    )
    return "Which other SLOs burn?", join(
        Markdown(f"{words}{_APART}"), links.asked(queries.burn_rates(service), project)
    )


def _dependencies(service: Service) -> tuple[str, Markdown] | None:
    if not service.dependencies:
        return None
    rows = []
    for item in service.dependencies:
        kind = KINDS[item.kind]
        checks = "; ".join(check.title[0].lower() + check.title[1:] for check in kind.checks(item))
        name = link(item.name, f"#{anchors.of_dependency(item.name)}")
        rows.append(f"- {name} ({kind.title}): {markdown.text(checks)}")
    return "Is it a dependency?", Markdown("\n".join(rows))
