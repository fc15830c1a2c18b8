"""A real Alertmanager on loopback: alerts go in, and what it does with them comes out."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.servers import free_address, running, wait
from generators import GENERATORS
from slosmith.model import Fleet, Project, Service
from slosmith.pipeline import generate

# Debian's name, then that of the project.
ALERTMANAGER = (
    os.environ.get("ALERTMANAGER")
    or shutil.which("prometheus-alertmanager")
    or shutil.which("alertmanager")
)
AMTOOL = os.environ.get("AMTOOL") or shutil.which("amtool")
needs_alertmanager = pytest.mark.skipif(
    ALERTMANAGER is None or AMTOOL is None,
    reason="no alertmanager or no amtool: what it does with the alerts was not tried",
)

Labels = Mapping[str, str]
_LAST = {"service": "last", "slo": "last"}


@dataclass(frozen=True)
class Alertmanager:
    """A running server; `log` is what it says."""

    url: str
    log: Path

    def send(self, *alerts: Labels, ended: bool = False) -> None:
        """Alerts as Prometheus sends them: firing, or resolved where they have ended."""
        times = {"startsAt": "2020-01-01T00:00:00Z"}
        times |= {"endsAt": "2020-01-01T00:01:00Z"} if ended else {}
        body = json.dumps([{"labels": dict(labels), **times} for labels in alerts])
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts", body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def alerts(self) -> list[dict[str, Any]]:
        """All alerts that fire, with their status and receivers."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def silenced(self, alerts: Mapping[str, Labels]) -> dict[str, set[str]]:
        """Of the alerts that fire, given by names of the test's: which are silenced, by which.

        Inhibition follows the alerts in their order, so a pair that is sent after them, and is
        known to work, tells when they have all been seen.
        """
        page = {"alertname": "Last", "severity": "page", **_LAST}
        ticket = {"alertname": "Late", "severity": "ticket", **_LAST}
        self.send(page, ticket)

        def all_seen() -> list[dict[str, Any]] | None:
            found = self.alerts()
            done = [item for item in found if item["labels"] == ticket]
            return found if done and done[0]["status"]["inhibitedBy"] else None

        found = wait("the last pair", all_seen, self.log)
        names = {frozenset(labels.items()): name for name, labels in alerts.items()}
        known = {
            item["fingerprint"]: names.get(frozenset(item["labels"].items()), "another")
            for item in found
        }
        assert set(alerts) <= set(known.values()), "every alert is there"
        result = {}
        for item in found:
            status = item["status"]
            assert (status["state"] == "suppressed") == bool(status["inhibitedBy"])
            if status["inhibitedBy"] and item["labels"] != ticket:
                result[known[item["fingerprint"]]] = {known[by] for by in status["inhibitedBy"]}
        return result


def configured(services: Iterable[Service], project: Project) -> str:
    """`prometheus/alertmanager.yaml` of a fleet."""
    made = generate(Fleet(project, tuple(services)), GENERATORS)["fleet"]
    return next(item.text for item in made if item.path == "prometheus/alertmanager.yaml")


@contextlib.contextmanager
def serving(
    folder: Path, config: str, more: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Alertmanager]:
    """A server with the generated text, byte for byte, and `more` inhibit rules in front of its."""
    last = {"source_matchers": ["alertname=Last"], "target_matchers": ["alertname=Late"]}
    head = "inhibit_rules:\n"
    assert config.count(head) == 1
    file = folder / "alertmanager.yaml"
    text = config.replace(head, head + yaml.safe_dump([last, *more]))
    file.write_text(text, encoding="utf-8", newline="\n")
    log, address = folder / "alertmanager.log", free_address()
    command = [
        str(ALERTMANAGER),
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with running(command, address, log) as server:
        yield Alertmanager(server.url, log)
