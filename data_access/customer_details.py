"""What belongs to one customer: contacts, value, categories, scores, what presses. Asked of the
record; a customer whom the person does not see has nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Integer,
    Select,
    case,
    cast,
    distinct,
    func,
    literal,
    select,
)

from data_access.columns import Money
from data_access.customers import YEAR_DAYS
from data_access.dialects import days_between
from data_access.filters import is_overdue, name_in
from data_access.frames import read_frame, read_row
from data_access.owing import is_owing, owed
from data_access.scope import Scope

MOST_CONTACTS = 50
MOST_CATEGORIES = 6
REBUY_DAYS = 14  # ahead, in which what is due to be bought again is worth an offer


def list_customer_contacts(engine: Engine, scope: Scope, customer_id: int) -> pd.DataFrame:
    """contact_id, name, position, phone, email, is_primary (1 or 0); the primary one first, at
    most MOST_CONTACTS."""
    contacts = scope.visible.contacts.c
    statement = (
        select(
            contacts.contact_id,
            contacts.name,
            contacts.position,
            contacts.phone,
            contacts.email,
            case((contacts.is_primary, 1), else_=0).label("is_primary"),
        )
        .where(contacts.customer_id == customer_id)
        .order_by(contacts.is_primary.desc(), contacts.name, contacts.contact_id)
        .limit(MOST_CONTACTS)
    )
    return read_frame(engine, statement)


def sum_customer_value(engine: Engine, scope: Scope, customer_id: int, as_of: date) -> pd.DataFrame:
    """currency, orders, open_orders, net_sales, net_sales_12m (365 days up to `as_of`),
    net_sales_prior_12m (the 365 before), cost_12m, first_ordered_on, last_ordered_on, order_days,
    gap_days (from the first order day to the last, by the number of gaps; NULL below two days),
    owed, past_due, past_due_on (the earliest), past_due_orders. A row for each currency, that of
    most orders first; cancelled orders left out."""
    orders = scope.visible.orders.c
    start = as_of - timedelta(days=YEAR_DAYS)
    in_year = (orders.ordered_on > start) & (orders.ordered_on <= as_of)
    before = (orders.ordered_on > start - timedelta(days=YEAR_DAYS)) & (orders.ordered_on <= start)
    is_due = is_owing(orders) & (orders.due_on < as_of)
    days = func.count(distinct(orders.ordered_on))
    span = days_between(func.min(orders.ordered_on), func.max(orders.ordered_on))
    count = func.count().label("orders")
    statement = (
        select(
            orders.currency,
            count,
            func.count(case((orders.stage.not_in(("completed", "returned")), 1))).label(
                "open_orders"
            ),
            _money(func.sum(orders.net_sales)).label("net_sales"),
            _money(func.sum(case((in_year, orders.net_sales)))).label("net_sales_12m"),
            _money(func.sum(case((before, orders.net_sales)))).label("net_sales_prior_12m"),
            _money(func.sum(case((in_year, orders.cost)))).label("cost_12m"),
            func.min(orders.ordered_on).label("first_ordered_on"),
            func.max(orders.ordered_on).label("last_ordered_on"),
            days.label("order_days"),
            case((days > 1, span * literal(1.0) / (days - 1))).label("gap_days"),
            _money(func.sum(case((is_owing(orders), owed(orders))))).label("owed"),
            _money(func.sum(case((is_due, owed(orders))))).label("past_due"),
            func.min(case((is_due, orders.due_on))).label("past_due_on"),
            func.count(case((is_due, 1))).label("past_due_orders"),
        )
        .where(orders.customer_id == customer_id, orders.stage != "cancelled")
        .group_by(orders.currency)
        .order_by(count.desc(), orders.currency)
    )
    return read_frame(engine, statement)


def sum_customer_categories(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    as_of: date,
    currency: str | None,
    language: str = "en",
) -> pd.DataFrame:
    """name, net_sales, units (of the 365 days up to `as_of`), previous_net_sales (of the 365
    before); the MOST_CATEGORIES with most sales, of goods alone, cancelled orders left out."""
    visible = scope.visible
    orders, lines = visible.orders, visible.order_lines
    products, categories = visible.products, visible.categories
    start = as_of - timedelta(days=YEAR_DAYS)
    now = orders.c.ordered_on > start
    name = name_in(language, categories)
    sales = _money(func.sum(case((now, lines.c.net_sales))))
    statement = (
        select(
            name.label("name"),
            func.coalesce(sales, 0, type_=Money).label("net_sales"),
            func.coalesce(func.sum(case((now, lines.c.quantity))), 0).label("units"),
            func.coalesce(_money(func.sum(case((~now, lines.c.net_sales)))), 0, type_=Money).label(
                "previous_net_sales"
            ),
        )
        .select_from(orders)
        .join(lines, lines.c.order_id == orders.c.order_id)
        .outerjoin(products, products.c.product_id == lines.c.product_id)
        .outerjoin(categories, categories.c.category_id == products.c.category_id)
        .where(
            orders.c.customer_id == customer_id,
            orders.c.stage != "cancelled",
            orders.c.currency == currency,
            products.c.is_goods.is_not(False),
            orders.c.ordered_on > start - timedelta(days=YEAR_DAYS),
            orders.c.ordered_on <= as_of,
        )
        .group_by(categories.c.category_id, name)
        .order_by(func.coalesce(sales, 0).desc(), categories.c.category_id)
        .limit(MOST_CATEGORIES)
    )
    return read_frame(engine, statement)


def find_customer_scores(engine: Engine, scope: Scope, customer_id: int) -> dict[str, Any]:
    """as_of_on, currency, segment, rule_segment, silent_30, silent_90, silent_180, usual_gap_days,
    expected_orders_12m, predicted_value_12m, predicted_low, predicted_high, value_at_risk_90: as
    the last refresh found them. Empty where it found nothing for this customer."""
    scores = scope.visible.customer_scores.c
    names = (
        "as_of_on", "currency", "segment", "rule_segment", "silent_30", "silent_90", "silent_180",
        "usual_gap_days", "expected_orders_12m", "predicted_value_12m", "predicted_low",
        "predicted_high", "value_at_risk_90",
    )  # fmt: skip
    statement = select(*(scores[name] for name in names)).where(scores.customer_id == customer_id)
    return read_row(engine, statement) or {}


def list_customer_segments(engine: Engine, scope: Scope, customer_id: int) -> pd.DataFrame:
    """as_of_on, segment: at the end of each quarter, the last first."""
    history = scope.visible.segment_history.c
    statement = (
        select(history.as_of_on, history.segment)
        .where(history.customer_id == customer_id)
        .order_by(history.as_of_on.desc())
        .limit(8)
    )
    return read_frame(engine, statement)


def find_customer_concerns(
    engine: Engine, scope: Scope, customer_id: int, as_of: date, language: str = "en"
) -> dict[str, Any]:
    """What presses, each None where nothing does: complaint_at and complaint_order (of the oldest
    that is not resolved), complaints; late_order, late_promised_on (of the one promised first),
    late_orders; rebuy_product, rebuy_on, rebuy_quantity (of the first that is due within
    REBUY_DAYS; never one that is held out)."""
    complaint = read_row(engine, _complaint(scope, customer_id)) or {}
    late = read_row(engine, _late_order(scope, customer_id, as_of)) or {}
    rebuy = read_row(engine, _rebuy(scope, customer_id, as_of, language)) or {}
    return {
        "complaint_at": complaint.get("created_at"),
        "complaint_order": complaint.get("order_number"),
        "complaints": complaint.get("complaints", 0),
        "late_order": late.get("order_number"),
        "late_promised_on": late.get("promised_on"),
        "late_orders": late.get("late_orders", 0),
        "rebuy_product": rebuy.get("product"),
        "rebuy_on": rebuy.get("expected_on"),
        "rebuy_quantity": rebuy.get("suggested_quantity"),
    }


def _complaint(scope: Scope, customer_id: int) -> Select[Any]:
    feedback, orders = scope.visible.feedback, scope.visible.orders
    number = select(orders.c.order_number).where(orders.c.order_id == feedback.c.order_id)
    return (
        select(
            feedback.c.created_at,
            number.scalar_subquery().label("order_number"),
            func.count().over().label("complaints"),
        )
        .where(
            feedback.c.customer_id == customer_id,
            feedback.c.kind == "complaint",
            feedback.c.state != "resolved",
        )
        .order_by(feedback.c.created_at, feedback.c.feedback_id)
    )


def _late_order(scope: Scope, customer_id: int, as_of: date) -> Select[Any]:
    orders = scope.visible.orders.c
    return (
        select(orders.order_number, orders.promised_on, func.count().over().label("late_orders"))
        .where(orders.customer_id == customer_id, is_overdue(orders, as_of))
        .order_by(orders.promised_on, orders.order_id)
    )


def _rebuy(scope: Scope, customer_id: int, as_of: date, language: str) -> Select[Any]:
    dues, products = scope.visible.rebuy_dues, scope.visible.products
    return (
        select(
            name_in(language, products).label("product"),
            dues.c.expected_on,
            cast(dues.c.suggested_quantity, Integer).label("suggested_quantity"),
        )
        .join(products, products.c.product_id == dues.c.product_id)
        .where(
            dues.c.customer_id == customer_id,
            ~dues.c.is_held_out,
            dues.c.expected_on <= as_of + timedelta(days=REBUY_DAYS),
            dues.c.latest_on >= as_of,
        )
        .order_by(dues.c.expected_on, dues.c.rebuy_due_id)
    )


def _money(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(value, Money)
