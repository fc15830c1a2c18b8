"""A service that is asked over HTTP."""

from __future__ import annotations

from slosmith.dependencies.interface import Kind

KIND = Kind(name="http", title="HTTP", takes_url=True, needs_address=True)
