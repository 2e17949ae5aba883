"""What was written to customers, and about them to colleagues, and whether it has left. Asked of
the record."""

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
