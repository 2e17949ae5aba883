"""Tells people of warnings that are new to them: one message for each person, in one transaction
with what it tells of, so that nobody is told twice. What a person asked for stands in
`alert_settings`; a message that has not left when the person's rights change is withdrawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, delete, insert, select, true, update

from data_access.audit_chain import recorded_as
from data_access.database import writing
from data_access.dialects import ZONE
from data_access.edits.clock import time_of_work
from data_access.errors import EditRefused
from data_access.letters import is_address
from data_access.scope import Scope, is_current, scope_in
from data_access.tables import alert_settings, alert_tellings, messages, properties, users

DIGESTS = ("none", "daily", "at_once")
CHANNELS = ("mail", "webhook")
MORNING = time(7)  # from which on a day's digest is written
KIND = "alerts"
COMMAND_LINE = "command line"
_UNSENT = ("waiting", "failed")


class AlertSettingRefused(EditRefused):
    messages: ClassVar[dict[str, str]] = {
        "unknown": "There is no such choice, or it is not yours to make.",
        "no_address": "Your account has no e-mail address. An administrator can add one.",
    }


@dataclass(frozen=True)
class AlertSettings:
    """What a person wants to be told of; as it is for who has chosen nothing."""

    digest: str = "none"
    channel: str = "mail"
    unusual_days: bool = True


@dataclass(frozen=True)
class Reader:
    """Somebody who asked to be told."""

    user_id: int
    username: str
    name: str
    email: str | None
    language: str | None
    settings: AlertSettings


@dataclass(frozen=True)
class Digest:
    """A message to one person. `body` is the text of a mail, or the JSON that a webhook gets."""

    alert_ids: tuple[int, ...]
    language: str  # en or zh
    subject: str
    body: str


def find_alert_settings(engine: Engine, user_id: int) -> AlertSettings:
    with engine.connect() as connection:
        return _settings(connection, user_id)


def choose_alert_settings(
    engine: Engine, user_id: int, chosen: AlertSettings, *, now: datetime
) -> None:
    """From now on; a taste, so not in the log."""
    if chosen.digest not in DIGESTS or chosen.channel not in CHANNELS:
        raise AlertSettingRefused("unknown")
    with writing(engine) as connection:
        email = connection.scalar(select(users.c.email).where(users.c.user_id == user_id))
        if chosen.digest != "none" and chosen.channel == "mail" and not is_address(email):
            raise AlertSettingRefused("no_address")
        values = {**vars(chosen), "changed_at": now}
        mine = alert_settings.c.user_id == user_id
        if not connection.execute(update(alert_settings).where(mine).values(**values)).rowcount:
            connection.execute(insert(alert_settings).values(user_id=user_id, **values))


def list_readers(engine: Engine) -> list[Reader]:
    """Everybody who asked to be told and may still sign in, by user_id."""
    columns = (users.c.user_id, users.c.username, users.c.name, users.c.email, users.c.language,
               alert_settings.c.digest, alert_settings.c.channel,
               alert_settings.c.unusual_days)  # fmt: skip
    statement = (
        select(*columns)
        .join(alert_settings, alert_settings.c.user_id == users.c.user_id)
        .where(users.c.is_active == true(), alert_settings.c.digest != "none")
        .order_by(users.c.user_id)
    )
    with engine.connect() as connection:
        return [
            Reader(
                row.user_id, row.username, row.name, row.email, row.language,
                AlertSettings(row.digest, row.channel, row.unusual_days),
            )
            for row in connection.execute(statement)
        ]  # fmt: skip


def list_told(engine: Engine, user_id: int) -> set[int]:
    """The alert_id of each warning that this person has been told of."""
    told = select(alert_tellings.c.alert_id).where(alert_tellings.c.user_id == user_id)
    with engine.connect() as connection:
        return set(connection.scalars(told))


def is_due(engine: Engine, reader: Reader, today: date, local: time) -> bool:
    """Whether this person may be written to now: at any time, or once a day from MORNING on."""
    if reader.settings.digest == "at_once":
        return True
    if local < MORNING:
        return False
    earlier = select(messages.c.message_id).where(
        messages.c.cause == _daily(reader.user_id, today), messages.c.state != "withdrawn"
    )
    with engine.connect() as connection:
        return connection.scalar(earlier) is None


def write_digest(
    engine: Engine, scope: Scope, reader: Reader, digest: Digest, *, now: datetime
) -> bool:
    """Writes the message down, once for its warnings; False where it is no longer what the person
    asked for or may see, or another run has told of these."""
    with (
        writing(engine) as connection,
        recorded_as(connection, actor=COMMAND_LINE, action="write_digest", now=now),
    ):
        facts = {row.name: row.value for row in connection.execute(select(properties))}
        work = time_of_work(facts, now)
        if not is_current(connection, scope):
            return False
        if _settings(connection, reader.user_id) != reader.settings:
            return False
        if _told_already(connection, reader.user_id, digest.alert_ids):
            return False
        daily = reader.settings.digest == "daily"
        cause = (
            _daily(reader.user_id, work.today)
            if daily
            else f"alerts:user:{reader.user_id}:alert:{min(digest.alert_ids)}"
        )
        message_id = _put(connection, cause, {
            "kind": KIND, "channel": reader.settings.channel, "user_id": reader.user_id,
            "rights": scope.key, "language": digest.language, "subject": digest.subject,
            "email": (reader.email or "").strip() if reader.settings.channel == "mail" else None,
            "body": digest.body, "made_at": work.at, "state": "waiting", "attempts": 0,
            "next_try_at": now, "last_error": None,
        })  # fmt: skip
        if message_id is None:
            return False
        told = [
            {"alert_id": alert_id, "user_id": reader.user_id, "message_id": message_id}
            for alert_id in digest.alert_ids
        ]
        connection.execute(insert(alert_tellings), told)
    return True


def withdraw_of_changed(engine: Engine, now: datetime) -> int:
    """What waits for who has other rights than when it was written, may not sign in any more, or
    wants no such messages now, does not go; of what they may see then they are told anew. Returns
    how many messages."""
    waiting = (
        select(messages.c.user_id, messages.c.rights, messages.c.channel)
        .where(messages.c.user_id.is_not(None), messages.c.state.in_(_UNSENT))
        .distinct()
    )
    with (
        writing(engine) as connection,
        recorded_as(connection, actor=COMMAND_LINE, action="send_message", now=now),
    ):
        changed = []
        for row in connection.execute(waiting).all():
            scope, wanted = scope_in(connection, row.user_id), _settings(connection, row.user_id)
            is_wanted = wanted.digest != "none" and wanted.channel == row.channel
            if scope is None or scope.key != row.rights or not is_wanted:
                changed.append(row.user_id)
        return _withdraw(connection, changed) if changed else 0


def local_time(facts: Mapping[str, str], now: datetime) -> tuple[date, time]:
    """The business day, and the time of day where the business is."""
    work = time_of_work(facts, now)
    zone = ZoneInfo(facts.get("time_zone", ZONE))
    return work.today, work.at.replace(tzinfo=UTC).astimezone(zone).time()


def _settings(connection: Connection, user_id: int) -> AlertSettings:
    row = connection.execute(
        select(
            alert_settings.c.digest, alert_settings.c.channel, alert_settings.c.unusual_days
        ).where(alert_settings.c.user_id == user_id)
    ).one_or_none()
    return AlertSettings(*row) if row is not None else AlertSettings()


def _daily(user_id: int, day: date) -> str:
    return f"alerts:user:{user_id}:{day}"


def _told_already(connection: Connection, user_id: int, alert_ids: Collection[int]) -> bool:
    found = select(alert_tellings.c.alert_telling_id).where(
        alert_tellings.c.user_id == user_id, alert_tellings.c.alert_id.in_(alert_ids)
    )
    return connection.scalar(found.limit(1)) is not None


def _put(connection: Connection, cause: str, values: dict[str, Any]) -> int | None:
    """Anew where the earlier one was withdrawn; None where there is one."""
    earlier = connection.execute(
        select(messages.c.message_id, messages.c.state).where(messages.c.cause == cause)
    ).one_or_none()
    if earlier is None:
        written = insert(messages).values(cause=cause, **values).returning(messages.c.message_id)
        return int(connection.scalars(written).one())
    if earlier.state != "withdrawn":
        return None
    mine = messages.c.message_id == earlier.message_id
    connection.execute(update(messages).where(mine).values(**values))
    return int(earlier.message_id)


def _withdraw(connection: Connection, user_ids: Sequence[int]) -> int:
    waiting = select(messages.c.message_id).where(
        messages.c.user_id.in_(user_ids), messages.c.state.in_(_UNSENT)
    )
    ids = list(connection.scalars(waiting))
    connection.execute(delete(alert_tellings).where(alert_tellings.c.message_id.in_(ids)))
    connection.execute(
        update(messages)
        .where(messages.c.message_id.in_(ids))
        .values(state="withdrawn", next_try_at=None)
    )
    return len(ids)
