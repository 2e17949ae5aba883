"""What is known today of a product that might be offered to a customer, and what each method alone
would offer, as a refresh worked it out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Numeric,
    Select,
    and_,
    case,
    cast,
    distinct,
    exists,
    func,
    or_,
    select,
)

from data_access.columns import Rate
from data_access.dialects import unindexed
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.scope import Scope

# what a call came to that speaks against offering the product → the days for which it does, unless
# the customer orders it meanwhile
REFUSALS: Mapping[str, int] = {"not_interested": 180, "wrong": 365}
MOST_SOLD_IN = 90  # days
FACTS = ("product", "sku", "category_id", "category", "supplier_id", "names", "list_price",
         "currency", "available", "is_refused", "bought_orders", "bought_units", "last_bought_on",
         "returned_units", "margin_rate")  # fmt: skip


def find_offer_list(engine: Engine, scope: Scope, customer_id: int) -> dict[str, Any] | None:
    """as_of_on, order_count, late_orders, products, entries, counts (see the data dictionary;
    late_orders and counts NULL for who sees only some customers): what `read_list` reads. None
    where nothing is worked out for the customer."""
    lists = scope.visible.offer_lists
    columns = (column for column in lists.c if column.name != "customer_id")
    return read_row(engine, select(*columns).where(lists.c.customer_id == customer_id))


def list_offered_products(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    product_ids: tuple[int, ...],
    as_of: date,
    *,
    language: str = "en",
) -> pd.DataFrame:
    """product_id, is_sold (1, 0: on `as_of`) and FACTS of the products: names (in all languages),
    available (units not reserved, of all warehouses; NULL where no stock is kept),
    is_refused (1, 0), bought_orders, bought_units, last_bought_on, returned_units (of this
    customer), margin_rate (NULL where unknown or hidden)."""
    products = scope.visible.products
    statement = (
        select(products.c.product_id, flag(is_sold(products, as_of)).label("is_sold"))
        .where(products.c.product_id.in_(product_ids))
        .order_by(products.c.product_id)
    )
    return read_frame(engine, with_facts(statement, scope, products, customer_id, as_of, language))


def find_offered_product(
    engine: Engine, scope: Scope, product_id: int, *, language: str = "en"
) -> dict[str, Any] | None:
    """product_id, product, sku, category, list_price, currency, available, discontinued_on; None
    where the person sees no such product."""
    products, categories = scope.visible.products, scope.visible.categories
    return read_row(
        engine,
        select(
            products.c.product_id,
            name_in(language, products).label("product"),
            products.c.sku,
            name_in(language, categories).label("category"),
            products.c.list_price,
            products.c.currency,
            available(scope, products.c.product_id).label("available"),
            products.c.discontinued_on,
        )
        .outerjoin_from(products, categories, categories.c.category_id == products.c.category_id)
        .where(products.c.product_id == product_id),
    )


def list_most_sold(
    engine: Engine, scope: Scope, as_of: date, *, limit: int = 15, language: str = "en"
) -> pd.DataFrame:
    """product_id, product, sku, category, orders (of the last MOST_SOLD_IN days, that the person
    sees), last_ordered_on, available: goods that are sold on `as_of`, the most ordered first."""
    visible = scope.visible
    orders, lines, products, categories = (
        visible.orders, visible.order_lines, visible.products, visible.categories,
    )  # fmt: skip
    sold = (
        select(
            lines.c.product_id,
            func.count(distinct(orders.c.order_id)).label("orders"),
            func.max(orders.c.ordered_on).label("last_ordered_on"),
        )
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .where(
            orders.c.ordered_on > as_of - timedelta(days=MOST_SOLD_IN),
            orders.c.ordered_on <= as_of,
            orders.c.stage != "cancelled",
        )
        .group_by(lines.c.product_id)
        .subquery("sold")
    )
    return read_frame(
        engine,
        select(
            products.c.product_id,
            name_in(language, products).label("product"),
            products.c.sku,
            name_in(language, categories).label("category"),
            sold.c.orders,
            sold.c.last_ordered_on,
            available(scope, products.c.product_id).label("available"),
        )
        .join_from(sold, products, products.c.product_id == sold.c.product_id)
        .outerjoin(categories, categories.c.category_id == products.c.category_id)
        .where(products.c.is_goods, is_sold(products, as_of))
        .order_by(sold.c.orders.desc(), products.c.product_id)
        .limit(limit),
    )


def find_last_offer_run(engine: Engine, scope: Scope) -> dict[str, Any] | None:
    """as_of_on, finished_at of the last refresh of offers that was done; None before one."""
    refreshes = scope.visible.refreshes
    return read_row(
        engine,
        select(refreshes.c.as_of_on, refreshes.c.finished_at)
        .where(refreshes.c.what == "offers", refreshes.c.state == "done")
        .order_by(refreshes.c.refresh_id.desc()),
    )


def with_facts(
    statement: Select[Any], scope: Scope, products: FromClause, customer_id: int, as_of: date,
    language: str,
) -> Select[Any]:  # fmt: skip
    """The statement, which is from `products`, with FACTS."""
    categories = scope.visible.categories
    bought, returned = _bought(scope, customer_id), _returned(scope, customer_id)
    margin = case(
        (products.c.list_price > 0, 1 - cast(products.c.unit_cost, Numeric(18, 6))
         / cast(products.c.list_price, Numeric(18, 6)))
    )  # fmt: skip
    in_all = func.coalesce(products.c.name, "") + " " + func.coalesce(products.c.name_zh, "")
    columns: Mapping[str, ColumnElement[Any]] = {
        "product": name_in(language, products),
        "sku": products.c.sku,
        "category_id": products.c.category_id,
        "category": name_in(language, categories),
        "supplier_id": products.c.supplier_id,
        "names": in_all,
        "list_price": products.c.list_price,
        "currency": products.c.currency,
        "available": available(scope, products.c.product_id),
        "is_refused": flag(is_refused(scope, customer_id, products.c.product_id, as_of)),
        "bought_orders": func.coalesce(bought.c.orders, 0),
        "bought_units": func.coalesce(bought.c.units, 0),
        "last_bought_on": bought.c.last_on,
        "returned_units": func.coalesce(returned.c.units, 0),
        "margin_rate": cast(margin, Rate),
    }
    return (
        statement.add_columns(*(columns[name].label(name) for name in FACTS))
        .outerjoin(categories, categories.c.category_id == products.c.category_id)
        .outerjoin(bought, bought.c.product_id == products.c.product_id)
        .outerjoin(returned, returned.c.product_id == products.c.product_id)
    )


def available(scope: Scope, product_id: ColumnElement[int]) -> Any:
    """Units that are not reserved, of all warehouses; NULL where no stock is kept."""
    stock = scope.visible.stock
    units = func.sum(stock.c.on_hand - stock.c.reserved)
    return select(units).where(stock.c.product_id == product_id).scalar_subquery()


def is_refused(
    scope: Scope, customer_id: int | ColumnElement[int], product_id: ColumnElement[int], as_of: date
) -> ColumnElement[bool]:
    """Whether the product was set aside for the customer, or a call came to one of REFUSALS and the
    customer has not ordered it since. A mark of a whole line is about all that the line names."""
    reminders, marks = scope.visible.reminders, scope.visible.call_marks
    reasons, orders, lines = (
        scope.visible.call_reasons, scope.visible.orders, scope.visible.order_lines,
    )  # fmt: skip
    set_aside = exists().where(
        reminders.c.customer_id == customer_id,
        reminders.c.product_id == product_id,
        reminders.c.state == "dismissed",
    )
    named = exists().where(
        reasons.c.customer_id == marks.c.customer_id,
        reasons.c.week_on == marks.c.week_on,
        reasons.c.product_id == product_id,
    )
    ordered = exists().where(
        orders.c.customer_id == marks.c.customer_id,
        orders.c.ordered_at > marks.c.marked_at,
        orders.c.stage != "cancelled",
        lines.c.order_id == orders.c.order_id,
        unindexed(lines.c.product_id) == product_id,
    )
    lately = [
        and_(marks.c.mark == mark,
             marks.c.marked_at >= datetime.combine(as_of - timedelta(days=days), time()))
        for mark, days in REFUSALS.items()
    ]  # fmt: skip
    # two levels deep, so that SQLAlchemy must be told what is not of the innermost
    marked = exists().where(
        marks.c.customer_id == customer_id,
        or_(*lately),
        or_(marks.c.product_id == product_id,
            and_(marks.c.product_id.is_(None), named.correlate_except(reasons))),
        ~ordered.correlate_except(orders, lines),
    )  # fmt: skip
    return or_(set_aside.correlate_except(reminders), marked.correlate_except(marks))


def is_sold(products: FromClause, as_of: date) -> ColumnElement[bool]:
    ends = products.c.discontinued_on
    return or_(ends.is_(None), ends > as_of)


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _bought(scope: Scope, customer_id: int) -> Any:
    """The customer's orders and units of each product, and the last day."""
    orders, lines = scope.visible.orders, scope.visible.order_lines
    return (
        select(
            lines.c.product_id,
            func.count(distinct(orders.c.order_id)).label("orders"),
            func.sum(lines.c.quantity).label("units"),
            func.max(orders.c.ordered_on).label("last_on"),
        )
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .where(orders.c.customer_id == customer_id, orders.c.stage != "cancelled")
        .group_by(lines.c.product_id)
        .subquery("bought")
    )


def _returned(scope: Scope, customer_id: int) -> Any:
    """The customer's units of each product that came back."""
    orders, lines, returns = scope.visible.orders, scope.visible.order_lines, scope.visible.returns
    return (
        select(lines.c.product_id, func.sum(returns.c.quantity).label("units"))
        .join_from(orders, returns, returns.c.order_id == orders.c.order_id)
        .join(lines, lines.c.line_id == returns.c.line_id)
        .where(orders.c.customer_id == customer_id)
        .group_by(lines.c.product_id)
        .subquery("returned")
    )
