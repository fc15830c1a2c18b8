"""A service with native histograms, to be scraped on loopback."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.exposition import CONTENT_TYPE, NativeHistogram, counters, histograms


class Target:
    """What a service has counted. Each histogram has a plain counter of the same observations
    beside it, `<name>_observations_total`: what Prometheus makes of it is known to be right."""

    def __init__(self) -> None:
        self.address = ""
        self._lock = threading.Lock()
        self._families: dict[str, dict[str, NativeHistogram]] = {}

    def add(self, name: str, route: str, schema: int = 0) -> None:
        """A histogram without observations, with `route` as its label."""
        with self._lock:
            self._families.setdefault(name, {})[route] = NativeHistogram(schema)

    def observe(self, name: str, routes: Mapping[str, Mapping[float, int]]) -> None:
        """Observations by route, as the number of times of each value; no scrape sees a part."""
        with self._lock:
            for route, values in routes.items():
                for value, times in values.items():
                    self._families[name][route].observe(value, times)

    def exposition(self) -> bytes:
        with self._lock:
            out = b""
            for name, family in self._families.items():
                found = [({"route": route}, histogram) for route, histogram in family.items()]
                out += histograms(name, found)
                counts = [(labels, float(histogram.count)) for labels, histogram in found]
                out += counters(f"{name}_observations_total", counts)
            return out


@contextlib.contextmanager
def listening(target: Target) -> Iterator[None]:
    """Serves a target's metrics, at the address that it has from now on."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = target.exposition()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: a scrape a second is no news."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        target.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
