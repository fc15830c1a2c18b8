"""Runs of samples as promtool writes them: `0.5x9 _x3 1+2x4`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """`count` samples, the first `start`, each `step` above the one before; None is no sample."""

    count: int
    start: float | None
    step: float = 0.0


def constant(count: int, value: float | None) -> Run:
    return Run(count, value)


class Counter:
    """Runs of a counter that grows at changing paces, never seeming to have been reset."""

    def __init__(self) -> None:
        self._value = 0.0
        # promtool adds the steps up one by one: with rounding errors.
        self._added = 0.0

    def grown(self, count: int, step: float) -> Run:
        """The next `count` samples, each `step` above the one before."""
        start = self._value + step
        if _read(start) < self._added:
            start = self._added * (1 + 1e-9)
        self._value = start + step * (count - 1)
        self._added = _read(start)
        for _ in range(count - 1):
            self._added += _read(step)
        return Run(count, start, step)

    def reset(self) -> None:
        self._value = self._added = 0.0


def _read(value: float) -> float:
    """A number as it is read again."""
    return float(number(value))


def text(runs: Iterable[Run]) -> str:
    """A series' samples. Equal neighbours are one run, and what is not there at the end is left
    out."""
    joined: list[Run] = []
    for run in runs:
        if not run.count:
            continue
        last = joined[-1] if joined else None
        if last is not None and not last.step and not run.step and last.start == run.start:
            joined[-1] = Run(last.count + run.count, last.start)
        else:
            joined.append(run)
    while joined and joined[-1].start is None:
        joined.pop()
    return " ".join(map(_text, joined))


def _text(run: Run) -> str:
    if run.start is None:
        return "_" if run.count == 1 else f"_x{run.count}"
    if run.count == 1:
        return number(run.start)
    more = run.count - 1
    if not run.step:
        return f"{number(run.start)}x{more}"
    return f"{number(run.start)}{'-' if run.step < 0 else '+'}{number(abs(run.step))}x{more}"


def number(value: float) -> str:
    """Twelve digits, without the noise of floats; no exponent, which promtool reads only partly."""
    digits = format(value, ".12g")
    if "e" in digits:
        digits = f"{value:.18f}".rstrip("0").rstrip(".")
    return digits if digits not in ("", "-0") else "0"
