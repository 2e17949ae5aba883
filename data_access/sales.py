"""Sales summed: in total, over time, by channel, region and category.

    received_orders   all orders by order date     cancelled_orders  of these, cancelled
    orders            received and not cancelled   units             ordered units of `orders`
    gross_sales       units at list price          returns_value     net value of returned units
    net_sales         gross − discounts − returns  discounts         gross − net − returns
    cost              of the units kept, frozen at order time
    shipped_orders, shipped_units, returned_units  by shipment date, cancelled left out
    due_orders        promised for a day of the period that is over before `as_of`, not cancelled
    on_time_orders    of these, delivered on or before the promised day

Amounts are in the filter's currency; over several currencies, or hidden from the person, NULL.
A filter on categories makes sums those of the categories' lines.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from data_access.columns import Money
from data_access.dialects import Grain, start_of
from data_access.filters import OrderFilter, Period, in_period, name_in
from data_access.frames import read_frame
from data_access.measures import (
    AMOUNTS,
    BASES,
    MEASURES,
    ORDERED,
    Chosen,
    chosen_orders,
    shown_measures,
    totals,
)
from data_access.scope import Scope

SPANS = ("now", "previous", "last_year")


def sum_sales(engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date) -> pd.DataFrame:
    """One row: the measures and discounts of the filter's period; without one, of all time."""
    chosen = chosen_orders(
        scope, order_filter, as_of, during=_during_any(scope, order_filter.period)
    )
    during = _during(chosen.orders, order_filter.period)
    statement = select(*totals(scope, chosen, as_of, MEASURES, during)).select_from(chosen.orders)
    return _with_discounts(read_frame(engine, statement.where(*chosen.predicates)))


