"""The series that are forecast, and what happened in them: orders, units, net sales or margin, by
day, week or month, of regions, in total or one part of a split.

Definitions are those of `data_access.sales`: by order date, cancelled orders left out, margin with
the cost of order time, in one currency. Postage and the like are in every total and in its
category; in the split by product they are the part without a product. An order counts once in each
category, so orders are not split by category.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Engine, Select, case, cast, func, null, or_, select

from data_access.columns import Money
from data_access.dialects import Grain, start_of
from data_access.frames import read_frame
from data_access.scope import Scope

Measure = Literal["orders", "units", "net_sales", "margin"]
Split = Literal["total", "channel", "category", "product", "segment"]
MEASURES: tuple[Measure, ...] = ("orders", "units", "net_sales", "margin")
GRAINS: tuple[Grain, ...] = ("day", "week", "month")
SPLIT_MEASURES: Mapping[Split, tuple[Measure, ...]] = {
    "total": MEASURES,
    "channel": MEASURES,
    "category": ("units", "net_sales", "margin"),
    "product": ("units", "net_sales"),
    "segment": MEASURES,
}
# the column that tells the part of a split
PART_COLUMN: Mapping[Split, str] = {
    "channel": "channel",
    "category": "category_id",
    "product": "product_id",
    "segment": "segment",
}
NO_REGION = 0  # stands for orders without a region where regions are chosen
NO_PART = ""  # what belongs to no part


@dataclass(frozen=True, kw_only=True)
class SeriesFilter:
    """One series: of all that the person sees, or of some regions; in total, or one part of a
    split (its channel, category_id, product_id or segment as text)."""

    measure: Measure = "net_sales"
    grain: Grain = "day"
    region_ids: tuple[int, ...] = ()
    split: Split = "total"
    part: str = NO_PART

    def __post_init__(self) -> None:
        if self.grain not in GRAINS or self.measure not in SPLIT_MEASURES.get(self.split, ()):
            raise ValueError(f"{self.measure} by {self.grain} is not forecast by {self.split}")

    @property
    def key(self) -> str:
        return repr(self)


def sum_forecast_history(
    engine: Engine,
    scope: Scope,
    series_filter: SeriesFilter,
    as_of: date,
    currency: str,
    first_on: date,
) -> pd.DataFrame:
    """period_on, value: what happened in each whole period from `first_on` until the day before
    `as_of`, 0 where nothing did. Of the present segment's customers, where that is the split."""
    last_on = last_period(series_filter.grain, as_of)
    periods = period_starts(series_filter.grain, first_on, last_on)
    if not len(periods):
        return pd.DataFrame({"period_on": np.array([], "datetime64[us]"), "value": np.array([])})
    split, measure = series_filter.split, series_filter.measure
    until = end_of(series_filter.grain, last_on)
    days = daily_sums(scope.visible, split, currency, periods[0].date(), until).subquery("days")
    period_on = start_of(series_filter.grain, days.c.day_on).label("period_on")
    statement = (
        select(period_on, func.sum(days.c[measure], type_=Money).label("value"))
        .where(*_of_regions(days.c.region_id, series_filter.region_ids))
        .group_by(period_on)
        .order_by(period_on)
    )
    if split != "total":
        statement = statement.where(is_part(days.c.part, split, series_filter.part))
    found = read_frame(engine, statement).set_index("period_on")["value"]
    values = found.reindex(periods, fill_value=0.0).to_numpy("float64")
    return pd.DataFrame({"period_on": periods, "value": values})


