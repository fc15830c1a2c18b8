"""The life of an SLO → the series that a test feeds to the rules, sample by sample."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence

from generators.rule_tests.episodes import TAIL
from generators.rule_tests.life import MINUTE, Life, Part, within
from generators.rule_tests.notation import Counter, Run, text
from generators.rule_tests.oracle import HOUR, Oracle
from slosmith import series
from slosmith.escape import promql_string
from slosmith.model import RatioIndicator, Service, SeverityKey, Slo
from slosmith.probes.probe import Probe
from slosmith.series import BASE_WINDOW


def from_recorded(
    service: Service,
    slo: Slo,
    by: Mapping[str, str],
    oracle: Oracle,
    moments: Sequence[int],
    windows: Sequence[int],
) -> dict[str, str]:
    """The rates that the rules record, and, at the moments, the ratios over `windows`, which they
    take from raw series. There are none, so the rules record none of these by themselves."""
    found = _rates(service, slo, by, oracle.life, ())
    for window in windows:
        runs, last = [], 0
        for moment in moments:
            ratios = oracle.ratios(window, moment)
            if ratios:
                runs += [Run(moment - last, None), Run(1, sum(ratios) / len(ratios))]
                last = moment + 1
        found[_name(series.error_ratio(window), service, slo, by)] = text(runs)
    return found


def from_raw(
    service: Service,
    slo: Slo,
    by: Mapping[str, str],
    life: Life,
    moments: Sequence[int],
    probe: Probe,
) -> dict[str, str]:
    """The rates that the rules record, but for the moments: there the rules record them, from
    the raw series of the hour before."""
    found = _rates(service, slo, by, life, moments)
    for raw in probe.series:
        runs, last = [], 0
        for moment in moments:
            parts = list(within(life, moment - TAIL, moment))
            if not parts:
                continue
            runs.append(Run(parts[0].start - last, None))
            counter = Counter()
            for part in parts:
                # What is counted up to a sample happened in the minute before it.
                pace = raw.good + (raw.bad - raw.good) * part.error
                runs.append(counter.grown(part.count, pace * part.total * MINUTE))
            last = moment + 1
        found[raw.text] = text(runs)
    return found


def needs_raw(slo: Slo, severity: SeverityKey) -> bool:
    """Whether alerts of a severity compare a ratio that the rules record even without raw series:
    no errors, where there is traffic."""
    return isinstance(slo.indicator, RatioIndicator) and bool(raw_windows(slo, severity))


def raw_windows(slo: Slo, severity: SeverityKey) -> list[int]:
    """The windows, in seconds, of a severity's tiers whose ratio is taken from raw series."""
    tiers = [tier for tier in slo.tiers if tier.severity == severity]
    windows = {window for tier in tiers for window in (tier.long, tier.short)}
    return sorted(window for window in windows if window <= HOUR and window != BASE_WINDOW)


def _rates(
    service: Service, slo: Slo, by: Mapping[str, str], life: Life, without: Sequence[int]
) -> dict[str, str]:
    total, bad = _texts(tuple(life), tuple(without))
    return {
        _name(series.TOTAL, service, slo, by): total,
        _name(series.BAD, service, slo, by): bad,
    }


@functools.cache
def _texts(life: tuple[Part, ...], without: tuple[int, ...]) -> tuple[str, str]:
    """Total and bad rates; many SLOs have the same life."""
    cut = list(_cut(life, without))
    return text(_runs((p, p.total) for p in cut)), text(_runs((p, p.bad) for p in cut))


def _cut(life: Life, minutes: Sequence[int]) -> Iterable[Part]:
    """A life without what it has at these minutes."""
    for part in life:
        start = part.start
        for minute in minutes:
            if start <= minute < part.end:
                yield Part(start, minute - start, part.total, part.error)
                start = minute + 1
        yield Part(start, part.end - start, part.total, part.error)


def _runs(parts: Iterable[tuple[Part, float]]) -> list[Run]:
    runs, last = [], 0
    for part, value in parts:
        if part.count > 0:
            runs += [Run(part.start - last, None), Run(part.count, value)]
            last = part.end
    return runs


def _name(name: str, service: Service, slo: Slo, by: Mapping[str, str]) -> str:
    own = {"service": service.name, "slo": slo.name, **by}
    return name + "{" + ",".join(f"{key}={promql_string(own[key])}" for key in own) + "}"
