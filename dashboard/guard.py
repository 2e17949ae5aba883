"""Stands before every request: security headers, and doors that open only with a session."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from socket import gethostname
from urllib.parse import urlsplit

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.connection import database
from dashboard.cookies import token_of
from dashboard.gathering import Gathered
from dashboard.settings import settings
from data_access.accounts import utc_now
from data_access.sessions import find_session

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; frame-src 'self';"
    " worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none';"
    " form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
NEEDS_SESSION = ("/media", "/_stcore/upload_file")
READY = "/readyz"
CLOSED = ("/_stcore/metrics", "/_stcore/agent")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
PLAIN_REFUSAL = (
    "OrderScope answers other machines only over TLS. Put a TLS proxy in front and set"
    " CRM_PUBLIC_URL, or set CRM_ALLOW_PLAIN_HTTP=yes."
)


class Guard:
    """ASGI middleware around everything, Streamlit's own routes included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = await _refusal(connection)
        if refusal is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # answered with 403
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), connection)
            await send(message)

        if scope["type"] == "websocket":
            send = Gathered(send)
        await (refusal or self.app)(scope, receive, send_with_headers)


def is_over_tls(connection: HTTPConnection) -> bool:
    public_url = settings().public_url
    if public_url is not None:
        return public_url.startswith("https://")
    return connection.url.scheme in ("https", "wss")


def may_answer_plainly(address: str | None) -> bool:
    """Whether the app may answer at this local address without TLS."""
    return settings().allow_plain_http or address is None or is_loopback(address)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach the address; a Unix socket is such an address."""
    if is_address(address):
        return ipaddress.ip_address(address).is_loopback
    return address in LOOPBACK_NAMES or address.startswith(("/", "unix:"))


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refusal(connection: HTTPConnection) -> PlainTextResponse | None:
    path = connection.url.path
    # a load balancer asks by number, and hears nothing but yes or no
    if path != READY and not is_known_host(connection.headers.get("host", "")):
        return PlainTextResponse("This name is not one of OrderScope's.", status_code=403)
    server = connection.scope.get("server")
    if not is_over_tls(connection) and not may_answer_plainly(server[0] if server else None):
        return PlainTextResponse(PLAIN_REFUSAL, status_code=403)
    if _starts(path, CLOSED):
        return PlainTextResponse("Not found.", status_code=404)
    if _starts(path, NEEDS_SESSION):
        try:
            signed_in = await to_thread.run_sync(_has_session, connection)
        except SQLAlchemyError:
            return PlainTextResponse("The database does not answer.", status_code=503)
        if not signed_in:
            return PlainTextResponse("Sign in first.", status_code=403)
    return None


def _has_session(connection: HTTPConnection) -> bool:
    session = find_session(
        database().record,
        token_of(connection.cookies),
        now=utc_now(),
        idle=settings().session_idle,
    )
    return session is not None


def is_known_host(host: str) -> bool:
    """Ours: loopback, the public address, and, where plain HTTP is allowed, any numeric address.
    A name that somebody else's DNS points here (DNS rebinding) is none of these."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    public = urlsplit(settings().public_url or "").hostname
    if name in LOOPBACK_NAMES or (public and name == public):
        return True
    return settings().allow_plain_http and (is_address(name) or name == gethostname().lower())


def _add_headers(headers: MutableHeaders, connection: HTTPConnection) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    if is_over_tls(connection):
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    if not connection.url.path.startswith(("/static/", "/component/")):
        headers["Cache-Control"] = "no-store"


def _starts(path: str, prefixes: Iterable[str]) -> bool:
    path = re.sub(r"/+", "/", path)
    return any(path == prefix or path.startswith(prefix) for prefix in prefixes)
