"""Accounts: who may sign in, with which role. Every change ends in the audit, none needs a Scope:
they come from `python -m dashboard user` and from the person's own account page."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, Row, func, insert, select, true, update

from data_access.audit_chain import record
from data_access.database import writing
from data_access.errors import EditRefused
from data_access.passwords import hash_password
from data_access.policy import Role
from data_access.tables import channels, employees, regions, sessions, user_regions, users

__all__ = ["AccountRefused", "NewUser", "add_user", "hash_password", "utc_now"]

COMMAND_LINE = "command line"


class AccountRefused(EditRefused):
    messages: ClassVar[dict[str, str]] = {
        "no_user": "There is no user {username}.",
        "user_exists": "There is already a user {username}.",
        "username": "A username has 1 to 80 letters, digits or any of . _ - @ and no spaces.",
        "role": "There is no role {role}. The roles are {roles}.",
        "no_employee": "There is no employee {employee_id}.",
        "no_region": "There is no region {code}.",
        "no_channel": "There is no channel {channel}.",
        "language": "There is no language {language}.",
        "last_admin": "{username} is the only administrator. Name another one first.",
        "demo": "The password of a demo account stays as it is.",
    }


@dataclass(frozen=True)
class NewUser:
    """What an account starts with; role decides which of the rest matters."""

    username: str
    role: str
    name: str = ""  # the username where empty
    email: str | None = None
    employee_id: int | None = None  # of a sales representative
    region_codes: Sequence[str] = field(default=())  # of a sales lead
    channel: str | None = None  # of a partner
    language: str | None = None
    is_demo: bool = False


def utc_now() -> datetime:
    """The moment as every `_at` column keeps it: UTC, without offset."""
    return datetime.now(UTC).replace(tzinfo=None)


def normal_username(username: str) -> str:
    """The one spelling of a username: NFKC, no spaces around, lower case."""
    return unicodedata.normalize("NFKC", username).strip().lower()


def add_user(
    engine: Engine, user: NewUser, *, password_hash: str, now: datetime, actor: str = COMMAND_LINE
) -> int:
    """Adds an account whose password is already hashed; returns user_id."""
    username = normal_username(user.username)
    if not username or len(username) > 80 or not _is_writable(username):
        raise AccountRefused("username")
    role = _role(user.role)
    with writing(engine) as connection:
        if _find(connection, username) is not None:
            raise AccountRefused("user_exists", username=username)
        _check_places(connection, user)
        values = {
            "username": username,
            "name": user.name.strip() or username,
            "email": user.email,
            "role": role,
            "employee_id": user.employee_id,
            "channel": user.channel,
            "language": user.language,
            "is_demo": user.is_demo,
        }
        row = {**values, "password_hash": password_hash}
        statement = insert(users).values(**row, created_at=now, password_changed_at=now)
        user_id = int(connection.scalars(statement.returning(users.c.user_id)).one())
        for region_id in _region_ids(connection, user.region_codes):
            connection.execute(insert(user_regions).values(user_id=user_id, region_id=region_id))
        after = {**values, "regions": list(user.region_codes)}
        _record(connection, actor, "add_user", user_id, now, None, after)
    return user_id


def set_password(
    engine: Engine,
    username: str,
    *,
    password_hash: str,
    now: datetime,
    actor: str = COMMAND_LINE,
) -> None:
    """A new password; every session of the person ends."""
    with writing(engine) as connection:
        user = _need(connection, username)
        if user.is_demo and actor != COMMAND_LINE:
            raise AccountRefused("demo")
        connection.execute(
            update(users)
            .where(users.c.user_id == user.user_id)
            .values(password_hash=password_hash, password_changed_at=now)
        )
        _end_sessions(connection, user.user_id, now)
        _record(connection, actor, "set_password", user.user_id, now, None, None)


def set_role(
    engine: Engine, username: str, role: str, *, now: datetime, actor: str = COMMAND_LINE
) -> None:
    """Another role, from the person's next click on."""
    new_role = _role(role)
    with writing(engine) as connection:
        user = _need(connection, username)
        if new_role != Role.ADMIN:
            _keep_an_admin(connection, user)
        connection.execute(
            update(users).where(users.c.user_id == user.user_id).values(role=new_role)
        )
        _record(
            connection, actor, "set_role", user.user_id, now, {"role": user.role}, {"role": role}
        )


