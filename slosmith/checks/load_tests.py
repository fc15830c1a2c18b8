"""Load tests that are too short for a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from slosmith.load import samples
from slosmith.load.gates import gates
from slosmith.model import Fleet, Service
from slosmith.numbers import percent
from slosmith.problems import At, Path, Problem


def few_samples(fleet: Fleet) -> Iterator[Problem]:
    """Fewer requests than it takes for one that fails by chance not to decide."""
    for service in fleet.services:
        yield from _few_samples(service)


def _few_samples(service: Service) -> Iterator[Problem]:
    test = service.load_test
    if test is None:
        return
    slos = {slo.name: slo for slo in service.slos}
    named = [(item, gates([slos[name] for name in item.slos])) for item in test.requests]
    slow = samples.slow_answer([limits for _, limits in named if limits])
    at: Path = ("services", service.source, "load_test")
    for key, there in (("stages", bool(test.stages)), ("rate", test.arrival is not None)):
        for request, limits in named:
            if not there or limits is None:
                continue
            judgement = (
                samples.of_users(test, limits, slow)
                if key == "stages"
                else samples.of_arrivals(test, limits)
            )
            if judgement.samples >= judgement.wanted:
                continue
            most = f"{judgement.samples:,} requests `{request.name}` are"
            if judgement.samples == 1:
                most = f"one request `{request.name}` is"
            message = (
                f"`{key}`: if the service is slow, hardly more than {most} sent, and of fewer than "
                f"{judgement.wanted:,} a single bad one breaks a budget of "
                f"{percent(min(limits.budgets))}; test for longer, or with more"
            )
            # One request tells enough about the load that all share.
            yield Problem("load-test-samples", message, At((*at, key), key=True), "warning")
            break
