"""What colleagues tell each other about an order, and whom they can call. Asked of the record."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, and_, or_, select, true

from data_access.frames import read_frame
from data_access.policy import POLICY, Rows
from data_access.scope import Scope
from data_access.stages import TO_SHIP_STAGES

MOST_COMMENTS = 200
MOST_PEOPLE = 500


def list_comments(
    engine: Engine, scope: Scope, order_id: int, limit: int = MOST_COMMENTS
) -> pd.DataFrame:
    """comment_id, user_id, author, text, written_at: the last `limit` comments on the order, oldest
    first."""
    comments = scope.visible.comments
    last = (
        select(comments)
        .where(comments.c.order_id == order_id)
        .order_by(comments.c.comment_id.desc())
        .limit(max(1, min(limit, MOST_COMMENTS)))
        .subquery("last")
    )
    names = ("comment_id", "user_id", "author", "text", "written_at")
    statement = select(*(last.c[name] for name in names)).order_by(last.c.comment_id)
    return read_frame(engine, statement)


def list_people_to_mention(engine: Engine, scope: Scope, order_id: int) -> pd.DataFrame:
    """username, name, role: the colleagues who see the order and what is said about it, by name."""
    users, orders = scope.visible.users.c, scope.visible.orders
    sees = or_(
        *(
            _sees(scope, role, rules["orders"].rows)
            for role, rules in POLICY.items()
            if {"orders", "comments"} <= rules.keys()
        )
    )
    statement = (
        select(users.username, users.name, users.role)
        .select_from(scope.visible.users)
        .join(orders, orders.c.order_id == order_id)
        .where(users.is_active == true(), sees)
        .order_by(users.name, users.username)
        .limit(MOST_PEOPLE)
    )
    return read_frame(engine, statement)


def _sees(scope: Scope, role: str, rows: Rows) -> ColumnElement[bool]:
    """The user has this role, and sees these rows of the orders: the order is one of them."""
    users, orders = scope.visible.users.c, scope.visible.orders.c
    regions, customers = scope.visible.user_regions.c, scope.visible.customers.c
    of_rows: dict[Rows, ColumnElement[Any]] = {
        Rows.ALL: true(),
        Rows.TO_SHIP: orders.stage.in_((*TO_SHIP_STAGES, "shipped")),
        Rows.OWN_REGIONS: select(1)
        .where(regions.user_id == users.user_id, regions.region_id == orders.region_id)
        .exists(),
        Rows.OWN: select(1)
        .where(customers.customer_id == orders.customer_id, customers.owner_id == users.employee_id)
        .exists(),
    }
    return and_(users.role == str(role), of_rows[rows])
