"""The generated configuration on a real Alertmanager: only what should be silenced is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.rules import files
from slosmith.model import Alerting, Project, Service, SeverityAlert, Slo
from tests.alertmanager_server import Labels, configured, needs_alertmanager, serving
from tests.models import make_alerting, make_service, make_slo

pytestmark = [pytest.mark.server, needs_alertmanager]

DOCS = Path(__file__).parent.parent / "docs/output.md"
FAST, SLOW, MISSING = "SLOErrorBudgetBurnFast", "SLOErrorBudgetBurnSlow", "SLOIndicatorMissing"
SPENT = "SLOErrorBudgetExhausted"

PROJECTS = {
    "usual": Project(),
    "renamed": Project(severities={"page": "critical", "ticket": "warning"}),
    "one": Project(severities={"page": "alert", "ticket": "alert"}),
}

# What kube-prometheus-stack has by default.
KUBERNETES: list[dict[str, Any]] = [
    {
        "source_matchers": ["severity = critical"],
        "target_matchers": ["severity =~ warning|info"],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ["severity = warning"],
        "target_matchers": ["severity = info"],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ["alertname = InfoInhibitor"],
        "target_matchers": ["severity = info"],
        "equal": ["namespace"],
    },
    {"target_matchers": ["alertname = InfoInhibitor"]},
]


def named(
    page: str = FAST,
    ticket: str = SLOW,
    of_page: Mapping[str, str] | None = None,
    of_ticket: Mapping[str, str] | None = None,
) -> Alerting:
    """Alerting whose two burn alerts have these names, and labels of their own."""
    return make_alerting(
        page=SeverityAlert(page, labels=of_page or {}),
        ticket=SeverityAlert(ticket, labels=of_ticket or {}),
        exhausted="ticket",
    )


def slo(name: str, **changes: Any) -> Slo:
    return make_slo(name, **({"alerting": named()} | changes))


SERVICES = (
    make_service("api", slo("availability"), slo("latency"), slo("routes", by=("route", "zone"))),
    make_service("web", slo("availability"), slo("shops", by=("shop",)), owner="team-web"),
    make_service("batch", slo("jobs", alerting=named("JobsFast", "JobsSlow")), owner=""),
)


def alerts(services: Iterable[Service], project: Project, *wanted: str) -> dict[str, Labels]:
    """Alerts with the labels that the generated rules give them, by what is `wanted` of them:
    `NAME SERVICE/SLO`, then values of `by`, and `page` or `ticket` where a name may be both."""
    rules: dict[tuple[str, str], list[dict[str, str]]] = {}
    for service in services:
        for group in yaml.safe_load(files.generate(service, project)[0].text)["groups"]:
            for rule in group["rules"]:
                labels = rule["labels"]
                key = (rule.get("alert", ""), f"{labels['service']}/{labels['slo']}")
                rules.setdefault(key, []).append(labels)
    severities = {str(key): value for key, value in project.severities.items()}
    found: dict[str, Labels] = {}
    for text in wanted:
        name, of, *words = text.split()
        own = dict(word.split("=") for word in words if "=" in word)
        asked = [severities[word] for word in words if word in severities]
        labels = next(item for item in rules[name, of] if item["severity"] in asked or not asked)
        found[text] = {"alertname": name, **labels, **own}
    return found


FOREIGN: dict[str, Labels] = {
    "nobody's fast": {"alertname": FAST, "severity": "page", "namespace": "prod"},
    "nobody's slow": {"alertname": SLOW, "severity": "ticket", "namespace": "prod"},
    "a service's fast": {"alertname": FAST, "namespace": "prod", "service": "api"},
    "a service's slow": {"alertname": SLOW, "namespace": "prod", "service": "api"},
    "an SLO's fast": {"alertname": FAST, "namespace": "prod", "slo": "availability"},
    "an SLO's slow": {"alertname": SLOW, "namespace": "prod", "slo": "availability"},
    "theirs": {"alertname": "PodDown", "namespace": "prod", "severity": "critical"},
    "theirs too": {"alertname": "PodDown", "namespace": "prod", "severity": "warning"},
    "theirs and ours": {
        "alertname": "Down",
        "namespace": "prod",
        "service": "api",
        "slo": "availability",
    },
    "a staging slow": {
        "alertname": SLOW,
        "severity": "ticket",
        "namespace": "staging",
        "service": "api",
        "slo": "availability",
    },
}


@pytest.mark.parametrize("kubernetes", [False, True], ids=["alone", "kubernetes"])
@pytest.mark.parametrize("severities", list(PROJECTS))
def test_a_fast_burn_silences_the_slow_one_and_nothing_else(
    tmp_path: Path, severities: str, kubernetes: bool
) -> None:
    project = PROJECTS[severities]
    silenced = {
        f"{SLOW} api/availability": {f"{FAST} api/availability"},
        f"{SLOW} api/routes route=/a zone=x": {f"{FAST} api/routes route=/a zone=x"},
        # The label is missing on both.
        f"{SLOW} api/routes route=/b": {f"{FAST} api/routes route=/b"},
        f"{SLOW} web/shops shop=1": {f"{FAST} web/shops shop=1"},
        "JobsSlow batch/jobs": {"JobsFast batch/jobs"},
    }
    told = [
        f"{SLOW} api/latency",
        f"{SLOW} web/availability",
        f"{SLOW} api/routes route=/a zone=y",
        f"{SLOW} api/routes route=/a",
        f"{SLOW} api/routes route=/c zone=x",
        f"{SLOW} web/shops shop=2",
        f"{SPENT} api/availability",
        f"{SPENT} web/shops shop=1",
        f"{MISSING} api/availability",
    ]
    pages = [name for by in silenced.values() for name in by]
    sent = alerts(SERVICES, project, *silenced, *told, *pages) | FOREIGN
    expected = dict(silenced)
    if kubernetes:
        expected["theirs too"] = {"theirs"}
    more = KUBERNETES if kubernetes else []
    with serving(tmp_path, configured(SERVICES, project), more) as server:
        server.send(*sent.values())
        assert server.silenced(sent) == expected


def test_a_slow_burn_is_told_again_once_the_fast_one_is_over(tmp_path: Path) -> None:
    sent = alerts(SERVICES, Project(), f"{SLOW} api/latency", f"{FAST} api/latency")
    slow, fast = sent
    with serving(tmp_path, configured(SERVICES, Project())) as server:
        server.send(*sent.values())
        assert server.silenced(sent) == {slow: {fast}}
        server.send(sent[fast], ended=True)
        assert server.silenced({slow: sent[slow]}) == {}


def test_a_label_on_the_page_alone_hides_no_pair(tmp_path: Path) -> None:
    """Another SLO is split by that label, so it is among those that have to be equal."""
    services = (
        make_service(
            "api",
            slo("paged", alerting=named(of_page={"route": "primary"}, of_ticket={"pager": "none"})),
            slo("routes", by=("route",)),
            slo("fine"),
        ),
    )
    sent = alerts(
        services,
        Project(),
        f"{SLOW} api/paged",
        f"{FAST} api/paged",
        f"{SLOW} api/routes route=/a",
        f"{FAST} api/routes route=/b",
        f"{SLOW} api/fine",
        f"{FAST} api/fine",
    )
    with serving(tmp_path, configured(services, Project())) as server:
        server.send(*sent.values())
        assert server.silenced(sent) == {
            f"{SLOW} api/paged": {f"{FAST} api/paged"},
            f"{SLOW} api/fine": {f"{FAST} api/fine"},
        }


@pytest.mark.parametrize("severities", list(PROJECTS))
def test_a_name_may_be_a_page_here_and_a_ticket_there(tmp_path: Path, severities: str) -> None:
    project = PROJECTS[severities]
    services = (
        make_service("usual", slo("a", by=("route",)), slo("b", alerting=named("Own", "Own2"))),
        make_service("swapped", slo("a", alerting=named(SLOW, FAST)), slo("b")),
        make_service("chained", slo("a", alerting=named("Own2", "Own3"))),
    )
    silenced = {
        f"{SLOW} usual/a route=x": {f"{FAST} usual/a route=x"},
        "Own2 usual/b": {"Own usual/b"},
        f"{FAST} swapped/a": {f"{SLOW} swapped/a"},
        "Own3 chained/a": {"Own2 chained/a"},
    }
    pages = [name for by in silenced.values() for name in by]
    others = [f"{SLOW} usual/a route=y", f"{SLOW} swapped/b"]
    sent = alerts(services, project, *silenced, *pages, *others)
    with serving(tmp_path, configured(services, project)) as server:
        server.send(*sent.values())
        assert server.silenced(sent) == silenced


LOST, NEVER = f"{MISSING} api/availability page", f"{MISSING} api/latency ticket"
OWN, OTHER = f"{SPENT} api/availability", f"{SPENT} api/latency"


def spent_services() -> tuple[Service, ...]:
    """Two SLOs in a namespace, whose spent budgets are a page and a ticket."""
    pages = make_alerting(exhausted="page")
    return (make_service("api", slo("availability", alerting=pages), slo("latency")),)


def documented() -> list[dict[str, Any]]:
    """The inhibit rules that the docs put in the place of kube-prometheus-stack's."""
    blocks = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1:]
    text = next(block.split("```")[0] for block in blocks if "InfoInhibitor" in block)
    rules: list[dict[str, Any]] = yaml.safe_load(text)["alertmanager"]["config"]["inhibit_rules"]
    return rules


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # Theirs compare namespace and alertname, not which SLO it is.
        (KUBERNETES, {NEVER: {LOST}, OTHER: {OWN}, "theirs too": {"theirs"}}),
        (documented(), {"theirs too": {"theirs"}}),
    ],
    ids=["theirs", "documented"],
)
def test_what_kubernetes_rules_do_to_alerts_of_one_name(
    tmp_path: Path, rules: list[dict[str, Any]], expected: dict[str, set[str]]
) -> None:
    services, project = spent_services(), PROJECTS["renamed"]
    sent = alerts(services, project, LOST, NEVER, OWN, OTHER) | FOREIGN
    with serving(tmp_path, configured(services, project), rules) as server:
        server.send(*sent.values())
        assert server.silenced(sent) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [(KUBERNETES, {f"{SLOW} api/latency": {"info"}}), (documented(), {})],
    ids=["theirs", "documented"],
)
def test_what_kubernetes_rules_do_to_tickets_called_info(
    tmp_path: Path, rules: list[dict[str, Any]], expected: dict[str, set[str]]
) -> None:
    project = Project(severities={"page": "critical", "ticket": "info"})
    sent = alerts(SERVICES, project, f"{SLOW} api/latency")
    sent["info"] = {"alertname": "InfoInhibitor", "namespace": "prod", "severity": "none"}
    with serving(tmp_path, configured(SERVICES, project), rules) as server:
        server.send(*sent.values())
        found = server.silenced(sent)
    # Any alert at all silences InfoInhibitor itself.
    assert {name: by for name, by in found.items() if name != "info"} == expected
