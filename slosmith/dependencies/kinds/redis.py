"""Redis, and what speaks its protocol."""

from __future__ import annotations

from slosmith.dependencies.interface import Kind

KIND = Kind(name="redis", title="Redis", port=6379)
