"""An edit writes to the customer what it did, in its own transaction, once for its cause."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from data_access.customer_timeline import list_customer_events
from data_access.database import Database, writing
from data_access.edits.bulk import Move, MovesRefused, move_orders
from data_access.edits.messages import MessageRefused, withdraw_message
from data_access.edits.reminding import ReminderRefused, record_reminder
from data_access.edits.rights import RightRefused
from data_access.edits.sending import claim_message, mark_sent
from data_access.edits.transaction import new_request_id
from data_access.edits.undoing import undo_change
from data_access.errors import StaleVersion
from data_access.messages import list_order_messages, sum_messages
from data_access.tables import customers, employees, messages, users
from data_access.verifying import verify_log
from tests.crm import NOW, add
from tests.shop import TODAY, Shop, move, open_shop

SEES = ("admin", "manager", "sales_lead", "sales_rep", "analyst", "support")
MAY_WITHDRAW = ("admin", "manager", "sales_lead", "sales_rep", "support")
ADDRESS = "ada@example.com"


def open_with_address(database: Database, **changed: Any) -> Shop:
    shop = open_shop(database, pens=100, inks=100)
    tell(shop, **{"email": ADDRESS, **changed})
    return shop


def tell(shop: Shop, **changed: Any) -> None:
    with writing(shop.writer) as connection:
        mine = customers.c.customer_id == shop.customer_id
        connection.execute(update(customers).where(mine).values(**changed))


def written(shop: Shop) -> list[Any]:
    return shop.rows(select(messages).order_by(messages.c.message_id))


def test_a_confirmation_is_written_once_and_as_the_order_is(database: Database) -> None:
    shop = open_with_address(database, name="Ada Wong")
    order_id = shop.order(promised_on=TODAY + timedelta(days=4), order_number="SO-7")
    move(shop, shop.scopes["manager"], order_id, "confirmed", request_id="c", seen_version=1)
    move(shop, shop.scopes["manager"], order_id, "confirmed", request_id="c", seen_version=1)
    (message,) = written(shop)
    assert (message.kind, message.email, message.language) == ("order_confirmed", ADDRESS, "en")
    assert (message.customer_id, message.order_id, message.state, message.attempts) == (
        shop.customer_id, order_id, "waiting", 0,
    )  # fmt: skip
    assert message.subject == "Your order SO-7 is confirmed"
    total = f"{shop.read(order_id).net_sales:,.2f} CNY"
    assert message.body == (
        "Dear Ada Wong,\n\nthank you. Your order SO-7 is confirmed:\n\n3 × Pen\n2 × Ink\n\n"
        f"Total: {total}\n\nYou can expect it by 2026-11-27.\n\nKind regards\n"
    )
    verify_log(database.record)


def test_customers_in_china_are_written_to_in_chinese(sqlite_database: Database) -> None:
    shop = open_with_address(sqlite_database, name="Ada Wong", name_zh="王爱达", country="China")
    order_id = shop.order("shipped", order_number="SO-8", promised_on=TODAY - timedelta(days=1))
    confirmed, shipped = written(shop)
    assert (confirmed.language, shipped.kind) == ("zh", "order_shipped")
    assert "3 × 钢笔\n2 × 墨水" in confirmed.body and "预计" not in confirmed.body
    assert shipped.subject == "您的订单 SO-8 已发货"
    assert shipped.body.startswith("尊敬的王爱达：") and "运单号 SF123" in shipped.body
    assert shop.read(order_id).stage == "shipped"


@pytest.mark.parametrize(
    "changed",
    [{"consent": "refused"}, {"email": None}, {"email": "a@b.example, c@d.example"}],
    ids=lambda changed: "-".join(map(str, changed.values())),
)
def test_nothing_is_written_to_who_refused_or_has_no_address(
    sqlite_database: Database, changed: dict[str, Any]
) -> None:
    shop = open_with_address(sqlite_database)
    tell(shop, **changed)
    assert shop.read(shop.order("completed")).stage == "completed"
    assert written(shop) == []


def test_the_first_contact_with_an_address_stands_in(sqlite_database: Database) -> None:
    shop = open_with_address(sqlite_database, country="中国")
    tell(shop, email="")
    of = {"customer_id": shop.customer_id}
    add(shop.writer, "contacts", **of, name="没有", email=None, is_primary=True)
    add(shop.writer, "contacts", **of, name="李四", email="li@example.com", is_primary=False)
    shop.order("confirmed")
    (message,) = written(shop)
    assert message.email == "li@example.com" and message.body.startswith("尊敬的李四：")


def test_an_edit_that_is_refused_leaves_no_message(database: Database) -> None:
    shop = open_with_address(database)
    manager = shop.scopes["manager"]
    good, bad = shop.order(), shop.order(units=(999, 0))
    with pytest.raises(MovesRefused):
        move_orders(shop.writer, manager, [Move(good, 1), Move(bad, 1)], "confirmed",
                    request_id=new_request_id(), now=NOW)  # fmt: skip
    with pytest.raises(StaleVersion):
        move(shop, manager, good, "confirmed", seen_version=9)
    assert written(shop) == []
    move_orders(shop.writer, manager, [Move(good, 1)], "confirmed", request_id="m", now=NOW)
    assert [message.order_id for message in written(shop)] == [good]


def test_a_delivery_gives_the_sales_rep_a_task(sqlite_database: Database) -> None:
    shop = open_with_address(sqlite_database, email=None, phone="13800000000", name_zh="王伟")
    with writing(shop.writer) as connection:
        rep = employees.c.employee_id == shop.rep_id
        connection.execute(update(employees).where(rep).values(email="rep@example.com"))
        of_rep = users.c.employee_id == shop.rep_id
        connection.execute(update(users).where(of_rep).values(language="zh_CN"))
    order_id = shop.order("completed", order_number="SO-9")
    (task,) = written(shop)
    assert (task.kind, task.email, task.employee_id, task.order_id) == (
        "task", "rep@example.com", shop.rep_id, order_id,
    )  # fmt: skip
    assert task.subject == "回访王伟：订单 SO-9" and "电话：13800000000" in task.body


def test_a_reminder_can_be_written_to_the_customer(database: Database) -> None:
    shop = open_with_address(database)
    said = {"cause": "rebuy", "action": "content", "state": "done", "write": True}

    def remind(request_id: str, **changed: Any) -> Any:
        return record_reminder(
            shop.writer, shop.scopes["sales_rep"], shop.customer_id, shop.pen,
            **{**said, "request_id": request_id, **changed},
        )  # fmt: skip

    done = remind("r")
    assert remind("r").is_repeat
    (message,) = written(shop)
    assert message.cause == f"follow_up:reminder:{done.values['reminder_id']}"
    assert (message.kind, message.order_id) == ("follow_up", None) and "Pen" in message.body
    remind("dismissed", state="dismissed")
    tell(shop, email=None)
    with pytest.raises(ReminderRefused, match="no e-mail address"):
        remind("nobody")
    assert len(written(shop)) == 1


def test_undoing_withdraws_what_waits_and_leaves_what_was_sent(database: Database) -> None:
    shop = open_with_address(database)
    manager, writer = shop.scopes["manager"], shop.writer
    order_id = shop.order()
    move(shop, manager, order_id, "confirmed", request_id="c1")
    undo_change(writer, manager, "c1", request_id="u1")
    assert [message.state for message in written(shop)] == ["withdrawn"]
    undo_change(writer, manager, "u1", request_id="again")
    assert [message.state for message in written(shop)] == ["waiting"]
    undo_change(writer, manager, "again", request_id="u2")
    move(shop, manager, order_id, "confirmed", request_id="c2", now=NOW)
    (message,) = written(shop)
    assert message.state == "waiting"
    claimed = claim_message(writer, message.next_try_at)
    assert claimed is not None and claimed.message_id == message.message_id
    mark_sent(writer, message.message_id, NOW)
    undo_change(writer, manager, "c2", request_id="u3")
    assert shop.read(order_id).stage == "received"
    move(shop, manager, order_id, "confirmed")
    assert [message.state for message in written(shop)] == ["sent"]
    verify_log(database.record)


def test_a_cancelled_order_is_not_confirmed_any_more(sqlite_database: Database) -> None:
    shop = open_with_address(sqlite_database)
    order_id, other = shop.order("confirmed"), shop.order("confirmed")
    move(shop, shop.scopes["manager"], order_id, "cancelled", request_id="c")
    assert {row.order_id: row.state for row in written(shop)} == {
        order_id: "withdrawn", other: "waiting",
    }  # fmt: skip
    undo_change(shop.writer, shop.scopes["manager"], "c", request_id="u")
    assert {row.state for row in written(shop)} == {"waiting"}


def test_who_may_withdraws_a_message_that_waits(database: Database) -> None:
    shop = open_with_address(database)
    foreign = [scope for role, scope in shop.foreign.items() if role in MAY_WITHDRAW]
    for place, role in enumerate(MAY_WITHDRAW):
        shop.order("confirmed")
        message_id = written(shop)[place].message_id
        for scope in foreign:
            with pytest.raises(MessageRefused, match="not yours to see"):
                withdraw_message(shop.writer, scope, message_id, request_id=new_request_id())
        scope = shop.scopes[role]
        withdraw_message(shop.writer, scope, message_id, request_id=f"w{place}")
        with pytest.raises(MessageRefused, match="withdrawn already"):
            withdraw_message(shop.writer, scope, message_id, request_id=new_request_id())
    for role in set(shop.scopes) - set(MAY_WITHDRAW):
        with pytest.raises(RightRefused):
            withdraw_message(shop.writer, shop.scopes[role], 1, request_id=new_request_id())
    assert {message.state for message in written(shop)} == {"withdrawn"}
    assert claim_message(shop.writer, NOW + timedelta(days=9)) is None
    undo_change(shop.writer, shop.scopes["admin"], "w0", request_id="u")
    assert [message.state for message in written(shop)][:2] == ["waiting", "withdrawn"]


def test_each_role_sees_its_own_and_the_analyst_no_personal_data(database: Database) -> None:
    shop = open_with_address(database)
    order_id = shop.order("confirmed")
    for role, scope in shop.scopes.items():
        seen = list_order_messages(database.record, scope, order_id)
        assert len(seen) == (role in SEES), role
        events = list_customer_events(database.record, scope, shop.customer_id, kind="message")
        assert list(events["event"]) == ["order_confirmed"] * (role in SEES)
        counts = sum_messages(database.record, scope).to_dict("records")
        one = {"kind": "order_confirmed", "waiting": 1, "failed": 0, "sent": 0, "withdrawn": 0}
        assert counts == [one] * (role in SEES)
    (masked,) = list_order_messages(database.record, shop.scopes["analyst"], order_id).itertuples()
    assert (masked.email, masked.subject, masked.body) == ("a***", None, None)
    for scope in shop.foreign.values():
        assert not len(list_order_messages(database.record, scope, order_id))
