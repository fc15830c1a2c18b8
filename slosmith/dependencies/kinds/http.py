"""A service that is asked over HTTP, with the series of blackbox_exporter's http prober."""

from __future__ import annotations

import shlex

from slosmith.dependencies import series
from slosmith.dependencies.interface import Check, Exporter, Graph, Kind, Line, Suggestion
from slosmith.model_dependencies import Dependency

_TIMES = (
    "%{http_code}  name %{time_namelookup}s  connected %{time_connect}s  TLS %{time_appconnect}s  "
    "first byte %{time_starttransfer}s  all %{time_total}s\\n"
)


def _url(dependency: Dependency) -> str:
    return dependency.url or f"http://{dependency.address}/"


def _checks(dependency: Dependency) -> tuple[Check, ...]:
    graphs = _queries(dependency) if dependency.metrics is not None else {}
    url, host = shlex.quote(_url(dependency)), shlex.quote(dependency.host)
    ask = f"curl -sS -o /dev/null --max-time 10 -w {shlex.quote(_TIMES)} {url}"
    checks = [
        Check(
            "Does it answer, and how fast",
            f"for i in 1 2 3 4 5; do\n  {ask}\ndone",
            "One line per request: the status, and the seconds after which each step was done. "
            "`000` is no answer at all, and the message above it says why. Slow up to `name`: DNS; "
            "up to `connected`: the network, or a full listen queue; up to `first byte`: the "
            "service itself. Only some of them slow: one instance is ill.",
            graphs.get("duration", ""),
        ),
        Check(
            "What it says",
            f"curl -sS -i --max-time 10 {url} | head -n 30",
            "`429` or a `Retry-After` header: we are throttled, so ask less. `5xx`: look at its "
            "status page and call its owner. A redirect or a login page: its address or our "
            "credentials changed.",
            graphs.get("status", ""),
        ),
        Check(
            "Does its name resolve",
            f"getent ahosts {host}",
            "No output: DNS does not know the name. Inside of a pod the answer may be another.",
        ),
    ]
    if _url(dependency).startswith("https:"):
        address = shlex.quote(dependency.address)
        checks.append(
            Check(
                "Is its certificate valid",
                f"openssl s_client -connect {address} -servername {host} </dev/null \\\n"
                "  2>/dev/null | openssl x509 -noout -subject -issuer -dates",
                "`notAfter` in the past, or another `subject` than expected: clients refuse it.",
                graphs.get("certificate", ""),
            )
        )
    return tuple(checks)


def _queries(dependency: Dependency) -> dict[str, str]:
    """What the checks and the dashboard have in common, by topic."""
    of = series.of(dependency)
    return {
        "success": f"min by (instance) ({of('probe_success')})",
        "duration": f"max by (phase) ({of('probe_http_duration_seconds')})",
        "status": f"max by (instance) ({of('probe_http_status_code')})",
        "certificate": f"min({of('probe_ssl_earliest_cert_expiry')}) - time()",
    }


def _graphs(dependency: Dependency) -> tuple[Graph, ...]:
    query = _queries(dependency)
    return (
        Graph(
            "probes",
            "1 while the probe succeeds.",
            "short",
            (Line(query["success"], "{{instance}}"),),
            maximum=1,
        ),
        Graph(
            "duration by phase",
            "Where a request's time goes: resolve, connect, tls, processing, transfer.",
            "s",
            (Line(query["duration"], "{{phase}}"),),
        ),
        Graph(
            "status",
            "The status of the last answer; 0 is none.",
            "none",
            (Line(query["status"], "{{instance}}"),),
        ),
    )


def _suggestions(dependency: Dependency) -> tuple[Suggestion, ...]:
    of = series.of(dependency)
    return (
        Suggestion(
            {
                "name": series.slo_name(dependency, "up"),
                "description": f"Time in which {dependency.name} answers.",
                "objective": 99.5,
                "indicator": {"uptime": {"series": of("probe_success")}},
            },
            "What you can promise is at most what it keeps, unless you cache or queue.",
        ),
        Suggestion(
            {
                "name": series.slo_name(dependency, "fast"),
                "description": f"Time in which {dependency.name} answers within a second.",
                "objective": 99,
                "indicator": {
                    "threshold": {"query": f"max({of('probe_duration_seconds')})", "below": 1}
                },
            },
            "A slow dependency takes your threads or connections long before it fails.",
        ),
    )


KIND = Kind(
    name="http",
    title="HTTP",
    exporter=Exporter("blackbox_exporter", "https://github.com/prometheus/blackbox_exporter"),
    introduction="From where you are; from a pod of the service the way may be another.",
    checks=_checks,
    graphs=_graphs,
    suggestions=_suggestions,
    takes_url=True,
    needs_address=True,
)
