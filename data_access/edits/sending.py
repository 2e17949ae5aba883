"""Hands the waiting messages out, one by one, to who sends them, and notes what became of each.

A message is claimed before it is sent: until its next try comes nobody else takes it, and a crash
in between costs one attempt. Sent is only what was accepted. Between that and its being noted lies
an instant in which a crash makes the message go out once more, under the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update

from data_access.audit_chain import recorded_as
from data_access.database import writing
from data_access.edits.clock import time_of_work
from data_access.edits.erasing import COMMAND_LINE
from data_access.edits.messages import UNSENT
from data_access.tables import customers, messages, properties

FIRST_WAIT = timedelta(minutes=10)  # until the second attempt; then twice as long each time
LONGEST_WAIT = timedelta(hours=24)
MOST_ATTEMPTS = 8
LONGEST_ERROR = 300
SEND = "send_message"


@dataclass(frozen=True)
class Outgoing:
    message_id: int
    channel: str
    email: str
    subject: str
    body: str
    attempts: int  # this one included


def withdraw_of_refusers(engine: Engine, now: datetime) -> int:
    """Nothing goes to, or is asked about, who refused since it was written; returns how many."""
    refused = select(customers.c.customer_id).where(customers.c.consent == "refused")
    with _noted(engine, now) as connection:
        done = connection.execute(
            update(messages)
            .where(messages.c.state.in_(UNSENT), messages.c.customer_id.in_(refused))
            .values(state="withdrawn", next_try_at=None)
        )
        return int(done.rowcount)


def claim_message(engine: Engine, now: datetime, channel: str = "mail") -> Outgoing | None:
    """The next one of the channel whose time has come, with one more attempt; None when there is
    none."""
    with _noted(engine, now) as connection:
        row = connection.execute(
            select(messages)
            .where(
                messages.c.state.in_(UNSENT),
                messages.c.next_try_at <= now,
                messages.c.channel == channel,
            )
            .order_by(messages.c.next_try_at, messages.c.message_id)
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        attempts = row.attempts + 1
        wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
        _set(connection, row.message_id, attempts=attempts, next_try_at=now + wait)
        return Outgoing(
            row.message_id, row.channel, row.email or "", row.subject, row.body, attempts
        )


def mark_sent(engine: Engine, message_id: int, now: datetime) -> None:
    """Whatever was done to it meanwhile: it is out."""
    with _noted(engine, now) as connection:
        facts = {row.name: row.value for row in connection.execute(select(properties))}
        at = time_of_work(facts, now).at
        _set(connection, message_id, state="sent", sent_at=at, next_try_at=None, last_error=None)


def mark_failed(engine: Engine, message: Outgoing, error: str, now: datetime) -> None:
    """It is tried again at the time it was claimed until; after MOST_ATTEMPTS no more."""
    with _noted(engine, now) as connection:
        last = {"next_try_at": None} if message.attempts >= MOST_ATTEMPTS else {}
        connection.execute(
            update(messages)
            .where(messages.c.message_id == message.message_id, messages.c.state.in_(UNSENT))
            .values(state="failed", last_error=error[:LONGEST_ERROR], **last)
        )


def count_waiting(engine: Engine) -> int:
    """How many will be tried yet: for the command line, which sees everybody's."""
    wanted = messages.c.state.in_(UNSENT), messages.c.next_try_at.is_not(None)
    with engine.connect() as connection:
        return int(connection.scalar(select(func.count()).where(*wanted)) or 0)


def _set(connection: Connection, message_id: int, **values: Any) -> None:
    connection.execute(update(messages).where(messages.c.message_id == message_id).values(**values))


@contextmanager
def _noted(engine: Engine, now: datetime) -> Iterator[Connection]:
    """A transaction whose changes the log has as the command's."""
    with (
        writing(engine) as connection,
        recorded_as(connection, actor=COMMAND_LINE, action=SEND, now=now),
    ):
        yield connection
