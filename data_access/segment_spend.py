"""What marketing spent on the segments of customers, and what the same orders brought. Asked of the
analytics copy.

An order belongs to the campaign it names, or else to the one whose coupon it was placed with; the
two in one currency. The budget of a campaign is shared evenly over all its orders that are not
cancelled, so the orders of a segment carry their part of it. A campaign without a budget, and an
order that belongs to none, carry nothing and are left out.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import Engine, Float, Subquery, and_, case, cast, func, null, select

from data_access.columns import Money
from data_access.divisions import Division, divided_customers
from data_access.frames import read_frame
from data_access.scope import Scope
from data_access.segments import YEAR


def sum_segment_spend(
    engine: Engine, scope: Scope, division: Division, as_of: date
) -> pd.DataFrame:
    """group_number, orders, spend, net_sales and margin of these orders (NULL where the cost of one
    of them is not known): of the orders of the last 365 days that campaigns with a budget brought,
    cancelled ones left out, in the currency the customer buys most in; money is NULL over several
    currencies. Parts without such orders are left out."""
    customers, brought = divided_customers(scope, division), _brought(scope, as_of)
    reached = (
        select(brought.c.campaign_id, func.count().label("orders"))
        .group_by(brought.c.campaign_id)
        .subquery("reached")
    )
    is_theirs = and_(
        brought.c.customer_id == customers.c.customer_id,
        brought.c.currency == customers.c.currency,
    )
    joined = customers.join(brought, is_theirs).join(
        reached, reached.c.campaign_id == brought.c.campaign_id
    )
    several = func.min(customers.c.currency) != func.max(customers.c.currency)
    unknown = func.sum(brought.c.uncosted) > 0
    no_money = cast(null(), Money)
    spend = func.sum(cast(brought.c.budget, Float) / reached.c.orders)
    net_sales = func.sum(brought.c.net_sales)
    margin = net_sales - func.sum(brought.c.cost)
    statement = (
        select(
            customers.c.group_number,
            func.count().label("orders"),
            case((several, cast(null(), Float)), else_=spend).label("spend"),
            case((several, no_money), else_=net_sales).label("net_sales"),
            case((several, no_money), (unknown, no_money), else_=margin).label("margin"),
        )
        .select_from(joined)
        .where(brought.c.ordered_on > as_of - YEAR)
        .group_by(customers.c.group_number)
        .order_by(customers.c.group_number)
    )
    return read_frame(engine, statement)


def _brought(scope: Scope, as_of: date) -> Subquery:
    """The orders up to the day, each with the campaign that brought it and that campaign's
    budget."""
    orders, campaigns = scope.visible.orders, scope.visible.campaigns
    lines, coupons = scope.visible.order_lines, scope.visible.campaigns.alias("coupons")
    by_coupon = (
        select(coupons.c.coupon_code, func.min(coupons.c.campaign_id).label("campaign_id"))
        .where(coupons.c.coupon_code.is_not(None))
        .group_by(coupons.c.coupon_code)
        .subquery("by_coupon")
    )
    uncosted = (
        select(lines.c.order_id).where(lines.c.unit_cost.is_(None)).distinct().subquery("uncosted")
    )
    campaign_id = func.coalesce(orders.c.campaign_id, by_coupon.c.campaign_id)
    return (
        select(
            orders.c.customer_id,
            orders.c.currency,
            orders.c.ordered_on,
            orders.c.net_sales,
            orders.c.cost,
            case((uncosted.c.order_id.is_not(None), 1), else_=0).label("uncosted"),
            campaigns.c.campaign_id,
            campaigns.c.budget,
        )
        .select_from(orders)
        .outerjoin(by_coupon, by_coupon.c.coupon_code == orders.c.coupon_code)
        .join(
            campaigns,
            and_(
                campaigns.c.campaign_id == campaign_id,
                campaigns.c.currency == orders.c.currency,
            ),
        )
        .outerjoin(uncosted, uncosted.c.order_id == orders.c.order_id)
        .where(
            orders.c.stage != "cancelled",
            orders.c.ordered_on <= as_of,
            campaigns.c.budget > 0,
        )
        .subquery("brought")
    )
