"""The analytics copy reads a table that a refresh replaced anew, and only that one."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from data_access.analytics_copy import AnalyticsCopy, copy
from data_access.analytics_copy.layout import key_of
from data_access.database import Database, replacing
from data_access.tables import RESULT_TABLES, customers, stock, stock_plans
from tests.crm import add
from tests.test_data_access_analytics_copy import (
    add_random_rows,
    assert_equal,
    edit_at_random,
    identities,
    random_cell,
    reader,
)

__all__ = ["reader"]  # the fixture


def replace_a_result(database: Database, chance: Random) -> str:
    """As a refresh does; returns the name of the table."""
    table = chance.choice(RESULT_TABLES)
    with replacing(database.writer, table.name) as connection:
        connection.execute(delete(table))
        whose = stock.c.stock_id if table is stock_plans else customers.c.customer_id
        ids = connection.scalars(select(whose).limit(chance.randint(0, 9))).all()
        for number, one_id in enumerate(ids, start=10**6):  # beyond what is counted
            row = {
                column.name: random_cell(connection, column, chance)
                for column in table.columns
                if not column.computed
            }
            row |= {key_of(table).name: number, whose.name: one_id}
            connection.execute(insert(table).values(row))
    return table.name


def test_a_replaced_table_alone_is_read_anew(database: Database, reader: str) -> None:
    chance = Random(reader)
    add_random_rows(database, chance)
    copied = AnalyticsCopy(database.record)
    for _ in range(3):
        before = dict(identities(copied))
        edit_at_random(database, chance)
        replaced = {replace_a_result(database, chance) for _ in range(2)}
        edit_at_random(database, chance)
        copied.refresh()
        assert_equal(database, copied)
        now = dict(identities(copied))
        assert {name for name in now if now[name] != before[name]} == replaced
    fresh = AnalyticsCopy(database.record)
    assert_equal(database, fresh)
    assert fresh.version == copied.version
    for each in (copied, fresh):
        each.close()


def test_a_table_that_is_replaced_while_it_is_read_is_read_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_random_rows(database, Random(1))
    copied = AnalyticsCopy(database.record)
    replace_a_result(database, Random(1))
    monkeypatch.setattr(copy, "SMALL_RECORD", 0)
    take_snapshot = copy.take_snapshot

    def after_a_write(*arguments: Any) -> Any:
        add(database.writer, "regions")
        return take_snapshot(*arguments)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(copy, "take_snapshot", after_a_write)
        copied.refresh()
    copied.refresh()
    assert_equal(database, copied)
    copied.close()
