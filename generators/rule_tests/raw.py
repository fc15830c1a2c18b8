"""The life of an SLO's raw series: what they show, scrape by scrape, phase by phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generators.rule_tests import native
from generators.rule_tests.notation import Counter, Run, text
from slosmith.probes.probe import Raw


@dataclass(frozen=True)
class Phase:
    """Some seconds of even traffic: `rate` events per second, of which the share `error` is bad.

    `reset`: counters begin anew with it, as after a restart.
    """

    seconds: int
    rate: float
    error: float = 0.0
    reset: bool = False


@dataclass(frozen=True)
class Gaps:
    """Where samples are missing. `late`: a counter of bad events is not there before the first
    of them; `vanishing`: one of good events goes while all are bad; `never_good`: it never came;
    `dies`: at the end Prometheus knows the series to be gone."""

    late: bool = False
    vanishing: bool = False
    never_good: bool = False
    dies: bool = False


def samples(raw: Raw, phases: Sequence[Phase], scrape: int, gaps: Gaps = Gaps()) -> str:
    """What a series shows, in promtool's notation; `scrape` is in seconds."""
    if raw.slow_above is not None:
        end = " stale" if gaps.dies else ""
        return native.text(raw.slow_above, _observations(phases, scrape)) + end
    if gaps.never_good and raw.may_vanish:
        return ""
    pieces: list[str] = []
    runs: list[Run] = []
    counter, scrapes, seen = Counter(), 0, not (gaps.late and raw.may_be_late)
    for phase in phases:
        count = phase.seconds // scrape
        seen = seen or bool(phase.error)
        pace = raw.good + (raw.bad - raw.good) * phase.error
        if not seen:
            runs.append(Run(count, None))
        elif gaps.vanishing and raw.may_vanish and phase.error == 1:
            pieces += [text(runs), "stale"]
            runs = [Run(count - 1, None)]
        elif raw.counter:
            if phase.reset:
                counter.reset()
            runs.append(counter.grown(count, pace * phase.rate * scrape))
        else:
            runs.append(Run(count, pace + raw.drift * scrapes * scrape, raw.drift * scrape))
        scrapes += count
    pieces += [text(runs), "stale" if gaps.dies else ""]
    return " ".join(piece for piece in pieces if piece)


def _observations(phases: Sequence[Phase], scrape: int) -> Iterator[tuple[int, float, float, bool]]:
    for phase in phases:
        bad = phase.rate * phase.error * scrape
        yield phase.seconds // scrape, phase.rate * scrape - bad, bad, phase.reset
