"""The times that `explain` tells, held against promtool: no alert of the generated rules fires or
clears sooner than a scrape before them, or later than scraping and evaluation explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from slosmith import slomath
from slosmith.explain.rate import Rate
from slosmith.explain.times import outages, tier_times
from slosmith.model import PolicyTier, Service, SeverityKey, Slo
from tests.models import make_service, make_slo
from tests.promtest import (
    DAY,
    HOUR,
    MINUTE,
    PAGE,
    TICKET,
    Alert,
    Check,
    Scenario,
    needs_promtool,
    verify,
)
from tests.worlds import Phase, service, together, world

pytestmark = needs_promtool

ALERTS: dict[SeverityKey, Alert] = {"page": PAGE, "ticket": TICKET}


def alert(slo: Slo, severity: SeverityKey) -> str:
    return (
        f'ALERTS{{alertstate="firing",alertname="{ALERTS[severity][0]}",'
        f'severity="{severity}",slo="{slo.name}"}}'
    )


def silent(slo: Slo, severity: SeverityKey, until: int) -> Check:
    """The alert has not fired until a time."""
    return Check(f"count(max_over_time({alert(slo, severity)}[{until}s]))", until)


def on(slo: Slo, severity: SeverityKey, at: int) -> Check:
    return Check(f"count({alert(slo, severity)})", at, {"{}": 1})


def off(slo: Slo, severity: SeverityKey, at: int) -> Check:
    return Check(f"count({alert(slo, severity)})", at)


@dataclass(frozen=True)
class Clock:
    """When errors start or end, and how finely time is looked at, in seconds. `young`: recorded
    history is shorter than the windows; the rules know its length to ten minutes."""

    start: int
    scrape: int = 30
    evaluate: int = 30
    young: bool = False

    def sooner(self, seconds: Decimal) -> int:
        """The last time at which what takes so long cannot have happened."""
        return self.start + int(seconds) - self.scrape

    def later(self, seconds: Decimal) -> int:
        """The first time at which it must have happened."""
        latest = self.start + int(seconds) + 1 + self.scrape + self.evaluate
        if self.young:
            # Of the history, h, at least h - 11 minutes are known: the threshold is that much
            # higher than it should be, and as much later it is reached.
            known = self.start + int(seconds) - 11 * MINUTE
            latest += int(seconds) * 11 * MINUTE // known
        return latest


def in_an_outage(
    of: Service,
    length: int,
    clock: Clock,
    *severities: SeverityKey,
    until: int,
    rate: Rate | None = None,
) -> Iterator[Check]:
    """The alerts of these severities fire and clear as told; those of which it is told that they
    do not fire are silent `until` the end."""
    end = replace(clock, start=clock.start + length, young=False)
    for slo in of.slos:
        for outage in outages(slo, tier_times(slo, rate)):
            if outage.length != length or outage.severity not in severities:
                continue
            if outage.fires is None or outage.clears is None:
                yield silent(slo, outage.severity, until)
                continue
            yield silent(slo, outage.severity, clock.sooner(outage.fires))
            yield on(slo, outage.severity, clock.later(outage.fires))
            yield on(slo, outage.severity, end.sooner(outage.clears))
            yield off(slo, outage.severity, end.later(outage.clears))
            assert end.later(outage.clears) <= until


def while_burning(
    of: Service, burn: str, clock: Clock, *severities: SeverityKey, until: int
) -> Iterator[Check]:
    """With steady errors the alerts fire as told, as far as that is before `until`."""
    for slo in of.slos:
        tiers = tier_times(slo, None)
        for severity in severities:
            times = [
                seconds
                for item in tiers
                if item.tier.severity == severity
                and (seconds := item.after[burn].seconds) is not None
            ]
            if times and clock.later(min(times)) <= until:
                yield silent(slo, severity, clock.sooner(min(times)))
                yield on(slo, severity, clock.later(min(times)))
            else:
                yield silent(slo, severity, until)


REQUESTS = ("http_requests_total", "cache_", "db_", "up{", "http_request_duration_seconds")


def life(*phases: Phase, interval: int = 30) -> dict[str, str]:
    """The series that these tests need: promtool takes its time for each."""
    series = world(*phases, interval=interval)
    return {name: values for name, values in series.items() if name.startswith(REQUESTS)}


def test_pages_in_an_outage_of_any_kind_and_objective(tmp_path: Path) -> None:
    week = make_slo("week", objective="99.9", window=7 * DAY)
    of = together(
        service(["bad"], "99.99", "99.7", "99", "80", "1"),
        service(["good", "half", "below", "each"], "99.5"),
        make_service("api", week),
    )
    start, length = 61 * MINUTE, 10 * MINUTE
    until = start + length + 33 * MINUTE
    checks = list(in_an_outage(of, length, Clock(start), "page", until=until))
    assert len(checks) == 4 * 10, "everything pages in ten minutes"
    series = life(Phase(start), Phase(length, bad=1), Phase(HOUR))
    verify(tmp_path, of, Scenario("10m", series, checks))


def test_tickets_in_an_outage(tmp_path: Path) -> None:
    of = service(["bad"], "99.9", "99.5", "95")
    start, length, clock = HOUR, HOUR, Clock(HOUR, 120, 240, young=True)
    until = start + length + 6 * HOUR + 20 * MINUTE
    checks = list(in_an_outage(of, length, clock, "ticket", until=until))
    assert len(checks) == 9, "at 95% an hour is not enough"
    series = life(Phase(start), Phase(length, bad=1), Phase(8 * HOUR), interval=120)
    verify(tmp_path, of, Scenario("1h", series, checks, 120), evaluate=240)


def with_policy(name: str, objective: str, *policy: PolicyTier) -> Slo:
    tiers = slomath.tiers(Decimal(objective), 30 * DAY, policy)
    return make_slo(name, objective=objective, tiers=tiers)


def test_policies_of_ones_own(tmp_path: Path) -> None:
    mixed = (
        PolicyTier("page", 30 * MINUTE, 30 * MINUTE, factor=Decimal(2)),
        PolicyTier("ticket", 4 * HOUR, 10 * MINUTE, budget=Decimal("0.02")),
    )
    slow = PolicyTier("ticket", 3 * HOUR, 90 * MINUTE, factor=Decimal(4))
    of = make_service(
        "api",
        with_policy("strict", "99.9", *mixed),
        with_policy("loose", "97", *mixed),
        with_policy("slow", "97", slow),
    )
    start, length, clock = HOUR, HOUR, Clock(HOUR, 120, 120, young=True)
    until = start + length + 2 * HOUR
    checks = list(in_an_outage(of, length, clock, "page", "ticket", until=until))
    assert len(checks) == 5 * 4
    series = life(Phase(start), Phase(length, bad=1), Phase(3 * HOUR), interval=120)
    verify(tmp_path, of, Scenario("1h", series, checks, 120), evaluate=120)


def test_recorded_rates_lag_as_told(tmp_path: Path) -> None:
    tier = PolicyTier("page", 2 * HOUR, 2 * HOUR, factor=Decimal(10))
    of = make_service("api", with_policy("recorded", "99.9", tier))
    start, length = HOUR, 10 * MINUTE
    until = start + length + 130 * MINUTE
    checks = list(in_an_outage(of, length, Clock(start, young=True), "page", until=until))
    series = life(Phase(start), Phase(length, bad=1), Phase(3 * HOUR))
    verify(tmp_path, of, Scenario("10m", series, checks))


def test_pages_at_ten_percent_of_errors(tmp_path: Path) -> None:
    of = service(["bad"], "99.9", "99.5", "99", "95")
    start, until = HOUR, 5 * HOUR
    clock = Clock(start, 120, 120, young=True)
    checks = list(while_burning(of, "10%", clock, "page", until=until))
    assert len(checks) == 3 * 2 + 1, "at 95% a tenth of errors is no page"
    series = life(Phase(start), Phase(5 * HOUR, bad=0.1), interval=120)
    verify(tmp_path, of, Scenario("10%", series, checks, 120), evaluate=120)


def test_a_ticket_at_twice_the_budget(tmp_path: Path) -> None:
    of = service(["bad"], "99")
    start, until = HOUR, 38 * HOUR
    clock = Clock(start, 120, 240, young=True)
    checks = list(while_burning(of, "2x", clock, "page", "ticket", until=until))
    assert len(checks) == 3
    series = life(Phase(start), Phase(38 * HOUR, bad=0.02), interval=120)
    verify(tmp_path, of, Scenario("2x", series, checks, 120), evaluate=240)


@pytest.mark.parametrize(
    ("rate", "length"),
    [(Rate(Decimal(2), "m"), 10 * MINUTE), (Rate(Decimal("0.5"), "m"), HOUR)],
    ids=str,
)
def test_few_events_delay_a_page(rate: Rate, length: int, tmp_path: Path) -> None:
    of = service(["bad"], "99.9")
    told = tier_times(of.slos[0], rate)[0].after["100%"]
    assert told.delayed
    assert told.seconds is not None
    start = 20 * MINUTE
    # They are counted once a minute.
    clock = Clock(start, scrape=MINUTE)
    until = start + length + 33 * MINUTE
    checks = list(in_an_outage(of, length, clock, "page", until=until, rate=rate))
    assert len(checks) == 4
    each = float(rate.per_second)
    phases = Phase(start, rate=each), Phase(length, bad=1, rate=each), Phase(HOUR, rate=each)
    verify(tmp_path, of, Scenario("few", life(*phases), checks))
