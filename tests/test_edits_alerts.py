"""Warnings: one for each cause, for the people it concerns, and what they answer to them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from data_access.alerts import list_alert_orders, sum_waiting_by_order
from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database, writing
from data_access.edits.alerting import KEEP_ENDED, write_alerts
from data_access.edits.alerts import (
    AlertRefused,
    acknowledge_alerts,
    reopen_alerts,
    snooze_alerts,
)
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, new_request_id
from data_access.edits.undoing import undo_change
from data_access.inventory import WAITING_STAGES
from data_access.refreshing.runs import RunRefused, begin_run
from data_access.scope import Scope
from data_access.tables import (
    alert_answers,
    alert_orders,
    alerts,
    allocations,
    order_lines,
    orders,
)
from tests.crm import NOW
from tests.shop import TODAY
from tests.warned import WarnedShop, open_warned_shop

DAY = timedelta(days=1)


@pytest.fixture
def warned(database: Database) -> WarnedShop:
    return open_warned_shop(database)


def test_what_is_set_aside_counts_up_to_what_the_line_asks(warned: WarnedShop) -> None:
    shop = warned.shop
    with writing(shop.writer) as connection:
        line = connection.execute(
            select(order_lines.c.line_id, order_lines.c.order_id, order_lines.c.quantity)
            .join(orders, orders.c.order_id == order_lines.c.order_id)
            .where(orders.c.stage.in_(WAITING_STAGES), orders.c.warehouse_id.is_not(None))
            .limit(1)
        ).one()
        given = {"promised_weight": 1, "margin_weight": 0, "value_weight": 0, "request_id": "a",
                 "quantity": line.quantity + 5, "allocated_at": NOW}  # fmt: skip
        connection.execute(
            insert(allocations).values(order_id=line.order_id, line_id=line.line_id, **given)
        )
    found = sum_waiting_by_order(shop.writer, shop.scopes["admin"])
    own = found.loc[found["order_id"] == line.order_id, "set_aside"].sum()
    assert own == line.quantity == found["set_aside"].sum()


def acknowledge(warned: WarnedShop, scope: Scope, *ids: int, **more: Any) -> Done:
    said = {"note": "Called the supplier", "request_id": new_request_id(), "now": NOW, **more}
    return acknowledge_alerts(warned.shop.writer, scope, ids, **said)


def snooze(warned: WarnedShop, scope: Scope, *ids: int, **more: Any) -> Done:
    said = {"until_on": TODAY + 3 * DAY, "reason": "Truck is on its way", "now": NOW,
            "request_id": new_request_id(), **more}  # fmt: skip
    return snooze_alerts(warned.shop.writer, scope, ids, **said)


def reopen(warned: WarnedShop, scope: Scope, *ids: int) -> Done:
    return reopen_alerts(warned.shop.writer, scope, ids, request_id=new_request_id(), now=NOW)


def test_the_same_causes_again_change_nothing(warned: WarnedShop) -> None:
    found = (warned.pens(), warned.ink(), warned.day())
    first = warned.warn(*found)
    assert (first.begun, first.changed, first.ended, first.open) == (3, 0, 0, 3)
    before = warned.everything()
    again = warned.warn(*reversed(found), now=NOW + timedelta(hours=5))
    assert (again.begun, again.changed, again.ended, again.open) == (0, 0, 0, 3)
    assert warned.everything() == before
    tomorrow = warned.warn(*found, now=NOW + DAY, today=TODAY + DAY)
    assert (tomorrow.begun, tomorrow.changed) == (0, 3)
    assert {row.first_seen_at for row in warned.rows()} == {NOW}
    assert {row.last_seen_on for row in warned.rows()} == {TODAY + DAY}


def test_a_cause_that_is_gone_ends_its_warning_and_comes_back_as_another(
    warned: WarnedShop,
) -> None:
    warned.warn(warned.pens(), warned.ink())
    manager = warned.shop.scopes["manager"]
    (pens, ink) = (row.alert_id for row in warned.rows())
    acknowledge(warned, manager, pens, ink)
    assert warned.warn(warned.ink()).ended == 1
    assert {row.alert_id: row.ended_at for row in warned.rows()} == {pens: NOW, ink: None}
    assert warned.shop.rows(select(alert_orders)) == []
    assert warned.seen(manager)["acknowledged_by"].tolist() == [manager.name]
    warned.warn(warned.pens(), warned.ink(), now=NOW + DAY)
    seen = warned.seen(manager)
    assert int(seen.loc["short_order", "alert_id"]) not in (pens, ink)
    assert seen["acknowledged_by"].notna().to_dict() == {"short_order": False, "reorder": True}


def test_a_warning_that_ended_long_ago_is_kept_only_for_what_was_said_to_it(
    warned: WarnedShop,
) -> None:
    warned.warn(warned.pens(), warned.ink(), warned.day())
    pens, ink, day = (row.alert_id for row in warned.rows())
    acknowledge(warned, warned.shop.scopes["manager"], ink)
    warned.warn(warned.day())
    warned.warn(now=NOW + DAY)  # the day ends later than the others
    warned.warn(now=NOW + KEEP_ENDED)
    assert {row.alert_id for row in warned.rows()} == {pens, ink, day}
    warned.warn(now=NOW + KEEP_ENDED + timedelta(hours=1))
    assert {row.alert_id for row in warned.rows()} == {ink, day}


def test_what_gets_worse_is_warned_of_anew(warned: WarnedShop) -> None:
    warned.warn(warned.ink(kind="reorder"))
    manager = warned.shop.scopes["manager"]
    acknowledge(warned, manager, warned.rows()[0].alert_id)
    written = warned.warn(warned.ink(kind="out_of_stock", on_hand=0, available=0))
    assert (written.begun, written.ended) == (1, 1)
    assert warned.seen(manager)["acknowledged_by"].isna().to_dict() == {"out_of_stock": True}


def test_numbers_that_change_stay_with_the_warning_and_its_answer(warned: WarnedShop) -> None:
    warned.warn(warned.pens())
    manager = warned.shop.scopes["manager"]
    (before,) = warned.rows()
    acknowledge(warned, manager, before.alert_id)
    assert warned.warn(warned.pens(on_hand=6)).changed == 1
    (after,) = warned.rows()
    assert after.alert_id == before.alert_id and '"on_hand": 6' in after.facts
    assert warned.seen(manager)["acknowledged_by"].tolist() == [manager.name]


def test_a_run_that_was_overtaken_writes_nothing(warned: WarnedShop) -> None:
    slow = begin_run(warned.shop.writer, "alerts", TODAY, 1)
    warned.warn(warned.pens())
    before = warned.everything()
    with pytest.raises(RunRefused):
        write_alerts(warned.shop.writer, slow, [warned.ink()], now=NOW, today=TODAY)
    assert warned.everything() == before


def test_the_database_keeps_one_open_warning_for_each_cause(warned: WarnedShop) -> None:
    warned.warn(warned.ink())
    (row,) = warned.rows()
    values = {**row._mapping, "alert_id": None, "kind": "runs_out"}
    del values["alert_id"]
    with pytest.raises(IntegrityError), writing(warned.shop.writer) as connection:
        connection.execute(insert(alerts).values(**values))
    with writing(warned.shop.writer) as connection:
        connection.execute(insert(alerts).values(**{**values, "ended_at": NOW}))


def test_each_is_warned_of_what_concerns_them(warned: WarnedShop) -> None:
    warned.warn(warned.pens(), warned.ink(), warned.day())
    scopes, elsewhere = warned.shop.scopes, warned.shop.foreign
    stock = ["short_order", "reorder"]
    expected = {
        "admin": ["short_order", "unusual_day", "reorder"],
        "manager": ["short_order", "unusual_day", "reorder"],
        "warehouse": stock, "sales_lead": ["short_order"], "sales_rep": ["short_order"],
        "finance": [], "support": [], "partner": [],
    }  # fmt: skip
    for role, kinds in expected.items():
        assert list(warned.seen(scopes[role]).index) == kinds, role
    counts = ["orders", "short_orders", "lacking"]
    numbers = {role: warned.seen(scopes[role]).loc["short_order", counts].tolist()
               for role in ("manager", "sales_lead", "sales_rep")}  # fmt: skip
    assert numbers == {"manager": [3, 2, 5], "sales_lead": [2, 1, 3], "sales_rep": [2, 1, 3]}
    far = elsewhere["sales_lead"]
    assert warned.seen(far).loc["short_order", counts].tolist() == [1, 1, 2]
    record = warned.shop.database.record
    assert list_alert_orders(record, far)["order_number"].tolist() == ["FOREIGN"]
    assert warned.seen(scopes["manager"])["demand_facts"].notna().sum() == 2
    for scope in (scopes["sales_lead"], scopes["sales_rep"], far):
        assert warned.seen(scope)["demand_facts"].isna().all()


def test_a_rep_is_warned_only_where_an_order_of_theirs_lacks_goods(warned: WarnedShop) -> None:
    enough = warned.pens()
    mine_only = tuple(order for order in enough.orders if order.order_id == warned.mine)
    warned.warn(type(enough)(**{**vars(enough), "orders": mine_only}))
    assert len(warned.seen(warned.shop.scopes["sales_rep"])) == 0
    assert len(warned.seen(warned.shop.scopes["sales_lead"])) == 1
    assert len(warned.seen(warned.shop.foreign["sales_lead"])) == 0


def test_who_is_on_it_is_seen_by_colleagues(warned: WarnedShop) -> None:
    warned.warn(warned.pens(), warned.ink())
    house = warned.shop.scopes["warehouse"]
    pens, ink = (row.alert_id for row in warned.rows())
    done = acknowledge(warned, house, pens, ink, note="  Called\nthe supplier ")
    assert done.values == {"answered": 2, "ended": 0}
    for role in ("manager", "sales_lead", "sales_rep"):
        row = warned.seen(warned.shop.scopes[role]).loc["short_order"]
        assert (row["acknowledged_by"], row["note"]) == (house.name, "Called\nthe supplier"), role


def test_one_of_two_is_on_it_and_the_other_is_told(warned: WarnedShop) -> None:
    warned.warn(warned.pens())
    (row,) = warned.rows()
    people = [warned.shop.scopes[role] for role in ("manager", "warehouse", "sales_lead", "admin")]

    def answer(scope: Scope) -> str:
        try:
            acknowledge(warned, scope, row.alert_id)
        except AlertRefused as refusal:
            return str(refusal)
        return "done"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(answer, people))
    (held,) = warned.shop.rows(select(alert_answers))
    assert sorted(told)[-1] == "done" and told.count("done") == 1
    assert told.count(f"{held.author} is on it already.") == 3


def test_only_some_roles_answer(warned: WarnedShop) -> None:
    warned.warn(warned.pens(), warned.day())
    pens, day = (row.alert_id for row in warned.rows())
    scopes = warned.shop.scopes
    for role in ("sales_rep", "analyst"):
        with pytest.raises(RightRefused):
            acknowledge(warned, scopes[role], pens)
    with pytest.raises(RightRefused):
        snooze(warned, scopes["analyst"], pens)
    for scope, alert_id in ((scopes["warehouse"], day), (scopes["sales_lead"], day)):
        with pytest.raises(AlertRefused) as refused:
            acknowledge(warned, scope, pens, alert_id)
        assert refused.value.reason == "unknown"
    for wrong in ((), (0,), (-1,), ("1",), (2**70,), (pens, 999_999)):
        with pytest.raises(AlertRefused):
            acknowledge(warned, scopes["manager"], *wrong)  # type: ignore[arg-type]
    assert warned.shop.rows(select(alert_answers)) == []


def test_a_snooze_is_for_oneself_until_a_day(warned: WarnedShop) -> None:
    warned.warn(warned.pens())
    (row,) = warned.rows()
    rep, manager = warned.shop.scopes["sales_rep"], warned.shop.scopes["manager"]
    snooze(warned, rep, row.alert_id)
    until = TODAY + 3 * DAY
    mine = warned.seen(rep).loc["short_order"]
    assert (mine["snoozed_until"].date(), mine["reason"]) == (until, "Truck is on its way")
    assert warned.seen(manager)["snoozed_until"].isna().all()
    assert warned.seen(rep, until - DAY)["snoozed_until"].notna().all()
    assert warned.seen(rep, until)["snoozed_until"].isna().all()
    snooze(warned, rep, row.alert_id, until_on=TODAY + DAY, reason="Sooner")
    (answer,) = warned.shop.rows(select(alert_answers))
    assert (answer.until_on, answer.note) == (TODAY + DAY, "Sooner")


@pytest.mark.parametrize(
    ("until_on", "reason"),
    [(TODAY, "past"), (TODAY - DAY, "past"), (TODAY + 91 * DAY, "far"), (NOW, "no_day")],
)
def test_a_snooze_needs_a_day_to_come_and_a_reason(
    warned: WarnedShop, until_on: Any, reason: str
) -> None:
    warned.warn(warned.pens())
    (row,) = warned.rows()
    manager = warned.shop.scopes["manager"]
    with pytest.raises(AlertRefused) as refused:
        snooze(warned, manager, row.alert_id, until_on=until_on)
    assert refused.value.reason == reason
    with pytest.raises(FieldsRefused):
        snooze(warned, manager, row.alert_id, reason="  ")


def test_what_has_ended_meanwhile_is_left_out(warned: WarnedShop) -> None:
    warned.warn(warned.pens(), warned.ink())
    pens, ink = (row.alert_id for row in warned.rows())
    lead, manager = warned.shop.scopes["sales_lead"], warned.shop.scopes["manager"]
    warned.warn(warned.ink())
    assert acknowledge(warned, manager, pens, ink).values == {"answered": 1, "ended": 1}
    with pytest.raises(AlertRefused) as refused:
        acknowledge(warned, lead, pens)
    assert refused.value.reason == "ended"


def test_an_answer_is_taken_back_by_who_gave_it_or_a_head(warned: WarnedShop) -> None:
    warned.warn(warned.pens())
    (row,) = warned.rows()
    scopes = warned.shop.scopes
    with pytest.raises(AlertRefused, match="Nobody has answered"):
        reopen(warned, scopes["manager"], row.alert_id)
    acknowledge(warned, scopes["warehouse"], row.alert_id)
    with pytest.raises(AlertRefused) as refused:
        reopen(warned, scopes["sales_lead"], row.alert_id)
    assert refused.value.reason == "others"
    reopen(warned, scopes["warehouse"], row.alert_id)
    assert warned.seen(scopes["manager"])["acknowledged_by"].isna().all()
    acknowledge(warned, scopes["warehouse"], row.alert_id)
    snooze(warned, scopes["sales_lead"], row.alert_id)
    reopen(warned, scopes["sales_lead"], row.alert_id)  # the own snooze; the other's answer stays
    (left,) = warned.shop.rows(select(alert_answers))
    assert (left.kind, left.user_id) == ("acknowledged", scopes["warehouse"].user_id)
    reopen(warned, scopes["manager"], row.alert_id)
    assert warned.shop.rows(select(alert_answers)) == []


def test_the_same_request_answers_once_and_the_log_tells_it(warned: WarnedShop) -> None:
    warned.warn(warned.pens())
    (row,) = warned.rows()
    manager = warned.shop.scopes["manager"]
    first = acknowledge(warned, manager, row.alert_id, request_id="r1")
    again = acknowledge(warned, manager, row.alert_id, request_id="r1")
    assert again.is_repeat and again.values == first.values
    about = ChangeFilter(table_name="alert_answers")
    found = list_changes(warned.shop.database.record, manager, about)
    assert found["action"].tolist() == ["acknowledge_alert"]
    undo_change(warned.shop.writer, manager, "r1", request_id="u1", now=NOW)
    assert warned.shop.rows(select(alert_answers)) == []
