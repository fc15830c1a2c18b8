"""What the generated rules do when a service fails: promtool runs them through incidents."""

from __future__ import annotations

from pathlib import Path

from slosmith.model import Project, Service, SeverityAlert
from tests.models import make_alerting, make_service, make_slo
from tests.promtest import (
    GONE,
    HOUR,
    MINUTE,
    NEVER,
    PAGE,
    SPENT,
    TICKET,
    Check,
    Scenario,
    counter,
    empty,
    events,
    fired,
    firing,
    needs_promtool,
    stale,
    steady,
    true,
    verify,
)
from tests.worlds import (
    ERRORS,
    EVENTS,
    FINE,
    HITS,
    KINDS,
    OBJECTIVES,
    UNKNOWN_BOUND,
    Phase,
    after,
    names,
    service,
    together,
    world,
)

pytestmark = needs_promtool


def in_time(of: Service, start: int) -> tuple[Check, ...]:
    """Nothing fires before a total outage starts; then all page within ten minutes, those with
    an objective of 99.9 % and more within three."""
    strict = [slo.name for slo in of.slos if slo.budget * 1000 <= 1]
    pages = f'ALERTS{{alertname="{PAGE[0]}",alertstate="firing",slo=~"{"|".join(strict)}"}}'
    return (
        fired(start - 30),
        true(f"(count({pages}) or vector(0)) == bool {len(strict)}", start + 3 * MINUTE),
        firing(start + 10 * MINUTE, {PAGE: names(of)}, only=PAGE),
    )


def test_a_total_outage_pages_in_time_at_every_objective_and_clears(tmp_path: Path) -> None:
    of = service(["bad"], *OBJECTIVES)
    start, end = HOUR, HOUR + 11 * MINUTE
    life = world(Phase(start), Phase(end - start, bad=1), Phase(HOUR))
    checks = *in_time(of, start), firing(end + 33 * MINUTE, only=PAGE)
    verify(tmp_path, of, Scenario("outage", life, checks))


def test_a_total_outage_pages_in_time_for_every_kind_and_clears(tmp_path: Path) -> None:
    of = together(service(KINDS, "99.9"), service(["good", "one", "below", "each"], "50"))
    start, end = 12 * MINUTE, 23 * MINUTE
    life = world(Phase(start), Phase(end - start, bad=1), Phase(HOUR))
    checks = *in_time(of, start), firing(end + 33 * MINUTE, only=PAGE)
    verify(tmp_path, of, Scenario("outage", life, checks))


def test_an_outage_of_a_young_or_a_quiet_service_pages_in_time(tmp_path: Path) -> None:
    of = service(["bad"], "99.9999", "99.9", "99.5", "99", "90", "50", "1")
    young, quiet = 10 * MINUTE, HOUR
    old_and_quiet = world(Phase(quiet, rate=1 / 30), Phase(HOUR, bad=1, rate=1 / 30))
    verify(
        tmp_path,
        of,
        Scenario("young", world(Phase(young), Phase(HOUR, bad=1)), in_time(of, young)),
        Scenario("a request in 30 s", old_and_quiet, in_time(of, quiet)),
    )


def test_a_total_outage_at_one_request_a_minute_pages_after_five_failures(tmp_path: Path) -> None:
    of = together(service(["bad"], "99.9", "99", "90", "50"), service(["good", "half"], "99.9"))
    start, interval = HOUR, 60
    life = world(Phase(start, rate=1 / 60), Phase(HOUR, bad=1, rate=1 / 60), interval=interval)
    pages = firing(start + 11 * MINUTE, {PAGE: names(of)}, only=PAGE)
    verify(tmp_path, of, Scenario("outage", life, [fired(start), pages], interval))


def test_error_series_may_appear_with_the_outage_and_good_ones_vanish(tmp_path: Path) -> None:
    both, good = service(["bad", "good"], "99.9", "50"), service(["good"], "99.9", "50")
    start = 20 * MINUTE
    life = world(Phase(start), Phase(HOUR, bad=1))
    late = counter((start + 30, None), (HOUR, 10), start=300)
    fine = counter((start, 10))
    never = {name: values for name, values in life.items() if name != HITS}
    verify(
        tmp_path,
        both,
        Scenario("errors appear", life | {ERRORS: late}, in_time(both, start)),
        Scenario("good goes stale", life | {HITS: stale(fine)}, in_time(both, start)),
        Scenario("good stops", life | {HITS: fine}, in_time(both, start)),
        Scenario("good never was", never, [firing(10 * MINUTE, {PAGE: names(good)}, only=PAGE)]),
    )


def test_a_healthy_service_is_silent(tmp_path: Path) -> None:
    of = service(KINDS, "99.9999")
    life = Scenario("healthy", world(Phase(2 * HOUR)), [fired(70 * MINUTE)])
    verify(tmp_path, of, life, evaluate=60)


