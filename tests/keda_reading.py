"""What KEDA makes of an answer of Prometheus.

As pkg/scalers/prometheus_scaler.go of KEDA 2.18 does, with `ignoreNullValues: "false"`.
"""

from __future__ import annotations

import math

from tests.prometheus_server import Server


class KedaError(Exception):
    """KEDA reports an error, and its fallback counts."""


def ask(server: Server, query: str, at: int) -> float:
    """The value that KEDA hands to the HPA, in its three decimals."""
    data = server.get("query", query=query, time=str(at))
    if data["resultType"] != "vector":
        raise KedaError(f"a {data['resultType']}, which it cannot decode")
    found = data["result"]
    if not found:
        raise KedaError("the result is empty")
    if len(found) > 1:
        raise KedaError("returned multiple elements")
    value = float(found[0]["value"][1])
    if math.isinf(value):
        raise KedaError(f"returns {value}")
    # Before 2.20 NaN becomes a number by accident of Go's conversion: it must not happen.
    assert not math.isnan(value), query
    return float(f"{value:.3f}")
