"""Carries out an edit: once per request, in one transaction, with its author in the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DataError, OperationalError, TimeoutError

from data_access.accounts import utc_now
from data_access.audit_chain import recorded_as
from data_access.database import BUSY_SECONDS, writing
from data_access.errors import NotSaved
from data_access.scope import Scope, is_current
from data_access.sealing import REASON, seal
from data_access.tables import edit_requests

MOST_REASON = 300
MOST_REQUEST_ID = 64
_BUSY_ON_POSTGRESQL = ("55P03", "40P01", "40001")  # lock timeout, deadlock, serialization


@dataclass(frozen=True)
class Edit:
    """What the work of one edit is handed: a transaction that holds the writers' lock."""

    connection: Connection
    scope: Scope
    action: str
    now: datetime  # UTC, without offset
    request_id: str
    reason: str = ""
    stepped: dict[int, int] = field(default_factory=dict)  # order_id → its version after the edit


@dataclass(frozen=True)
class Done:
    """What an edit did. It is stored with its request, so `values` must be JSON."""

    order_id: int | None = None
    order_number: str | None = None
    version: int | None = None  # of the order, after the edit
    values: Mapping[str, Any] = field(default_factory=dict)
    action: str = ""  # these three are filled in by carry_out
    request_id: str = ""
    is_repeat: bool = False  # the request had been carried out before; nothing was written now


def new_request_id() -> str:
    """Made when a form is drawn, not when it is sent: a second click is the same request."""
    return uuid4().hex


def carry_out(
    engine: Engine,
    scope: Scope,
    action: str,
    work: Callable[[Edit], Done],
    *,
    request_id: str,
    reason: str = "",
    details: tuple[Any, ...] = (),
    now: datetime | None = None,
    undoes: str | None = None,
) -> Done:
    """Runs `work` in one write transaction and stores its answer. The same request (person, action,
    details) again is answered from what is stored, and writes nothing. Refused with NotSaved, or
    with whatever `work` refuses; then nothing was written."""
    _check_words(request_id, reason)
    fingerprint = _fingerprint(scope, action, details)
    try:
        with writing(engine, patience=BUSY_SECONDS) as connection:
            earlier = _earlier_answer(connection, request_id, fingerprint)
            if earlier is not None:
                return earlier
            if not is_current(connection, scope):
                raise NotSaved("rights")
            edit = Edit(connection, scope, action, now or utc_now(), request_id, reason)
            with recorded_as(
                connection,
                actor=scope.username,
                user_id=scope.user_id,
                actor_name=scope.name,
                action=action,
                now=edit.now,
                reason=seal(connection, *REASON, reason) if reason else None,
                request_id=request_id,
                undoes=undoes,
            ):
                done = replace(work(edit), action=action, request_id=request_id)
            return _remember(edit, fingerprint, done)
    except (OperationalError, TimeoutError, DataError, OverflowError) as error:
        raise NotSaved(_cause(error)) from error


def _check_words(request_id: str, reason: str) -> None:
    if not 0 < len(request_id) <= MOST_REQUEST_ID or not _is_writable(request_id):
        raise NotSaved("request")
    if len(reason) > MOST_REASON:
        raise NotSaved("reason", most=MOST_REASON)
    if not _is_writable(reason):
        raise NotSaved("value")


def _is_writable(text: str) -> bool:
    """No database stores half of a surrogate pair, and PostgreSQL no NUL."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _fingerprint(scope: Scope, action: str, details: tuple[Any, ...]) -> str:
    said = json.dumps([scope.user_id, action, details], default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _earlier_answer(connection: Connection, request_id: str, fingerprint: str) -> Done | None:
    earlier = connection.execute(
        select(edit_requests).where(edit_requests.c.request_id == request_id)
    ).one_or_none()
    if earlier is None:
        return None
    if earlier.fingerprint != fingerprint:
        raise NotSaved("request_reused")
    return replace(Done(**json.loads(earlier.answer)), is_repeat=True)


def _remember(edit: Edit, fingerprint: str, done: Done) -> Done:
    """Stores the answer, and returns it as the request will be answered again."""
    answer = json.dumps({name: getattr(done, name) for name in _STORED}, ensure_ascii=False)
    edit.connection.execute(
        insert(edit_requests).values(
            request_id=edit.request_id,
            user_id=edit.scope.user_id,
            action=edit.action,
            fingerprint=fingerprint,
            answer=answer,
            happened_at=edit.now,
        )
    )
    return Done(**json.loads(answer))


_STORED = ("order_id", "order_number", "version", "values", "action", "request_id")


def _cause(error: Exception) -> str:
    if isinstance(error, DataError | OverflowError):
        return "value"
    original = getattr(error, "orig", None)
    is_locked = "locked" in str(original) or isinstance(error, TimeoutError)
    if is_locked or getattr(original, "sqlstate", None) in _BUSY_ON_POSTGRESQL:
        return "busy"
    return "unreachable"
