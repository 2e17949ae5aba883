"""Makes the rows of a demo CRM and writes them in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Engine, delete, insert, inspect, select, true, update

from data_access.database import bulk_writing
from data_access.demo import feedback, selling
from data_access.demo.accounts import account_rows
from data_access.demo.addresses import contact_rows, customer_rows
from data_access.demo.arrivals import make_arrivals
from data_access.demo.baskets import campaign_of_orders, make_lines, make_orders
from data_access.demo.campaigns import campaign_rows, make_campaigns
from data_access.demo.customers import make_customers
from data_access.demo.fulfilment import make_timeline
from data_access.demo.ledger import line_rows, order_rows, shipment_rows
from data_access.demo.paying import make_payments, payment_rows
from data_access.demo.people import SUPPLIERS, company_rows, make_staff
from data_access.demo.plan import CURRENCY, NEVER, DemoRefused, Plan, Rows
from data_access.demo.products import demand_weights, make_catalogue, product_rows
from data_access.demo.returning import make_returns, return_rows
from data_access.demo.shelves import stock_rows
from data_access.demo.troubles import make_troubles
from data_access.demo.truth import Truth, tell_truth
from data_access.demo.upkeep import without_upkeep
from data_access.loading import load, rows_in
from data_access.tables import BUSINESS_TABLES, metadata, properties, users

Progress = Callable[[int, int], None]  # rows written, rows in all
KEPT = (
    "users", "properties", "data_version", "changes", "stage_rules", "discount_limits"
)  # fmt: skip


@dataclass(frozen=True)
class Demo:
    tables: dict[str, Rows]
    truth: Truth

    @property
    def rows(self) -> int:
        return sum(rows_in(rows) for rows in self.tables.values())


def build_demo(
    engine: Engine, plan: Plan, *, replace: bool = False, progress: Progress | None = None
) -> Truth:
    """Fills the database behind `engine`, whose schema is there and which is empty, or a demo that
    may be replaced; DemoRefused otherwise. All or nothing."""
    refuse_unfit(engine, replace=replace)
    demo = make_demo(plan)
    hear, total, written = progress or (lambda _written, _total: None), demo.rows, 0

    def count(rows: int) -> None:
        nonlocal written
        written += rows
        hear(written, total)

    with bulk_writing(engine, "demo company") as connection:
        with without_upkeep(connection):
            _make_room(connection)
            for table in metadata.sorted_tables:
                if table.name in demo.tables:
                    load(connection, table, demo.tables[table.name], count)
        _remember(connection, plan)
    return demo.truth


def refuse_unfit(engine: Engine, *, replace: bool) -> None:
    """Before anything is changed: another program's database, real data, or a demo to be kept."""
    there = set(inspect(engine).get_table_names())
    if "data_version" not in there:
        if there - {"alembic_version"}:
            raise DemoRefused("not_demo")
        return
    with engine.connect() as connection:
        mark = select(properties.c.value).where(properties.c.name == "demo")
        is_demo = connection.scalar(mark) == "1"
        filled = any(
            connection.execute(select(true()).select_from(table).limit(1)).first() is not None
            for table in (*BUSINESS_TABLES, users)
            if table.name in there
        )
    if filled and not is_demo:
        raise DemoRefused("not_demo")
    if filled and not replace:
        raise DemoRefused("already_demo")


def make_demo(plan: Plan) -> Demo:
    """All rows, in memory."""
    campaigns, catalogue = make_campaigns(plan), make_catalogue(plan)
    weights = demand_weights(plan, catalogue, campaigns)
    arrivals, staff = make_arrivals(plan, weights), make_staff(plan)
    customers = make_customers(plan, arrivals, staff)
    orders = make_orders(plan, arrivals, customers, staff, campaigns)
    lines = make_lines(plan, arrivals, customers, orders, catalogue, weights, campaigns)
    products = product_rows(plan, catalogue, SUPPLIERS)
    troubles = make_troubles(plan)
    times, run = make_timeline(
        plan, customers, orders, lines, catalogue.size, products["lead_time_days"], troubles
    )
    segment = customers.segment[orders.customer]
    returns = make_returns(plan, orders, lines, times, segment, catalogue.category[lines.product])
    money = make_payments(plan, orders, lines, times, returns, segment)
    counted = np.where(times.cancelled == NEVER, money.owed, 0)
    spent = np.bincount(orders.customer, weights=counted, minlength=len(customers.segment))
    people = customer_rows(plan, customers, spent)
    campaign = campaign_of_orders(orders, lines, catalogue, campaigns)
    owned = np.bincount(customers.owner, minlength=len(staff.names))
    tables = {
        **company_rows(plan, staff),
        "products": products,
        "campaigns": campaign_rows(plan, campaigns),
        "customers": people,
        "contacts": contact_rows(plan, customers),
        "orders": order_rows(
            plan, customers, orders, lines, times, returns, money, campaign, people["address"]
        ),
        "order_lines": line_rows(lines, returns),
        "payments": payment_rows(plan, money),
        "shipments": shipment_rows(plan, times),
        "returns": return_rows(plan, lines, returns, money.refunded),
        **stock_rows(plan, lines, times, returns, run, catalogue.size, products["supplier_id"]),
        "feedback": feedback.feedback_rows(
            plan, customers, orders, lines, times, returns, staff, catalogue
        ),
        "interactions": selling.interaction_rows(plan, arrivals, customers, orders),
        "targets": selling.target_rows(plan, orders, staff, counted),
        "opportunities": selling.opportunity_rows(plan, arrivals, customers),
        **account_rows(plan, staff, owned),
    }
    return Demo(tables, tell_truth(plan, arrivals, catalogue, campaigns, troubles, run))


def _make_room(connection: Connection) -> None:
    """Empties the tables of the demo that is replaced; accounts that somebody added stay, without
    the employee and channel they had."""
    connection.execute(delete(metadata.tables["sessions"]))
    for table in reversed(metadata.sorted_tables):
        if table.name == "users":
            connection.execute(delete(users).where(users.c.is_demo))
            connection.execute(update(users).values(employee_id=None, channel=None))
        elif table.name not in KEPT:
            connection.execute(delete(table))


def _remember(connection: Connection, plan: Plan) -> None:
    facts = {
        "demo": "1",
        "demo_as_of": str(plan.as_of),
        "demo_seed": str(plan.seed),
        "currency": CURRENCY,
    }
    connection.execute(delete(properties).where(properties.c.name.in_(list(facts))))
    connection.execute(
        insert(properties), [{"name": name, "value": value} for name, value in facts.items()]
    )
