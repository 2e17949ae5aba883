"""Posts a message to the address that was set, signed where there is a secret.

The headers are those of Standard Webhooks (standardwebhooks.com): webhook-id, the same however
often a message is posted; webhook-timestamp; and webhook-signature, `v1,` and the base64 of the
HMAC-SHA256 of ID.TIMESTAMP.BODY. A secret that begins with whsec_ is base64 after it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from dashboard.settings import Webhook

TIMEOUT_SECONDS = 20
PREFIX = "whsec_"
MOST_READ = 65_536
# of one message; the others are still tried
UNDELIVERED = (OSError, HTTPException, ValueError)

Post = Callable[[str, str, datetime], None]  # the message's id, its JSON, and when


class _NoRedirect(HTTPRedirectHandler):
    """What is meant for one address goes to no other."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


@contextmanager
def to_webhook(webhook: Webhook) -> Iterator[Post]:
    """Only an answer of 200 to 299 is a delivery."""
    opener = build_opener(_NoRedirect)

    def post(message_id: str, body: str, at: datetime) -> None:
        data = body.encode()
        stamp = str(int(at.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "OrderScope",
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
        }
        if webhook.secret:
            headers["webhook-signature"] = sign(webhook.secret, message_id, stamp, data)
        # https, or http on this machine: the setting is nothing else
        request = Request(webhook.url, data=data, headers=headers, method="POST")  # noqa: S310
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read(MOST_READ)

    yield post


def sign(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    signed = f"{message_id}.{stamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def in_a_line(error: Exception) -> str:
    """What went wrong, as the other side or the system says it; never the address, which may hold
    a token."""
    if isinstance(error, HTTPError):
        return " ".join(f"{error.code} {error.reason}".split())
    if isinstance(error, URLError):
        reason = error.reason
        if isinstance(reason, OSError) and reason.strerror:
            return reason.strerror
        return " ".join(str(reason).split())
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _key(secret: str) -> bytes:
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
