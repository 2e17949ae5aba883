"""What a person may do with their own account; each asks anew who the person is."""

from __future__ import annotations

from typing import Any

from dashboard.connection import database
from dashboard.security_log import record_event
from dashboard.session import current_session
from dashboard.settings import settings
from data_access.accounts import find_profile, utc_now
from data_access.edits.alert_messages import (
    AlertSettings,
    choose_alert_settings,
    find_alert_settings,
)
from data_access.scope import Scope
from data_access.sessions import end_sessions, list_sessions


def own_profile(scope: Scope) -> dict[str, Any]:
    """username, name, email, signed-in-since and the rest that the account page shows."""
    return find_profile(database().record, scope.user_id)


def own_sessions(scope: Scope) -> list[dict[str, Any]]:
    """Where the person is signed in: session_id, created_at, seen_at, client, is_this."""
    here = current_session()
    frame = list_sessions(
        database().record, scope.user_id, now=utc_now(), idle=settings().session_idle
    )
    frame["is_this"] = frame["session_id"] == (here.session_id if here else None)
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def own_alert_settings(scope: Scope) -> AlertSettings:
    """What the person wants to be told of."""
    return find_alert_settings(database().record, scope.user_id)


def keep_alert_settings(scope: Scope, chosen: AlertSettings) -> None:
    """Refused with AlertSettingRefused."""
    choose_alert_settings(database().writer, scope.user_id, chosen, now=utc_now())


def end_own_session(session_id: int) -> None:
    """Signs the person out in one place; a session of somebody else stays as it is."""
    _end(session_id, "end_session", f"session {session_id}")


def end_all_own_sessions() -> None:
    """Signs the person out everywhere, here too."""
    _end(None, "end_all_sessions", None)


def _end(session_id: int | None, action: str, target: str | None) -> None:
    here = current_session()  # a callback runs before the page: the person may be gone
    if here is not None:
        end_sessions(database().writer, here.user_id, now=utc_now(), session_id=session_id)
        record_event(action, "done", user=here.username, target=target)


def browser_name(client: str | None) -> str:
    """ "Chrome, Windows" out of a User-Agent; the client's own word where it is none we know."""
    client = client or ""
    browser = next((name for mark, name in _BROWSERS if mark in client), "")
    system = next((name for mark, name in _SYSTEMS if mark in client), "")
    return ", ".join(part for part in (browser, system) if part) or client[:40] or "–"


_BROWSERS = (("Edg/", "Edge"), ("MicroMessenger", "WeChat"), ("OPR/", "Opera"),
             ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
            ("HarmonyOS", "HarmonyOS"), ("Windows", "Windows"), ("Mac OS", "macOS"),
            ("Linux", "Linux"))  # fmt: skip