def test_an_idle_service_is_silent_and_has_no_error_ratio(tmp_path: Path) -> None:
    of = service(EVENTS, "99.9")
    series = '{__name__=~"slo.+"}'
    idle = [
        fired(HOUR),
        empty('{__name__=~"slo:sli_error:.+"}', HOUR),
        # No NaN anywhere: it compares false with everything.
        true(f"count({series}) == bool count({series} >= -Inf)", HOUR),
        true(f"count(slo:sli_bad:rate5m == 0) == bool {len(of.slos)}", HOUR),
        true(f"count(slo:error_budget_remaining:ratio == 1) == bool {len(of.slos)}", HOUR),
    ]
    falling = world(Phase(10 * MINUTE), Phase(2 * HOUR, rate=0))
    verify(
        tmp_path,
        of,
        Scenario("born idle", world(Phase(2 * HOUR, rate=0)), idle),
        Scenario("falls idle", falling, [fired(80 * MINUTE)]),
        evaluate=60,
    )


def test_without_any_series_only_the_missing_data_is_told(tmp_path: Path) -> None:
    of = service(KINDS, "99.9")
    missing = {NEVER: names(of)}
    told = steady(12 * MINUTE, HOUR, missing, 60)
    checks = fired(9 * MINUTE), fired(HOUR, missing), told
    verify(tmp_path, of, Scenario("nothing", {"other": "0x120"}, checks), evaluate=60)


def test_a_bound_that_is_no_bucket_is_missing_data_and_no_outage(tmp_path: Path) -> None:
    of = make_service("api", make_slo("mistyped", indicator=UNKNOWN_BOUND))
    checks = [fired(HOUR, {NEVER: ["mistyped"]})]
    verify(tmp_path, of, Scenario("mistyped", world(Phase(2 * HOUR)), checks))


def test_one_failed_request_at_night_is_no_alert(tmp_path: Path) -> None:
    of = together(service(["bad"], "99.99", "99", "50"), service(["good", "half"], "99.9"))
    until = 70 * MINUTE
    asked = range(7, until, MINUTE)

    def night(failure: int) -> Scenario:
        fine = events(*(time for time in asked if time != failure), until=until)
        every = events(*asked, until=until)
        bad = events(failure, until=until)
        # In every second night the error series is not there before the error.
        bad = bad.replace("0", "_") if failure % 2 else bad
        series = {
            FINE: fine,
            ERRORS: bad,
            'cache_requests_total{job="api"}': every,
            HITS: fine,
            'http_request_duration_seconds_bucket{job="api",le="0.5"}': fine,
            'http_request_duration_seconds_count{job="api"}': every,
        }
        return Scenario(f"failure at {failure} s", series, [fired(until)])

    verify(tmp_path, of, *(night(failure) for failure in (67, 608, 1807, 3548)))


def test_dead_pods_page_within_eleven_minutes_without_flapping(tmp_path: Path) -> None:
    of = service(KINDS, "99.9")
    dead, until = 20 * MINUTE, HOUR
    life = {name: stale(values) for name, values in world(Phase(dead)).items()}
    gone = {GONE: names(of)}
    paged = dead + 10 * MINUTE + 30
    # The last rate is half a minute older in Prometheus 3, whose ranges are open to the left.
    silent = dead + 8 * MINUTE + 30
    checks = fired(silent), fired(until, gone), steady(paged, until, gone)
    verify(tmp_path, of, Scenario("dead", life, checks))


def test_replaced_and_restarted_pods_are_no_alert(tmp_path: Path) -> None:
    of = service(KINDS, "99.99")
    deploy, until = 20 * MINUTE, 50 * MINUTE
    life = Phase(deploy, bad=1e-6), Phase(until, bad=1e-6)
    old = {name: stale(values) for name, values in world(life[0], pod="a").items()}
    new = after(deploy, world(life[1], pod="b"))
    reset = {name: f"{values} {world(life[1])[name]}" for name, values in world(life[0]).items()}
    verify(
        tmp_path,
        of,
        Scenario("deploy", old | new, [fired(until)]),
        Scenario("restart", reset, [fired(until)]),
    )


def test_twice_the_allowed_burn_is_a_ticket_and_no_page(tmp_path: Path) -> None:
    of = service(["bad", "good"], "99.9")
    until = 40 * HOUR
    life = world(Phase(until + HOUR, bad=0.002), interval=120)
    ticket = {TICKET: names(of)}
    checks = fired(30 * HOUR), fired(until, ticket), firing(until, ticket)
    verify(tmp_path, of, Scenario("2x", life, checks, 120), evaluate=240)


def test_less_than_the_allowed_burn_is_silent_for_days(tmp_path: Path) -> None:
    of = service(["bad"], "99.9")
    until = 76 * HOUR
    life = world(Phase(until + HOUR, bad=0.0008), interval=120)
    verify(tmp_path, of, Scenario("0.8x", life, [fired(until)], 120), evaluate=240)


