"""Everybody's demand, stock and lead times, for the plan of stock and its evaluation; never for a
page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Select, and_, func, or_, select

from data_access import tables
from data_access.dialects import Grain
from data_access.frames import read_frame
from data_access.inventory import (
    demand_by_day,
    last_shipped_by_stock,
    lead_times_since,
    movements_by_day,
)
from data_access.tables import (
    forecast_values,
    forecasts,
    order_lines,
    orders,
    products,
    stock,
    suppliers,
)


def read_daily_demand(engine: Engine) -> pd.DataFrame:
    """product_id, warehouse_id, category_id, ordered_on, units: of goods, not cancelled."""
    keys = (
        order_lines.c.product_id,
        orders.c.warehouse_id,
        products.c.category_id,
        orders.c.ordered_on,
    )
    return read_frame(
        engine,
        select(*keys, func.sum(order_lines.c.quantity).label("units"))
        .join_from(orders, order_lines, order_lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(orders.c.stage != "cancelled", products.c.is_goods)
        .group_by(*keys),
    )


def read_demand_since(engine: Engine, first_on: date, as_of: date) -> pd.DataFrame:
    """product_id, warehouse_id, day, units: as `demand_by_day` has them."""
    found = read_frame(engine, demand_by_day(tables, first_on, as_of))
    return found.rename(columns={"ordered_on": "day"})


def read_movements_since(engine: Engine, first_on: date, as_of: date, zone: str) -> pd.DataFrame:
    """As `movements_by_day` has them."""
    return read_frame(engine, movements_by_day(tables, first_on, as_of, zone))


def read_last_shipped(engine: Engine, as_of: date, zone: str) -> pd.DataFrame:
    """As `last_shipped_by_stock` has them."""
    return read_frame(engine, last_shipped_by_stock(tables, as_of, zone))


def read_stock(engine: Engine) -> pd.DataFrame:
    """Of each stock of goods: stock_id, product_id, warehouse_id, category_id, supplier_id,
    on_hand, unit_cost, pack_size, minimum_order_quantity, lead_time_days, supplier_lead_time_days,
    introduced_on."""
    told = ("category_id", "supplier_id", "unit_cost", "pack_size", "minimum_order_quantity",
            "lead_time_days", "introduced_on")  # fmt: skip
    return read_frame(
        engine,
        select(
            stock.c.stock_id,
            stock.c.product_id,
            stock.c.warehouse_id,
            stock.c.on_hand,
            *(products.c[name] for name in told),
            suppliers.c.lead_time_days.label("supplier_lead_time_days"),
        )
        .join_from(stock, products, products.c.product_id == stock.c.product_id)
        .outerjoin(suppliers, suppliers.c.supplier_id == products.c.supplier_id)
        .where(products.c.is_goods)
        .order_by(stock.c.stock_id),
    )


def read_stated_lead_times(engine: Engine) -> pd.DataFrame:
    """product_id, supplier_id, lead_time_days, supplier_lead_time_days, unit_cost of each
    product."""
    return read_frame(
        engine,
        select(
            products.c.product_id,
            products.c.supplier_id,
            products.c.lead_time_days,
            suppliers.c.lead_time_days.label("supplier_lead_time_days"),
            products.c.unit_cost,
        ).outerjoin_from(products, suppliers, suppliers.c.supplier_id == products.c.supplier_id),
    )


def read_lead_times(engine: Engine, first_on: date, zone: str) -> pd.DataFrame:
    """As `lead_times_since` has them."""
    return read_frame(engine, lead_times_since(tables, first_on, zone))


def read_forecast_weeks(engine: Engine) -> pd.DataFrame:
    """product_id, category_id (one of them), period_on (Mondays), units: the stored forecasts of
    the company by product and by category."""
    found = _forecasts_of("week").where(forecasts.c.split.in_(("product", "category")))
    return read_frame(
        engine,
        found.where(forecasts.c.product_id.is_not(None) | forecasts.c.category_id.is_not(None)),
    )


def read_forecast_months(engine: Engine) -> pd.DataFrame:
    """product_id, category_id (neither: of everything), period_on (firsts of months), units,
    low_80, high_80: the stored forecasts of the company in all, by product and by category."""
    is_part = forecasts.c.product_id.is_not(None) | forecasts.c.category_id.is_not(None)
    found = _forecasts_of("month").add_columns(forecast_values.c.low_80, forecast_values.c.high_80)
    return read_frame(
        engine,
        found.where(
            or_(
                forecasts.c.split == "total",
                and_(forecasts.c.split.in_(("product", "category")), is_part),
            )
        ),
    )


def _forecasts_of(grain: Grain) -> Select[Any]:
    return (
        select(
            forecasts.c.product_id,
            forecasts.c.category_id,
            forecast_values.c.period_on,
            forecast_values.c.value.label("units"),
        )
        .join_from(
            forecasts, forecast_values, forecast_values.c.forecast_id == forecasts.c.forecast_id
        )
        .where(
            forecasts.c.measure == "units", forecasts.c.grain == grain,
            forecasts.c.level == "company",
        )
    )  # fmt: skip
