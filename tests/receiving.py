"""A web server on this machine that is posted to, and answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Receiver:
    status: int = 200
    location: str = ""  # of a redirect
    posted: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/token-of-ours"


@contextmanager
def receiver() -> Iterator[Receiver]:
    here = Receiver()

    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.posted.append((headers, body))
            self.send_response(here.status)
            if here.location:
                self.send_header("Location", here.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            here.posted.append(({}, b"followed"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing: what is posted stands in `posted`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Line) as server:
        here.port = server.server_address[1]
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield here
        server.shutdown()
