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

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    Select,
    String,
    cast,
    func,
    null,
    or_,
    select,
    true,
    union_all,
)

from data_access.columns import Money
from data_access.days import compared_periods, every_day
from data_access.filters import OrderFilter, Period, in_any_period, in_period, name_in
from data_access.frames import read_frame
from data_access.measures import (
    AMOUNTS,
    BASES,
    MEASURES,
    Chosen,
    chosen_orders,
    rolled_up_orders,
    shown_measures,
    totals,
)
from data_access.scope import Scope

SPLIT = ("net_sales",)  # what the pages compare channels, regions and categories by


def sum_sales(engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date) -> pd.DataFrame:
    """One row: the measures and discounts of the filter's period; without one, of all time."""
    chosen = chosen_orders(
        scope, order_filter, as_of, during=_during_any(scope, order_filter.period)
    )
    during = _during(chosen.orders, order_filter.period)
    statement = select(*totals(scope, chosen, as_of, MEASURES, during)).select_from(chosen.orders)
    return _with_discounts(read_frame(engine, statement.where(*chosen.predicates)))


def sum_sales_by_day(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """day_on and the measures of each day, in order: every day of the filter's period, of the
    period before it and of the same period one year earlier; 0 where nothing happened.
    `data_access.days` adds them up to periods, weeks and months.

    first_currency, last_currency: the currencies of the day's orders in alphabetical order, NULL
    where the filter names one; amounts are NULL on a day with several."""
    periods = tuple(compared_periods(_period(order_filter)).values())
    legs = [_days_of(engine, scope, order_filter, as_of, periods, basis) for basis in BASES]
    legs.append(_cancelled_days(engine, scope, order_filter, as_of, periods))
    days = union_all(*legs).subquery("days").c
    merged: dict[str, ColumnElement[Any]] = {
        name: func.sum(days[name], type_=days[name].type) for name in MEASURES
    }
    received = func.coalesce(merged["orders"], 0) + func.coalesce(merged["cancelled_orders"], 0)
    merged["received_orders"] = received
    currencies = [func.max(days[name]).label(name) for name in ("first_currency", "last_currency")]
    statement = select(
        days.day_on, *(each.label(name) for name, each in merged.items()), *currencies
    ).group_by(days.day_on)
    shown = shown_measures(scope, by_lines=bool(order_filter.category_ids))
    return every_day(read_frame(engine, statement), periods, shown)


def _days_of(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    periods: tuple[Period, ...],
    basis: str,
) -> Select[Any]:
    """The days of one date basis: its measures of orders that are not cancelled, NULL for the
    measures of the others."""
    chosen = rolled_up_orders(
        scope, engine, order_filter, f"orders_by_{basis}",
        lambda columns: in_any_period(columns[basis], periods), live=True,
    )  # fmt: skip
    if chosen is None:
        during = in_any_period(scope.visible.orders.c[basis], periods)
        chosen = chosen_orders(scope, order_filter, as_of, during=during, live=True)
    names = [name for name in BASES[basis] if name not in ("received_orders", "cancelled_orders")]
    sums = {column.name: column for column in totals(scope, chosen, as_of, names)}
    currency = chosen.c.currency
    tells = basis == "ordered_on" and not chosen.currency
    currencies = (func.min(currency), func.max(currency)) if tells else None
    return _day_by_day(chosen, basis, sums, currencies)


def _cancelled_days(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    periods: tuple[Period, ...],
) -> Select[Any]:
    def cancelled(orders: Any) -> ColumnElement[bool]:
        is_one: ColumnElement[bool] = orders.stage == "cancelled"
        return in_any_period(orders.ordered_on, periods) & is_one

    chosen = rolled_up_orders(scope, engine, order_filter, "orders_by_ordered_on", cancelled)
    if chosen is None:
        during = cancelled(scope.visible.orders.c)
        chosen = chosen_orders(scope, order_filter, as_of, during=during)
    return _day_by_day(chosen, "ordered_on", {"cancelled_orders": chosen.count()})


def _day_by_day(
    chosen: Chosen,
    basis: str,
    sums: Mapping[str, ColumnElement[Any]],
    currencies: tuple[ColumnElement[Any], ColumnElement[Any]] | None = None,
) -> Select[Any]:
    first, last = currencies or (cast(null(), String(3)), cast(null(), String(3)))
    return (
        select(
            chosen.c[basis].label("day_on"),
            *(sums.get(name, _absent(name)).label(name) for name in MEASURES),
            first.label("first_currency"),
            last.label("last_currency"),
        )
        .select_from(chosen.orders)
        .where(*chosen.predicates)
        .group_by(chosen.c[basis])
    )


def sum_sales_by_channel(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    language: str = "en",
    names: tuple[str, ...] = SPLIT,
) -> pd.DataFrame:
    """channel, name, the named measures by order date and previous_net_sales (of the period
    before; NULL without a period); most net sales first."""
    named = (scope.visible.channels, "channel")
    return _sum_by(engine, scope, order_filter, as_of, language, "channel", named, names)


def sum_sales_by_region(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    language: str = "en",
    names: tuple[str, ...] = SPLIT,
) -> pd.DataFrame:
    """region_id (NULL: no region), name, the named measures by order date and previous_net_sales;
    most net sales first."""
    named = (scope.visible.regions, "region_id")
    return _sum_by(engine, scope, order_filter, as_of, language, "region_id", named, names)


def sum_sales_by_category(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    language: str = "en",
    names: tuple[str, ...] = SPLIT,
) -> pd.DataFrame:
    """category_id (NULL: no category), name, the named measures by order date and
    previous_net_sales; most net sales first. An order counts in each category it has lines of,
    which takes much longer to find out than what the lines add up to."""
    named = (scope.visible.categories, "category_id")
    return _sum_by(engine, scope, order_filter, as_of, language, "category_id", named, names)


def _sum_by(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    language: str,
    key: str,
    named: tuple[FromClause, str],
    names: tuple[str, ...],
) -> pd.DataFrame:
    period, by_line = order_filter.period, key == "category_id"
    live = not {"received_orders", "cancelled_orders"} & set(names)

    def both(orders: Any) -> ColumnElement[bool]:
        if period is None:
            return true()
        return in_any_period(orders.ordered_on, (period, period.previous()))

    kind = "lines" if by_line else "orders"
    chosen = None
    if not by_line or names == SPLIT:  # in which category an order counts, lines do not tell
        chosen = rolled_up_orders(
            scope, engine, order_filter, f"{kind}_by_ordered_on", both, live=live
        )
    if chosen is None:
        during = both(scope.visible.orders.c) if period else None
        chosen = chosen_orders(
            scope, order_filter, as_of, during=during, by_line=by_line, live=live
        )
    now = {"ordered_on": in_period(chosen.c.ordered_on, period)} if period else None
    sums = (
        select(
            chosen.c[key].label("key"),
            *totals(scope, chosen, as_of, names, now),
            _previous_net_sales(scope, chosen, as_of, period),
        )
        .where(*chosen.predicates)
        .group_by(chosen.c[key])
        .having(*([chosen.count() > 0] if chosen.rolled_up else []))
        .subquery("sums")
    )
    relation, named_by = named
    statement = (
        select(sums.c.key.label(key), name_in(language, relation).label("name"))
        .add_columns(*(column for column in sums.c if column.name != "key"))
        .outerjoin_from(sums, relation, relation.c[named_by] == sums.c.key)
        .order_by(func.coalesce(sums.c.net_sales, 0).desc(), sums.c.key)
    )
    return read_frame(engine, statement)


def _previous_net_sales(
    scope: Scope, chosen: Chosen, as_of: date, period: Period | None
) -> ColumnElement[Any]:
    if period is None:
        return cast(null(), Money).label("previous_net_sales")
    before = {"ordered_on": in_period(chosen.c.ordered_on, period.previous())}
    (total,) = totals(scope, chosen, as_of, ("net_sales",), before)
    return total.label("previous_net_sales")


def _absent(name: str) -> ColumnElement[Any]:
    return cast(null(), Money if name in AMOUNTS else Integer())


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
