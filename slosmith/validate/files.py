"""Which checks a file gets, by its path and kind, and what is remembered to compare files."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from slosmith.artifacts import Made
from slosmith.validate import (
    adapter,
    alertmanager,
    chaos,
    dashboards,
    hpa,
    load_tests,
    rules,
    runbooks,
    scaling,
    trees,
    unit_tests,
)
from slosmith.validate.claims import Claim
from slosmith.validate.documents import read_json, read_yaml
from slosmith.validate.findings import Finding, Keys

# Each part has a letter or digit in front, after a dot at most, so `..` is none.
_PART = r"\.?[A-Za-z0-9][-A-Za-z0-9_.]*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_RULE_FILE = re.compile(r"prometheus/rules/([^/]+)\.yaml")
_TEST_FILE = re.compile(r"prometheus/tests/.+\.yaml")
_OBJECT_FILE = re.compile(r"(?:kubernetes|chaos)/([^/]+)/[^/]+\.yaml")
# Elsewhere a file of this name is one of a service that is called so.
_KUSTOMIZATION = re.compile(
    rf"(?:kubernetes/(?:[^/]+/)?|chaos/[^/]+/){re.escape(trees.KUSTOMIZATION)}"
)
_DASHBOARD = re.compile(r"grafana/dashboards/[^/]+\.json")
_RUNBOOK = re.compile(r"runbooks/([^/]+)\.md")
_PROVISIONING = "grafana/provisioning.yaml"
_ALERTMANAGER = "prometheus/alertmanager.yaml"
_ADAPTER = "prometheus/adapter.yaml"
_YAML = (".yaml", ".yml", "/.lint")


class Files:
    """The checks of one run. Plain rule files and dashboards come before their copies."""

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = paths
        self._known = frozenset(paths)
        self._tree = trees.contents(paths)
        self._at = ""
        self.claims: list[Claim] = []
        self._groups: dict[str, list[Any]] = {}
        self._group_names: dict[str, list[str]] = {}
        self._dashboards: dict[str, Any] = {}

    def check_paths(self) -> list[tuple[str, Finding]]:
        """Paths that would leave the output folder, or be one file on some file systems."""
        found = []
        seen: set[str] = set()
        for path in self._paths:
            if not _PATH.fullmatch(path):
                text = "is no plain relative path"
                found.append((path, Finding("artifact-path", (), text)))
            if path.casefold() in seen:
                text = "is generated twice, or differs from another file in case only"
                found.append((path, Finding("artifact-path", (), text)))
            seen.add(path.casefold())
        return found

    def check(self, artifact: Made) -> list[Finding]:
        """One file."""
        self._at = artifact.path
        found = _text(artifact.text)
        if artifact.path.endswith(".json"):
            data, wrong = read_json(artifact.text)
            if not wrong and _DASHBOARD.fullmatch(artifact.path):
                wrong = self._dashboard(data)
            return found + wrong
        if artifact.path.endswith(".js"):
            return found + load_tests.check(artifact.text)
        if match := _RUNBOOK.fullmatch(artifact.path):
            wrong, anchors = runbooks.check(artifact.text)
            groups = self._groups.get(match[1], [])
            return found + wrong + runbooks.check_alerts(groups, match[1], anchors)
        if not artifact.path.endswith(_YAML):
            return found
        documents, wrong = read_yaml(artifact.text)
        if not documents:
            return found + (wrong or [Finding("artifact-yaml", (), "holds no document")])
        return found + wrong + self._documents(artifact.path, documents)

    def _documents(self, path: str, documents: list[Any]) -> list[Finding]:
        if len(documents) > 1 and not _OBJECT_FILE.fullmatch(path):
            return [Finding("artifact-yaml", (), f"holds {len(documents)} documents, not one")]
        if _KUSTOMIZATION.fullmatch(path):
            return trees.check_kustomization(documents[0], path, self._tree)
        if match := _RULE_FILE.fullmatch(path):
            found = rules.check_file(documents[0])
            if not any(finding.check == "artifact-schema" for finding in found):
                self._groups[match[1]] = documents[0]["groups"]
            if not found:
                self._group_names[path] = [group["name"] for group in documents[0]["groups"]]
            return found
        if _TEST_FILE.fullmatch(path):
            return unit_tests.check(documents[0], path, self._known, self._group_names)
        if match := _OBJECT_FILE.fullmatch(path):
            return self._objects(path, match[1], documents)
        if path == _PROVISIONING:
            return dashboards.check_provisioning(documents[0])
        if path == _ALERTMANAGER:
            return alertmanager.check(documents[0])
        if path == _ADAPTER:
            return adapter.check(documents[0])
        return []

    def _objects(self, path: str, service: str, documents: list[Any]) -> list[Finding]:
        found: list[Finding] = []
        rule_objects = []
        for index, data in enumerate(documents):
            keys: Keys = (index,) if len(documents) > 1 else ()
            kind = data.get("kind") if isinstance(data, dict) else None
            if kind == "PrometheusRule":
                wrong = rules.check_object(data)
                rule_objects += [] if wrong else [data]
            elif kind == "ScaledObject":
                wrong = scaling.check(data)
            elif kind == "HorizontalPodAutoscaler":
                wrong = hpa.check(data)
            elif kind == "Schedule" and path.startswith("chaos/"):
                wrong = chaos.check(data)
            elif kind == "ConfigMap":
                wrong = self._config_map(data)
            else:
                text = f"{kind or 'no kind'} is no kind that slosmith writes here"
                wrong = [Finding("artifact-unknown", ("kind",), text)]
            if not any(finding.check in _NO_OBJECT for finding in wrong):
                self.claims += trees.claims(path, data, len(self.claims))
            found += [_below(keys, finding) for finding in wrong]
        if rule_objects and not found:
            found += self._rule_objects(service, rule_objects)
        return found

    def _rule_objects(self, service: str, objects: list[Any]) -> list[Finding]:
        groups = [group for data in objects for group in data["spec"]["groups"]]
        plain = self._groups.get(service)
        if groups == plain:
            return []  # checked in the plain file
        found = rules.check_groups(groups, ("spec", "groups"))
        if plain is not None:
            text = f"holds other groups than prometheus/rules/{service}.yaml"
            found.append(Finding("artifact-copy", ("spec", "groups"), text))
        return found

    def _config_map(self, data: Any) -> list[Finding]:
        found, name, dashboard = dashboards.check_config_map(data)
        if not name:
            return found
        keys: Keys = ("data", name)
        self._claim(("config map", name), keys, _SAME_FILE)
        uid = dashboard.get("uid") if isinstance(dashboard, dict) else None
        if isinstance(uid, str) and uid in self._dashboards:
            if self._dashboards[uid] != dashboard:
                text = f"differs from the dashboard {uid} in grafana/dashboards"
                found.append(Finding("artifact-copy", keys, text))
        elif dashboard is not None:
            found += [_below(keys, finding) for finding in self._dashboard(dashboard)]
        return found

    def _dashboard(self, data: Any) -> list[Finding]:
        found = dashboards.check(data)
        if any(finding.check == "artifact-schema" for finding in found):
            return found
        for field in ("uid", "title"):
            text = f"{data[field]} is the {field} of an earlier dashboard"
            self._claim((field, data[field]), (field,), text)
        self._dashboards.setdefault(data["uid"], data)
        return found

    def _claim(self, what: tuple[str, ...], keys: Keys, message: str) -> None:
        self.claims.append(Claim(what, self._at, keys, message))


_SAME_FILE = "is the file name of an earlier ConfigMap, which Grafana would not show"
# Findings after which an object is not known well enough to be compared with others.
_NO_OBJECT = ("artifact-schema", "artifact-unknown")


def _below(keys: Keys, finding: Finding) -> Finding:
    """A finding inside of what stands at `keys`."""
    return Finding(finding.check, (*keys, *finding.keys), finding.text, finding.severity)


def _text(text: str) -> list[Finding]:
    found = []
    if not text.endswith("\n"):
        found.append(Finding("artifact-text", (), "does not end in a newline"))
    if match := _CONTROL.search(text):
        message = f"holds {match.group()!r}, which is no text"
        found.append(Finding("artifact-text", (), message))
    return found
