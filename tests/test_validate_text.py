"""Faults of paths, YAML, JSON, templates and queries as text."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from slosmith.artifacts import Artifact
from slosmith.validate import check
from slosmith.validate.expressions import single_value_fault
from slosmith.validate.templates import fault as template_fault
from slosmith.yamlout import dump
from tests.artifact_tree import (
    DASHBOARD,
    ROOT,
    RULES,
    Tree,
    artifacts,
    found,
    kustomization,
    place,
    run,
    tree,
)


def rewritten(file: str, change: Callable[[str], str]) -> Tree:
    """The tree with the text of one file changed."""
    [artifact] = artifacts({file: tree()[file]})
    text = change(artifact.text)
    assert text != artifact.text
    return tree() | {file: text}


@pytest.mark.parametrize(
    ("file", "change", "rule", "message"),
    [
        (RULES, str.rstrip, "text", "does not end in a newline"),
        (RULES, lambda text: text + "#\r\n", "text", r"holds '\r'"),
        (RULES, lambda text: text + "# \x07\n", "yaml", "control characters are not allowed"),
        (DASHBOARD, lambda text: text.replace("slosmith", "\udc80"), "text", "'\\udc80'"),
        (RULES, lambda text: text + "# \u2028\n", "yaml", r"holds '\u2028' unescaped"),
        (RULES, lambda text: text + "a: [\n", "yaml", "is not readable as YAML"),
        (RULES, lambda text: text + "a: !!python/name:os.system\n", "yaml", "not readable"),
        (RULES, lambda text: text + "---\na: 1\n", "yaml", "holds 2 documents, not one"),
        (RULES, lambda text: "# nothing\n", "yaml", "holds no document"),
        (RULES, lambda text: text + "groups: []\n", "yaml", "groups: a key stands twice"),
        (ROOT, lambda text: text + "1: 2\n", "yaml", '["1"]: a key is no string'),
        (ROOT, lambda text: text.replace("- api", "- 1e3"), "yaml", "resources[0]: '1e3' is not"),
        (ROOT, lambda text: text.replace("- api", "- 08"), "yaml", "resources[0]: '08'"),
        (ROOT, lambda text: text.replace("- api", "- y"), "yaml", "resources[0]: 'y'"),
        (ROOT, lambda text: text.replace("- api", "- NO"), "yaml", "resources[0]: 'NO'"),
        (ROOT, lambda text: text.replace("- api", "- 1:30"), "yaml", "resources[0]: '1:30'"),
        (ROOT, lambda text: text.replace("- api", "- 2026-01-01"), "yaml", "'2026-01-01'"),
        (ROOT, lambda text: text.replace("- api", "- 0x1f"), "yaml", "resources[0]: '0x1f'"),
        (ROOT, lambda text: text.replace("- api", "-"), "yaml", "resources[0]: ''"),
        (ROOT, lambda text: text.replace("- api", "- ~"), "yaml", "resources[0]: '~'"),
        (ROOT, lambda text: text.replace("- api", "- !!set {}"), "yaml", "tag:yaml.org,2002:set"),
        (DASHBOARD, lambda text: text[:-2], "json", "is not readable as JSON"),
        (DASHBOARD, lambda text: text.replace("42", "NaN"), "json", "NaN is no JSON number"),
        (DASHBOARD, lambda text: "[" * 100_000, "json", "is not readable as JSON"),
    ],
)
def test_a_broken_text_is_found(
    file: str, change: Callable[[str], str], rule: str, message: str
) -> None:
    problems = [problem for problem in run(rewritten(file, change)) if place(problem)[4:] == file]
    assert f"artifact-{rule}" in {problem.check for problem in problems}
    assert any(message in problem.message for problem in problems), problems


@pytest.mark.parametrize(
    "path", ["../x.yaml", "/etc/x.yaml", "a/../x.yaml", "a//x.yaml", "a\\x.yaml", "a/é.md", ""]
)
def test_a_path_that_leaves_the_output_folder_is_found(path: str) -> None:
    assert (path, "artifact-path") in found({path: "x\n"})


def test_files_that_some_file_systems_take_for_one_are_found() -> None:
    assert found({"a/x.md": "x\n", "a/X.md": "x\n"}) == [("a/X.md", "artifact-path")]
    twice = check([Artifact("a/x.md", "x\n"), Artifact("a/x.md", "y\n")])
    assert [problem.check for problem in twice] == ["artifact-path"]


def test_a_check_that_fails_itself_hides_nothing() -> None:
    no_text = Artifact("a/x.md", None)  # type: ignore[arg-type]
    problems = check([no_text, Artifact("b/x.md", "no newline")])
    assert [problem.check for problem in problems] == ["artifact-unchecked", "artifact-text"]


def test_files_of_other_kinds_are_only_read() -> None:
    files = {
        "grafana/dashboards/.lint": {"exclusions": {"a-rule": {"reason": "r"}}},
        "runbooks/api.md": "# api\n",
        ROOT: kustomization(),
        "kubernetes/README.md": "# Not a manifest\n",
    }
    assert run(files) == []
    assert found({"grafana/dashboards/.lint": "a: [\n"}) == [
        ("grafana/dashboards/.lint", "artifact-yaml")
    ]


GOOD_TEMPLATES = (
    "plain",
    "100% {ok} }}",
    '{{ "{{" }} x }}',
    "{{ $value | humanizePercentage }} of {{ $labels.a_b }}",
    '{{ with query `x{a="b"} < 1` }}{{ . | first | value }}{{ else }}?{{ end }}',
    '{{ $value | printf "%.1f" }}',
    '{{- range $i, $x := query "up" -}}{{ if gt $x.Value 1.5 }}{{ $i }}{{ end }}{{ end }}',
    "{{/* a comment */}}",
)
BAD_TEMPLATES = (
    "{{",
    "{{ $value",
    '{{ "}}',
    "{{ }}",
    "{{ evil }}",
    "{{ $value | shout }}",
    "{{ .Values.x }}{{ include }}",
    "{{ if $value }}",
    "{{ end }}",
    "{{ else }}",
    "{{ $value; }}",
)


def promtool_takes(folder: Path, template: str) -> bool:
    rule = {"alert": "A", "expr": "vector(1)", "annotations": {"a": template}}
    file = folder / "rules.yaml"
    file.write_text(dump({"groups": [{"name": "g", "rules": [rule]}]}))
    run = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True)
    return run.returncode == 0


@pytest.mark.parametrize("text", GOOD_TEMPLATES)
def test_a_template_that_prometheus_takes(text: str) -> None:
    assert template_fault(text) is None


@pytest.mark.parametrize("text", BAD_TEMPLATES)
def test_a_template_that_prometheus_refuses(text: str) -> None:
    assert template_fault(text)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing")
def test_promtool_agrees_on_all_these_templates(tmp_path: Path) -> None:
    taken = [text for text in GOOD_TEMPLATES + BAD_TEMPLATES if promtool_takes(tmp_path, text)]
    assert taken == list(GOOD_TEMPLATES)


@pytest.mark.parametrize(
    "query",
    [
        "sum(a)",
        "vector(1)",
        "max(a) / scalar(b)",
        "1000 * (histogram_quantile(0.9, sum by (le) (rate(a[5m]))) >= 0) or on () 0 * sum(b)",
        "max_over_time(sum(a)[5m:1m])",
        "topk(1, sum(a))",
        "sum(a) * on () sum(b)",
    ],
)
def test_a_query_of_one_series_is_fit_for_a_scaler(query: str) -> None:
    assert single_value_fault(query) is None
