"""The session cookie: its two names, and which of a browser's cookies counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.settings import settings

COOKIE, SECURE_COOKIE = "orderscope", "__Host-orderscope"


def token_of(cookies: Mapping[str, Any]) -> str | None:
    """The session token among a browser's cookies, or None. Where the public address is https,
    only the `__Host-` cookie counts, which no neighbouring site can plant."""
    over_tls = (settings().public_url or "").startswith("https://")
    for name in (SECURE_COOKIE,) if over_tls else (SECURE_COOKIE, COOKIE):
        token = cookies.get(name)
        if isinstance(token, str) and token:
            return token
    return None
