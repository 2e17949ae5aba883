"""The segments of customers in sums: size, sales, margin, growth and value, where customers went
since the last quarter, what each buys and is expected to buy. Asked of the analytics
copy; all of customers who are scored and whom the person sees, and money in the division's currency
(without one, NULL where there are several)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    and_,
    case,
    cast,
    func,
    null,
    select,
)

from data_access.columns import Money
from data_access.dialects import start_of
from data_access.divisions import SCORES, Division, divided_customers
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.scope import Scope

PivotBy = Literal["category", "region", "channel", "month"]
YEAR = timedelta(days=365)
SUMMED = (
    "net_sales", "net_sales_12m", "net_sales_prior_12m", "margin_12m", "predicted_value_12m",
    "value_at_risk_90",
)  # fmt: skip


def sum_segments(engine: Engine, scope: Scope, division: Division) -> pd.DataFrame:
    """group_number, customers, orders_12m, expected_orders_12m, net_sales (ever), net_sales_12m,
    net_sales_prior_12m, margin_12m and costed_sales_12m (of the customers whose costs are known),
    predicted_value_12m, value_at_risk_90: one row for each part that has customers, in order."""
    customers = divided_customers(scope, division).c
    costed = case((customers.margin_12m.is_not(None), customers.net_sales_12m))
    statement = select(
        customers.group_number,
        func.count().label("customers"),
        func.sum(customers.orders_12m).label("orders_12m"),
        func.sum(customers.expected_orders_12m).label("expected_orders_12m"),
        *(_total(customers, customers[name]).label(name) for name in SUMMED),
        _total(customers, costed).label("costed_sales_12m"),
    )
    grouped = statement.group_by(customers.group_number).order_by(customers.group_number)
    return read_frame(engine, grouped)


def find_segments_day(
    engine: Engine, scope: Scope, currency: str | None = None
) -> dict[str, date | None]:
    """as_of_on: the day the scores are of; before_on: the end of the quarter before, of which the
    segments are known; None where there is none."""
    scores, history = scope.visible.customer_scores.c, scope.visible.segment_history.c
    of_currency = [scores.currency == currency] if currency else []
    day = select(func.max(scores.as_of_on)).where(*of_currency).scalar_subquery()
    before = select(func.max(history.as_of_on)).where(history.as_of_on < day).scalar_subquery()
    row = read_row(engine, select(day.label("as_of_on"), before.label("before_on")))
    return row or {"as_of_on": None, "before_on": None}


def find_cut_points(
    engine: Engine, scope: Scope, currency: str | None = None
) -> dict[str, tuple[float | None, ...]]:
    """recency_days, orders, net_sales: from where on the scores 2 to 5 were given among the
    customers that the person sees; None where nobody has so good a score."""
    scores = divided_customers(scope, Division(currency=currency)).c
    columns: list[ColumnElement[Any]] = [func.max(scores.as_of_on).label("as_of_on")]
    for score in range(2, 6):
        for name, value in zip(
            SCORES, (scores.last_ordered_on, scores.orders, scores.net_sales), strict=True
        ):
            columns.append(func.min(case((scores[name] >= score, value))).label(f"{name}_{score}"))
    row = read_row(engine, select(*columns)) or {}
    found: dict[str, tuple[float | None, ...]] = {}
    for part, name in zip(("recency_days", "orders", "net_sales"), SCORES, strict=True):
        said = [row.get(f"{name}_{score}") for score in range(2, 6)]
        if name == "recency_score":
            found[part] = tuple(_days(row["as_of_on"], each) for each in said)
        else:
            found[part] = tuple(None if each is None else float(each) for each in said)
    return found


def sum_movements(engine: Engine, scope: Scope, division: Division) -> pd.DataFrame:
    """was (NULL: no customer yet at the end of the quarter before), now (segments by the scores as
    they were worked out), customers, net_sales_12m: where customers went since then."""
    customers = divided_customers(scope, division)
    history = scope.visible.segment_history
    last = select(func.max(history.c.as_of_on)).where(
        history.c.as_of_on < select(func.max(customers.c.as_of_on)).scalar_subquery()
    )
    before = (
        select(history.c.customer_id, history.c.segment)
        .where(history.c.as_of_on == last.scalar_subquery())
        .subquery("before")
    )
    was, now = before.c.segment, customers.c.segment
    statement = (
        select(
            was.label("was"),
            now.label("now"),
            func.count().label("customers"),
            _total(customers.c, customers.c.net_sales_12m).label("net_sales_12m"),
        )
        .select_from(customers)
        .outerjoin(before, before.c.customer_id == customers.c.customer_id)
        .group_by(was, now)
        .order_by(func.coalesce(was, ""), now)
    )
    return read_frame(engine, statement)


def sum_segments_by(
    engine: Engine,
    scope: Scope,
    division: Division,
    as_of: date,
    pivot_by: PivotBy,
    language: str = "en",
) -> pd.DataFrame:
    """group_number, key (category_id, region_id, channel or the month's first day), name (NULL for
    months), net_sales: of the orders of the last 365 days that are not cancelled, in the currency
    the customer buys most in."""
    customers, orders = divided_customers(scope, division), scope.visible.orders
    joined = customers.join(
        orders,
        and_(
            orders.c.customer_id == customers.c.customer_id,
            orders.c.currency == customers.c.currency,
        ),
    )
    key: ColumnElement[Any]
    sales, named = orders.c.net_sales, None
    if pivot_by == "category":
        lines, products = scope.visible.order_lines, scope.visible.products
        joined = joined.join(lines, lines.c.order_id == orders.c.order_id)
        joined = joined.join(products, products.c.product_id == lines.c.product_id)
        key, sales, named = products.c.category_id, lines.c.net_sales, scope.visible.categories
    elif pivot_by == "month":
        key = start_of("month", orders.c.ordered_on)
    else:
        named = scope.visible.regions if pivot_by == "region" else scope.visible.channels
        key = orders.c.region_id if pivot_by == "region" else orders.c.channel
    sums = (
        select(
            customers.c.group_number,
            key.label("key"),
            _total(customers.c, sales).label("net_sales"),
        )
        .select_from(joined)
        .where(*_last_year(orders, as_of))
        .group_by(customers.c.group_number, key)
        .subquery("sums")
    )
    if named is None:
        statement = select(sums.c.group_number, sums.c.key, null().label("name"), sums.c.net_sales)
    else:
        named_by = {"category": "category_id", "region": "region_id"}.get(pivot_by, "channel")
        statement = select(
            sums.c.group_number, sums.c.key, name_in(language, named).label("name"),
            sums.c.net_sales,
        ).outerjoin_from(sums, named, named.c[named_by] == sums.c.key)  # fmt: skip
    order = (sums.c.group_number, func.coalesce(sums.c.net_sales, 0).desc(), sums.c.key)
    return read_frame(engine, statement.order_by(*order))


def sum_next_purchases(
    engine: Engine, scope: Scope, division: Division, language: str = "en"
) -> pd.DataFrame:
    """group_number, category_id (NULL: none), name, customers, expected (purchases within 30 days
    of the day of the scores): what each part is expected to buy next, the most first."""
    customers, dues = divided_customers(scope, division), scope.visible.rebuy_dues
    products, categories = scope.visible.products, scope.visible.categories
    joined = customers.join(dues, dues.c.customer_id == customers.c.customer_id).outerjoin(
        products, products.c.product_id == dues.c.product_id
    )
    sums = (
        select(
            customers.c.group_number,
            products.c.category_id,
            func.count(dues.c.customer_id.distinct()).label("customers"),
            func.sum(dues.c.probability_30).label("expected"),
        )
        .select_from(joined)
        .group_by(customers.c.group_number, products.c.category_id)
        .subquery("sums")
    )
    statement = (
        select(
            sums.c.group_number, sums.c.category_id, name_in(language, categories).label("name"),
            sums.c.customers, sums.c.expected,
        )
        .outerjoin_from(sums, categories, categories.c.category_id == sums.c.category_id)
        .order_by(
            sums.c.group_number, sums.c.expected.desc(), func.coalesce(sums.c.category_id, 0)
        )
    )  # fmt: skip
    return read_frame(engine, statement)


def _last_year(orders: Any, as_of: date) -> tuple[ColumnElement[bool], ...]:
    return (
        orders.c.stage != "cancelled",
        orders.c.ordered_on > as_of - YEAR,
        orders.c.ordered_on <= as_of,
    )


def _total(customers: Any, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The sum, or NULL over several currencies."""
    several = func.min(customers.currency) != func.max(customers.currency)
    return case((several, cast(null(), Money)), else_=func.sum(column))


def _days(as_of: date | None, last: date | None) -> float | None:
    return None if as_of is None or last is None else float((as_of - last).days)
