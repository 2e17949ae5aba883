"""Security events: each one line of JSON on the logger `orderscope.security`, which writes to
standard error unless the program that embeds it has other wishes.

A line holds when (UTC), who, which session (the first eight characters of its hash), what was
tried, on what, and how it ended; never a password, a token or anybody's contact details. JSON
escapes line breaks, so whatever is typed into a field stays within its line.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = logging.getLogger("orderscope.security")


def record_event(
    action: str,
    outcome: str,
    *,
    user: str | None = None,
    session: str | None = None,
    target: str | None = None,
    address: str | None = None,
) -> None:
    """One event; `session` is the hash of the token, `target` what the action was about."""
    event = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "user": user,
        "session": session[:8] if session else None,
        "action": action,
        "target": target[:200] if target else None,
        "outcome": outcome,
        "address": address,
    }
    if not LOGGER.handlers:
        _write_to_standard_error()
    LOGGER.info(json.dumps(event, ensure_ascii=True))


def _write_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
