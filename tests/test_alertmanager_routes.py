"""The generated configuration as amtool and Alertmanager read it: who is told of which alert."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from slosmith import validate
from slosmith.artifacts import Artifact
from slosmith.escape import alert_matcher
from slosmith.model import Project, Service
from tests.alertmanager_server import AMTOOL, configured, needs_alertmanager, serving
from tests.models import make_service, make_slo

pytestmark = [pytest.mark.server, needs_alertmanager]

HERE = Path(__file__).parent
ONE = Project(severities={"page": "alert", "ticket": "alert"})
# What means something in matchers, YAML, templates or regular expressions.
TEXTS = (
    'the "A" team',
    '"',
    "\\",
    "a\\n",
    'a\\"',
    "a\nb",
    "a\n",
    "{a}",
    "}",
    "{{ .x }}{{ end }}",
    "a, b=c",
    "a.*|b",
    "~!= x",
    " two  spaces ",
    "tab\there",
    "# no comment",
    "'single' - & * !x @ %",
    "no",
    "1e3",
    "команда 😀",
    "a\u2028b\x85c",
    "page",
    "other",
    "page-team",
)


def amtool(*arguments: str | Path) -> str:
    """What amtool says, which must be content."""
    run = subprocess.run(
        [str(AMTOOL), *map(str, arguments)], capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.rstrip("\n")


def receiver(config: Path, **labels: str) -> str:
    """Who is told of an alert with these labels."""
    matchers = [alert_matcher(name, "=", value) for name, value in labels.items()]
    return amtool("config", "routes", "test", f"--config.file={config}", *matchers)


def written(folder: Path, services: tuple[Service, ...], project: Project | None = None) -> Path:
    file = folder / "alertmanager.yaml"
    text = configured(services, project or Project())
    file.write_text(text, encoding="utf-8", newline="\n")
    return file


@pytest.mark.parametrize(
    "file",
    sorted(HERE.parent.glob("out/prometheus/alertmanager.yaml"))
    + sorted(HERE.glob("cases/*/out/prometheus/alertmanager.yaml")),
    ids=lambda path: path.parts[-4],
)
def test_amtool_takes_what_is_committed(file: Path) -> None:
    assert "SUCCESS" in amtool("check-config", file)


@pytest.mark.parametrize("project", [Project(), ONE], ids=["two", "one"])
@pytest.mark.parametrize(
    "services",
    [
        (),
        (make_service(owner=""),),
        tuple(make_service(f"s{n}", owner=o) for n, o in enumerate(TEXTS)),
    ],
    ids=["nothing", "no owner", "hostile"],
)
def test_amtool_takes_any_fleet(
    tmp_path: Path, services: tuple[Service, ...], project: Project
) -> None:
    file = written(tmp_path, services, project)
    assert "SUCCESS" in amtool("check-config", file)
    text = file.read_text(encoding="utf-8")
    assert validate.check([Artifact("prometheus/alertmanager.yaml", text)]) == []


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"owner": "team-a", "severity": "page"}, "example-page-team-a"),
        ({"owner": "team-a", "severity": "ticket"}, "example-ticket-team-a"),
        ({"owner": "team-b", "severity": "page"}, "example-page-team-b"),
        ({"owner": "team-b", "severity": "ticket"}, "example-ticket-team-b"),
        ({"severity": "page"}, "example-page"),
        ({"severity": "ticket"}, "example-ticket"),
        ({"owner": "nobody", "severity": "page"}, "example-page"),
        # A severity that somebody relabelled.
        ({"owner": "team-a", "severity": "critical"}, "example-ticket-team-a"),
        ({"owner": "team-a", "severity": "page", "slo": ""}, "example-other"),
        ({"owner": "team-a", "severity": "page", "service": ""}, "example-other"),
    ],
)
def test_owner_and_severity_say_who_is_told(
    tmp_path: Path, labels: dict[str, str], expected: str
) -> None:
    services = tuple(make_service(name, owner=f"team-{name}") for name in "ab")
    file = written(tmp_path, services)
    assert receiver(file, **({"service": "a", "slo": "x"} | labels)) == expected


def test_with_one_severity_the_owner_alone_says_who_is_told(tmp_path: Path) -> None:
    services = (make_service(), make_service("web", owner="team-web"), make_service("x", owner=""))
    file = written(tmp_path, services, ONE)
    told = [
        receiver(file, service="a", slo="x", severity="alert", **more)
        for more in ({"owner": "team-web"}, {"owner": "team-platform"}, {})
    ]
    assert told == ["example-alert-team-web", "example-alert-team-platform", "example-alert"]


@pytest.mark.parametrize("severity", TEXTS)
def test_any_severity_is_a_plain_value(tmp_path: Path, severity: str) -> None:
    project = Project(severities={"page": severity, "ticket": "ticket"})
    file = written(tmp_path, (make_service(),), project)
    labels = {"service": "a", "slo": "x", "owner": "team-platform"}
    assert receiver(file, severity=severity, **labels) == "example-page-team-platform"
    assert receiver(file, severity=f"{severity}x", **labels) == "example-ticket-team-platform"


def test_any_owner_is_a_plain_value(tmp_path: Path) -> None:
    services = tuple(make_service(f"s{n}", make_slo(), owner=o) for n, o in enumerate(TEXTS))
    sent = [
        {"alertname": "A", "service": "s", "slo": "x", "owner": owner, "severity": severity}
        for owner in TEXTS
        for severity in ("page", "ticket")
    ]
    with serving(tmp_path, configured(services, Project())) as server:
        server.send(*sent)
        found = {
            (item["labels"]["owner"], item["labels"]["severity"]): item["receivers"]
            for item in server.alerts()
        }
    assert found == {
        (labels["owner"], labels["severity"]): [
            {"name": f"example-{labels['severity']}-{labels['owner']}"}
        ]
        for labels in sent
    }


def test_the_order_of_services_changes_nothing() -> None:
    services = [make_service(f"s{n}", owner=owner) for n, owner in enumerate(TEXTS)]
    text = configured(services, Project())
    assert configured(reversed(services), Project()) == text
    names = [receiver["name"] for receiver in yaml.safe_load(text)["receivers"]]
    assert len(names) == len(set(names)) == 2 * len(TEXTS) + 3