def sum_sales_compared(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """Three rows, `span` now, previous and last_year: the measures and discounts of the filter's
    period, the period before it and the same period one year earlier, with `start_on, end_on`."""
    period = _period(order_filter)
    periods = dict(zip(SPANS, (period, period.previous(), period.last_year()), strict=True))
    legs = []
    for place, each in enumerate(periods.values()):
        chosen = chosen_orders(scope, order_filter, as_of, during=_during_any(scope, each))
        sums = totals(scope, chosen, as_of, MEASURES, _during(chosen.orders, each))
        leg = select(literal(place, Integer).label("place"), *sums).select_from(chosen.orders)
        legs.append(leg.where(*chosen.predicates))
    spans = union_all(*legs).subquery("spans")
    frame = _with_discounts(read_frame(engine, select(spans).order_by(spans.c.place)))
    frame = frame.drop(columns="place")
    frame.insert(0, "span", pd.Series(SPANS, dtype="object"))
    frame.insert(1, "start_on", pd.to_datetime([each.start for each in periods.values()]))
    frame.insert(2, "end_on", pd.to_datetime([each.end for each in periods.values()]))
    return frame


def sum_sales_over_time(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, grain: Grain = "day"
) -> pd.DataFrame:
    """period_on (the day, the Monday, the first of the month), the measures and discounts: one
    row for every day, week or month of the period, in order; 0 where nothing happened."""
    period = _period(order_filter)
    filled = pd.DataFrame(index=_starts(period, grain))
    for basis, names in BASES.items():
        during = in_period(scope.visible.orders.c[basis], period)
        chosen = chosen_orders(scope, order_filter, as_of, during=during)
        started = start_of(grain, chosen.c[basis])
        statement = (
            select(started.label("period_on"), *totals(scope, chosen, as_of, names))
            .select_from(chosen.orders)
            .where(*chosen.predicates)
            .group_by(started)
        )
        filled = filled.join(_every(read_frame(engine, statement), filled.index, scope, chosen))
    return _with_discounts(filled.rename_axis("period_on").reset_index())


def sum_sales_by_channel(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, language: str = "en"
) -> pd.DataFrame:
    """channel, name, the measures by order date, discounts, previous_orders and
    previous_net_sales (of the period before; NULL without a period); most net sales first."""
    named = (scope.visible.channels, "channel")
    return _sum_by(engine, scope, order_filter, as_of, language, "channel", named)


def sum_sales_by_region(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, language: str = "en"
) -> pd.DataFrame:
    """region_id (NULL: no region), name, the measures by order date, discounts, previous_orders
    and previous_net_sales; most net sales first."""
    named = (scope.visible.regions, "region_id")
    return _sum_by(engine, scope, order_filter, as_of, language, "region_id", named)


def sum_sales_by_category(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, language: str = "en"
) -> pd.DataFrame:
    """category_id (NULL: no category), name, the measures by order date, discounts,
    previous_orders and previous_net_sales; most net sales first. An order counts in each category
    it has lines of."""
    named = (scope.visible.categories, "category_id")
    return _sum_by(engine, scope, order_filter, as_of, language, "category_id", named)


def _sum_by(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    language: str,
    key: str,
    named: tuple[FromClause, str],
) -> pd.DataFrame:
    period, ordered_on = order_filter.period, scope.visible.orders.c.ordered_on
    both = or_(*(in_period(ordered_on, p) for p in (period, period.previous()))) if period else None
    chosen = chosen_orders(
        scope, order_filter, as_of, during=both, by_category=key == "category_id"
    )
    now = {"ordered_on": in_period(chosen.c.ordered_on, period)} if period else None
    sums = (
        select(
            chosen.c[key].label("key"),
            *totals(scope, chosen, as_of, ORDERED, now),
            *_previous(scope, chosen, as_of, period),
        )
        .where(*chosen.predicates)
        .group_by(chosen.c[key])
        .subquery("sums")
    )
    relation, named_by = named
    statement = (
        select(sums.c.key.label(key), name_in(language, relation).label("name"))
        .add_columns(*(column for column in sums.c if column.name != "key"))
        .outerjoin_from(sums, relation, relation.c[named_by] == sums.c.key)
        .order_by(func.coalesce(sums.c.net_sales, 0).desc(), sums.c.orders.desc(), sums.c.key)
    )
    return _with_discounts(read_frame(engine, statement))


def _previous(
    scope: Scope, chosen: Chosen, as_of: date, period: Period | None
) -> list[ColumnElement[Any]]:
    if period is None:
        return [
            cast(null(), Integer).label("previous_orders"),
            cast(null(), Money).label("previous_net_sales"),
        ]
    before = {"ordered_on": in_period(chosen.c.ordered_on, period.previous())}
    sums = totals(scope, chosen, as_of, ("orders", "net_sales"), before)
    return [column.label(f"previous_{column.name}") for column in sums]


def _with_discounts(frame: pd.DataFrame) -> pd.DataFrame:
    discounts = frame["gross_sales"] - frame["returns_value"] - frame["net_sales"]
    return frame.assign(discounts=discounts.round(4))


def _period(order_filter: OrderFilter) -> Period:
    if order_filter.period is None:
        raise ValueError("sales over time need a period")
    return order_filter.period


def _during_any(scope: Scope, period: Period | None) -> ColumnElement[bool] | None:
    return or_(*_during(scope.visible.orders, period).values()) if period else None


def _during(orders: FromClause, period: Period | None) -> dict[str, ColumnElement[bool]]:
    return {basis: in_period(orders.c[basis], period) for basis in BASES} if period else {}


def _starts(period: Period, grain: Grain) -> pd.DatetimeIndex:
    first = {
        "day": period.start,
        "week": period.start - timedelta(days=period.start.weekday()),
        "month": period.start.replace(day=1),
    }[grain]
    step = {"day": "D", "week": "7D", "month": "MS"}[grain]
    return pd.date_range(first, period.end, freq=step, unit="us")


def _every(
    frame: pd.DataFrame, starts: pd.Index[Any], scope: Scope, chosen: Chosen
) -> pd.DataFrame:
    """A row for each start, zeros where the frame has none; what is hidden stays NULL."""
    shown = shown_measures(scope, by_lines=chosen.by_lines)
    absent = starts.difference(pd.DatetimeIndex(frame["period_on"]))
    filled = frame.set_index("period_on").astype("float64").reindex(starts)
    filled.loc[absent, [name for name in filled if name in shown]] = 0
    counts = [name for name in filled if name not in AMOUNTS]
    return filled.astype({name: "int64" if name in shown else "Int64" for name in counts})
