"""PostgreSQL."""

from __future__ import annotations

from slosmith.dependencies.interface import Kind

KIND = Kind(
    name="postgres",
    title="PostgreSQL",
    port=5432,
    options={"database": "postgres", "user": "postgres"},
)