def daily_sums(
    of: Any, split: Split, currency: str, first: date | None, until: date
) -> Select[Any]:
    """region_id, part (NULL in total), day_on and the measures of the split, of the relations `of`
    (`scope.visible`, or the tables themselves)."""
    orders = of.orders
    chosen = [
        orders.c.stage != "cancelled",
        orders.c.currency == currency,
        orders.c.ordered_on <= until,
    ]
    if first is not None:
        chosen.append(orders.c.ordered_on >= first)
    if split in ("category", "product"):
        return _sums_of_lines(of, split, chosen)
    statement: Select[Any] = select(
        orders.c.region_id,
        _part_of_order(of, split).label("part"),
        orders.c.ordered_on.label("day_on"),
        func.count().label("orders"),
        func.sum(orders.c.units).label("units"),
        func.sum(orders.c.net_sales, type_=Money).label("net_sales"),
        (func.sum(orders.c.net_sales, type_=Money) - func.sum(orders.c.cost, type_=Money)).label(
            "margin"
        ),
    )
    if split == "segment":
        scores = of.customer_scores
        statement = statement.select_from(orders).outerjoin(
            scores, scores.c.customer_id == orders.c.customer_id
        )
    keys = [orders.c.region_id, orders.c.ordered_on]
    if split != "total":
        keys.append(_part_of_order(of, split))
    return statement.where(*chosen).group_by(*keys)


def _part_of_order(of: Any, split: Split) -> ColumnElement[Any]:
    if split == "channel":
        column: ColumnElement[Any] = of.orders.c.channel
        return column
    if split == "segment":
        segment: ColumnElement[Any] = of.customer_scores.c.segment
        return segment
    return cast(null(), of.orders.c.channel.type)


def _sums_of_lines(of: Any, split: Split, chosen: list[ColumnElement[bool]]) -> Select[Any]:
    orders, lines, products = of.orders, of.order_lines, of.products
    part = (
        products.c.category_id
        if split == "category"
        else case((products.c.is_goods, products.c.product_id))
    )
    kept = lines.c.quantity - lines.c.returned_quantity
    cost = func.sum(kept * func.coalesce(lines.c.unit_cost, 0), type_=Money)
    net_sales = func.sum(lines.c.net_sales, type_=Money)
    keys = (orders.c.region_id, part, orders.c.ordered_on)
    return (
        select(
            orders.c.region_id,
            part.label("part"),
            orders.c.ordered_on.label("day_on"),
            func.sum(lines.c.quantity).label("units"),
            net_sales.label("net_sales"),
            (net_sales - cost).label("margin"),
        )
        .select_from(orders)
        .join(lines, lines.c.order_id == orders.c.order_id)
        .outerjoin(products, products.c.product_id == lines.c.product_id)
        .where(*chosen)
        .group_by(*keys)
    )


def is_part(column: Any, split: Split, part: str) -> ColumnElement[bool]:
    """Whether the column names this part; nothing is a part that cannot be."""
    if part == NO_PART:
        is_none: ColumnElement[bool] = column.is_(None)
        return is_none
    if split in ("category", "product"):
        number = int(part) if part.isascii() and part.isdigit() and len(part) < 19 else -1
        is_number: ColumnElement[bool] = column == number
        return is_number
    is_named: ColumnElement[bool] = column == part
    return is_named


def _of_regions(column: Any, region_ids: tuple[int, ...]) -> list[ColumnElement[bool]]:
    return [in_regions(column, region_ids)] if region_ids else []


def in_regions(column: Any, region_ids: tuple[int, ...]) -> ColumnElement[bool]:
    """Of one of these regions, or of none where NO_REGION is one of them."""
    named = column.in_([each for each in region_ids if each != NO_REGION])
    return or_(named, column.is_(None)) if NO_REGION in region_ids else named


def period_starts(grain: Grain, first: date, last: date) -> pd.DatetimeIndex:
    """The first days of the periods from that of `first` to that of `last`."""
    frequency = {"day": "D", "week": "W-MON", "month": "MS"}[grain]
    start = start_of_period(grain, first)
    return pd.date_range(start, last, freq=frequency).as_unit("us")


def start_of_period(grain: Grain, day: date) -> date:
    """The day, the Monday of its week, the first of its month."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def end_of(grain: Grain, start: date) -> date:
    """The last day of the period that begins on `start`."""
    if grain == "month":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return start + timedelta(days=6 if grain == "week" else 0)


def last_period(grain: Grain, as_of: date) -> date:
    """The start of the last period that was over before `as_of` began."""
    return start_of_period(grain, start_of_period(grain, as_of) - timedelta(days=1))
