"""Comments on an order, and who is called by them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from data_access.accounts import disable_user
from data_access.database import Database
from data_access.edits.commenting import comment_on_order, propose_cancellation, see_mention
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.errors import NotFound
from data_access.scope import Scope
from data_access.tables import comments, mentions
from tests.crm import NOW, scope_of
from tests.shop import Shop, open_shop, run


def comment(shop: Shop, scope: Scope, order_id: int, text: str) -> Any:
    return run(shop, scope, "comment_on_order", order_id, text=text)


def called(shop: Shop) -> list[int]:
    return [row.user_id for row in shop.rows(select(mentions).order_by(mentions.c.mention_id))]


def test_a_comment_stands_with_its_author(database: Database) -> None:
    shop = open_shop(database)
    order_id, rep = shop.order(), shop.scopes["sales_rep"]
    done = comment(shop, rep, order_id, " First line\n第二行 🙂 ")
    (row,) = shop.rows(select(comments))
    assert (row.comment_id, row.order_id) == (done.values["comment_id"], order_id)
    assert (row.user_id, row.author) == (rep.user_id, "A sales_rep")
    assert row.text == "First line\n第二行 🙂"
    assert shop.read(order_id).version == done.version == 1


@pytest.mark.parametrize(
    "text",
    [
        "@sales.lead please look", "look @sales.lead.", "(@Sales.Lead)", "请@sales.lead看一下",
        "@SALES.LEAD @sales.lead", "@sales.lead, @sales.lead!", "@sales.lead\nthanks",
    ],
)  # fmt: skip
def test_a_colleague_is_called(sqlite_database: Database, text: str) -> None:
    shop = open_shop(sqlite_database)
    comment(shop, shop.scopes["sales_rep"], shop.order(), text)
    assert called(shop) == [shop.scopes["sales_lead"].user_id]


def test_names_are_mail_addresses_and_chinese_too(database: Database) -> None:
    shop = open_shop(database)
    wei = scope_of(database, "manager", username="王伟")
    ann = scope_of(database, "manager", username="ann@example.com")
    comment(shop, wei, shop.order(), "@王伟看一下 @ann@example.com, not bob@example.com")
    assert called(shop) == [wei.user_id, ann.user_id]


@pytest.mark.parametrize("name", ["nobody", "sales.leader", "sales", "finance", "partner", "far"])
def test_who_is_unknown_or_cannot_see_the_order_is_not_called(
    database: Database, name: str
) -> None:
    shop = open_shop(database)
    scope_of(database, "sales_lead", username="far", region_ids=[shop.lead_region_id])
    with pytest.raises(FieldsRefused) as refused:
        comment(shop, shop.scopes["manager"], shop.order(), f"@manager @{name} look")
    assert str(refused.value.fields["text"]) == (f"@{name} is not known, or cannot see this order.")
    assert shop.count(comments) == shop.count(mentions) == 0


def test_a_warehouse_is_called_only_to_orders_it_sees(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order()
    with pytest.raises(FieldsRefused):
        comment(shop, shop.scopes["manager"], order_id, "@warehouse")
    shop.bring(order_id, "confirmed")
    comment(shop, shop.scopes["manager"], order_id, "@warehouse")
    assert called(shop) == [shop.scopes["warehouse"].user_id]


def test_who_is_gone_is_not_called(database: Database) -> None:
    shop = open_shop(database)
    disable_user(database.writer, "support", now=NOW)
    with pytest.raises(FieldsRefused):
        comment(shop, shop.scopes["manager"], shop.order(), "@support")


def test_a_crowd_is_not_called(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    with pytest.raises(FieldsRefused) as refused:
        comment(shop, shop.scopes["manager"], shop.order(), " ".join(f"@u{n}" for n in range(21)))
    assert refused.value.fields["text"].reason == "too_many"


def test_finance_and_partners_do_not_comment(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order()
    for role in ("finance", "partner", "analyst"):
        with pytest.raises(RightRefused):
            comment(shop, shop.scopes[role], order_id, "hello")


def test_a_mention_is_seen_by_the_one_who_is_called(database: Database) -> None:
    shop = open_shop(database)
    lead, manager = shop.scopes["sales_lead"], shop.scopes["manager"]
    comment(shop, manager, shop.order(), "@sales.lead")
    mention_id = shop.row(select(mentions)).mention_id
    for scope, wrong in ((manager, mention_id), (lead, mention_id + 1), (lead, "x"), (lead, None)):
        with pytest.raises(NotFound):
            see_mention(shop.writer, scope, wrong, request_id="r")  # type: ignore[arg-type]
    see_mention(shop.writer, lead, mention_id, request_id="first", now=NOW)
    see_mention(shop.writer, lead, mention_id, request_id="second")
    assert shop.row(select(mentions)).seen_at == NOW


def test_a_rep_proposes_to_the_leads_of_the_region(database: Database) -> None:
    shop = open_shop(database)
    scope_of(database, "sales_lead", region_ids=[shop.lead_region_id])
    order_id = shop.order()
    propose_cancellation(
        shop.writer, shop.scopes["sales_rep"], order_id, reason="Ordered twice", request_id="r"
    )
    assert shop.row(select(comments)).text == "Please cancel this order: Ordered twice"
    assert called(shop) == [shop.scopes["sales_lead"].user_id]
    assert shop.read(order_id).stage == "received"


def test_without_a_lead_the_managers_are_asked(database: Database) -> None:
    shop = open_shop(database)
    disable_user(database.writer, "sales.lead", now=NOW)
    rep = scope_of(database, "sales_rep", employee_id=shop.rep_id, language="zh_CN")
    propose_cancellation(shop.writer, rep, shop.order(), reason="重复下单", request_id="r")
    assert shop.row(select(comments)).text == "请取消此订单：重复下单"
    assert called(shop) == [shop.scopes["manager"].user_id]


def test_a_comment_sent_twice_stands_once(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order()
    for _ in range(2):
        comment_on_order(
            shop.writer, shop.scopes["manager"], order_id, text="@support", request_id="r"
        )
    assert shop.count(comments) == shop.count(mentions) == 1
