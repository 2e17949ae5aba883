"""Each rule finds its row and no other; who cannot read a column does not judge by it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from data_access.database import Database, writing
from data_access.quality import list_quality_rows, sum_quality
from data_access.quality_rules import BY_CODE, RULES, rules_for
from data_access.scope import RELATIONS, Scope
from data_access.tables import metadata, order_lines, orders
from tests.crm import add, add_order, scope_of
from tests.role_sheet import Person, World
from tests.scoping import two_databases
from tests.shop import TODAY
from tests.worlds import PERSON_ID

FUTURE = TODAY + timedelta(days=3)


def sound(database: Database) -> dict[str, int]:
    """One sound row of every kind, in a region with an owner; their ids."""
    writer = database.writer
    ids = {"region": add(writer, "regions", name="North")}
    ids["employee"] = add(writer, "employees", name="Ada", region_id=ids["region"])
    ids["customer"] = _customer(database, ids, name="Sound Ltd", phone="+86 138-1234-5678")
    add(writer, "contacts", customer_id=ids["customer"], name="Li", phone="010-12345678",
        email="li@example.com")  # fmt: skip
    ids["category"] = add(writer, "categories")
    ids["supplier"] = add(writer, "suppliers")
    ids["product"] = _product(database, ids, name="Pen")
    warehouse_id = add(writer, "warehouses")
    ids["warehouse"] = warehouse_id
    add(writer, "stock", warehouse_id=warehouse_id, product_id=ids["product"], on_hand=5,
        reserved=1, reorder_point=2)  # fmt: skip
    ids["order"] = _order(database, ids)
    add(writer, "payments", order_id=ids["order"], amount=100)
    return ids


def _customer(database: Database, ids: dict[str, int], **values: Any) -> int:
    row = {
        "owner_id": ids["employee"], "region_id": ids["region"], "phone": "13900000001",
        "email": "a@example.com", "address": "1 Road", "born_on": date(1990, 1, 1),
        "consent": "granted", "consent_on": date(2026, 1, 1), **values,
    }  # fmt: skip
    return add(database.writer, "customers", **row)


def _product(database: Database, ids: dict[str, int], **values: Any) -> int:
    row = {"category_id": ids["category"], "supplier_id": ids["supplier"], **values}
    return add(database.writer, "products", **row)


def _order(
    database: Database, ids: dict[str, int], line: dict[str, Any] | None = None, **values: Any
) -> int:
    row = {
        "customer_id": ids["customer"], "owner_id": ids["employee"], "region_id": ids["region"],
        "stage": "received", **values,
    }  # fmt: skip
    return add_order(database, lines=[{"product_id": ids["product"], **(line or {})}], **row)


def _change(database: Database, order_id: int, **values: Any) -> None:
    with writing(database.writer) as connection:
        connection.execute(update(orders).where(orders.c.order_id == order_id).values(**values))


BREAKING: dict[str, Any] = {
    "customers.no_owner_id": lambda d, i: _customer(d, i, owner_id=None),
    "customers.no_region_id": lambda d, i: _customer(d, i, region_id=None),
    "customers.no_phone": lambda d, i: _customer(d, i, phone="  "),
    "customers.no_email": lambda d, i: _customer(d, i, email=None),
    "customers.no_address": lambda d, i: _customer(d, i, address=""),
    "customers.consent_unknown": lambda d, i: _customer(d, i, consent="unknown"),
    "customers.owner_left": lambda d, i: _customer(
        d, i, owner_id=add(d.writer, "employees", left_on=date(2026, 1, 1), region_id=i["region"])
    ),
    "customers.bad_phone": lambda d, i: _customer(d, i, phone="call me"),
    "customers.bad_email": lambda d, i: _customer(d, i, email="a@b@example.com"),
    "customers.bad_born_on": lambda d, i: _customer(d, i, born_on=date(1870, 1, 1)),
    "customers.consent_without_day": lambda d, i: _customer(d, i, consent_on=None),
    "customers.same_phone": lambda d, i: _customer(d, i, phone="(86)13812345678"),
    "contacts.unreachable": lambda d, i: _contact(d, i),
    "contacts.bad_phone": lambda d, i: _contact(d, i, phone="１３８１２３４５６７８"),
    "contacts.bad_email": lambda d, i: _contact(d, i, email="li at example.com"),
    "contacts.twice": lambda d, i: _contact(d, i, name="LI", phone="010-12345678"),
    "orders.no_customer_id": lambda d, i: _order(d, i, customer_id=None),
    "orders.no_owner_id": lambda d, i: _order(d, i, {"quantity": 2}, owner_id=None),
    "orders.no_region_id": lambda d, i: _order(d, i, {"quantity": 2}, region_id=None),
    "orders.no_promised_on": lambda d, i: _order(d, i, {"quantity": 2}, promised_on=None),
    "orders.no_lines": lambda d, i: _without_lines(d, i),
    "orders.dates_out_of_order": lambda d, i: _order(
        d, i, {"quantity": 2}, promised_on=date(2026, 11, 1)
    ),
    "orders.stage_without_day": lambda d, i: _order(d, i, {"quantity": 2}, stage="shipped"),
    "orders.ordered_in_future": lambda d, i: _order(d, i, {"quantity": 2}, ordered_on=FUTURE),
    "orders.below_zero": lambda d, i: _change(
        d, _order(d, i, {"quantity": 2}), net_sales=Decimal(-1), paid=Decimal(-1)
    ),
    "orders.overpaid": lambda d, i: add(
        d.writer, "payments", order_id=i["order"], amount=Decimal("0.01")
    ),
    "orders.twice": lambda d, i: _order(d, i),
    "order_lines.no_unit_cost": lambda d, i: _order(d, i, {"quantity": 2, "unit_cost": None}),
    "order_lines.bad_quantity": lambda d, i: _order(d, i, {"quantity": -1}),
    "order_lines.bad_price": lambda d, i: _order(d, i, {"unit_price": Decimal(-1)}),
    "order_lines.free": lambda d, i: _order(d, i, {"unit_price": Decimal(0)}),
    "order_lines.bad_discount": lambda d, i: _order(d, i, {"discount_rate": Decimal("1.2")}),
    "order_lines.returned_more": lambda d, i: _order(d, i, {"returned_quantity": 2}),
    "order_lines.other_currency": lambda d, i: _order(d, i, currency="EUR"),
    "payments.of_nothing": lambda d, i: add(d.writer, "payments", order_id=i["order"], amount=0),
    "payments.other_currency": lambda d, i: add(
        d.writer, "payments", order_id=i["order"], amount=1, currency="EUR"
    ),
    "payments.in_future": lambda d, i: add(
        d.writer, "payments", order_id=i["order"], amount=1, paid_on=FUTURE
    ),
    "products.no_category_id": lambda d, i: _product(d, i, category_id=None),
    "products.no_supplier_id": lambda d, i: _product(d, i, supplier_id=None),
    "products.no_unit_cost": lambda d, i: _product(d, i, unit_cost=None),
    "products.no_list_price": lambda d, i: _product(d, i, list_price=None),
    "products.bad_price": lambda d, i: _product(d, i, list_price=0),
    "products.bad_cost": lambda d, i: _product(d, i, unit_cost=-1),
    "products.below_cost": lambda d, i: _product(d, i, list_price=50),
    "products.gone_before_new": lambda d, i: _product(
        d, i, introduced_on=TODAY, discontinued_on=TODAY - timedelta(days=1)
    ),
    "products.twice": lambda d, i: _product(d, i, name="PEN"),
    "stock.no_reorder_point": lambda d, i: _stock(d, i, on_hand=1),
    "stock.below_zero": lambda d, i: _stock(d, i, on_hand=-1, reserved=-1, reorder_point=1),
    "stock.oversold": lambda d, i: _stock(d, i, on_hand=1, reserved=2, reorder_point=1),
}
# rows that no foreign key lets in; below, one database is made without them
ORPHANS = {rule.code for rule in RULES if rule.kind == "orphan"}


def _contact(database: Database, ids: dict[str, int], **values: Any) -> int:
    row = {"customer_id": ids["customer"], "name": "Wang", **values}
    return add(database.writer, "contacts", **row)


def _stock(database: Database, ids: dict[str, int], **values: Any) -> int:
    product_id = _product(database, ids, name="Ink")
    row = {"warehouse_id": ids["warehouse"], "product_id": product_id, **values}
    return add(database.writer, "stock", **row)


def _without_lines(database: Database, ids: dict[str, int]) -> None:
    order_id = _order(database, ids, {"quantity": 2})
    with writing(database.writer) as connection:
        connection.execute(order_lines.delete().where(order_lines.c.order_id == order_id))
    _change(database, order_id, units=0, gross_sales=0, net_sales=0, cost=0)


def broken(database: Database, role: str = "manager", **values: Any) -> dict[str, int]:
    scope = scope_of(database, role, **values)
    frame = sum_quality(database.record, scope, TODAY, rules_for(scope))
    assert (frame["broken"] <= frame["total"]).all()
    return dict(zip(frame["code"], frame["broken"], strict=True))


def test_every_rule_is_tried() -> None:
    assert BREAKING.keys() | ORPHANS == BY_CODE.keys()
    assert len(BY_CODE) == len(RULES)


def test_each_rule_finds_its_rows(database: Database) -> None:
    ids = sound(database)
    scope = scope_of(database, "manager")
    for code, spoil in BREAKING.items():
        before = count(database, scope, code)
        spoil(database, ids)
        after = count(database, scope, code)
        grown = 2 if BY_CODE[code].kind == "double" else 1
        assert after - before == grown, code
        rows = list_quality_rows(database.record, scope, code, TODAY)
        assert len(rows) == after, code
        assert rows[["name", "order_number"]].notna().any(axis=1).all() or "customer" in code


def count(database: Database, scope: Scope, code: str) -> int:
    return int(sum_quality(database.record, scope, TODAY, (code,))["broken"].iloc[0])


def test_sound_rows_break_no_rule(database: Database) -> None:
    """Judged by who sees nothing of the noise in every test database."""
    ids = sound(database)
    found = broken(database, "sales_rep", employee_id=ids["employee"])
    assert {code for code, count in found.items() if count and "products" not in code} == set()
    assert found["customers.no_phone"] == 0 and "customers.bad_phone" in found


def test_what_is_no_goods_needs_no_price_cost_category_or_supplier(
    database: Database,
) -> None:
    sound(database)
    before = broken(database)
    for name, price in (("Postage", None), ("Samples", 0)):
        add(database.writer, "products", name=name, is_goods=False, list_price=price,
            unit_cost=None, category_id=None, supplier_id=None)  # fmt: skip
    assert broken(database) == before


def test_rows_without_their_parent_are_orphans() -> None:
    """In a database without foreign keys, which is how an analytics copy holds the rows."""
    databases = two_databases("sqlite://", "sqlite://")
    world = World({name: [] for name in RELATIONS})
    world["users"] = [{**dict.fromkeys(metadata.tables["users"].c.keys()), "user_id": PERSON_ID,
                       "username": "a", "name": "A", "role": "admin",
                       "is_active": True}]  # fmt: skip
    for name, row in (
        ("contacts", {"contact_id": 1, "customer_id": 9, "name": "Lost"}),
        ("orders", {"order_id": 1, "customer_id": 9}),
        ("order_lines", {"line_id": 1, "order_id": 9}),
        ("payments", {"payment_id": 1, "order_id": 9}),
    ):
        world[name] = [{**dict.fromkeys(metadata.tables[name].c.keys()), **row}]
    scope, _ = databases.write(world, Person("admin"))
    frame = sum_quality(databases.everything, scope, TODAY, tuple(sorted(ORPHANS)))
    assert set(frame["broken"]) == {1} and len(frame) == len(ORPHANS)
    databases.dispose()


@pytest.mark.parametrize(
    ("role", "judged", "left_out"),
    [
        ("admin", ("customers.bad_phone", "orders.customer_gone"), ()),
        ("analyst", ("orders.overpaid", "orders.customer_gone"),
         ("customers.no_phone", "customers.bad_email", "contacts.twice", "customers.bad_born_on")),
        ("sales_lead", ("customers.bad_phone",), ("orders.customer_gone",)),
        ("sales_rep", ("customers.no_email",), ("payments.order_gone",)),
        ("support", ("customers.bad_phone",), ("orders.overpaid", "products.no_unit_cost")),
        ("warehouse", ("stock.oversold",), ("products.no_list_price", "orders.overpaid")),
        ("partner", (), ("customers.no_phone", "stock.below_zero")),
    ],
)  # fmt: skip
def test_nobody_judges_by_what_is_masked(
    sqlite_database: Database, role: str, judged: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    codes = rules_for(scope_of(sqlite_database, role))
    assert set(judged) <= set(codes)
    assert not set(left_out) & set(codes)


def test_a_rep_counts_own_rows_alone(database: Database) -> None:
    ids = sound(database)
    _customer(database, ids, owner_id=add(database.writer, "employees"), phone=None)
    _customer(database, ids, phone=None)
    own = broken(database, "sales_rep", employee_id=ids["employee"])
    assert own["customers.no_phone"] == 1
    assert broken(database)["customers.no_phone"] == 2


def test_an_unknown_rule_has_no_rows(sqlite_database: Database) -> None:
    sound(sqlite_database)
    scope = scope_of(sqlite_database, "admin")
    rows = list_quality_rows(sqlite_database.record, scope, "gone.rule", TODAY)
    assert len(rows) == 0 and "row_id" in rows
    assert sum_quality(sqlite_database.record, scope, TODAY, ("gone.rule",)).empty
