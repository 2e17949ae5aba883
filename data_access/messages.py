"""What was written to customers and to colleagues, and whether it has left. Asked of the record."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, func, select

from data_access.frames import read_frame
from data_access.scope import Scope

MOST_MESSAGES = 50
_SHOWN = (
    "message_id", "kind", "email", "language", "subject", "body", "made_at", "state", "attempts",
    "next_try_at", "last_error", "sent_at",
)  # fmt: skip


def list_order_messages(
    engine: Engine, scope: Scope, order_id: int, limit: int = MOST_MESSAGES
) -> pd.DataFrame:
    """message_id, kind (of letters.KINDS), email, language, subject, body, made_at, state (of
    letters.STATES), attempts, next_try_at, last_error, sent_at: the last `limit` messages about the
    order, newest first."""
    messages = scope.visible.messages.c
    return read_frame(
        engine,
        select(*(messages[name] for name in _SHOWN))
        .where(messages.order_id == order_id)
        .order_by(messages.message_id.desc())
        .limit(max(1, min(limit, MOST_MESSAGES))),
    )


def sum_messages(engine: Engine, scope: Scope) -> pd.DataFrame:
    """kind, waiting, failed, sent, withdrawn: how many messages of each kind are in which state."""
    messages = scope.visible.messages.c
    counts = [
        func.count().filter(messages.state == state).label(state)
        for state in ("waiting", "failed", "sent", "withdrawn")
    ]
    return read_frame(
        engine, select(messages.kind, *counts).group_by(messages.kind).order_by(messages.kind)
    )


def list_failed_messages(engine: Engine, scope: Scope, limit: int = MOST_MESSAGES) -> pd.DataFrame:
    """message_id, kind, channel (mail or webhook), recipient (the address, or the person whom a
    webhook tells), made_at, attempts, next_try_at (NULL: not tried again), last_error: what could
    not be delivered, the last `limit`, newest first."""
    messages, users = scope.visible.messages, scope.visible.users
    return read_frame(
        engine,
        select(
            messages.c.message_id,
            messages.c.kind,
            messages.c.channel,
            func.coalesce(messages.c.email, users.c.name).label("recipient"),
            messages.c.made_at,
            messages.c.attempts,
            messages.c.next_try_at,
            messages.c.last_error,
        )
        .select_from(messages)
        .outerjoin(users, users.c.user_id == messages.c.user_id)
        .where(messages.c.state == "failed")
        .order_by(messages.c.message_id.desc())
        .limit(max(1, min(limit, MOST_MESSAGES))),
    )
