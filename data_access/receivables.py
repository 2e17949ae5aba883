"""What customers owe: by age, order by order, and what they paid over time.

Owed is net sales − payments of an order that is not cancelled, from one cent up; an overpaid order
owes nothing and does not lessen another's debt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Engine, Select, Subquery, case, func, select

from data_access.dialects import Grain, days_between, start_of
from data_access.filters import OrderFilter, in_period, name_in, order_predicates, searched
from data_access.frames import read_frame
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.measures import Chosen
from data_access.owing import is_owing, owed
from data_access.scope import Scope

ReceivableSort = Literal["due_on", "owed", "total", "ordered_on", "order_number"]
LISTED = (
    "order_id", "order_number", "customer_id", "owner_id", "stage", "ordered_on", "due_on",
    "net_sales", "paid", "currency",
)  # fmt: skip
AGES: tuple[tuple[str, int | None, int | None], ...] = (
    ("not_due", None, 0),
    ("1-30", 1, 30),
    ("31-60", 31, 60),
    ("61-90", 61, 90),
    ("over_90", 91, None),
)


SUMMED = ("order_id", "currency", "due_on", "net_sales", "paid")


def owed_orders(
    scope: Scope, order_filter: OrderFilter, as_of: date, columns: Sequence[str] = SUMMED
) -> Chosen:
    """The visible orders that owe something (`past_due` in the filter: that was due before
    `as_of`), these columns and what is `owed`; none where the person sees no payments."""
    orders = scope.visible.orders
    found = (
        select(*(orders.c[name] for name in columns), owed(orders.c).label("owed"))
        .where(*order_predicates(scope, replace(order_filter, past_due=False), as_of))
        .where(is_owing(orders.c), *([orders.c.due_on < as_of] if order_filter.past_due else []))
        .subquery("owed_orders")
    )
    return Chosen(found, [], False, order_filter.currency)


def sum_receivables_by_age(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """currency, age (not_due, 1-30, 31-60, 61-90, over_90 days past due; without due date: not
    due), orders, total, paid, owed: one row per currency and age, zeros included; biggest
    currency first. Empty where nothing is owed or payments are hidden."""
    orders = owed_orders(scope, order_filter, as_of).c
    late = days_between(orders.due_on, as_of)
    ages = [(late <= end, age) for age, _, end in AGES if end is not None]
    age = case((orders.due_on.is_(None), AGES[0][0]), *ages, else_=AGES[-1][0])
    statement = select(
        orders.currency,
        age.label("age"),
        func.count().label("orders"),
        func.sum(orders.net_sales).label("total"),
        func.sum(orders.paid).label("paid"),
        func.sum(orders.owed).label("owed"),
    ).where(orders.paid != orders.net_sales)  # seen at once, before the rest is computed
    statement = statement.group_by(orders.currency, age)
    frame = read_frame(engine, statement)
    owed = frame.groupby("currency")["owed"].sum()
    currencies = sorted(owed.index, key=lambda currency: (-owed[currency], currency))
    keys = pd.MultiIndex.from_product(
        [currencies, [age for age, *_ in AGES]], names=["currency", "age"]
    )
    filled = frame.set_index(["currency", "age"]).reindex(keys, fill_value=0)
    return filled.reset_index().astype({"orders": "int64"})


def sum_payments_over_time(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    grain: Grain = "day",
) -> pd.DataFrame:
    """period_on, currency, payments, refunds (counts), paid (sum), refunded (sum, positive), by
    payment date within the filter's period, in its currency; only what occurs. The rest of the
    filter is about the orders that were paid."""
    orders, payments = scope.visible.orders, scope.visible.payments
    of_orders = replace(order_filter, currency=None)
    chosen = order_predicates(scope, of_orders, as_of, dated=False)
    if chosen:
        chosen.append(payments.c.order_id == orders.c.order_id)
    if order_filter.currency:
        chosen.append(payments.c.currency == order_filter.currency)
    if order_filter.period:
        chosen.append(in_period(payments.c.paid_on, order_filter.period))
    started, amount = start_of(grain, payments.c.paid_on), payments.c.amount
    statement = (
        select(
            started.label("period_on"),
            payments.c.currency,
            func.count(case((amount >= 0, 1))).label("payments"),
            func.count(case((amount < 0, 1))).label("refunds"),
            func.coalesce(func.sum(case((amount >= 0, amount))), 0).label("paid"),
            func.coalesce(func.sum(case((amount < 0, -amount))), 0).label("refunded"),
        )
        .where(*chosen)
        .group_by(started, payments.c.currency)
        .order_by(started, payments.c.currency)
    )
    return read_frame(engine, statement)


def list_receivables(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    *,
    as_of: date,
    sort: ReceivableSort = "due_on",
    descending: bool = False,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of orders that owe something; `keyset.next_page(frame)` is the `after` of the next.

    order_id, order_number, customer_id, customer, owner_id, rep, stage, ordered_on, due_on,
    days_overdue (0: not yet due), total, paid, owed, currency. `overdue` in the filter is about
    delivery, `past_due` about payment.
    """
    wanted = searched(engine, scope, order_filter)
    orders = owed_orders(scope, wanted, as_of, LISTED).orders
    value = orders.c["net_sales" if sort == "total" else sort]
    return read_page(
        engine,
        Sort(value, orders.c.order_id, descending, has_nulls=sort == "due_on"),
        select(orders),
        lambda page: _shown(scope, page, as_of, language),
        limit=limit,
        after=after,
    )


def _shown(scope: Scope, page: Subquery, as_of: date, language: str) -> Select[Any]:
    customers, employees = scope.visible.customers, scope.visible.employees
    customer = select(name_in(language, customers)).where(
        customers.c.customer_id == page.c.customer_id
    )
    rep = select(name_in(language, employees)).where(employees.c.employee_id == page.c.owner_id)
    late = days_between(page.c.due_on, as_of)
    return select(
        page.c.order_id,
        page.c.order_number,
        page.c.customer_id,
        customer.scalar_subquery().label("customer"),
        page.c.owner_id,
        rep.scalar_subquery().label("rep"),
        page.c.stage,
        page.c.ordered_on,
        page.c.due_on,
        case((late > 0, late), else_=0).label("days_overdue"),
        page.c.net_sales.label("total"),
        page.c.paid,
        page.c.owed,
        page.c.currency,
    )
