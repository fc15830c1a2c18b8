"""The SLOs that the benchmarks measure: one per job, over the same two counters."""

from __future__ import annotations

from collections.abc import Sequence

_HEAD = "version: slosmith/v1\nservice: bench\nslos:\n"
_SLO = """- name: {job}
  objective: 99.9
  indicator:
    ratio:
      bad: http_requests_total{{job="{job}",status="500"}}
      total: http_requests_total{{job="{job}"}}
"""


def spec(jobs: Sequence[str]) -> str:
    """The spec of a service with an SLO of each job's name."""
    return _HEAD + "".join(_SLO.format(job=job) for job in jobs)


def raw_series(job: str, status: str, more: str = "") -> str:
    """A raw series of a job: events with a status, `500` where they are bad."""
    return f'http_requests_total{{job="{job}",status="{status}"{more}}}'


def raw_ratio(job: str, window: str) -> str:
    """The error ratio of a job straight from its counters, as most people write it."""
    total = f'http_requests_total{{job="{job}"}}'
    bad = f"sum(rate({raw_series(job, '500')}[{window}]))"
    return f"{bad} / sum(rate({total}[{window}]))"
