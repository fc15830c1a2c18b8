"""What the panels of a dashboard show: lines, colours, numbers and words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from slosmith.model import (
    Indicator,
    Project,
    Selector,
    Service,
    Slo,
    ThresholdIndicator,
    Tier,
    UptimeIndicator,
)
from tests.dashboard_model import Json, dashboard, panels, titled
from tests.models import DAY, INDICATORS, Kind, make_alerting, make_service, make_slo

EVERY_KIND = make_service("api", *(make_slo(kind, kind) for kind in INDICATORS))
HOURLY = (Tier("page", 3600, 300, Decimal("0.0144"), Decimal("14.4")),)


def many(count: int) -> Service:
    return make_service("api", *(make_slo(f"slo-{index}") for index in range(count)))


def only(slo: Slo) -> Json:
    return dashboard(make_service("api", slo))


def test_a_summary_over_different_windows_reads_the_window_of_each_slo() -> None:
    week = make_slo("cache", window=7 * DAY)
    data = dashboard(make_service("api", make_slo("availability"), week))
    attained = titled(data, "Attained over the window")
    assert [target["expr"] for target in attained["targets"]] == [
        f'1 - slo:sli_error:ratio_rate{name}{{service="api",slo=~"$slo"}} '
        f'and slo:period:seconds{{service="api",slo=~"$slo"}} == {seconds}'
        for name, seconds in (("7d", 604800), ("30d", 2592000))
    ]
    assert titled(data, "Error budget left, last 30d")["timeFrom"] == "30d"


@pytest.mark.parametrize(("window", "shown"), [(7 * DAY, "7d"), (DAY + 12 * 3600, "36h")])
def test_a_burn_down_spans_the_window_in_one_unit_as_grafana_needs_it(
    window: int, shown: str
) -> None:
    spans = {panel.get("timeFrom") for panel in panels(only(make_slo(window=window)))}
    assert spans == {None, shown}


def _lines(slo: Slo) -> list[tuple[float | None, str]]:
    panel = titled(only(slo), f"{slo.name}: burn rate")
    custom = panel["fieldConfig"]["defaults"]["custom"]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert custom.get("thresholdsStyle", {}) == {"mode": "dashed"}
    return [(step["value"], step["color"]) for step in steps]


def test_burn_rate_lines_are_the_thresholds_of_the_alerts() -> None:
    assert _lines(make_slo(objective="99.9")) == [
        (None, "green"),
        (1, "orange"),
        (3, "orange"),
        (6, "red"),
        (14.4, "red"),
    ]


def test_lines_of_clamped_tiers_are_where_these_fire_and_pages_hide_tickets() -> None:
    # 10 % may be bad: 14.4 and 6 times that are above half-way, 55 %, which is a rate of 5.5.
    assert _lines(make_slo(objective="90")) == [
        (None, "green"),
        (1, "orange"),
        (3, "orange"),
        (5.5, "red"),
    ]
    # 50 %: half-way, 75 %, is a rate of 1.5 for the ticket of 3 as well.
    assert _lines(make_slo(objective="50")) == [(None, "green"), (1, "orange"), (1.5, "red")]


def test_a_page_hides_a_ticket_of_the_same_burn_rate_in_any_order() -> None:
    ticket = replace(HOURLY[0], severity="ticket")
    for tiers in ((ticket, HOURLY[0]), (HOURLY[0], ticket)):
        assert _lines(make_slo(tiers=tiers)) == [(None, "green"), (14.4, "red")]


def test_the_outage_tier_has_a_line_that_does_not_flatten_the_graph() -> None:
    slo = make_slo(objective="99")
    assert _lines(slo)[-1] == (50.5, "red")
    panel = titled(only(slo), "availability: burn rate")
    assert panel["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] == 15.8


def test_alerts_that_are_off_have_no_lines() -> None:
    alerting = make_alerting()
    quiet = replace(alerting, page=replace(alerting.page, disabled=True))
    assert _lines(make_slo(alerting=quiet)) == [(None, "green"), (1, "orange"), (3, "orange")]
    assert _lines(make_slo(alerting=make_alerting(disabled=True))) == [(None, "green")]


def test_windows_say_what_their_burn_rate_leads_to() -> None:
    panel = titled(only(make_slo()), "availability: burn rate")
    assert [target["legendFormat"] for target in panel["targets"]] == [
        "5m",
        "30m",
        "1h, page above 14.4",
        "2h",
        "6h, page above 6",
        "1d, ticket above 3",
        "3d, ticket above 1",
    ]


def _tile_steps(config: Json) -> list[tuple[float | None, str]]:
    return [(step["value"], step["color"]) for step in config["steps"]]


def test_burn_rate_tiles_turn_red_where_the_hour_pages_for_each_slo_by_itself() -> None:
    calm = replace(HOURLY[0], factor=Decimal(20), threshold=Decimal("0.02"))
    silent = make_alerting(disabled=True)
    service = make_service(
        "api",
        make_slo("a"),
        make_slo("b", tiers=(calm,)),
        make_slo("c"),
        make_slo("d", tiers=(calm,)),
        make_slo("e", alerting=silent),
    )
    config = titled(dashboard(service), "Burn rate, last hour")["fieldConfig"]
    assert _tile_steps(config["defaults"]["thresholds"]) == [
        (None, "green"),
        (1, "yellow"),
        (6, "orange"),
        (14.4, "red"),
    ]
    first, second = config["overrides"]
    assert first["matcher"] == {"id": "byRegexp", "options": "/^(?:b|d)$/"}
    [setting] = first["properties"]
    assert setting["id"] == "thresholds"
    assert _tile_steps(setting["value"]) == [(None, "green"), (1, "yellow"), (20, "red")]
    assert second["matcher"]["options"] == "/^(?:e)$/"
    assert _tile_steps(second["properties"][0]["value"]) == [(None, "green"), (1, "yellow")]


@pytest.mark.parametrize(
    ("kind", "third", "share"),
    [
        ("ratio", "events per second", "share of events that were bad,"),
        ("latency", "events per second", "share of requests that were slower than 500ms,"),
        ("threshold", None, "share of the time with a value of 0.8 or more,"),
        ("uptime", None, "share of the time without a healthy target,"),
        ("targets", "targets", "share of targets that were unhealthy,"),
    ],
)
def test_panels_say_what_the_indicator_counts(kind: Kind, third: str | None, share: str) -> None:
    data = only(make_slo("x", kind))
    titles = [panel["title"] for panel in panels(data)]
    wanted = ["burn rate", "error ratio", *([third] if third else [])]
    wanted += ["latency"] if kind == "latency" else []
    assert [title for title in titles if title.startswith("x: ")] == [f"x: {end}" for end in wanted]
    assert share in titled(data, "x: error ratio")["description"]


@pytest.mark.parametrize(
    ("indicator", "text"),
    [
        (INDICATORS["ratio"], "5% of events may be bad."),
        (INDICATORS["latency"], "5% of requests may be slower than 500ms."),
        (INDICATORS["threshold"], "5% of the time may pass with a value of 0.8 or more."),
        (ThresholdIndicator("x", above=Decimal(0)), "with a value of 0 or less."),
        (INDICATORS["uptime"], "5% of the time may pass without a healthy target."),
        (UptimeIndicator(Selector("up"), "all"), "may pass with an unhealthy target."),
        (INDICATORS["targets"], "5% of targets may be unhealthy."),
    ],
)
def test_the_burn_rate_panel_says_what_the_objective_allows(
    indicator: Indicator, text: str
) -> None:
    data = only(make_slo(objective="95", indicator=indicator))
    assert f" {text}" in titled(data, "availability: burn rate")["description"]


def test_the_burn_rate_panel_explains_the_slo_and_its_alerts() -> None:
    slo = make_slo(description="Requests answered without a server error.", tiers=HOURLY)
    assert titled(only(slo), "availability: burn rate")["description"].split("\n\n") == [
        "Requests answered without a server error.",
        "How many times faster than allowed the error budget is spent, over windows of several "
        "lengths: 1 spends the budget of 30d in exactly that time. 0.1% of events may be bad.",
        "The dashed lines are where alerts fire, red ones page:",
        "- page: both 1h and 5m above 14.4",
        "An alert needs 5 bad events in the longer window as well. Above a red line: follow the "
        "runbook.",
    ]


@pytest.mark.parametrize(
    ("objective", "decimals"), [("90", 0), ("99.9", 1), ("99.90", 1), ("99.999", 3)]
)
def test_decimals_show_what_the_objective_tells_apart(objective: str, decimals: int) -> None:
    data = only(make_slo(objective=objective))

    def shown(title: str) -> Any:
        return titled(data, title)["fieldConfig"]["defaults"]["decimals"]

    assert shown("Objective") == decimals
    assert shown("Attained over 30d") == decimals + 2
    assert shown("availability: error ratio") == decimals + 1


def test_axes_start_and_end_where_values_can() -> None:
    ends = {
        panel["title"]: (defaults.get("min"), defaults.get("max"))
        for panel in panels(only(make_slo()))
        if panel["type"] == "timeseries" and (defaults := panel["fieldConfig"]["defaults"])
    }
    assert ends == {
        "Error budget left, last 30d": (None, 1),
        "availability: burn rate": (0, None),
        "availability: error ratio": (0, None),
        "availability: events per second": (0, None),
    }


def test_lines_that_stand_out() -> None:
    def drawn(title: str, line: str) -> dict[str, Any]:
        [found] = [
            item
            for item in titled(dashboard(EVERY_KIND), title)["fieldConfig"]["overrides"]
            if item["matcher"] == {"id": "byName", "options": line}
        ]
        return {item["id"]: item["value"] for item in found["properties"]}

    red = {"color": {"mode": "fixed", "fixedColor": "red"}}
    dashed = {"custom.lineStyle": {"fill": "dash", "dash": [10, 10]}}
    assert drawn("ratio: error ratio", "allowed") == red | dashed
    # A few bad events would be a flat line on the scale of all events.
    right = {"custom.axisPlacement": "right"}
    assert drawn("ratio: events per second", "bad, right axis") == red | right
    assert drawn("targets: targets", "unhealthy") == red


def test_the_runbook_of_an_slo_is_linked_where_it_burns() -> None:
    assert titled(dashboard(), "latency: burn rate")["links"] == [
        {
            "targetBlank": True,
            "title": "Runbook",
            "url": "https://git.example.com/slos/out/runbooks/api.md#latency",
        }
    ]
    without = dashboard(project=Project())
    shown = [link["title"] for panel in panels(without) for link in panel.get("links", [])]
    assert set(shown) == {"Explore the raw series"}
    assert [link["title"] for link in without["links"]] == ["All SLOs"]


def test_queries_of_a_panel_have_names_of_letters_however_many_there_are() -> None:
    tiers = tuple(replace(HOURLY[0], long=hours * 3600) for hours in range(2, 62))
    targets = titled(only(make_slo(tiers=tiers)), "availability: burn rate")["targets"]
    names = [target["refId"] for target in targets]
    assert len(set(names)) == len(names) == 62
    assert all(name.isalpha() and name.isupper() for name in names)
    assert names[25:28] == ["Z", "AA", "AB"]
