"""What "what if" learns from: what sold week by week at which price, which promotions ran, how new
customers order, and what those who order now are expected to bring.

Orders are those that were not cancelled and that the filter chooses (its period and categories do
not count), of products that are goods. A promotion is a campaign with a first and a last day that
is no standing coupon. The CRM does not say which category it is of; its orders do: where four
fifths of them or more have a line of one category, it is that category's, else it is of everything.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Float,
    FromClause,
    Integer,
    and_,
    case,
    cast,
    func,
    null,
    select,
    true,
    type_coerce,
)

from data_access.columns import Money
from data_access.dialects import (
    days_between,
    start_of_month,
    start_of_week,
)
from data_access.filters import OrderFilter, Period, name_in, order_predicates
from data_access.frames import read_frame, read_row
from data_access.scope import Scope

WEEKS = 156  # looked back
COHORT_DAYS, MOST_AGE_DAYS = 730, 189
FEWEST_ORDERS = 5  # of a campaign, for its category to be told
PARTS = 100


def last_monday(as_of: date) -> date:
    """The day after the last whole week before `as_of`."""
    return as_of - timedelta(days=as_of.weekday())


def sum_product_weeks(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """product_id, category_id, week_on (the Monday), sold (lines), units, list_price (their mean,
    before discounts), net_sales, cost (of the units kept; NULL where one is not known): of the 156
    whole weeks before `as_of`, those with a sale."""
    lines, orders, products = (
        scope.visible.order_lines, scope.visible.orders, scope.visible.products,
    )  # fmt: skip
    end = last_monday(as_of)
    week = start_of_week(orders.c.ordered_on)
    statement = (
        select(
            lines.c.product_id,
            products.c.category_id,
            week.label("week_on"),
            func.count().label("sold"),
            func.sum(lines.c.quantity).label("units"),
            type_coerce(func.avg(lines.c.unit_price), Money).label("list_price"),
            func.sum(lines.c.net_sales).label("net_sales"),
            type_coerce(_cost(lines), Money).label("cost"),
        )
        .select_from(_goods(scope))
        .where(
            *_chosen(scope, order_filter, as_of),
            orders.c.ordered_on >= end - timedelta(weeks=WEEKS),
            orders.c.ordered_on < end,
        )
        .group_by(lines.c.product_id, products.c.category_id, week)
        .order_by(lines.c.product_id, week)
    )
    return read_frame(engine, statement)


def sum_category_days(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """category_id, ordered_on, sold (lines): of the 156 whole weeks before `as_of`, the days with a
    sale."""
    orders, products = scope.visible.orders, scope.visible.products
    end = last_monday(as_of)
    statement = (
        select(products.c.category_id, orders.c.ordered_on, func.count().label("sold"))
        .select_from(_goods(scope))
        .where(
            *_chosen(scope, order_filter, as_of),
            products.c.category_id.is_not(None),
            orders.c.ordered_on >= end - timedelta(weeks=WEEKS),
            orders.c.ordered_on < end,
        )
        .group_by(products.c.category_id, orders.c.ordered_on)
        .order_by(products.c.category_id, orders.c.ordered_on)
    )
    return read_frame(engine, statement)


def list_campaign_spans(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """campaign_id, discount_rate, budget, starts_on, ends_on, orders, category_id (NULL: of
    everything): a row for each category of each promotion that began by `as_of`."""
    campaigns, lines = scope.visible.campaigns, scope.visible.order_lines
    orders, products = scope.visible.orders, scope.visible.products
    wanted = [*_chosen(scope, order_filter, as_of), orders.c.campaign_id.is_not(None)]
    every = (
        select(orders.c.campaign_id, func.count().label("orders"))
        .where(*wanted)
        .group_by(orders.c.campaign_id)
        .subquery("of_campaigns")
    )
    part = (
        select(
            orders.c.campaign_id,
            products.c.category_id,
            func.count(orders.c.order_id.distinct()).label("orders"),
        )
        .select_from(orders)
        .join(lines, lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == lines.c.product_id)
        .where(*wanted, products.c.category_id.is_not(None))
        .group_by(orders.c.campaign_id, products.c.category_id)
        .subquery("of_categories")
    )
    is_its = and_(
        part.c.campaign_id == campaigns.c.campaign_id,
        part.c.orders * 5 >= every.c.orders * 4,
        every.c.orders >= FEWEST_ORDERS,
    )
    currency = (
        [campaigns.c.currency == order_filter.currency] if order_filter.currency else [true()]
    )
    statement = (
        select(
            campaigns.c.campaign_id,
            campaigns.c.discount_rate,
            campaigns.c.budget,
            campaigns.c.starts_on,
            campaigns.c.ends_on,
            func.coalesce(every.c.orders, 0).label("orders"),
            part.c.category_id,
        )
        .select_from(campaigns)
        .outerjoin(every, every.c.campaign_id == campaigns.c.campaign_id)
        .outerjoin(part, is_its)
        .where(
            campaigns.c.starts_on <= as_of,
            campaigns.c.ends_on.is_not(None),
            campaigns.c.coupon_code.is_(None),
            *currency,
        )
        .order_by(campaigns.c.campaign_id, part.c.category_id.is_(None), part.c.category_id)
    )
    return read_frame(engine, statement)


def sum_orders_by_customer_age(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """cohort_on (the month of the first order), age_days (whole weeks since then, in days),
    customers (who ordered at that age), orders, net_sales: of customers won in the last two years,
    up to 27 weeks after."""
    orders = scope.visible.orders
    wanted = _chosen(scope, order_filter, as_of)
    first = (
        select(orders.c.customer_id, func.min(orders.c.ordered_on).label("first_on"))
        .where(*wanted, orders.c.customer_id.is_not(None))
        .group_by(orders.c.customer_id)
        .subquery("firsts")
    )
    days = days_between(first.c.first_on, orders.c.ordered_on)
    age = (days - days % 7).label("age_days")
    cohort = start_of_month(first.c.first_on)
    columns: list[ColumnElement[Any]] = [
        cohort.label("cohort_on"),
        age,
        func.count(orders.c.customer_id.distinct()).label("customers"),
        func.count().label("orders"),
        func.sum(orders.c.net_sales).label("net_sales"),
    ]
    statement = (
        select(*columns)
        .select_from(orders)
        .join(first, first.c.customer_id == orders.c.customer_id)
        .where(
            *wanted,
            first.c.first_on > as_of - timedelta(days=COHORT_DAYS),
            days <= MOST_AGE_DAYS,
        )
        .group_by(cohort, age)
        .order_by(cohort, age)
    )
    return read_frame(engine, statement)


def sum_expected_by_hundredth(
    engine: Engine, scope: Scope, order_filter: OrderFilter
) -> pd.DataFrame:
    """hundredth (1: the customers who are expected to bring most in 12 months), customers, orders,
    predicted_value, squared (sum of squared values), noise (sum of value² ÷ expected orders): of
    the customers scored by the last refresh, in the filter's currency and regions."""
    scores, customers = scope.visible.customer_scores, scope.visible.customers
    wanted: list[ColumnElement[bool]] = [
        scores.c.predicted_value_12m > 0,
        scores.c.expected_orders_12m > 0,
    ]
    if order_filter.currency:
        wanted.append(scores.c.currency == order_filter.currency)
    if order_filter.region_ids:
        wanted.append(customers.c.region_id.in_(order_filter.region_ids))
    best_first = (scores.c.predicted_value_12m.desc(), scores.c.customer_id)
    each = (
        select(
            cast(func.ntile(PARTS).over(order_by=best_first), Integer).label("hundredth"),
            cast(scores.c.predicted_value_12m, Float).label("value"),
            cast(scores.c.expected_orders_12m, Float).label("orders"),
        )
        .join_from(scores, customers, customers.c.customer_id == scores.c.customer_id)
        .where(*wanted)
        .subquery("scored")
    )
    statement = (
        select(
            each.c.hundredth,
            func.count().label("customers"),
            func.sum(each.c.orders).label("orders"),
            func.sum(each.c.value).label("predicted_value"),
            _whole(func.sum(each.c.value * each.c.value)).label("squared"),
            _whole(func.sum(each.c.value * each.c.value / each.c.orders)).label("noise"),
        )
        .group_by(each.c.hundredth)
        .order_by(each.c.hundredth)
    )
    return read_frame(engine, statement)


