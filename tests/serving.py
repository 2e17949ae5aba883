"""A real OrderScope server on loopback, and an HTTP client that hides nothing."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180  # building a demo and working out its customers included


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def cookie(self) -> str:
        """The `name=value` of the cookie that was set, or nothing."""
        return self.headers.get("set-cookie", "").split(";")[0]


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, str] | bytes = b"", **headers: str) -> Answer:
        """As a browser posts a form that stood on a page of this server."""
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        return self.ask("POST", path, body, {"Origin": self.origin, **headers})

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="Host" in (headers or {}))
            for name, value in (headers or {}).items():
                if value:
                    connection.putheader(name.replace("_", "-"), value)
            if body or method in ("POST", "PUT"):
                connection.putheader("Content-Type", "application/x-www-form-urlencoded")
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            # a WebSocket stays open: there is no body to wait for
            content = b"" if response.status == 101 else response.read()
            return Answer(response.status, response.headers, content)
        finally:
            connection.close()

    def shake_hands(self, **headers: str) -> int:
        """The status of a WebSocket handshake with Streamlit: 101 where it is let in."""
        asked = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol": "streamlit",
            **headers,
        }
        return self.ask("GET", "/_stcore/stream", headers=asked).status


@contextmanager
def serving(
    database_url: str, folder: Path, *, by: str = "uvicorn", **environment: str
) -> Iterator[Server]:
    """Starts the app as `uvicorn dashboard.app:app` or `streamlit run` and stops it at the end."""
    port = free_port()
    command = {
        "uvicorn": ["uvicorn", "dashboard.app:app", "--port", str(port)],
        "streamlit": ["streamlit", "run", "dashboard/app.py", "--server.port", str(port)],
    }[by]
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={
                **os.environ,
                "CRM_DATABASE_URL": database_url,
                "CRM_ANALYTICS_URL": "off",
                **environment,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, process, log)
    try:
        wait_until_it_answers(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        try:
            server.get("/_stcore/health")
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{server.log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