def test_rules_without_history_take_the_unseen_past_for_free_of_errors(tmp_path: Path) -> None:
    of = service(["bad", "good", "half"], "99.9")
    life = world(Phase(HOUR, bad=0.007))
    verify(tmp_path, of, Scenario("7x on new rules", life, [fired(40 * MINUTE)]))


def test_a_spent_budget_is_told_if_asked_for_and_counted_right(tmp_path: Path) -> None:
    asked = make_slo("asked", alerting=make_alerting(exhausted="ticket"))
    of = make_service("api", asked, make_slo("unasked"))
    until = 2 * HOUR
    # 60 minutes' worth of events are bad, and 30 days allow 43.2. Up to ten minutes of the start
    # (5 minutes' worth) may not have been seen.
    left = 'slo:error_budget_remaining:ratio{slo="asked"}'
    burning = {PAGE: names(of), TICKET: names(of)}
    checks = [
        true(f"{left} >= bool {1 - 60 / 43.2:.6f}", until),
        true(f"{left} <= bool {1 - 55 / 43.2:.6f}", until),
        fired(80 * MINUTE, burning),
        firing(until, burning | {SPENT: ["asked"]}),
    ]
    life = world(Phase(until + HOUR, bad=0.5))
    verify(tmp_path, of, Scenario("half", life, checks), evaluate=60)


def test_disabled_alerts_do_not_fire(tmp_path: Path) -> None:
    no_page = make_alerting(page=SeverityAlert(PAGE[0], disabled=True))
    of = make_service(
        "api",
        make_slo("silent", alerting=make_alerting(disabled=True)),
        make_slo("no-page", alerting=no_page),
        make_slo("absent-off", alerting=make_alerting(absent="off")),
        make_slo("absent-ticket", alerting=make_alerting(absent="ticket")),
    )
    burning = ["absent-off", "absent-ticket"]
    end = 50 * MINUTE
    outage = world(Phase(30 * MINUTE), Phase(HOUR, bad=1))
    dead = {name: stale(values) for name, values in world(Phase(30 * MINUTE)).items()}
    recorded = true('slo:sli_error:ratio_rate5m{slo="silent"} == bool 1', end)
    alerts = firing(end, {PAGE: burning, TICKET: [*burning, "no-page"]})
    gone = fired(end, {GONE: ["no-page"], NEVER: ["absent-ticket"]})
    verify(
        tmp_path,
        of,
        Scenario("outage", outage, [alerts, recorded]),
        Scenario("dead", dead, [gone]),
    )


def test_severities_carry_the_names_of_the_project(tmp_path: Path) -> None:
    of = service(["bad"], "99.9")
    project = Project(severities={"page": "critical", "ticket": "warning"})
    expected = {(PAGE[0], "critical"): names(of), (TICKET[0], "warning"): names(of)}
    life = world(Phase(30 * MINUTE), Phase(HOUR, bad=1))
    scenario = Scenario("outage", life, [firing(50 * MINUTE, expected)])
    verify(tmp_path, of, scenario, project=project)


def test_requests_that_come_with_the_clock_are_counted(tmp_path: Path) -> None:
    of = service(["bad"], "99.9", "99")
    start, until = HOUR, 100 * MINUTE
    # Four requests at once just after the clock's every fifth minute, before the next scrape.
    fine = _scraped([at for at in range(5, start, 300) for _ in range(4)], until)
    bad = _scraped([at for at in range(start + 5, until, 300) for _ in range(4)], until)
    pages = firing(start + 13 * MINUTE, {PAGE: names(of)}, only=PAGE)
    verify(tmp_path, of, Scenario("jobs", {FINE: fine, ERRORS: bad}, [pages], interval=10))


def _scraped(times: list[int], until: int) -> str:
    """Single events, scraped every 30 s from second 20, on a grid of 10 s."""
    counts = events(*times, until=until, interval=10).split()
    return " ".join(count if number % 3 == 2 else "_" for number, count in enumerate(counts))


def test_a_total_that_vanishes_while_errors_stay_is_missing_data(tmp_path: Path) -> None:
    of = service(["expression"], "99.9")
    life = world(Phase(2 * HOUR))
    life["jobs_total{}"] = stale(counter((30 * MINUTE, 10)))
    gone = firing(41 * MINUTE, {GONE: names(of)})
    verify(tmp_path, of, Scenario("total vanishes", life, [gone]))


def test_a_new_target_that_is_down_in_its_first_scrape_is_no_alert(tmp_path: Path) -> None:
    of = service(["below", "any", "all"], "99.9", "99", "50")
    life = world(Phase(30, bad=1), Phase(2 * HOUR))
    verify(tmp_path, of, Scenario("starts", life, [fired(HOUR)]))