def sum_targets(
    engine: Engine, scope: Scope, order_filter: OrderFilter, period: Period
) -> pd.DataFrame:
    """month_on, net_sales: the targets of the months that the period touches, in the filter's
    currency and regions."""
    targets = scope.visible.targets
    wanted: list[ColumnElement[bool]] = [
        targets.c.month_on.between(period.start.replace(day=1), period.end)
    ]
    if order_filter.currency:
        wanted.append(targets.c.currency == order_filter.currency)
    if order_filter.region_ids:
        wanted.append(targets.c.region_id.in_(order_filter.region_ids))
    statement = (
        select(targets.c.month_on, func.sum(targets.c.net_sales).label("net_sales"))
        .where(*wanted)
        .group_by(targets.c.month_on)
        .order_by(targets.c.month_on)
    )
    return read_frame(engine, statement)


def find_sold(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    product_id: int | None,
    period: Period,
) -> dict[str, float | None]:
    """revenue, margin (None where a cost is not known), units: of the goods of the filter's
    categories, perhaps of one product, in the period, which stands for the filter's."""
    lines, orders, products = (
        scope.visible.order_lines, scope.visible.orders, scope.visible.products,
    )  # fmt: skip
    wanted = [
        *_chosen(scope, order_filter, period.end),
        orders.c.ordered_on >= period.start,
    ]
    if order_filter.category_ids:
        wanted.append(products.c.category_id.in_(order_filter.category_ids))
    if product_id is not None:
        wanted.append(products.c.product_id == product_id)
    sales = func.coalesce(func.sum(lines.c.net_sales), 0)
    statement = (
        select(
            cast(sales, Float).label("revenue"),
            cast(sales - _cost(lines), Float).label("margin"),
            cast(func.coalesce(func.sum(lines.c.quantity), 0), Float).label("units"),
        )
        .select_from(_goods(scope))
        .where(*wanted)
    )
    return read_row(engine, statement) or {}


