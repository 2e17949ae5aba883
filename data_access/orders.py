"""Orders, one by one: the list, one order, and what belongs to it. Read from the record."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Engine, FromClause, Select, Subquery, case, func, null, select

from data_access.dialects import days_between
from data_access.errors import NotFound
from data_access.filters import (
    OrderFilter,
    is_common,
    is_overdue,
    name_in,
    order_predicates,
    searched,
)
from data_access.frames import read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.owing import owed, payment_state
from data_access.scope import Scope
from data_access.stages import OPEN_STAGES

# days_late is of few orders, those of a filter on late ones, or it sorts them all
OrderSort = Literal["ordered_at", "promised_on", "net_sales", "order_number", "units", "days_late"]
NEVER_NULL = ("ordered_at", "order_number")


def list_orders(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    *,
    as_of: date,
    sort: OrderSort = "ordered_at",
    descending: bool = True,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of orders; `keyset.next_page(frame)` is the `after` of the next one.

    order_id, order_number, customer_id, customer, owner_id, rep, region_id, region, channel,
    channel_name, stage, ordered_at, ordered_on, promised_on, age_days (open: since ordered),
    days_late (open: promised to today; delivered: promised to delivered; NULL when in time),
    is_overdue, units, net_sales, currency, payment_state (NULL: cancelled or hidden), version
    """
    orders = scope.visible.orders
    wanted = searched(engine, scope, order_filter)
    walks = is_common(engine, scope, order_filter.category_ids)
    by_moment = sort == "ordered_at"
    chosen = select(orders).where(
        *order_predicates(scope, wanted, as_of, row_by_row=walks, by_moment=by_moment)
    )
    value = _days_late(orders, as_of) if sort == "days_late" else orders.c[sort]
    return read_page(
        engine,
        Sort(value, orders.c.order_id, descending, has_nulls=sort not in NEVER_NULL),
        chosen,
        lambda page: _shown(scope, page, as_of, language),
        limit=limit,
        after=after,
    )


def find_order(
    engine: Engine, scope: Scope, order_number: str, as_of: date, language: str = "en"
) -> dict[str, Any]:
    """The order with every column of the table that the person may see, and customer, rep,
    region, channel_name, warehouse, campaign, age_days, days_late, is_overdue, payment_state,
    paid and owed (NULL: cancelled or hidden). Refused with NotFound."""
    orders, warehouses, campaigns = (
        scope.visible.orders, scope.visible.warehouses, scope.visible.campaigns
    )  # fmt: skip
    found = select(orders).where(orders.c.order_number == order_number).subquery("page")
    shown = {column.key for column in _shown(scope, found, as_of, language).selected_columns}
    statement = _shown(scope, found, as_of, language).add_columns(
        *(column for column in found.c if column.key not in shown),
        _name(warehouses, warehouses.c.warehouse_id == found.c.warehouse_id, language, "warehouse"),
        _name(campaigns, campaigns.c.campaign_id == found.c.campaign_id, language, "campaign"),
        case((found.c.stage != "cancelled", owed(found.c))).label("owed"),
    )
    row = read_row(engine, statement)
    if row is None:
        raise NotFound("order", number=order_number)
    return row


def _shown(scope: Scope, page: Subquery, as_of: date, language: str) -> Select[Any]:
    visible = scope.visible
    customers, employees = visible.customers, visible.employees
    regions, channels = visible.regions, visible.channels
    return select(
        page.c.order_id,
        page.c.order_number,
        page.c.customer_id,
        _name(customers, customers.c.customer_id == page.c.customer_id, language, "customer"),
        page.c.owner_id,
        _name(employees, employees.c.employee_id == page.c.owner_id, language, "rep"),
        page.c.region_id,
        _name(regions, regions.c.region_id == page.c.region_id, language, "region"),
        page.c.channel,
        _name(channels, channels.c.channel == page.c.channel, language, "channel_name"),
        page.c.stage,
        page.c.ordered_at,
        page.c.ordered_on,
        page.c.promised_on,
        case((page.c.stage.in_(OPEN_STAGES), days_between(page.c.ordered_on, as_of))).label(
            "age_days"
        ),
        _days_late(page, as_of).label("days_late"),
        func.coalesce(is_overdue(page.c, as_of), False).label("is_overdue"),
        page.c.units,
        page.c.net_sales,
        page.c.currency,
        payment_state(page.c).label("payment_state"),
        page.c.version,
    )


def _name(
    relation: FromClause, condition: ColumnElement[bool], language: str, label: str
) -> ColumnElement[Any]:
    return select(name_in(language, relation)).where(condition).scalar_subquery().label(label)


def _days_late(orders: FromClause, as_of: date) -> ColumnElement[Any]:
    until = case(
        (orders.c.stage.in_(OPEN_STAGES), as_of),
        (orders.c.stage.in_(("completed", "returned")), orders.c.completed_on),
        else_=null(),
    )
    return case((until > orders.c.promised_on, days_between(orders.c.promised_on, until)))
