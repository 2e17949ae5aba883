"""Each command: what it writes, and how it refuses what is stale, wrong, negative or huge."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, insert, select

from data_access.database import Database, writing
from data_access.edits.fields import FieldsRefused
from data_access.edits.returning import ReturnedLine
from data_access.errors import EditRefused, NotFound, NotSaved, StaleVersion
from data_access.tables import (
    audit,
    comments,
    order_lines,
    orders,
    payments,
    properties,
    returns,
    shipments,
    stock,
    stock_movements,
)
from tests.crm import NOW, add, add_order
from tests.shop import (
    COMMANDS,
    TODAY,
    WITHOUT_VERSION,
    Shop,
    arguments,
    check_identities,
    open_shop,
    run,
)

VERSIONED = [name for name in COMMANDS if name not in WITHOUT_VERSION]
IN_STAGE = {
    "start_processing": "confirmed",
    "ship_order": "processing",
    "complete_order": "shipped",
    "register_return": "shipped",
}
WRITTEN = (orders, order_lines, payments, returns, shipments, stock, stock_movements, comments)


def contents(shop: Shop) -> list[Any]:
    """Every row of the tables that commands write, and how long the log is."""
    rows = [tuple(map(tuple, shop.rows(select(table)))) for table in WRITTEN]
    return [*rows, shop.row(select(func.count()).select_from(audit))[0]]


def ready(shop: Shop, action: str) -> int:
    """An order to which the command can be done."""
    order_id = shop.order(IN_STAGE.get(action, "received"))
    if action == "refund_payment":
        run(shop, shop.scopes["admin"], "take_payment", order_id)
    return order_id


def doer(shop: Shop, action: str) -> Any:
    return shop.scopes["sales_rep" if action == "propose_cancellation" else "admin"]


def test_a_stale_edit_is_refused_with_who_changed_what(database: Database) -> None:
    shop = open_shop(database, pens=500, inks=500)
    for action in VERSIONED:
        check_stale(shop, action)


def check_stale(shop: Shop, action: str) -> None:
    order_id = ready(shop, action)
    seen = shop.read(order_id).version
    run(shop, shop.scopes["manager"], "change_note", order_id, note="From the manager")
    before = contents(shop)
    with pytest.raises(StaleVersion) as refused:
        run(shop, doer(shop, action), action, order_id, seen_version=seen)
    assert contents(shop) == before
    change = refused.value.changes[0]
    assert (change.field, change.before, change.after) == ("note", None, "From the manager")
    assert change.person == "A manager" and "A manager" in str(refused.value)


@pytest.mark.parametrize("action", COMMANDS)
def test_the_same_request_twice_is_done_once(sqlite_database: Database, action: str) -> None:
    shop = open_shop(sqlite_database)
    order_id = ready(shop, action)
    said = {**arguments(shop, order_id)[action], "request_id": "the form's"}
    if action not in WITHOUT_VERSION:
        said["seen_version"] = shop.read(order_id).version
    scope = doer(shop, action)
    first = run(shop, scope, action, order_id, **said)
    after = contents(shop)
    again = run(shop, scope, action, order_id, **said)
    assert (again.is_repeat, again.values, again.version) == (True, first.values, first.version)
    assert contents(shop) == after
    if action not in ("start_processing", "confirm_order", "complete_order"):
        with pytest.raises(NotSaved) as refused:
            run(shop, scope, action, order_id, **{**said, **_other(said)})
        assert refused.value.reason == "request_reused"
    check_identities(shop)


def _other(said: dict[str, Any]) -> dict[str, Any]:
    """The same form sent with another value."""
    others: dict[str, Any] = {
        "tracking_number": "OTHER", "reason": "Other", "amount": Decimal("1.23"), "quantity": 7,
        "discount_rate": Decimal("0.01"), "promised_on": TODAY + timedelta(days=9),
        "ship_address": "Other", "owner_id": 1, "note": "Other", "text": "Other",
    }  # fmt: skip
    name = next(name for name in others if name in said)
    return {name: others[name]}


NOT_TEXT = (None, "", "   ", 5, b"x", ["x"], float("nan"))
NOT_WRITTEN = ("a\0b", "a\x1bb", "\ud800", "x" * 3_000)
NOT_A_NUMBER: tuple[Any, ...] = (
    None, "", "abc", "1; DROP TABLE orders", "１２", "1_000", True, float("nan"), float("inf"),
    Decimal("NaN"), pd.NA, [3], "9" * 50,
)  # fmt: skip
BAD: dict[tuple[str, str], tuple[Any, ...]] = {
    ("ship_order", "carrier"): (*NOT_TEXT, *NOT_WRITTEN, "two\nlines", "x" * 81),
    ("ship_order", "tracking_number"): (*NOT_TEXT, *NOT_WRITTEN, "x" * 81),
    ("cancel_order", "reason"): (*NOT_TEXT, *NOT_WRITTEN, "x" * 301),
    ("propose_cancellation", "reason"): (*NOT_TEXT, *NOT_WRITTEN),
    ("register_return", "reason"): (*NOT_TEXT, *NOT_WRITTEN, "x" * 81),
    ("register_return", "note"): (5, "a\0b", "x" * 2_001),
    ("take_payment", "amount"): (
        *NOT_A_NUMBER, 0, -1, "0.001", Decimal("0.005"), 10**9, 10**30, 1e300, "1e3000",
    ),
    ("take_payment", "method"): (*NOT_TEXT, *NOT_WRITTEN, "x" * 41),
    ("take_payment", "reference"): (5, "a\0b", "x" * 121),
    ("refund_payment", "amount"): (*NOT_A_NUMBER, 0, -0.01, "0.001", 10**9, 2**70),
    ("refund_payment", "reason"): (*NOT_TEXT, *NOT_WRITTEN),
    ("change_line_quantity", "quantity"): (*NOT_A_NUMBER, 0, -1, 1.5, "2.5", 10**7, 2**70, 1e300),
    ("change_line_quantity", "line_id"): (*NOT_A_NUMBER, 0, -1, 1.5, 2**63, 10**12),
    ("change_line_discount", "discount_rate"): (
        *NOT_A_NUMBER, -0.01, 1.01, 5, Decimal("0.00001"), 10**30,
    ),
    ("change_promised_date", "promised_on"): (
        None, "2026-12-01", 20261201, pd.NaT, TODAY - timedelta(days=1), date(2029, 1, 1), date.max,
    ),
    ("change_address", "ship_address"): (*NOT_TEXT, *NOT_WRITTEN, "x" * 501),
    ("change_owner", "owner_id"): (*NOT_A_NUMBER, 0, -1, 1.5, 2**63, 10**12),
    ("change_note", "note"): (5, ["x"], "a\0b", "\ud800", "x" * 2_001),
    ("comment_on_order", "text"): (*NOT_TEXT, *NOT_WRITTEN),
}  # fmt: skip


@pytest.mark.parametrize(("action", "field"), BAD)
def test_bad_input_is_refused_at_its_field(
    sqlite_database: Database, action: str, field: str
) -> None:
    refuse_all(sqlite_database, action, field)


def test_so_it_is_on_postgresql(postgresql_database: Database) -> None:
    shop = open_shop(postgresql_database, pens=500, inks=500)
    for action, field in BAD:
        refuse_all(postgresql_database, action, field, shop=shop, only=3)


def refuse_all(
    database: Database, action: str, field: str, *, shop: Shop | None = None, only: int = 100
) -> None:
    shop = shop or open_shop(database)
    order_id = ready(shop, action)
    before = contents(shop)
    values = BAD[action, field]
    for value in (*values[:only], *values[-only:]):
        with pytest.raises(FieldsRefused) as refused:
            run(shop, doer(shop, action), action, order_id, **{field: value})
        assert list(refused.value.fields) == [field], repr(value)
        assert str(refused.value.fields[field]).endswith("."), repr(value)
    assert contents(shop) == before


def test_missing_fields_are_all_named_at_once(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order("processing")
    with pytest.raises(FieldsRefused) as refused:
        run(shop, shop.scopes["warehouse"], "ship_order", order_id, carrier="", tracking_number="")
    fields = refused.value.fields
    assert {name: one.reason for name, one in fields.items()} == {
        "carrier": "required", "tracking_number": "required",
    }  # fmt: skip


@pytest.mark.parametrize("order_id", [None, 0, -1, "1", 1.0, 2**63, 10**30, float("nan"), [1]])
def test_what_is_no_order_is_not_found(database: Database, order_id: Any) -> None:
    shop = open_shop(database)
    real = shop.order()
    said = arguments(shop, real)
    for action in ("confirm_order", "change_note", "take_payment"):
        with pytest.raises(NotFound):
            COMMANDS[action](
                shop.writer, shop.scopes["admin"], order_id, seen_version=1, request_id="r",
                **said[action],
            )  # fmt: skip
    assert shop.read(real).version == 1


@pytest.mark.parametrize("seen", [0, -1, 2, 10**30, "1", None, 1.5])
def test_a_version_that_was_never_seen_is_stale(sqlite_database: Database, seen: Any) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order()
    with pytest.raises(StaleVersion):
        run(shop, shop.scopes["admin"], "change_note", order_id, seen_version=seen)
    assert shop.read(order_id).version == 1


def test_numbers_of_other_kinds_are_taken_as_they_read(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    admin = shop.scopes["admin"]
    order_id = shop.order()
    for quantity in (np.int64(4), 5.0, "6", Decimal(7)):
        run(shop, admin, "change_line_quantity", order_id, quantity=quantity)
    assert shop.lines(order_id)[0].quantity == 7
    run(shop, admin, "change_line_discount", order_id, discount_rate=0.1)
    assert shop.lines(order_id)[0].discount_rate == Decimal("0.1")
    run(shop, admin, "take_payment", order_id, amount=0.1)
    run(shop, admin, "take_payment", order_id, amount="0.20")
    assert shop.read(order_id).paid == Decimal("0.3")


def test_texts_are_kept_exactly(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order()
    note = "王伟 🙂👩\u200d👧 <b>'; DROP TABLE orders; --\n\tsecond line \u202eRTL"
    run(shop, shop.scopes["admin"], "change_note", order_id, note=f"  {note}\r\n ")
    assert shop.read(order_id).note == note
    run(shop, shop.scopes["admin"], "change_note", order_id, note=" ")
    assert shop.read(order_id).note is None


def test_nothing_changed_is_said(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order()
    for action in ("change_promised_date", "change_address", "change_owner", "change_note",
                   "change_line_quantity", "change_line_discount"):  # fmt: skip
        run(shop, shop.scopes["admin"], action, order_id)
        with pytest.raises(FieldsRefused) as refused:
            run(shop, shop.scopes["admin"], action, order_id)
        assert [one.reason for one in refused.value.fields.values()] == ["unchanged"]


# What each command writes


def test_a_whole_life_leaves_its_moments_and_its_log(database: Database) -> None:
    shop = open_shop(database)
    order_id, scopes = shop.order(), shop.scopes
    story = [
        ("sales_lead", "confirm_order"), ("warehouse", "start_processing"),
        ("warehouse", "ship_order"), ("support", "complete_order"), ("finance", "take_payment"),
        ("support", "register_return"), ("finance", "refund_payment"),
    ]  # fmt: skip
    for hour, (role, action) in enumerate(story):
        run(shop, scopes[role], action, order_id, now=NOW + timedelta(hours=hour))
    order = shop.read(order_id)
    assert order.stage == "returned" and order.version == 1 + len(story)
    moments = [order.confirmed_at, order.processing_at, order.shipped_at, order.completed_at]
    assert moments == [NOW + timedelta(hours=hour) for hour in range(4)]
    assert order.returned_at == NOW + timedelta(hours=5)
    days = {order.confirmed_on, order.shipped_on, order.completed_on}
    assert days == {TODAY} and order.cancelled_on is None
    shipment = shop.row(select(shipments).where(shipments.c.order_id == order_id))
    assert (shipment.carrier, shipment.tracking_number) == ("SF Express", "SF123")
    assert shipment.delivered_at == order.completed_at
    assert {row.state for row in shop.rows(select(returns))} == {"received"}
    log = shop.rows(select(audit).where(audit.c.order_id == order_id).order_by(audit.c.audit_id))
    told = list(dict.fromkeys((row.actor, row.action) for row in log if row.request_id))
    assert told == [(role.replace("_", "."), action) for role, action in story]
    check_identities(shop)


def test_a_payment_is_at_most_what_is_owed(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order(units=(3, 0))  # 300.00
    finance = shop.scopes["finance"]
    run(shop, finance, "take_payment", order_id, amount=Decimal("299.99"))
    with pytest.raises(FieldsRefused) as refused:
        run(shop, finance, "take_payment", order_id, amount=Decimal("0.02"))
    assert str(refused.value.fields["amount"]) == "0.01 is owed; more cannot be booked."
    run(shop, finance, "take_payment", order_id, amount=Decimal("0.01"), reference="B 7")
    assert shop.read(order_id).paid == 300
    row = shop.rows(select(payments).order_by(payments.c.payment_id))[-1]
    assert (row.reference, row.paid_on, row.currency) == ("B 7", TODAY, "CNY")


def test_a_refund_is_at_most_what_was_paid(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order()
    finance = shop.scopes["finance"]
    run(shop, finance, "take_payment", order_id, amount=100)
    run(shop, shop.scopes["admin"], "cancel_order", order_id)
    with pytest.raises(FieldsRefused) as refused:
        run(shop, finance, "refund_payment", order_id, amount=Decimal("100.01"))
    assert str(refused.value.fields["amount"]) == "100.00 was paid; more cannot be refunded."
    run(shop, finance, "refund_payment", order_id, amount=100)
    assert shop.read(order_id).paid == 0
    assert shop.rows(select(payments.c.amount))[-1].amount == -100


def test_fractions_of_a_cent_can_be_paid_off(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order(units=(1, 0))
    run(shop, shop.scopes["admin"], "change_line_discount", order_id, discount_rate="0.0033")
    assert shop.read(order_id).net_sales == Decimal("99.67")
    run(shop, shop.scopes["finance"], "take_payment", order_id, amount="99.67")
    with pytest.raises(FieldsRefused):
        run(shop, shop.scopes["finance"], "take_payment", order_id, amount="0.01")


def test_a_return_of_some_leaves_the_rest(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order("completed", units=(3, 2))
    support, (pens, inks) = shop.scopes["support"], shop.lines(order_id)
    came = [ReturnedLine(pens.line_id, 1), ReturnedLine(inks.line_id, 2, back_in_stock=False)]
    run(shop, support, "register_return", order_id, lines=came)
    order = shop.read(order_id)
    assert (order.stage, order.net_sales, order.returns_value) == ("completed", 200, 300)
    assert (shop.shelf(shop.pen).on_hand, shop.shelf(shop.ink).on_hand) == (8, 3)
    with pytest.raises(FieldsRefused) as refused:
        run(shop, support, "register_return", order_id, lines=[ReturnedLine(pens.line_id, 3)])
    assert refused.value.fields["lines.0.quantity"].values == {"kept": 2}
    run(shop, support, "register_return", order_id, lines=[ReturnedLine(pens.line_id, 2)])
    assert shop.read(order_id).stage == "returned" and shop.read(order_id).net_sales == 0
    check_identities(shop)


def test_a_return_names_every_bad_line(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id, other = shop.order("shipped"), shop.order("shipped")
    line_id, foreign = shop.lines(order_id)[0].line_id, shop.lines(other)[0].line_id

    def refused(*lines: Any) -> dict[str, str]:
        with pytest.raises(FieldsRefused) as error:
            run(shop, shop.scopes["support"], "register_return", order_id, lines=list(lines))
        return {name: one.reason for name, one in error.value.fields.items()}

    assert refused() == {"lines": "required"}
    assert refused(ReturnedLine(line_id, 0), ReturnedLine("x", 1)) == {  # type: ignore[arg-type]
        "lines.0.quantity": "too_small", "lines.1.line_id": "unknown",
    }  # fmt: skip
    assert refused(ReturnedLine(line_id, 1), ReturnedLine(line_id, 1)) == {
        "lines.1.line_id": "twice"
    }
    assert refused(ReturnedLine(foreign, 1)) == {"lines.0.line_id": "unknown"}
    assert refused(*[ReturnedLine(line_id, 1)] * 300)["lines"] == "too_many"


def test_returns_close_when_the_money_is_settled(database: Database) -> None:
    shop = open_shop(database)
    paid, unpaid = shop.order("completed"), shop.order("completed")
    run(shop, shop.scopes["finance"], "take_payment", paid, amount=500)

    def states(order_id: int) -> set[str]:
        wanted = select(returns.c.state).where(returns.c.order_id == order_id)
        return {row.state for row in shop.rows(wanted)}

    for order_id in (paid, unpaid):
        run(shop, shop.scopes["support"], "register_return", order_id)
    assert (states(paid), states(unpaid)) == ({"received"}, {"closed"})
    run(shop, shop.scopes["finance"], "refund_payment", paid, amount=200)
    assert states(paid) == {"received"}
    run(shop, shop.scopes["finance"], "refund_payment", paid, amount=300)
    assert states(paid) == {"closed"}


@pytest.mark.parametrize(
    ("role", "most"), [("sales_rep", "0.10"), ("sales_lead", "0.20"), ("manager", "0.40")]
)
def test_each_role_has_its_discount_limit(database: Database, role: str, most: str) -> None:
    shop = open_shop(database)
    order_id, scope = shop.order(), shop.scopes[role]
    with pytest.raises(FieldsRefused) as refused:
        run(
            shop,
            scope,
            "change_line_discount",
            order_id,
            discount_rate=Decimal(most) + Decimal("0.0001"),
        )
    assert refused.value.fields["discount_rate"].values == {"most": f"{Decimal(most) * 100:.0f}%"}
    run(shop, scope, "change_line_discount", order_id, discount_rate=Decimal(most))
    assert shop.lines(order_id)[0].discount_rate == Decimal(most)
    check_identities(shop)


def test_a_coupons_discount_comes_on_top_of_the_limit(database: Database) -> None:
    shop = open_shop(database)
    add(shop.writer, "campaigns", currency="CNY", coupon_code="FIVE", discount_rate=Decimal("0.05"))
    order_id, rep = shop.order(coupon_code="FIVE"), shop.scopes["sales_rep"]
    run(shop, rep, "change_line_discount", order_id, discount_rate=Decimal("0.15"))
    with pytest.raises(FieldsRefused):
        run(shop, rep, "change_line_discount", order_id, discount_rate=Decimal("0.16"))


def test_an_order_goes_to_people_one_sees_and_who_are_still_there(database: Database) -> None:
    shop = open_shop(database)
    order_id, lead = shop.order(), shop.scopes["sales_lead"]
    gone = add(shop.writer, "employees", name="Gone", region_id=shop.region_id, left_on=TODAY)
    for owner_id in (gone, shop.foreign["sales_rep"].employee_id, 10**6):
        with pytest.raises(FieldsRefused) as refused:
            run(shop, lead, "change_owner", order_id, owner_id=owner_id)
        assert refused.value.fields["owner_id"].reason == "unknown"
    run(shop, lead, "change_owner", order_id, owner_id=shop.other_rep_id)
    assert shop.read(order_id).owner_id == shop.other_rep_id


def test_a_line_of_another_order_is_no_line_of_this_one(database: Database) -> None:
    shop = open_shop(database)
    order_id, other = shop.order(), shop.order()
    for action in ("change_line_quantity", "change_line_discount"):
        with pytest.raises(FieldsRefused) as refused:
            run(shop, shop.scopes["admin"], action, order_id, line_id=shop.lines(other)[0].line_id)
        assert refused.value.fields["line_id"].reason == "unknown"


def test_an_order_worth_too_much_is_refused(database: Database) -> None:
    shop = open_shop(database)
    dear = add(shop.writer, "products", sku="DEAR", list_price=Decimal(10**6))
    order_id = add_order(
        database, stage="received", lines=[{"product_id": dear, "unit_price": Decimal(10**6)}]
    )
    with pytest.raises(FieldsRefused) as refused:
        run(shop, shop.scopes["admin"], "change_line_quantity", order_id, quantity=1_000_000)
    assert refused.value.fields["quantity"].reason == "too_large"
    assert shop.read(order_id).units == 1


def test_an_order_without_lines_is_not_confirmed(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = add(
        shop.writer, "orders", order_number="EMPTY", channel="web", stage="received",
        currency="CNY", ordered_at=NOW, ordered_on=TODAY,
    )  # fmt: skip
    with pytest.raises(EditRefused) as refused:
        COMMANDS["confirm_order"](
            shop.writer, shop.scopes["admin"], order_id, seen_version=1, request_id="r"
        )
    assert refused.value.reason == "no_lines"


def test_the_day_is_the_business_day(database: Database) -> None:
    shop = open_shop(database)  # in Shanghai the next day has begun
    order_id = shop.order("processing")
    run(shop, shop.scopes["warehouse"], "ship_order", order_id, now=datetime(2026, 11, 23, 16, 30))
    order = shop.read(order_id)
    assert order.shipped_on == date(2026, 11, 24)
    assert order.shipped_at == datetime(2026, 11, 23, 16, 30)


def test_a_clock_that_goes_back_does_not_turn_the_stages_round(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order("confirmed")
    run(shop, shop.scopes["admin"], "start_processing", order_id, now=NOW - timedelta(days=1))
    order = shop.read(order_id)
    assert order.processing_at == order.confirmed_at


def test_in_a_demo_everything_happens_on_its_last_day(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order("confirmed")
    facts = [{"name": "demo", "value": "1"}, {"name": "demo_as_of", "value": str(TODAY)}]
    with writing(shop.writer) as connection:
        connection.execute(insert(properties), facts)
    later = datetime(2027, 3, 1, 2, 0)
    run(shop, shop.scopes["admin"], "start_processing", order_id, now=later)
    run(shop, shop.scopes["admin"], "ship_order", order_id, now=later + timedelta(hours=1))
    order = shop.read(order_id)
    assert order.shipped_on == TODAY
    assert NOW < order.processing_at < order.shipped_at < datetime(2026, 11, 23, 16, 0)