def list_goods(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """product_id, sku, name, category_id: products that can be bought, by name."""
    products = scope.visible.products
    statement = (
        select(
            products.c.product_id,
            products.c.sku,
            name_in(language, products).label("name"),
            products.c.category_id,
        )
        .where(products.c.is_goods == true())
        .order_by(name_in(language, products), products.c.product_id)
    )
    return read_frame(engine, statement)


def _cost(lines: FromClause) -> ColumnElement[Any]:
    """Of the units kept; NULL where that of a line is not known."""
    kept = lines.c.quantity - lines.c.returned_quantity
    unknown = func.sum(case((lines.c.unit_cost.is_(None), 1), else_=0)) > 0
    return case((unknown, null()), else_=func.coalesce(func.sum(kept * lines.c.unit_cost), 0))


def _goods(scope: Scope) -> FromClause:
    lines, orders, products = (
        scope.visible.order_lines, scope.visible.orders, scope.visible.products,
    )  # fmt: skip
    is_goods = and_(products.c.product_id == lines.c.product_id, products.c.is_goods == true())
    return lines.join(orders, orders.c.order_id == lines.c.order_id).join(products, is_goods)


def _chosen(scope: Scope, order_filter: OrderFilter, as_of: date) -> list[ColumnElement[bool]]:
    wanted = replace(order_filter, category_ids=())
    orders = scope.visible.orders
    return [
        *order_predicates(scope, wanted, as_of, dated=False),
        orders.c.stage != "cancelled",
        orders.c.ordered_on <= as_of,
    ]


def _whole(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Engines add up floats in orders of their own: the last digits are not the same."""
    return cast(func.round(value), Float)
