"""A browser as the server sees one: signs in over HTTP, then speaks Streamlit's websocket."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from types import TracebackType
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from data_access.demo import PASSWORD

SECONDS = 120


def sign_in(port: int, username: str) -> str:
    """The Cookie header of a new session."""
    address = f"127.0.0.1:{port}"
    server = http.client.HTTPConnection(address, timeout=SECONDS)
    form = urlencode({"username": username, "password": PASSWORD, "next": "/overview"})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://{address}",
        "Sec-Fetch-Site": "same-origin",
    }
    server.request("POST", "/auth/login", form, headers)
    answer = server.getresponse()
    cookie: SimpleCookie = SimpleCookie()
    for value in answer.headers.get_all("Set-Cookie") or []:
        cookie.load(value)
    if answer.status != 303 or not cookie:
        raise RuntimeError(f"signing in as {username} was answered with {answer.status}")
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookie.items())


@dataclass
class Run:
    """What came of one run of a page's script."""

    milliseconds: float
    received: int  # bytes
    messages: int
    charts: int
    problem: str = ""


@dataclass
class Visitor:
    port: int
    cookie: str
    page: str
    _socket: ClientConnection | None = None
    _page_hash: str = ""
    _ticking: str = ""  # the fragment that the browser runs every two seconds
    _known: dict[str, bool] = field(default_factory=dict)  # hashes of messages that were received

    async def __aenter__(self) -> Visitor:
        self._socket = await connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie},
            max_size=None,
            compression=None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._socket is not None
        await self._socket.close()

    async def run(self, query: str = "") -> Run:
        """Runs the page with this query string, as a reload or a changed filter does."""
        return await self._ask(query)

    async def tick(self) -> Run | None:
        """The run of the page's own fragment by which it notices the changes of others."""
        return await self._ask("", self._ticking) if self._ticking else None

    async def _ask(self, query: str, fragment: str = "") -> Run:
        assert self._socket is not None
        message = BackMsg()
        state = message.rerun_script
        state.query_string = query
        state.page_script_hash = self._page_hash
        state.page_name = "" if self._page_hash else self.page
        state.cached_message_hashes.extend(self._known)
        if fragment:
            state.fragment_id = fragment
            state.is_auto_rerun = True
        start = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        return await self._receive(start)

    async def _receive(self, start: float) -> Run:
        assert self._socket is not None
        run = Run(0.0, 0, 0, 0)
        while True:
            data = await self._socket.recv()
            answer = ForwardMsg.FromString(bytes(data))  # type: ignore[arg-type]
            run.received += len(data)
            run.messages += 1
            kind = answer.WhichOneof("type")
            if answer.metadata.cacheable and answer.hash:
                self._known[answer.hash] = True
            if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element.WhichOneof("type")
                run.charts += element == "plotly_chart"
                if element == "exception":
                    run.problem = answer.delta.new_element.exception.message
            elif kind == "ref_hash":
                run.charts += 1
            elif kind == "new_session":
                self._page_hash = answer.new_session.page_script_hash
            elif kind == "auto_rerun":
                self._ticking = answer.auto_rerun.fragment_id
            elif kind == "page_not_found":
                run.problem = "page not found"
            elif kind == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                run.milliseconds = (time.perf_counter() - start) * 1000
                return run
