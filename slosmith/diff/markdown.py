"""A difference as Markdown for the comment of a pull request.

A comment has room for 65,536 characters; more than LIMIT bytes never come out. What there is no
room for is told shorter: first without its details, then by its name, at last by a count.

Everything that a spec says stands in a code span or a code block, where neither Markdown nor HTML
nor a mention means anything; words outside of them are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slosmith.diff import queries, wording
from slosmith.diff.changes import (
    AlertChange,
    Change,
    Difference,
    Part,
    Risk,
    ServiceChange,
    TierChange,
)
from slosmith.durations import format_duration
from slosmith.escape import code_block, code_span, prose

# Bytes; no character takes less than one.
LIMIT = 59_000
# What must never crowd out the services.
_RISK_ROOM = 20_000
_LONGEST_VALUE = 300
_LONGEST_QUERY = 4_000
# What the last line, on what there was no room for, may take.
_LAST = 400


def as_markdown(difference: Difference) -> str:
    """A summary line, what to know before agreeing, and a folded block for each service."""
    since = f"{_message(difference.told)} ({difference.commit[:10]})"
    lines = [f"**slosmith diff** since {since}: {wording.headline(difference)}."]
    if difference.note:
        lines += ["", f"> {_message(difference.note)}"]
    lines += _risks(difference.risks)
    notes = [
        f"- {code_span(item.spec)} did not compile there, so it is not compared: "
        f"{code_span(_cut(item.message))}"
        for item in difference.unread
    ]
    notes += [
        f"- {code_span(spec)} has another text and means the same."
        for spec in difference.same_meaning
    ]
    lines += _listed(notes, "specs", _RISK_ROOM // 2)
    text = "\n".join(lines) + "\n"
    blocks = [*_project(difference), *(_block(service) for service in difference.services)]
    return text + _fitting(blocks, LIMIT - _size(text))


def _risks(risks: Sequence[Risk]) -> list[str]:
    return _listed([_risk(risk) for risk in risks], "things to know", _RISK_ROOM)


def _risk(risk: Risk) -> str:
    about = f"**{risk.about}**: " if risk.about else ""
    return f"- ⚠️ {about}{_message(risk.message)} ({risk.note})"


def _message(message: str) -> str:
    """A sentence of ours, in which names and queries stand between backticks."""
    return "".join(
        code_span(piece) if index % 2 else prose(piece)
        for index, piece in enumerate(message.split("`"))
    )


def _listed(items: Sequence[str], noun: str, room: int) -> list[str]:
    """The items, and how many there was no room for."""
    lines: list[str] = []
    for index, item in enumerate(items):
        room -= _size(item) + 1
        if room < 0:
            lines.append(f"- … and {len(items) - index:,} more {noun}")
            break
        lines.append(item)
    return ["", *lines] if lines else []


def _fitting(blocks: Sequence[tuple[str, str]], room: int) -> str:
    """As many of the blocks as fit. Each comes in full and on one line: the line of each comes
    before the details of any."""
    room -= _LAST
    short: list[str] = []
    for _, line in blocks:
        room -= _size(line)
        if room < 0:
            break
        short.append(line)
    told = list(short)
    if len(short) == len(blocks):
        for index, (full, line) in enumerate(blocks):
            extra = _size(full) - _size(line)
            if extra <= room:
                room -= extra
                told[index] = full
    folded = sum(line != full for line, (full, _) in zip(told, blocks, strict=False))
    text = "".join(told)
    if len(short) < len(blocks):
        text += f"\n… and {len(blocks) - len(short):,} more services: no room for them here.\n"
    if folded or len(short) < len(blocks):
        text += "\nNot all details fit here; `slosmith diff` shows them.\n"
    return text


def _project(difference: Difference) -> Iterator[tuple[str, str]]:
    if difference.project:
        names = dict.fromkeys(change.what.split(".")[0] for change in difference.project)
        title = f"<b>slosmith.yaml</b>: {prose(', '.join(names))}"
        yield _folded(title, list(_changes(difference.project)))


def _block(service: ServiceChange) -> tuple[str, str]:
    lines = [f"From {code_span(_cut(service.spec))}.", ""]
    for part in service.parts:
        lines += _part(part)
    title = f"<b>{service.name}</b>: {prose(wording.brief(service))}"
    return _folded(title, lines)


def _folded(title: str, lines: Sequence[str]) -> tuple[str, str]:
    """A block that opens on a click, and its title alone."""
    body = "\n".join(lines).rstrip()
    full = f"\n<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>\n"
    return full, f"\n{title}\n"


def _part(part: Part) -> Iterator[str]:
    state = {"added": ": new", "removed": ": removed", "renamed": f": renamed, was {part.was}"}
    yield f"**{part.title}**{state.get(part.state, '')}"
    yield ""
    yield from _figures(part)
    new = part.state == "added"
    yield from _tiers(part.tiers, new)
    yield from _alerts(part.alerts)
    rest = [change for change in part.changes if not _is_figure(part, change)]
    yield from _changes(rest, new)


# The figures of an SLO, in a table; all other names may come from a spec, and stand in code.
_FIGURES = ("objective", "window", "budget")


def _is_figure(part: Part, change: Change) -> bool:
    return part.section == "slo" and change.what in _FIGURES


def _figures(part: Part) -> Iterator[str]:
    changes = [change for change in part.changes if _is_figure(part, change)]
    if not changes:
        return
    new = all(change.before is None for change in changes)
    yield "| | now |" if new else "| | before | after |"
    yield "|---|---|" if new else "|---|---|---|"
    for change in changes:
        sides = (change.after,) if new else (change.before, change.after)
        values = " | ".join(wording.value(change, side) for side in sides)
        yield f"| {change.what} | {values} |"
    yield ""


def _tiers(tiers: Sequence[TierChange], new: bool) -> Iterator[str]:
    if not tiers:
        return
    yield "| alert | windows | threshold | all requests fail: after | 10% fail: after |"
    yield "|---|---|---|---|---|"
    for tier in tiers:
        windows = f"{format_duration(tier.long)} / {format_duration(tier.short)}"
        figures = " | ".join(
            after if new or before == after else f"{before} → {after}"
            for before, after in wording.figures(tier)
        )
        yield f"| {tier.severity} | {windows} | {figures} |"
    yield ""


def _alerts(alerts: Sequence[AlertChange]) -> Iterator[str]:
    for alert in alerts:
        verb = "appears" if alert.state == "added" else "vanishes"
        yield f"- alert {code_span(alert.name)} ({code_span(alert.severity)}) {verb}"
    if alerts:
        yield ""


def _changes(changes: Sequence[Change], new: bool = False) -> Iterator[str]:
    """`new`: all of this is, so that no line has to say it."""
    listed = [change for change in changes if change.kind != "query"]
    for change in listed:
        yield f"- {_line(change, new)}"
    if listed:
        yield ""
    for change in changes:
        if change.kind == "query":
            yield f"{code_span(change.what)}:"
            yield ""
            yield from _query(change)
            yield ""


def _line(change: Change, new: bool) -> str:
    name = code_span(_cut(change.what))
    before, after = (
        code_span(_cut(wording.value(change, side))) for side in (change.before, change.after)
    )
    if change.before is None:
        return f"{name}: {after}" + ("" if new else ", new")
    if change.after is None:
        return f"{name}: {before}, removed"
    return f"{name}: {before} → {after}"


def _query(change: Change) -> list[str]:
    lines = queries.lines(change.before, change.after)
    kept: list[str] = []
    room = _LONGEST_QUERY
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append("  … (too long for a comment)")
            break
        kept.append(line)
    return code_block(kept, "diff")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _size(text: str) -> int:
    return len(text.encode("utf-8", errors="surrogatepass"))
