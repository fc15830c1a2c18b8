"""An HTTP server on loopback that answers as slowly as a test wants, and remembers its requests."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answers:
    """`seconds` until each answer, and its `status`. `seen`: method, path, headers (their names
    in lower case) and body of each request."""

    seconds: float = 0
    status: int = 200
    url: str = ""
    seen: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


@contextlib.contextmanager
def answering(seconds: float = 0, status: int = 200) -> Iterator[Answers]:
    answers = Answers(seconds, status)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answers.seen.append((self.command, self.path, headers, body.decode()))
            time.sleep(answers.seconds)
            self.send_response(answers.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Says nothing: a load test is many requests."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        answers.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield answers
        finally:
            server.shutdown()
            thread.join()


def unused_url() -> str:
    """An address where nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"
