"""The product's own rules for a spec: compiled as `slosmith build` does, read back from the text
that it would write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from generators import GENERATORS
from slosmith import series
from slosmith.durations import parse_milliseconds
from slosmith.pipeline import Options, compile_project
from slosmith.problems import render

PROJECT = """version: slosmith/v1
prometheus: {{scrape_interval: {scrape}s, evaluation_interval: {evaluate}s, retention: 60d}}
"""


@dataclass(frozen=True)
class Rule:
    """One generated rule. `name` is that of the series or of the alert, `labels` are in PromQL's
    notation, `interval` (seconds) is that of its group."""

    slo: str
    name: str
    labels: str
    expression: str
    interval: int
    alert: bool

    @property
    def series(self) -> str:
        """The series that a recording rule makes."""
        return f"{self.name}{self.labels}"

    @property
    def window(self) -> str | None:
        """The window, such as `1h`, of a rule that records an error ratio."""
        prefix = series.error_ratio(0).removesuffix("0s")
        return self.name.removeprefix(prefix) if self.name.startswith(prefix) else None


def compiled(folder: Path, spec: str, scrape: int, evaluate: int) -> list[Rule]:
    """The rules of a spec of one service, in the order of its rule file. Intervals in seconds."""
    (folder / "specs").mkdir()
    (folder / "specs" / "bench.yaml").write_text(spec)
    config = folder / "slosmith.yaml"
    config.write_text(PROJECT.format(scrape=scrape, evaluate=evaluate))
    compilation = compile_project(Options(config, folder), GENERATORS, None)
    if compilation.failed:
        raise ValueError(render(compilation.problems, compilation.origins))
    text = next(
        artifact.text
        for artifact in compilation.all_artifacts()
        if artifact.path.startswith("prometheus/rules/")
    )
    return [
        _rule(rule, (parse_milliseconds(group["interval"]) or 0) // 1000)
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
    ]


def _rule(rule: dict[str, str | dict[str, str]], interval: int) -> Rule:
    labels = rule["labels"]
    assert isinstance(labels, dict)
    return Rule(
        slo=labels["slo"],
        name=str(rule.get("record") or rule["alert"]),
        labels="{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}",
        expression=str(rule["expr"]),
        interval=interval,
        alert="alert" in rule,
    )
