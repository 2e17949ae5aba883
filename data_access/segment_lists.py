"""The customers of a segment, what the best of them do not buy yet, and segments saved by name."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Engine, Float, Select, Subquery, cast, func, select

from data_access.divisions import Division, divided_customers
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope
from data_access.segments import YEAR

SegmentSort = Literal[
    "net_sales_12m", "net_sales", "predicted_value_12m", "last_ordered_on", "orders", "silent_90"
]
COMMON = 0.5  # what so large a part of the best buys, the others could
_LISTED = (
    "customer_id", "segment", "group_number", "orders", "orders_12m", "last_ordered_on",
    "net_sales", "net_sales_12m", "net_sales_prior_12m", "predicted_value_12m", "predicted_low",
    "predicted_high", "silent_90", "currency",
)  # fmt: skip


def list_segment_customers(
    engine: Engine,
    scope: Scope,
    division: Division,
    *,
    sort: SegmentSort = "net_sales_12m",
    descending: bool = True,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of the customers; `keyset.next_page(frame)` is the `after` of the next.

    customer_id, customer, rep, phone, consent, segment, group_number, orders, orders_12m,
    last_ordered_on, net_sales, net_sales_12m, net_sales_prior_12m, predicted_value_12m,
    predicted_low, predicted_high, silent_90, currency
    """
    customers = divided_customers(scope, division)
    listed = [customers.c[name] for name in _LISTED]
    return read_page(
        engine,
        Sort(
            customers.c[sort],
            customers.c.customer_id,
            descending,
            has_nulls=sort in ("predicted_value_12m", "silent_90"),
        ),
        select(*listed),
        lambda page: _shown(scope, page, language),
        limit=limit,
        after=after,
    )


def _shown(scope: Scope, page: Subquery, language: str) -> Select[Any]:
    customers, employees = scope.visible.customers, scope.visible.employees
    joined = page.outerjoin(customers, customers.c.customer_id == page.c.customer_id).outerjoin(
        employees, employees.c.employee_id == customers.c.owner_id
    )
    return select(
        page.c.customer_id,
        name_in(language, customers).label("customer"),
        name_in(language, employees).label("rep"),
        customers.c.phone,
        customers.c.consent,
        *(page.c[name] for name in _LISTED[1:]),
    ).select_from(joined)


def list_missing_categories(
    engine: Engine,
    scope: Scope,
    division: Division,
    as_of: date,
    *,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """customer_id, customer, rep, net_sales_12m, currency, category_id, category, peer_rate: the
    tenth of the customers with the most net sales in the last 365 days, and what at least half of
    them bought in that time but this one did not; what most of them buy first; at most `limit`."""
    best = _best_tenth(scope, division)
    bought = _bought(scope, best, as_of)
    size = select(func.count()).select_from(best).scalar_subquery()
    rate = cast(func.count(), Float) / cast(size, Float)
    common = (
        select(bought.c.category_id, rate.label("peer_rate"))
        .group_by(bought.c.category_id)
        .having(rate >= COMMON)
        .subquery("common")
    )
    has = select(bought.c.customer_id).where(
        bought.c.customer_id == best.c.customer_id, bought.c.category_id == common.c.category_id
    )
    customers, employees = scope.visible.customers, scope.visible.employees
    categories = scope.visible.categories
    joined = (
        best.join(common, common.c.category_id.is_not(None))
        .outerjoin(customers, customers.c.customer_id == best.c.customer_id)
        .outerjoin(employees, employees.c.employee_id == customers.c.owner_id)
        .outerjoin(categories, categories.c.category_id == common.c.category_id)
    )
    statement = (
        select(
            best.c.customer_id,
            name_in(language, customers).label("customer"),
            name_in(language, employees).label("rep"),
            best.c.net_sales_12m,
            best.c.currency,
            common.c.category_id,
            name_in(language, categories).label("category"),
            common.c.peer_rate,
        )
        .select_from(joined)
        .where(~has.correlate(best, common).exists())
        .order_by(
            common.c.peer_rate.desc(),
            best.c.net_sales_12m.desc(),
            best.c.customer_id,
            common.c.category_id,
        )
        .limit(max(1, min(limit, 500)))
    )
    return read_frame(engine, statement)


def _best_tenth(scope: Scope, division: Division) -> Subquery:
    customers = divided_customers(scope, division).c
    tenth = func.ntile(10).over(order_by=(customers.net_sales_12m.desc(), customers.customer_id))
    ranked = select(
        customers.customer_id, customers.net_sales_12m, customers.currency, tenth.label("tenth")
    ).subquery("ranked")
    return select(ranked).where(ranked.c.tenth == 1).subquery("best")


def _bought(scope: Scope, best: Subquery, as_of: date) -> Subquery:
    orders, lines = scope.visible.orders, scope.visible.order_lines
    products = scope.visible.products
    return (
        select(orders.c.customer_id, products.c.category_id)
        .select_from(best)
        .join(orders, orders.c.customer_id == best.c.customer_id)
        .join(lines, lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == lines.c.product_id)
        .where(
            orders.c.stage != "cancelled",
            orders.c.ordered_on > as_of - YEAR,
            orders.c.ordered_on <= as_of,
            products.c.is_goods,
            products.c.category_id.is_not(None),
        )
        .distinct()
        .subquery("bought")
    )


def list_saved_segments(engine: Engine, scope: Scope) -> pd.DataFrame:
    """saved_segment_id, name, user_id and person (whose it is), definition, changed_at, version; by
    name. Asked of the record."""
    saved, users = scope.visible.saved_segments.c, scope.visible.users.c
    person = select(users.name).where(users.user_id == saved.user_id).scalar_subquery()
    columns = (
        saved.saved_segment_id, saved.name, saved.user_id, person.label("person"),
        saved.definition, saved.changed_at, saved.version,
    )  # fmt: skip
    return read_frame(engine, select(*columns).order_by(saved.name, saved.saved_segment_id))


def find_what_clusters_are(engine: Engine, scope: Scope) -> dict[str, str | None]:
    """facts: what the last finished refresh of the scores learnt of the clusters, as JSON; None
    before the first. Asked of the record."""
    refreshes = scope.visible.refreshes.c
    last = (
        select(refreshes.facts)
        .where(refreshes.what == "scores", refreshes.state == "done")
        .order_by(refreshes.refresh_id.desc())
    )
    row = read_row(engine, last)
    return {"facts": row["facts"] if row else None}
