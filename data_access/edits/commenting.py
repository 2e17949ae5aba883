"""Comments on an order, and the colleagues they call by @username."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, true, update

from data_access.accounts import normal_username
from data_access.edits.fields import LONGEST_TEXT, Fields
from data_access.edits.moving import check_reason
from data_access.edits.opening import done, open_at_any_version, row_id
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import NotFound
from data_access.policy import Role
from data_access.scope import Scope, scope_in
from data_access.tables import comments, mentions, user_regions, users

MOST_MENTIONS = 20
# not the middle of an e-mail address; a name may be one, or be followed by Chinese without a blank
_CALL = re.compile(r"(?<![A-Za-z0-9._@-])@([\w.@-]+)")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_PROPOSAL = {"en": "Please cancel this order: {reason}", "zh": "请取消此订单：{reason}"}


def comment_on_order(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    text: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Adds a comment. Each @username in it calls a colleague who can see the order; FieldsRefused
    at `text` names the first who is unknown or cannot. The order's version stays as it is."""
    fields = Fields()
    words = fields.text("text", text, most=LONGEST_TEXT, required=True, one_line=False)
    fields.check()

    def work(edit: Edit) -> Done:
        order = open_at_any_version(edit, order_id)
        called = _called(edit, order.order_id, str(words))
        return _write(edit, order, str(words), called)

    return carry_out(
        engine, scope, "comment_on_order", work, request_id=request_id,
        details=(order_id, words), now=now,
    )  # fmt: skip


def propose_cancellation(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    reason: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """A comment that calls those who may cancel it: the sales leads of the order's region, or,
    where there are none, the managers."""
    because = check_reason(reason)

    def work(edit: Edit) -> Done:
        order = open_at_any_version(edit, order_id)
        called = _who_may_cancel(edit.connection, order.region_id)
        language = "zh" if (edit.scope.language or "en").startswith("zh") else "en"
        return _write(edit, order, _PROPOSAL[language].format(reason=because), called)

    return carry_out(
        engine, scope, "propose_cancellation", work, request_id=request_id, reason=because,
        details=(order_id, because), now=now,
    )  # fmt: skip


def see_mention(
    engine: Engine, scope: Scope, mention_id: int, *, request_id: str, now: datetime | None = None
) -> Done:
    """The person has read that they were called; NotFound for somebody else's mention."""

    def work(edit: Edit) -> Done:
        mention = edit.connection.execute(
            select(mentions).where(
                mentions.c.mention_id == row_id(mention_id), mentions.c.user_id == scope.user_id
            )
        ).one_or_none()
        if mention is None:
            raise NotFound("this_order")
        edit.connection.execute(
            update(mentions)
            .where(mentions.c.mention_id == mention.mention_id, mentions.c.seen_at.is_(None))
            .values(seen_at=edit.now)
        )
        return Done(mention.order_id, values={"mention_id": mention.mention_id})

    return carry_out(
        engine, scope, "see_mention", work, request_id=request_id, details=(mention_id,), now=now
    )


def _write(edit: Edit, order: Row[Any], text: str, called: Iterable[int]) -> Done:
    """Comments stand at the moment they were written, in a demo too: people read them live."""
    comment_id = edit.connection.scalars(
        insert(comments)
        .values(
            order_id=order.order_id,
            user_id=edit.scope.user_id,
            author=edit.scope.name,
            text=text,
            written_at=edit.now,
        )
        .returning(comments.c.comment_id)
    ).one()
    for user_id in called:
        edit.connection.execute(
            insert(mentions).values(
                comment_id=comment_id,
                user_id=user_id,
                order_id=order.order_id,
                written_at=edit.now,
            )
        )
    return done(order, order.version, comment_id=comment_id)


def _called(edit: Edit, order_id: int, text: str) -> list[int]:
    fields, called = Fields(), dict.fromkeys(_CALL.findall(text))
    if len(called) > MOST_MENTIONS:
        fields.refuse("text", "too_many", most=MOST_MENTIONS)
        fields.check()
    user_ids: dict[int, None] = {}
    for name in called:
        user_id = _find_user(edit.connection, name)
        if user_id is None or not _sees(edit.connection, user_id, order_id):
            fields.refuse("text", "cannot_see", username=f"@{name}")
        else:
            user_ids[user_id] = None
    fields.check()
    return list(user_ids)


def _find_user(connection: Connection, name: str) -> int | None:
    """The longest username that the words begin with: "ann看一下" and "ann." both call ann."""
    for spelling in _spellings(name):
        found: int | None = connection.scalar(
            select(users.c.user_id).where(
                users.c.username == normal_username(spelling), users.c.is_active == true()
            )
        )
        if found is not None:
            return found
    return None


def _spellings(name: str) -> list[str]:
    ends = [at for at in range(len(name), 0, -1) if at == len(name) or _IDEOGRAPH.match(name[at])]
    whole = [name[:end] for end in ends]
    return list(dict.fromkeys([*whole, *(word.rstrip(".-@") for word in whole)]))


def _sees(connection: Connection, user_id: int, order_id: int) -> bool:
    scope = scope_in(connection, user_id)
    if scope is None or not scope.sees("comments", "text"):
        return False
    visible = scope.visible.orders.c.order_id
    return connection.scalar(select(visible).where(visible == order_id)) is not None


def _who_may_cancel(connection: Connection, region_id: int | None) -> list[int]:
    leads = (
        select(users.c.user_id)
        .join(user_regions, user_regions.c.user_id == users.c.user_id)
        .where(
            users.c.role == Role.SALES_LEAD,
            user_regions.c.region_id == region_id,
            users.c.is_active == true(),
        )
        .order_by(users.c.user_id)
    )
    heads = (
        select(users.c.user_id)
        .where(users.c.role == Role.MANAGER, users.c.is_active == true())
        .order_by(users.c.user_id)
    )
    found = connection.scalars(leads).all() or connection.scalars(heads).all()
    return list(found)[:MOST_MENTIONS]
