"""The log as people read it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from data_access.audit import (
    ChangeFilter,
    list_actions,
    list_actors,
    list_changes,
    list_order_changes,
)
from data_access.database import Database, writing
from data_access.edits.locking import change_order
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.filters import Period
from data_access.keyset import next_page
from data_access.scope import Scope
from data_access.tables import stock
from tests.crm import NOW, add, add_order, scope_of


def edit_order(
    database: Database, scope: Scope, order_id: int, request_id: str, **values: Any
) -> Done:
    now = values.pop("now", NOW)
    undoes, reason = values.pop("undoes", None), values.pop("reason", "")

    def work(edit: Edit) -> Done:
        change_order(edit, order_id, **values)
        return Done(order_id)

    return carry_out(
        database.writer, scope, "change_order", work, request_id=request_id, now=now,
        undoes=undoes, reason=reason,
    )  # fmt: skip


def test_each_row_says_who_changed_what_from_what_to_what(database: Database) -> None:
    old, new = (add(database.writer, "employees", name=name) for name in ("Old", "New"))
    order_id = add_order(database, owner_id=old, order_number="SO-1", promised_on=date(2026, 12, 1))
    boss = scope_of(database, "manager", name="Ada")
    values = {"owner_id": new, "promised_on": date(2026, 12, 5), "net_sales": Decimal("1.5")}
    edit_order(database, boss, order_id, "r1", **values, reason="she asked")
    row = list_changes(database.record, boss, ChangeFilter(request_id="r1")).iloc[0]
    assert (row.actor, row.actor_name, row.action) == (boss.username, "Ada", "change_order")
    assert (row.order_number, row.table_name, row.reason) == ("SO-1", "orders", "she asked")
    assert row.happened_at == NOW
    assert {one.field: one[1:] for one in row.changes} == {
        "owner_id": ("Old", "New"),
        "promised_on": (date(2026, 12, 1), date(2026, 12, 5)),
        "net_sales": (Decimal(100), Decimal("1.5")),
    }


def test_a_row_of_stock_names_its_product_and_warehouse(database: Database) -> None:
    product_id = add(database.writer, "products", name="Tea", name_zh="茶")
    warehouse_id = add(database.writer, "warehouses", name="North")
    add(database.writer, "stock", product_id=product_id, warehouse_id=warehouse_id, on_hand=5)
    with writing(database.writer) as connection:
        connection.execute(update(stock).values(on_hand=4))
    boss = scope_of(database, "manager")
    wanted = ChangeFilter(table_name="stock", actor="system", action="update")
    row = list_changes(database.record, boss, wanted, language="zh_CN").iloc[0]
    assert (row["product"], row["warehouse"]) == ("茶", "North")
    assert row.changes == (("on_hand", 5, 4),)


def test_an_order_shows_its_own_log_without_what_is_masked(database: Database) -> None:
    order_id, other = (add_order(database, stage="confirmed") for _ in range(2))
    boss, worker = scope_of(database, "manager", name="Ada"), scope_of(database, "warehouse")
    edit_order(database, boss, order_id, "r1", coupon_code="SECRET", reason="as agreed")
    edit_order(database, boss, other, "r2", note="other")
    seen = list_order_changes(database.record, worker, order_id)
    assert set(seen.order_id) == {order_id} and "orders" in set(seen.table_name)
    assert seen.iloc[0][["actor_name", "action", "reason"]].tolist() == [
        "Ada", "change_order", "as agreed"
    ]  # fmt: skip
    assert "SECRET" not in seen.to_string() and set(seen.changes) == {()}
    assert len(list_order_changes(database.record, boss, order_id).iloc[0].changes) == 1
    assert list_order_changes(database.record, scope_of(database, "partner"), order_id).empty


def test_the_log_is_read_page_by_page_newest_first(database: Database) -> None:
    boss, order_id = scope_of(database, "manager"), add_order(database)
    for number in range(5):
        edit_order(database, boss, order_id, f"r{number}", note=str(number))
    chosen, found, after = ChangeFilter(actor=boss.username), [], None
    while True:
        page = list_changes(database.record, boss, chosen, after=after, limit=2)
        found += page.request_id.tolist()
        after = next_page(page)
        if after is None:
            break
    assert found == ["r4", "r3", "r2", "r1", "r0"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (ChangeFilter(order_number="SO-2"), {"r2"}),
        (ChangeFilter(action="change_order"), {"r1", "r2"}),
        (ChangeFilter(action="nothing"), set()),
        (ChangeFilter(table_name="payments"), set()),
        (ChangeFilter(period=Period(date(2026, 11, 20), date(2026, 11, 20))), {"r1"}),
        (ChangeFilter(period=Period(date(2026, 11, 21), date(2026, 11, 21))), {"r2"}),
    ],
)
def test_the_log_is_filtered_by_business_day_order_and_deed(
    database: Database, chosen: ChangeFilter, found: set[str]
) -> None:
    boss = scope_of(database, "manager")
    first, second = (add_order(database, order_number=f"SO-{n}") for n in (1, 2))
    midnight = datetime(2026, 11, 20, 16, 0)  # in Shanghai
    edit_order(database, boss, first, "r1", note="a", now=datetime(2026, 11, 20, 15, 59, 59))
    edit_order(database, boss, second, "r2", note="b", now=midnight)
    rows = list_changes(database.record, boss, chosen)
    assert set(rows.request_id.dropna()) == found


def test_what_was_undone_says_by_which_request(database: Database) -> None:
    boss, order_id = scope_of(database, "manager"), add_order(database)
    edit_order(database, boss, order_id, "r1", note="a")
    edit_order(database, boss, order_id, "r2", note=None, undoes="r1")
    rows = list_order_changes(database.record, boss, order_id).set_index("request_id")
    assert (rows.undone_by["r1"], rows.undoes["r2"]) == ("r2", "r1")


def test_the_log_knows_its_people_and_deeds(database: Database) -> None:
    boss, order_id = scope_of(database, "manager", name="Ada"), add_order(database)
    edit_order(database, boss, order_id, "r1", note="a")
    actors = list_actors(database.record, boss)
    assert (boss.username, "Ada") in set(actors.itertuples(index=False, name=None))
    deeds = set(list_actions(database.record, boss).itertuples(index=False, name=None))
    assert {("change_order", "orders"), ("insert", "order_lines")} <= deeds
