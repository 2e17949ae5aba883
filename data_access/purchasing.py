"""Everybody's orders for the models, which learn from all customers; never for a page."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, case, func, null, select

from data_access.frames import read_frame
from data_access.tables import orders


def read_purchases(engine: Engine) -> pd.DataFrame:
    """customer_id, ordered_on, value: one row per order that was not cancelled. `value` is its net
    sales; NaN for orders not in the currency of the most orders."""
    main = (
        select(orders.c.currency)
        .group_by(orders.c.currency)
        .order_by(func.count().desc(), orders.c.currency)
        .limit(1)
        .scalar_subquery()
    )
    return read_frame(
        engine,
        select(
            orders.c.customer_id,
            orders.c.ordered_on,
            case((orders.c.currency == main, orders.c.net_sales), else_=null()).label("value"),
        ).where(orders.c.stage != "cancelled"),
    )
