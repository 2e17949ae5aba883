"""Work queues, mentions and who can be called: worked out by hand for each role."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from data_access.accounts import disable_user
from data_access.comments import list_comments, list_people_to_mention
from data_access.database import Database
from data_access.edits.commenting import comment_on_order, see_mention
from data_access.edits.rules import change_stage_rule
from data_access.keyset import next_page
from data_access.scope import Scope
from data_access.work_queues import (
    QUEUES,
    Queue,
    list_mentions,
    list_queue_orders,
    sum_work_queues,
)
from tests.crm import NOW, add, scope_of
from tests.shop import TODAY, Shop, move, open_shop

HOUR = timedelta(hours=1)
ALL = ("admin", "manager", "sales_lead", "sales_rep")


def waiting(shop: Shop, stage: str, hours: float, **values: Any) -> int:
    """An order that has been in this stage for so many hours; unpaid, 100 for each unit."""
    moments = {
        "received": "ordered_at", "confirmed": "confirmed_at", "processing": "processing_at",
        "shipped": "shipped_at", "returned": "returned_at",
    }  # fmt: skip
    moment = {moments[stage]: NOW - hours * HOUR} if stage in moments else {}
    row = {"ordered_on": date(2026, 10, 1), **moment, **values}
    return shop.order(as_is=stage, units=(1, 0), **row)


def summed(shop: Shop, scope: Scope, now: datetime = NOW, as_of: date = TODAY) -> dict[str, Any]:
    """queue → orders, late, at stake; without the noise, which nobody here has asked for."""
    frame = sum_work_queues(shop.database.record, scope, now, as_of)
    frame = frame[frame["currency"] == "CNY"]
    return {
        row.queue: (row.orders, row.late, None if pd.isna(row.at_stake) else float(row.at_stake))
        for row in frame.itertuples()
    }


def numbers(shop: Shop, scope: Scope, queue: Queue, **more: Any) -> list[int]:
    frame = list_queue_orders(shop.database.record, scope, queue, NOW, TODAY, **more)
    return list(frame[frame["currency"] == "CNY"]["order_id"])


@pytest.fixture
def shop(database: Database) -> Shop:
    """One order in time and one late in each stage, one to be paid back, and others that wait for
    nothing."""
    shop = open_shop(database)
    for stage, hours in (("received", 24), ("confirmed", 24), ("processing", 48), ("shipped", 120)):
        waiting(shop, stage, hours - 1)
        waiting(shop, stage, hours + 1)
    back = waiting(shop, "returned", 80)
    add(shop.writer, "payments", order_id=back, amount=Decimal(140))
    for stage in ("completed", "cancelled", "returned"):
        waiting(shop, stage, 999)
    return shop


def test_each_queue_is_counted_with_what_is_late_and_at_stake(shop: Shop) -> None:
    stages = dict.fromkeys(("to_confirm", "to_pack", "to_ship", "on_the_way"), (2, 1, 200.0))
    everything = {"late": (5, 5, 440.0), **stages, "to_refund": (1, 1, 40.0)}
    for role in ALL:
        assert summed(shop, shop.scopes[role]) == everything
    # a warehouse sees no money; support sees no payments, and so nobody to pay back
    assert summed(shop, shop.scopes["warehouse"]) == {
        "late": (3, 3, None),
        **dict.fromkeys(("to_pack", "to_ship", "on_the_way"), (2, 1, None)),
    }

    found = summed(shop, shop.scopes["support"])
    assert found["late"] == (4, 4, 400.0)
    assert not {"unpaid", "to_refund"} & found.keys()
    for role in ("sales_lead", "sales_rep"):  # elsewhere
        scope = shop.foreign[role]
        assert summed(shop, scope) == {}
        assert [numbers(shop, scope, queue) for queue in QUEUES] == [[]] * len(QUEUES)


def test_an_empty_company_has_no_queues(sqlite_database: Database) -> None:
    scope = scope_of(sqlite_database, "sales_rep", employee_id=None)
    frame = sum_work_queues(sqlite_database.record, scope, NOW, TODAY)
    assert list(frame) == ["queue", "currency", "orders", "late", "at_stake"] and not len(frame)


def test_a_deadline_is_the_target_after_the_stage_began(database: Database) -> None:
    shop = open_shop(database)
    first, second = waiting(shop, "processing", 47.5), waiting(shop, "processing", 2)
    rows = list_queue_orders(database.record, shop.scopes["manager"], "to_ship", NOW, TODAY)
    assert list(rows["order_id"]) == [first, second]
    assert list(rows["deadline_at"]) == [NOW + 0.5 * HOUR, NOW + 46 * HOUR]
    assert list(rows["entered_at"]) == [NOW - 47.5 * HOUR, NOW - 2 * HOUR]
    assert list(rows["owner_role"]) == ["warehouse"] * 2
    assert list(rows["rep"]) == ["Rep Here"] * 2


def test_the_moment_of_the_deadline_is_in_time(database: Database) -> None:
    shop, second = open_shop(database), timedelta(seconds=1)
    order_id, manager = waiting(shop, "processing", 48), shop.scopes["manager"]
    for now, late in ((NOW, []), (NOW + second, [order_id])):
        counted = sum_work_queues(database.record, manager, now, TODAY)
        assert ("late" in set(counted["queue"])) == bool(late)
        listed = list_queue_orders(database.record, manager, "late", now, TODAY)
        assert listed["order_id"].tolist() == late


def test_another_target_is_another_deadline(database: Database) -> None:
    shop = open_shop(database)
    order_id = waiting(shop, "received", 10)
    manager = shop.scopes["manager"]
    assert numbers(shop, manager, "late") == []
    change_stage_rule(
        shop.writer, manager, "received", owner_role="support", target_hours=9,
        exit_criteria="Checked", exit_criteria_zh="", request_id="r",
    )  # fmt: skip
    assert numbers(shop, manager, "late") == [order_id]
    (row,) = list_queue_orders(database.record, manager, "late", NOW, TODAY).itertuples()
    assert row.owner_role == "support"


def test_late_is_listed_by_what_is_longest_over_over_all_stages(database: Database) -> None:
    shop = open_shop(database)
    a_little = waiting(shop, "shipped", 121)
    most = waiting(shop, "received", 60)
    more = waiting(shop, "processing", 70)
    assert numbers(shop, shop.scopes["manager"], "late") == [most, more, a_little]


def test_a_queue_is_turned_page_by_page(database: Database) -> None:
    shop = open_shop(database)
    order_ids = [waiting(shop, "confirmed", 20 - place) for place in range(5)]
    scope, found, after = shop.scopes["warehouse"], [], None
    while True:
        page = list_queue_orders(
            database.record, scope, "to_pack", NOW, TODAY, after=after, limit=2
        )
        found += list(page["order_id"])
        after = next_page(page)
        if after is None:
            break
    assert found == order_ids


def test_money_is_waited_for_a_week_before_it_is_due(database: Database) -> None:
    shop = open_shop(database)
    days = {"past": -3, "today": 0, "soon": 7, "later": 8}
    ids = {
        name: waiting(shop, "completed", 0, due_on=TODAY + timedelta(days=ahead))
        for name, ahead in days.items()
    }
    add(shop.writer, "payments", order_id=ids["today"], amount=Decimal("60.005"))
    paid = waiting(shop, "completed", 0, due_on=TODAY)
    add(shop.writer, "payments", order_id=paid, amount=Decimal(100))
    for role in (*ALL, "finance"):
        scope = shop.scopes[role]
        assert numbers(shop, scope, "unpaid") == [ids["past"], ids["today"], ids["soon"]]
        assert summed(shop, scope)["unpaid"] == (3, 1, pytest.approx(239.995))
    for role in ("warehouse", "support"):
        assert numbers(shop, shop.scopes[role], "unpaid") == []


def test_a_partial_return_is_to_be_paid_back_without_a_deadline(database: Database) -> None:
    shop = open_shop(database)
    order_id = waiting(shop, "completed", 0)
    add(shop.writer, "payments", order_id=order_id, amount=Decimal(150))
    finance = shop.scopes["finance"]
    (row,) = list_queue_orders(database.record, finance, "to_refund", NOW, TODAY).itertuples()
    assert (row.order_id, row.at_stake, row.owner_role) == (order_id, 50, "finance")
    assert row.deadline_at is pd.NaT
    assert summed(shop, finance)["to_refund"] == (1, 0, 50)


def test_several_currencies_are_not_added_up(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    waiting(shop, "received", 1)
    waiting(shop, "received", 30, currency="EUR")
    frame = sum_work_queues(sqlite_database.record, shop.scopes["manager"], NOW, TODAY)
    found = frame[frame["queue"] == "to_confirm"]
    assert sorted(zip(found["currency"], found["late"], strict=True)) == [("CNY", 0), ("EUR", 1)]


def test_a_mention_waits_until_it_is_seen(database: Database) -> None:
    shop = open_shop(database)
    order_id, lead = shop.order(), shop.scopes["sales_lead"]
    comment_on_order(
        shop.writer, shop.scopes["sales_rep"], order_id, text="@sales.lead **look**",
        request_id="r", now=NOW,
    )  # fmt: skip
    (mention,) = list_mentions(database.record, lead, lead.user_id).itertuples()
    assert (mention.order_id, mention.author, mention.text, mention.written_at) == (
        order_id, "A sales_rep", "@sales.lead **look**", NOW,
    )  # fmt: skip
    for scope in (lead, shop.scopes["manager"]):
        assert not len(list_mentions(database.record, scope, shop.scopes["support"].user_id))
    assert len(list_mentions(database.record, lead, lead.user_id, order_id)) == 1
    assert len(list_mentions(database.record, lead, lead.user_id, order_id + 1)) == 0
    see_mention(shop.writer, lead, int(mention.mention_id), request_id="seen")
    assert len(list_mentions(database.record, lead, lead.user_id)) == 0


def test_an_order_that_is_no_longer_seen_calls_nobody(database: Database) -> None:
    shop = open_shop(database)
    order_id, warehouse = shop.order("confirmed"), shop.scopes["warehouse"]
    comment_on_order(
        shop.writer, shop.scopes["manager"], order_id, text="@warehouse", request_id="r"
    )
    assert len(list_mentions(database.record, warehouse, warehouse.user_id)) == 1
    move(shop, shop.scopes["manager"], order_id, "cancelled")
    assert len(list_mentions(database.record, warehouse, warehouse.user_id)) == 0


def test_the_last_comments_are_listed_oldest_first(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id, manager = shop.order(), shop.scopes["manager"]
    for number in range(3):
        comment_on_order(
            shop.writer, manager, order_id, text=f"Word {number}", request_id=f"r{number}"
        )
    last = list_comments(sqlite_database.record, manager, order_id, 2)
    assert list(last["text"]) == ["Word 1", "Word 2"]
    assert not len(list_comments(sqlite_database.record, shop.scopes["finance"], order_id))


@pytest.mark.parametrize("stage", ["received", "confirmed", "cancelled"])
def test_who_is_offered_can_be_called_and_nobody_else(
    sqlite_database: Database, stage: str
) -> None:
    database = sqlite_database
    shop = open_shop(database)
    order_id, manager = shop.order(stage), shop.scopes["manager"]
    disable_user(database.writer, "support", now=NOW)
    expected = {"admin", "manager", "sales.lead", "sales.rep", "analyst"}
    expected |= {"warehouse"} if stage == "confirmed" else set()
    offered = set(list_people_to_mention(database.record, manager, order_id)["username"])
    assert offered == expected
    called = " ".join(f"@{name}" for name in sorted(offered))
    comment_on_order(shop.writer, manager, order_id, text=called, request_id="all")


def test_only_who_sees_the_order_is_told_who_else_does(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order()
    for role in ("sales_lead", "sales_rep"):
        ours = list_people_to_mention(sqlite_database.record, shop.scopes[role], order_id)
        assert "manager" in set(ours["username"])
        theirs = list_people_to_mention(sqlite_database.record, shop.foreign[role], order_id)
        assert not len(theirs)
    finance = list_people_to_mention(sqlite_database.record, shop.scopes["finance"], order_id)
    assert not len(finance)