def disable_user(
    engine: Engine, username: str, *, now: datetime, actor: str = COMMAND_LINE
) -> None:
    """The person can no longer sign in, and is signed out at the next click."""
    with writing(engine) as connection:
        user = _need(connection, username)
        _keep_an_admin(connection, user)
        connection.execute(
            update(users).where(users.c.user_id == user.user_id).values(is_active=False)
        )
        _end_sessions(connection, user.user_id, now)
        before, after = {"is_active": user.is_active}, {"is_active": False}
        _record(connection, actor, "disable_user", user.user_id, now, before, after)


def set_language(engine: Engine, user_id: int, language: str) -> None:
    """The language the person sees from now on, on every machine; a taste, so not audited."""
    with writing(engine) as connection:
        connection.execute(
            update(users).where(users.c.user_id == user_id).values(language=language)
        )


def list_users(engine: Engine) -> list[dict[str, Any]]:
    """Every account for `python -m dashboard user list`, by username; never a password hash."""
    statement = (
        select(
            users.c.username,
            users.c.name,
            users.c.role,
            users.c.is_active,
            users.c.is_demo,
            func.max(sessions.c.created_at).label("signed_in_at"),
        )
        .select_from(users.outerjoin(sessions))
        .group_by(users.c.user_id)
        .order_by(users.c.username)
    )
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def list_demo_users(engine: Engine) -> list[dict[str, Any]]:
    """The demo accounts that may sign in: username, name, role."""
    statement = (
        select(users.c.username, users.c.name, users.c.role)
        .where(users.c.is_demo == true(), users.c.is_active == true())
        .order_by(users.c.user_id)
    )
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def find_profile(engine: Engine, user_id: int) -> dict[str, Any]:
    """A person's own account: username, name, email, role, channel, is_demo,
    password_changed_at, and region_names."""
    columns = (users.c.username, users.c.name, users.c.email, users.c.role, users.c.channel,
               users.c.is_demo, users.c.password_changed_at)  # fmt: skip
    places = select(regions.c.name).select_from(regions.join(user_regions))
    with engine.connect() as connection:
        row = connection.execute(select(*columns).where(users.c.user_id == user_id)).one()
        names = connection.scalars(
            places.where(user_regions.c.user_id == user_id).order_by(regions.c.name)
        ).all()
    return {**row._mapping, "region_names": list(names)}


def has_users(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(select(users.c.user_id).limit(1)) is not None


def _is_writable(username: str) -> bool:
    return all(character.isalnum() or character in "._-@" for character in username)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        raise AccountRefused("role", role=name, roles=", ".join(Role)) from error


def _find(connection: Connection, username: str) -> Row[Any] | None:
    return connection.execute(
        select(users).where(users.c.username == normal_username(username))
    ).one_or_none()


def _need(connection: Connection, username: str) -> Row[Any]:
    user = _find(connection, username)
    if user is None:
        raise AccountRefused("no_user", username=username)
    return user


def _keep_an_admin(connection: Connection, user: Row[Any]) -> None:
    if user.role != Role.ADMIN or not user.is_active:
        return
    others = select(users.c.user_id).where(
        users.c.role == Role.ADMIN, users.c.is_active == true(), users.c.user_id != user.user_id
    )
    if connection.execute(others.limit(1)).one_or_none() is None:
        raise AccountRefused("last_admin", username=user.username)


def _check_places(connection: Connection, user: NewUser) -> None:
    if user.employee_id is not None and not connection.scalar(
        select(employees.c.employee_id).where(employees.c.employee_id == user.employee_id)
    ):
        raise AccountRefused("no_employee", employee_id=user.employee_id)
    if user.channel is not None and not connection.scalar(
        select(channels.c.channel).where(channels.c.channel == user.channel)
    ):
        raise AccountRefused("no_channel", channel=user.channel)


def _region_ids(connection: Connection, codes: Sequence[str]) -> list[int]:
    found = {
        row.code: row.region_id
        for row in connection.execute(
            select(regions.c.code, regions.c.region_id).where(regions.c.code.in_(codes))
        )
    }
    for code in codes:
        if code not in found:
            raise AccountRefused("no_region", code=code)
    return [found[code] for code in dict.fromkeys(codes)]


def _end_sessions(connection: Connection, user_id: int, now: datetime) -> None:
    connection.execute(
        update(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def _record(
    connection: Connection,
    actor: str,
    action: str,
    user_id: int,
    now: datetime,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    record(
        connection, actor=actor, action=action, now=now, table_name="users", row_id=user_id,
        before=before, after=after,
    )  # fmt: skip
