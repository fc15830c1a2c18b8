"""Explanations as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from slosmith import series
from slosmith.chaos import wording as chaos
from slosmith.durations import format_duration
from slosmith.explain import layout, wording
from slosmith.explain.explanation import Explanation, ServiceExplanation
from slosmith.explain.scaling_text import scaling_text
from slosmith.explain.times import BURNS, Detection, counts_events
from slosmith.numbers import percent, plain

_FIELD = 16  # columns before the value of a field
_NESTED = 17  # and of one of an experiment


def as_text(service: ServiceExplanation, *, color: bool = False) -> str:
    """Pages of all SLOs, one below the other, that of the autoscaling, then how SLOs get
    history."""
    parts = [_head(service, color)]
    parts += [_slo(slo, color) for slo in service.slos]
    if service.experiments:
        parts.append(_experiments(service, color))
    if service.scaling:
        parts.append(scaling_text(service.scaling, service.service.name, color))
    parts.append(_backfill(service.backfill, color))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(explained: ServiceExplanation, color: bool) -> list[str]:
    service = explained.service
    owner = f", owner {service.owner}" if service.owner else ""
    about = f"namespace {service.namespace}{owner}; from {service.source}"
    first = f"{service.name}: {service.description}" if service.description else service.name
    lines = layout.wrapped(first) + layout.wrapped(about)
    return [layout.bold(lines[0], color), *lines[1:]]


def _slo(slo: Explanation, color: bool) -> list[str]:
    lines = [layout.bold(f"{slo.service.name}/{slo.slo.name}", color)]
    lines += layout.wrapped(slo.slo.description, 2)
    lines += layout.fields([(name, list(values)) for name, values in _fields(slo)])
    lines += ["", layout.bold("  When alerts fire and clear", color)]
    lines += [*_tiers(slo, color), *_notes(slo), "", *_outages(slo, color)]
    lines += ["", layout.bold("  Alerts", color), *_alerts(slo, color)]
    for group in slo.groups:
        title = f"  Rules of {group.name}, every {format_duration(group.interval)}"
        rows = [(rule.name, rule.purpose) for rule in group.rules]
        lines += ["", layout.bold(title, color), *layout.table(("", ""), rows, indent=4)]
    return lines


def _fields(slo: Explanation) -> Iterator[tuple[str, Sequence[str]]]:
    model = slo.slo

    def prose(text: str) -> list[str]:
        return layout.wrapped(text, 0, layout.WIDTH - _FIELD)

    window = format_duration(model.window)
    yield (
        "objective",
        prose(f"{plain(model.objective)}% {wording.good(model.indicator)}, over {window}"),
    )
    yield "budget", prose(_budget(slo))
    yield "measured", prose(slo.measured)
    yield "bad", [line[_FIELD:] for line in layout.promql(slo.bad, _FIELD)]
    yield "total", [line[_FIELD:] for line in layout.promql(slo.total, _FIELD)]
    yield "without data", prose(slo.missing)
    for item in slo.allowed:
        yield "allowed", prose(f"{item.problem.message} [{item.problem.check}]. {item.reason}")


def _budget(slo: Explanation) -> str:
    model = slo.slo
    text = (
        f"{percent(model.budget)}: {wording.about(slo.budget_seconds)} of "
        f"{format_duration(model.window)} if all is bad"
    )
    if slo.events:
        bad, total = wording.number(slo.events.bad), wording.number(slo.events.total)
        each = f" of each {' and '.join(model.by)}" if model.by else ""
        return f"{text}; at {slo.events.rate}{each}, {bad} of {total} events"
    if counts_events(model):
        return f"{text}, or {wording.one_of(model.budget)} events (how many: --rate 100/s)"
    return text


def _tiers(slo: Explanation, color: bool) -> list[str]:
    head = ("alert", "long", "short", "burn", "threshold", *BURNS, "clears after")
    rows = [
        (
            item.tier.severity if item.alerts else f"({item.tier.severity})",
            format_duration(item.tier.long),
            format_duration(item.tier.short),
            f"{plain(item.tier.factor)}x" if item.tier.factor is not None else "outage",
            percent(item.tier.threshold) + ("!" if item.tier.clamped else ""),
            *(_after(item.after[burn]) for burn in BURNS),
            wording.about(item.clears),
        )
        for item in slo.tiers
    ]
    return layout.table(head, rows, indent=4, color=color)


def _after(detection: Detection) -> str:
    text = "never" if detection.seconds is None else wording.about(detection.seconds)
    return text + ("*" if detection.delayed else "")


def _notes(slo: Explanation) -> list[str]:
    return [line for note in _told(slo) for line in layout.wrapped(note, 4)]


def _told(slo: Explanation) -> Iterator[str]:
    page, ticket = (format_duration(slo.delays[key]) for key in ("page", "ticket"))
    yield (
        "Fires so long after the start of errors (100% or 10% of all, 2x or 1x the budget), clears "
        "so long after the end of a total outage; with even traffic, and no errors before. "
        f"Scraping and evaluating add up to {page} to pages and {ticket} to tickets; a scrape less "
        "is possible as well."
    )
    yield from _clamped(slo)
    if any(item.tier.factor is None for item in slo.tiers):
        yield (
            "outage: a tier that finds a total outage sooner than the others; its threshold is "
            "half-way between the budget and 100%."
        )
    if any(detection.seconds is None for item in slo.tiers for detection in item.after.values()):
        yield "never: the threshold is not below these errors, or the long window holds too few."
    if any(not item.alerts for item in slo.tiers):
        yield "(…): this alert is disabled in the spec; its error ratios are recorded all the same."
    if slo.min_bad_events is not None:
        yield _few_events(slo, slo.min_bad_events)
    if any(item.tier.long > series.RAW_WINDOW for item in slo.tiers):
        yield (
            "While less is recorded than a long window above an hour, its threshold is that much "
            "higher: what was not seen counts as free of errors."
        )


def _clamped(slo: Explanation) -> Iterator[str]:
    lowered = [item.tier for item in slo.tiers if item.tier.clamped]
    if lowered:
        wanted = ", ".join(
            f"{plain(factor)}x would be {percent(factor * slo.slo.budget)}"
            for tier in lowered
            if (factor := tier.factor) is not None
        )
        yield (
            f"! lowered to {percent(lowered[0].threshold)}, half-way between the budget and 100%: "
            f"{wanted}, out of reach or nearly so."
        )


def _few_events(slo: Explanation, least: int) -> str:
    text = f"An alert also wants {least} bad events in its long window (min_bad_events)"
    if slo.events is None:
        return f"{text}; whether that delays it: --rate 100/s."
    delayed = any(detection.delayed for item in slo.tiers for detection in item.after.values())
    rate = str(slo.events.rate)
    if not delayed:
        return f"{text}, which delays none of these at {rate}."
    return f"{text}: * waits for them at {rate}, or never gets as many."


def _outages(slo: Explanation, color: bool) -> list[str]:
    rows = [
        (
            format_duration(outage.length),
            outage.severity,
            "-" if outage.fires is None else wording.about(outage.fires),
            "-" if outage.clears is None else wording.about(outage.clears),
        )
        for outage in slo.outages
    ]
    head = ("total outage of", "alert", "fires after", "clears so long after its end")
    return layout.table(head, rows, indent=4, color=color) if rows else ["    Nothing alerts."]


def _alerts(slo: Explanation, color: bool) -> list[str]:
    if not slo.alerts:
        return ["    None: alerting is disabled in the spec."]
    rows = [
        (
            alert.name,
            alert.severity,
            format_duration(alert.wait) if alert.wait else "-",
            alert.group.rpartition(".")[2],
            alert.purpose,
        )
        for alert in slo.alerts
    ]
    return layout.table(("name", "severity", "for", "group", "fires when"), rows, 4, color)


def _experiments(service: ServiceExplanation, color: bool) -> list[str]:
    lines = [layout.bold("Experiments", color)]
    for use in service.experiments:
        experiment, found = use.experiment, use.hypothesis
        does = f"{chaos.done(experiment)} for {format_duration(experiment.seconds)}"
        runs = "once" if found.starts == 1 else f"{found.starts} times"
        window = format_duration(found.slo.window)
        expected = chaos.hypothesis(service.service, experiment, found)
        pairs = [
            ("does", f"{does}, {experiment.schedule}: at most {runs} in {window}"),
            ("should show", expected),
            ("spends", f"at most {chaos.spent(found)}; {percent(experiment.budget)} may go"),
        ]
        lines.append(layout.bold(f"  {experiment.name}", color))
        shown = [(name, layout.wrapped(text, 0, layout.WIDTH - _NESTED)) for name, text in pairs]
        lines += layout.fields(shown, 4)
    prose = (
        "They are paused. To let one run, remove the annotation experiment.chaos-mesh.org/pause "
        "from its Schedule; docs/chaos.md tells more."
    )
    return [*lines, *layout.wrapped(prose, 2)]


def _backfill(commands: tuple[str, str], color: bool) -> list[str]:
    write, evaluate = commands
    prose = (
        "Recorded series start with the rules. Where the metrics are older, these commands give "
        "them a past. Run them before the rules are loaded; afterwards, let --end be when that "
        "was, for what is recorded twice weighs twice. --end stays three hours in the past, where "
        "Prometheus no longer writes. Then move blocks/* into its data folder. docs/explain.md "
        "tells more."
    )
    broken = re.sub(r" (--(?:start|output-dir)=)", r" \\\n      \1", evaluate)
    title = layout.bold("History for new SLOs", color)
    return [title, *layout.wrapped(prose, 2), f"    {write}", *f"    {broken}".split("\n")]
