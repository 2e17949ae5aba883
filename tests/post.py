"""A mail server on this machine that keeps what it accepts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import cast


@dataclass
class PostOffice:
    refuses: set[str] = field(default_factory=set)  # addresses that nobody has
    hangs_up_on: set[str] = field(default_factory=set)
    accepted: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()

    class Line(StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            while words := self.rfile.readline().decode().strip():
                verb, address = words[:4].upper(), words.partition("<")[2].partition(">")[0]
                if verb == "RCPT" and address in office.hangs_up_on:
                    return
                if verb == "RCPT" and address in office.refuses:
                    self._say("550 nobody of that name")
                elif verb == "DATA":
                    self._say("354 go on")
                    office.accepted.append(self._read())
                    self._say("250 accepted")
                else:
                    self._say("221 bye" if verb == "QUIT" else "250 fine")

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

        def _read(self) -> EmailMessage:
            lines = list(iter(self.rfile.readline, b".\r\n"))
            return cast(EmailMessage, message_from_bytes(b"".join(lines), policy=policy.SMTP))

    with ThreadingTCPServer(("127.0.0.1", 0), Line) as server:
        office.port = server.server_address[1]
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield office
        server.shutdown()
