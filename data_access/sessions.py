"""Sessions: a random token in the person's cookie, only its SHA-256 here.

A session ends by log-out, by a new password, by disabling the account, after `idle` without an
action, and in any case at `expires_at`. It is looked up anew on every run, so each of these takes
effect at the next click in every open tab.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    bindparam,
    exists,
    false,
    insert,
    or_,
    select,
    true,
    update,
)

from data_access.database import writing
from data_access.frames import read_frame
from data_access.tables import properties, sessions, users

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
TOUCH_AFTER = timedelta(minutes=1)  # `seen_at` is written at most once a minute


@dataclass(frozen=True)
class Session:
    session_id: int
    user_id: int
    username: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def new_token() -> str:
    """256 random bits for the cookie."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def open_session(
    engine: Engine, user_id: int, *, now: datetime, lifetime: timedelta, client: str = ""
) -> str:
    """Opens a session and returns its token, which is kept nowhere here."""
    with writing(engine) as connection:
        return add_session(connection, user_id, now=now, lifetime=lifetime, client=client)


def add_session(
    connection: Connection, user_id: int, *, now: datetime, lifetime: timedelta, client: str
) -> str:
    """`open_session` within somebody's transaction."""
    token = new_token()
    connection.execute(
        insert(sessions).values(
            token_hash=hash_token(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=now + lifetime,
            client=client[:300],
        )
    )
    return token


def find_session(
    engine: Engine, token: str | None, *, now: datetime, idle: timedelta
) -> Session | None:
    """The living session of this token, of an account that may sign in; None for anything else."""
    if token is None or not TOKEN.fullmatch(token):
        return None
    values = {"token_hash": hash_token(token), "now": now, "idle_since": now - idle}
    with engine.connect() as connection:
        row = connection.execute(_living_session(), values).one_or_none()
    return None if row is None else Session(*row)


@cache
def _living_session() -> Select[Any]:
    # built once: every run and fragment asks it
    return (
        select(
            sessions.c.session_id,
            sessions.c.user_id,
            users.c.username,
            sessions.c.created_at,
            sessions.c.seen_at,
            sessions.c.expires_at,
        )
        .select_from(sessions.join(users))
        .where(sessions.c.token_hash == bindparam("token_hash"), _is_alive(), may_sign_in())
    )


def touch_session(engine: Engine, session: Session, *, now: datetime) -> None:
    """Remembers an action of the person, to the minute."""
    if now - session.seen_at < TOUCH_AFTER:
        return
    with writing(engine) as connection:
        connection.execute(
            update(sessions)
            .where(sessions.c.session_id == session.session_id, sessions.c.seen_at < now)
            .values(seen_at=now)
        )


def end_session(engine: Engine, token: str | None, *, now: datetime) -> None:
    """Logs out; a token of nobody is no mistake."""
    if token is not None and TOKEN.fullmatch(token):
        with writing(engine) as connection:
            end_token(connection, token, now=now)


def end_token(connection: Connection, token: str, *, now: datetime) -> None:
    """`end_session` within somebody's transaction."""
    connection.execute(
        update(sessions)
        .where(sessions.c.token_hash == hash_token(token), sessions.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions(
    engine: Engine, user_id: int, *, now: datetime, session_id: int | None = None
) -> None:
    """Ends one session of this person, or all of them."""
    statement = update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
    if session_id is not None:
        statement = statement.where(sessions.c.session_id == session_id)
    with writing(engine) as connection:
        connection.execute(statement.values(ended_at=now))


def list_sessions(engine: Engine, user_id: int, *, now: datetime, idle: timedelta) -> pd.DataFrame:
    """The person's own living sessions, the latest action first: session_id, created_at, seen_at,
    client."""
    statement = (
        select(sessions.c.session_id, sessions.c.created_at, sessions.c.seen_at, sessions.c.client)
        .where(sessions.c.user_id == user_id, _is_alive())
        .params(now=now, idle_since=now - idle)
        .order_by(sessions.c.seen_at.desc(), sessions.c.session_id.desc())
        .limit(100)
    )
    return read_frame(engine, statement)


def may_sign_in() -> ColumnElement[bool]:
    """Active, and a demo account only on a demo database."""
    is_demo_database = exists().where(properties.c.name == "demo", properties.c.value == "1")
    return (users.c.is_active == true()) & or_(users.c.is_demo == false(), is_demo_database)


def has_stray_demo_users(engine: Engine) -> bool:
    """Whether demo accounts, whose password everybody knows, stand in a database of real data."""
    is_demo_database = exists().where(properties.c.name == "demo", properties.c.value == "1")
    statement = select(users.c.user_id).where(
        users.c.is_demo == true(), users.c.is_active == true(), ~is_demo_database
    )
    with engine.connect() as connection:
        return connection.execute(statement.limit(1)).one_or_none() is not None


def _is_alive() -> ColumnElement[bool]:
    return (
        sessions.c.ended_at.is_(None)
        & (sessions.c.expires_at > bindparam("now"))
        & (sessions.c.seen_at > bindparam("idle_since"))
    )
