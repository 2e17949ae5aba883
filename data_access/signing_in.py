"""Signing in: one password check per attempt, counted before it is made.

After five failures of a username or of an address, each further attempt waits 2, 4, 8 … seconds,
at most 15 minutes; the right password is refused as well while the delay lasts. The counts stand
in the database: they survive a restart and hold for every process. A username that does not exist
is counted, delayed and checked (against a hash of nobody's password) like one that does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, Select, delete, insert, select, update

from data_access.accounts import normal_username
from data_access.database import writing
from data_access.errors import Refused
from data_access.passwords import LONGEST, is_hash, is_password
from data_access.sessions import add_session, end_token, may_sign_in
from data_access.tables import sessions, sign_in_failures, users

FREE_FAILURES = 5
LONGEST_DELAY = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)
KEEP_SESSIONS, KEEP_FAILURES = timedelta(days=30), timedelta(days=1)
# bcrypt of 24 random bytes that nobody kept: what an unknown user's password is compared with
NOBODYS_HASH = "$2b$12$e43jV5wi9AXT7ZjiRtPOI.eOfQ0Lk6cJ/9Xn/j8Hn/KEWuhJb/rMK"


class SignInRefused(Refused):
    """Nobody was signed in."""

    messages: ClassVar[dict[str, str]] = {
        "wrong": "Username or password is not right.",
        "wait": "Too many failed attempts. Try again in {seconds} seconds.",
    }


@dataclass(frozen=True)
class SignedIn:
    token: str
    user_id: int
    username: str


def sign_in(
    engine: Engine,
    username: str,
    password: str,
    *,
    address: str,
    now: datetime,
    lifetime: timedelta,
    client: str = "",
    old_token: str | None = None,
    check: Callable[[str, str], bool] = is_password,
) -> SignedIn:
    """Opens a session for the right password. `old_token`, the cookie the browser came with, is
    dead afterwards. `check(password, hash)` is called exactly once, or never during a delay."""
    username = normal_username(username)
    by_user, by_address = subject_of("user", username), subject_of("address", address)
    with writing(engine) as connection:
        _refuse_during_delay(connection, (by_user, by_address), now)
        _count_failure(connection, by_user, now)  # taken back when the password is right
        user = connection.execute(
            select(users).where(users.c.username == _findable(username), may_sign_in())
        ).one_or_none()
    known = user is not None and is_hash(user.password_hash)
    password_hash = user.password_hash if user is not None and known else NOBODYS_HASH
    is_right = check(password[: LONGEST + 1], password_hash)
    if user is None or not known or not is_right:
        with writing(engine) as connection:
            _count_failure(connection, by_address, now)
        raise SignInRefused("wrong")
    with writing(engine) as connection:
        if connection.scalar(_hash_of(user.user_id)) != password_hash:
            raise SignInRefused("wrong")  # changed or disabled while bcrypt was at work
        connection.execute(delete(sign_in_failures).where(sign_in_failures.c.subject == by_user))
        end_token(connection, old_token or "", now=now)
        _forget_the_past(connection, now)
        token = add_session(connection, user.user_id, now=now, lifetime=lifetime, client=client)
    return SignedIn(token, user.user_id, user.username)


def check_own_password(
    engine: Engine,
    username: str,
    password: str,
    *,
    now: datetime,
    check: Callable[[str, str], bool] = is_password,
) -> None:
    """Checks the password of somebody signed in, counted and delayed as at sign-in."""
    by_user = subject_of("user", username)
    with writing(engine) as connection:
        _refuse_during_delay(connection, (by_user,), now)
        _count_failure(connection, by_user, now)
        password_hash = connection.scalar(
            select(users.c.password_hash).where(users.c.username == normal_username(username))
        )
    if not check(password[: LONGEST + 1], password_hash or NOBODYS_HASH):
        raise SignInRefused("wrong")
    with writing(engine) as connection:
        connection.execute(delete(sign_in_failures).where(sign_in_failures.c.subject == by_user))


def subject_of(kind: str, name: str) -> str:
    """What a username or an address is counted under: hashed, for people type passwords into the
    username field."""
    name = normal_username(name) if kind == "user" else name
    return f"{kind}:{sha256(name.encode('utf-8', 'replace')).hexdigest()}"


def delay_after(failures: int) -> timedelta:
    """2, 4, 8 … seconds from the fifth failure on, at most 15 minutes."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_FAILURES + 1, 10)), LONGEST_DELAY)


def _refuse_during_delay(connection: Connection, subjects: tuple[str, ...], now: datetime) -> None:
    blocked = connection.scalars(
        select(sign_in_failures.c.blocked_until).where(
            sign_in_failures.c.subject.in_(subjects), sign_in_failures.c.blocked_until > now
        )
    ).all()
    if blocked:
        remaining = max(moment for moment in blocked if moment is not None) - now
        # a clock put back must not turn a delay into a day
        remaining = min(remaining, LONGEST_DELAY)
        raise SignInRefused("wait", seconds=int(remaining.total_seconds()) + 1)


def _count_failure(connection: Connection, subject: str, now: datetime) -> None:
    # the write lock is held: nobody else counts between this read and the write
    row = connection.execute(
        select(sign_in_failures).where(sign_in_failures.c.subject == subject)
    ).one_or_none()
    old = row is not None and now - row.failed_at > FORGET_AFTER
    failures = 1 if row is None or old else row.failures + 1
    delay = delay_after(failures)
    values: dict[str, Any] = {
        "failures": failures,
        "failed_at": now,
        "blocked_until": now + delay if delay else None,
    }
    if row is None:
        connection.execute(insert(sign_in_failures).values(subject=subject, **values))
    else:
        connection.execute(
            update(sign_in_failures)
            .where(sign_in_failures.c.sign_in_failure_id == row.sign_in_failure_id)
            .values(**values)
        )


def _forget_the_past(connection: Connection, now: datetime) -> None:
    connection.execute(delete(sessions).where(sessions.c.expires_at < now - KEEP_SESSIONS))
    connection.execute(
        delete(sign_in_failures).where(sign_in_failures.c.failed_at < now - KEEP_FAILURES)
    )


def _hash_of(user_id: int) -> Select[Any]:
    return select(users.c.password_hash).where(users.c.user_id == user_id, may_sign_in())


def _findable(username: str) -> str:
    """The username, or one that nobody has where a database could not even compare it."""
    return username if username.isprintable() and len(username) <= 80 else " "
