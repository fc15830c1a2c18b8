"""A line on the terminal for work that takes longer than a second; silent elsewhere."""

from __future__ import annotations

import time
from typing import TextIO

_PATIENCE = 1.0  # seconds
_EVERY = 0.1


class Progress:
    """Shows how far a run is. Without a `stream` it shows nothing."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def report(self, what: str, done: int, total: int) -> None:
        """`compiling: 340 of 1000`, over the last such line."""
        now = time.monotonic()
        if self._stream is None or now < self._next:
            return
        self._next = now + _EVERY
        self._shown = True
        self._stream.write(f"\r\x1b[K{what}: {done} of {total}")
        self._stream.flush()

    def end(self) -> None:
        """Takes the line away."""
        if self._stream is not None and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
