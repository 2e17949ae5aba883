"""A new order: what it is written with, and every field that can be wrong."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from data_access.database import Database
from data_access.edits.fields import FieldsRefused
from data_access.edits.new_order import create_order
from data_access.edits.rights import RightRefused
from data_access.new_order import NewLine, NewOrder
from data_access.scope import Scope
from data_access.tables import audit, order_lines, orders
from tests.crm import NOW, add
from tests.shop import TODAY, Shop, check_identities, open_shop, run


@pytest.fixture
def shop(database: Database) -> Shop:
    return stocked(database)


def stocked(database: Database) -> Shop:
    shop = open_shop(database)
    add(
        shop.writer, "campaigns", currency="CNY", coupon_code="Five", discount_rate=Decimal("0.05"),
        starts_on=TODAY, ends_on=TODAY,
    )  # fmt: skip
    return shop


def form(shop: Shop, **changed: Any) -> NewOrder:
    order = NewOrder(
        customer_id=shop.customer_id,
        lines=(NewLine(shop.pen, 3, Decimal("0.10")), NewLine(shop.ink, 2)),
        channel="web",
        promised_on=TODAY + timedelta(days=5),
    )
    return replace(order, **changed)


def create(shop: Shop, order: NewOrder, scope: Scope | None = None, request_id: str = "r") -> Any:
    scope = scope or shop.scopes["sales_rep"]
    return create_order(shop.writer, scope, order, request_id=request_id, now=NOW)


def refused(shop: Shop, order: NewOrder, scope: Scope | None = None) -> dict[str, str]:
    with pytest.raises(FieldsRefused) as error:
        create(shop, order, scope)
    assert shop.count(orders) == 1, "the noise alone"
    return {name: one.reason for name, one in error.value.fields.items()}


def test_a_new_order_is_received_at_list_prices(shop: Shop) -> None:
    done = create(shop, form(shop, note="Gift", coupon_code="five"))
    order = shop.read(done.order_id)
    assert (order.order_number, order.stage, order.version) == ("SO-20261123-00001", "received", 1)
    assert (done.order_number, done.version) == ("SO-20261123-00001", 1)
    assert (order.owner_id, order.region_id) == (shop.rep_id, shop.region_id)
    assert (order.warehouse_id, order.ship_address) == (shop.warehouse_id, "Road 1")
    assert (order.ordered_on, order.ordered_at, order.currency) == (TODAY, NOW, "CNY")
    assert (order.coupon_code, order.note, order.due_on) == ("Five", "Gift", TODAY)
    assert order.campaign_id is not None
    lines = [
        (line.quantity, line.unit_price, line.discount_rate) for line in shop.lines(order.order_id)
    ]
    assert lines == [(3, 100, Decimal("0.15")), (2, 100, Decimal("0.05"))]
    assert (order.net_sales, order.cost, order.gross_sales) == (255 + 190, 300, 500)
    check_identities(shop)
    log = shop.rows(select(audit.c.action).where(audit.c.order_id == order.order_id))
    assert {row.action for row in log} == {"create_order"}


def test_a_second_click_does_not_make_a_second_order(shop: Shop) -> None:
    first, again = (create(shop, form(shop)) for _ in range(2))
    assert again.is_repeat and again.order_id == first.order_id
    assert shop.count(orders) == 2


def test_numbers_go_on_from_the_last_of_the_day(shop: Shop) -> None:
    shop.order(order_number="SO-20261123-00041", ordered_on=TODAY)
    shop.order(order_number="SO-20261123-x", ordered_on=TODAY)
    shop.order(order_number="SO-20261123-00043", ordered_on=TODAY - timedelta(days=1))
    numbers = [create(shop, form(shop), request_id=str(n)).order_number for n in range(2)]
    assert numbers == ["SO-20261123-00042", "SO-20261123-00044"]


def test_two_at_once_get_two_numbers(shop: Shop) -> None:
    start, numbers = threading.Barrier(4), []

    def write(request_id: str) -> None:
        start.wait()
        numbers.append(create(shop, form(shop), request_id=request_id).order_number)

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"SO-20261123-0000{n}" for n in range(1, 5)]


def test_a_company_that_orders_by_phone_pays_later(shop: Shop) -> None:
    company = add(
        shop.writer, "customers", name="Company", owner_id=shop.rep_id, region_id=shop.region_id,
        customer_type="company",
    )  # fmt: skip
    done = create(shop, form(shop, customer_id=company, channel="partner"))
    assert shop.read(done.order_id).due_on == TODAY + timedelta(days=35)


def test_every_bad_field_is_told_at_once(shop: Shop) -> None:
    bad = NewOrder(
        customer_id=10**9,
        lines=(
            NewLine(shop.pen, 0), NewLine(10**9, 1), NewLine(shop.pen, 1),
            NewLine(shop.ink, 1, Decimal("0.11")),
        ),
        channel="nowhere",
        promised_on=TODAY - timedelta(days=1),
        coupon_code="NONE",
        owner_id=shop.other_rep_id,
        warehouse_id=10**9,
        ship_address="a\0b",
        note="x" * 2_001,
    )  # fmt: skip
    assert refused(shop, bad) == {
        "customer_id": "unknown", "lines.0.quantity": "too_small", "lines.1.product_id": "unknown",
        "lines.2.product_id": "twice", "lines.3.discount_rate": "over_limit", "channel": "unknown",
        "promised_on": "day_passed", "coupon_code": "coupon_over", "owner_id": "unknown",
        "warehouse_id": "unknown", "ship_address": "not_written", "note": "too_long",
    }  # fmt: skip


BAD: dict[str, tuple[Any, ...]] = {
    "customer_id": (None, 0, -1, "x", 2**63, float("nan"), True),
    "channel": (None, "", "Web", "web'--", 5, "x" * 50),
    "promised_on": (None, "2026-12-01", date(2030, 1, 1), date.max),
    "coupon_code": ("six", 5, "%", "x" * 50),
    "owner_id": (0, "x", 2**70, 10**9),
    "warehouse_id": (0, -3, "x", 2**70),
    "lines": ((),),
}


@pytest.mark.parametrize("field", BAD)
def test_a_bad_value_is_refused_at_its_field(database: Database, field: str) -> None:
    shop = stocked(database)
    for value in BAD[field]:
        assert list(refused(shop, form(shop, **{field: value}))) == [field], value


BAD_LINES: dict[str, tuple[Any, ...]] = {
    "product_id": (None, 0, -1, "x", 2**70),
    "quantity": (None, 0, -1, 1.5, "x", float("nan"), float("inf"), 10**7, 2**70, True),
    "discount_rate": (None, -0.01, 1.01, "x", float("nan"), 0.00001, 10**30, True),
}


@pytest.mark.parametrize("field", BAD_LINES)
def test_a_bad_value_of_a_line_too(database: Database, field: str) -> None:
    shop = stocked(database)
    for value in BAD_LINES[field]:
        line = replace(NewLine(shop.ink, 1), **{field: value})
        found = refused(shop, form(shop, lines=(NewLine(shop.pen, 1), line)))
        assert list(found) == [f"lines.1.{field}"], value


def test_products_must_be_on_sale_priced_and_in_one_currency(shop: Shop) -> None:
    product_ids = [
        add(shop.writer, "products", **values)
        for values in (
            {"discontinued_on": TODAY}, {"list_price": None}, {"currency": "EUR"},
            {"discontinued_on": TODAY + timedelta(days=1)},
        )
    ]  # fmt: skip
    lines = tuple(NewLine(product_id, 1) for product_id in (shop.pen, *product_ids))
    assert refused(shop, form(shop, lines=lines)) == {
        "lines.1.product_id": "not_sold", "lines.2.product_id": "no_price",
        "lines.3.product_id": "other_currency",
    }  # fmt: skip


def test_a_coupon_is_good_only_while_it_runs(shop: Shop) -> None:
    for code, starts_on, ends_on in (
        ("OVER", None, TODAY - timedelta(days=1)), ("SOON", TODAY + timedelta(days=1), None),
    ):  # fmt: skip
        add(
            shop.writer, "campaigns", currency="CNY", coupon_code=code, starts_on=starts_on,
            ends_on=ends_on, discount_rate=Decimal("0.5"),
        )  # fmt: skip
        assert refused(shop, form(shop, coupon_code=code)) == {"coupon_code": "coupon_over"}
    add(shop.writer, "campaigns", currency="CNY", coupon_code="EVER", discount_rate=Decimal(1))
    done = create(shop, form(shop, coupon_code="ever"))
    assert shop.read(done.order_id).net_sales == 0


def test_too_many_lines_and_too_much_money(shop: Shop) -> None:
    lines = tuple(NewLine(number, 1) for number in range(1, 102))
    assert refused(shop, form(shop, lines=lines))["lines"] == "too_many"
    dear = add(shop.writer, "products", list_price=Decimal(10**6))
    assert refused(shop, form(shop, lines=(NewLine(dear, 10**6),))) == {"lines": "too_large"}


@pytest.mark.parametrize("role", ["analyst", "finance", "warehouse", "support", "partner"])
def test_other_roles_write_no_orders(database: Database, role: str) -> None:
    shop = stocked(database)
    with pytest.raises(RightRefused):
        create(shop, form(shop), shop.scopes[role])


def test_nobody_orders_for_customers_they_do_not_see(shop: Shop) -> None:
    for scope in (shop.foreign["sales_rep"], shop.foreign["sales_lead"]):
        assert refused(shop, form(shop), scope) == {"customer_id": "unknown"}


def test_a_lead_gives_the_order_to_a_rep_of_the_region(shop: Shop) -> None:
    lead = shop.scopes["sales_lead"]
    foreign = shop.foreign["sales_rep"].employee_id
    assert refused(shop, form(shop, owner_id=foreign), lead) == {"owner_id": "unknown"}
    done = create(shop, form(shop, owner_id=shop.other_rep_id), lead)
    assert shop.read(done.order_id).owner_id == shop.other_rep_id


def test_markup_and_quotes_are_only_text(shop: Shop) -> None:
    words = "'; DROP TABLE orders; -- <script>alert(1)</script> {x} %s"
    done = create(shop, form(shop, note=words, ship_address=words))
    order = shop.read(done.order_id)
    assert order.note == order.ship_address == words


def test_a_new_order_goes_on_like_any_other(shop: Shop) -> None:
    done = create(shop, form(shop))
    shop.bring(done.order_id, "returned")
    check_identities(shop)
    run(shop, shop.scopes["support"], "change_note", done.order_id)
    assert shop.row(select(func.count()).select_from(order_lines))[0] == 3  # and the noise
