"""Sales summed: in total, over time, by channel, region and category.

Every frame here has the measures of `MEASURES` (see measures.py for their date bases):

    received_orders   all orders by order date     cancelled_orders  of these, cancelled
    orders            received and not cancelled   units             ordered units of `orders`
    gross_sales       units at list price          returns_value     net value of returned units
    net_sales         gross − discounts − returns  discounts         gross − net − returns
    cost              of the units kept, frozen at order time
    shipped_orders, shipped_units, returned_units       by shipment date, cancelled left out
    due_orders        promised for a day of the period that is over before `as_of`, not cancelled
    on_time_orders    of these, delivered on or before the promised day

Amounts are in the filter's currency; over several currencies, or hidden from the person, NULL.
A filter on categories makes sums those of the categories' lines.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Select, Subquery, func, select

from data_access.dialects import Grain, start_of
from data_access.filters import OrderFilter, Period, name_in
from data_access.frames import read_frame
from data_access.measures import AMOUNTS, BASES, BEFORE, MEASURES, Key, leg, shown_measures, stacked
from data_access.scope import Scope

SPANS = ("now", "previous", "last_year")


def sum_sales(engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date) -> pd.DataFrame:
    """One row: the measures and discounts."""
    legs = [leg(scope, order_filter, as_of, basis, "now") for basis in BASES]
    return _read(engine, stacked(scope, legs, by_lines=bool(order_filter.category_ids))).drop(
        columns="key"
    )


def sum_sales_compared(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """Three rows, `span` now, previous and last_year: the measures and discounts of the filter's
    period, the period before it and the same period one year earlier, with `start_on, end_on`."""
    periods = _spans(_period(order_filter))
    legs = [
        leg(scope, replace(order_filter, period=period), as_of, basis, span)
        for span, period in periods.items()
        for basis in BASES
    ]
    frame = _read(engine, stacked(scope, legs, by_lines=bool(order_filter.category_ids)))
    frame = frame.rename(columns={"key": "span"}).set_index("span").loc[list(SPANS)].reset_index()
    frame.insert(1, "start_on", pd.to_datetime([periods[span].start for span in SPANS]))
    frame.insert(2, "end_on", pd.to_datetime([periods[span].end for span in SPANS]))
    return frame


def sum_sales_over_time(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, grain: Grain = "day"
) -> pd.DataFrame:
    """period_on (the day, the Monday, the first of the month), the measures and discounts: one
    row for every day, week or month of the period, in order; 0 where nothing happened."""
    period, by_lines = _period(order_filter), bool(order_filter.category_ids)
    legs = [leg(scope, order_filter, as_of, basis, _started(basis, grain)) for basis in BASES]
    frame = _read(engine, stacked(scope, legs, by_lines=by_lines))
    shown = shown_measures(scope, by_lines=by_lines)
    shown |= {"discounts"} if {"gross_sales", "returns_value", "net_sales"} <= shown else set()
    return _every(frame.rename(columns={"key": "period_on"}), _starts(period, grain), shown)


def sum_sales_by_channel(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, language: str = "en"
) -> pd.DataFrame:
    """channel, name, the measures, discounts, previous_orders and previous_net_sales (of the
    period before); most net sales first."""
    channels = scope.visible.channels
    measures = _compared(scope, order_filter, as_of, lambda orders: orders.channel)
    statement = (
        select(measures.c.key.label("channel"), name_in(language, channels).label("name"))
        .add_columns(*_columns(measures))
        .select_from(measures)
        .outerjoin(channels, channels.c.channel == measures.c.key)
    )
    return _ranked(engine, statement, measures)


def sum_sales_by_region(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, language: str = "en"
) -> pd.DataFrame:
    """region_id (NULL: no region), name, the measures, discounts, previous_orders and
    previous_net_sales; most net sales first."""
    regions = scope.visible.regions
    measures = _compared(scope, order_filter, as_of, lambda orders: orders.region_id)
    statement = (
        select(measures.c.key.label("region_id"), name_in(language, regions).label("name"))
        .add_columns(*_columns(measures))
        .select_from(measures)
        .outerjoin(regions, regions.c.region_id == measures.c.key)
    )
    return _ranked(engine, statement, measures)


def sum_sales_by_category(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, language: str = "en"
) -> pd.DataFrame:
    """category_id (NULL: no category), name, the measures, discounts, previous_orders and
    previous_net_sales; most net sales first. An order counts in each category it has lines of."""
    categories = scope.visible.categories
    measures = _compared(
        scope, order_filter, as_of, lambda orders: orders.category_id, by_category=True
    )
    statement = (
        select(measures.c.key.label("category_id"), name_in(language, categories).label("name"))
        .add_columns(*_columns(measures))
        .select_from(measures)
        .outerjoin(categories, categories.c.category_id == measures.c.key)
    )
    return _ranked(engine, statement, measures)


def _compared(
    scope: Scope, order_filter: OrderFilter, as_of: date, key: Key, *, by_category: bool = False
) -> Subquery:
    legs = [leg(scope, order_filter, as_of, basis, key, by_category=by_category) for basis in BASES]
    if order_filter.period:
        before = replace(order_filter, period=order_filter.period.previous())
        legs.append(
            leg(scope, before, as_of, "ordered_on", key, before=True, by_category=by_category)
        )
    return stacked(scope, legs, by_lines=by_category or bool(order_filter.category_ids))


def _columns(measures: Subquery) -> list[Any]:
    return [measures.c[name] for name in (*MEASURES, *BEFORE)]


def _ranked(engine: Engine, statement: Select[Any], measures: Subquery) -> pd.DataFrame:
    ranked = statement.order_by(
        func.coalesce(measures.c.net_sales, 0).desc(),
        measures.c.orders.desc(),
        measures.c.key,
    )
    return _with_discounts(read_frame(engine, ranked))


def _read(engine: Engine, measures: Subquery) -> pd.DataFrame:
    columns = [measures.c.key, *(measures.c[name] for name in MEASURES)]
    return _with_discounts(read_frame(engine, select(*columns).order_by(measures.c.key)))


def _with_discounts(frame: pd.DataFrame) -> pd.DataFrame:
    discounts = frame["gross_sales"] - frame["returns_value"] - frame["net_sales"]
    return frame.assign(discounts=discounts.round(4))


def _period(order_filter: OrderFilter) -> Period:
    if order_filter.period is None:
        raise ValueError("sales over time need a period")
    return order_filter.period


def _spans(period: Period) -> dict[str, Period]:
    return {"now": period, "previous": period.previous(), "last_year": period.last_year()}


def _started(basis: str, grain: Grain) -> Key:
    return lambda orders: start_of(grain, orders[basis])


def _starts(period: Period, grain: Grain) -> pd.DatetimeIndex:
    first = {
        "day": period.start,
        "week": period.start - timedelta(days=period.start.weekday()),
        "month": period.start.replace(day=1),
    }[grain]
    step = {"day": "D", "week": "7D", "month": "MS"}[grain]
    return pd.date_range(first, period.end, freq=step, unit="us")


def _every(frame: pd.DataFrame, starts: pd.DatetimeIndex, shown: set[str]) -> pd.DataFrame:
    """The frame with a row of zeros for each start it lacks; what is hidden stays NULL."""
    columns = [*MEASURES, "discounts"]
    missing = starts.difference(pd.DatetimeIndex(frame["period_on"]))
    zeros = pd.DataFrame(0, index=missing, columns=columns, dtype="float64")
    zeros.loc[:, [name for name in columns if name not in shown]] = float("nan")
    filled = pd.concat([frame.set_index("period_on").astype("float64"), zeros]).sort_index()
    counts = [name for name in MEASURES if name not in AMOUNTS]
    kinds = {name: "int64" if name in shown else "Int64" for name in counts}
    return filled[columns].astype(kinds).rename_axis("period_on").reset_index()
