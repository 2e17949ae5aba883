"""Writes what was learnt for what-if, and tells whether what stands there still holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select, true

from data_access.database import replacing
from data_access.refreshing.runs import Run, finish_run
from data_access.scope import Scope, mint_scope
from data_access.tables import changes, orders, users, what_if_learnt

# of the orders that were learnt from: so many may have changed since
MOST_CHANGED = 0.005
_ANEW = ("*", "campaigns", "products", "categories")  # after any change of these


def list_scopes(engine: Engine, roles: Iterable[str]) -> list[Scope]:
    """One person of these roles for each set of orders that some of them see."""
    statement = (
        select(users.c.user_id)
        .where(users.c.is_active == true(), users.c.role.in_(sorted(roles)))
        .order_by(users.c.user_id)
    )
    with engine.connect() as connection:
        people = list(connection.scalars(statement))
    found: dict[str, Scope] = {}
    for user_id in people:
        scope = mint_scope(engine, user_id)
        if scope is not None and scope.rights_to_orders:
            found.setdefault(scope.rights_to_orders, scope)
    return list(found.values())


def is_outdated(engine: Engine, version: int, end_on: date, learnt_orders: int) -> bool:
    """Whether what changed after the version matters to what was learnt from the orders before
    `end_on`: goods, campaigns, an import, or more than MOST_CHANGED of those orders."""
    after = changes.c.change_id > version
    anew = select(func.count()).where(after, changes.c.table_name.in_(_ANEW))
    changed = (
        select(func.count(changes.c.row_id.distinct()))
        .select_from(changes.join(orders, orders.c.order_id == changes.c.row_id))
        .where(after, changes.c.table_name == "orders", orders.c.ordered_on < end_on)
    )
    with engine.connect() as connection:
        if connection.scalar(anew):
            return True
        return int(connection.scalar(changed) or 0) > MOST_CHANGED * learnt_orders


def replace_learnt(
    engine: Engine, run: Run, rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]
) -> None:
    """`rows` have the columns of what_if_learnt but its key."""
    with replacing(engine, what_if_learnt.name) as connection:
        connection.execute(delete(what_if_learnt))
        if rows:
            numbered = [
                {"what_if_learnt_id": number, **row} for number, row in enumerate(rows, start=1)
            ]
            connection.execute(insert(what_if_learnt), numbered)
        finish_run(connection, run, len(rows), facts)
