"""What is owed in few numbers, and what came in month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd


@dataclass(frozen=True)
class Owed:
    orders: int
    amount: float
    past_due_orders: int
    past_due: float
    past_due_rate: float  # of the amount; NaN when nothing is owed
    over_90_orders: int
    over_90: float


def summarise_receivables(ages: pd.DataFrame) -> Owed:
    """The totals over the ages of one currency.

    From  age, orders, owed   one row per age
    To    Owed

    >>> ages = pd.DataFrame(
    ...     {"age": ["not_due", "1-30", "over_90"], "orders": [2, 1, 1], "owed": [60.0, 30.0, 10.0]}
    ... )
    >>> owed = summarise_receivables(ages)
    >>> owed.amount, owed.past_due, owed.past_due_rate, owed.over_90_orders
    (100.0, 40.0, 0.4, 1)
    """
    late = ages[ages["age"] != "not_due"]
    oldest = ages[ages["age"] == "over_90"]
    amount = round(float(ages["owed"].sum()), 4)
    past_due = round(float(late["owed"].sum()), 4)
    return Owed(
        orders=int(ages["orders"].sum()),
        amount=amount,
        past_due_orders=int(late["orders"].sum()),
        past_due=past_due,
        past_due_rate=past_due / amount if amount else float("nan"),
        over_90_orders=int(oldest["orders"].sum()),
        over_90=round(float(oldest["owed"].sum()), 4),
    )


def every_month(payments: pd.DataFrame, first_on: date, last_on: date) -> pd.DataFrame:
    """A row for every month, 0 where nothing was paid.

    From  period_on, paid, refunded   one row per month with payments
    To    period_on, amount           one row per month; refunds are taken off

    >>> paid = pd.DataFrame(
    ...     {"period_on": pd.to_datetime(["2026-10-01"]), "paid": [90.0], "refunded": [20.0]}
    ... )
    >>> every_month(paid, date(2026, 9, 1), date(2026, 10, 23))["amount"].tolist()
    [0.0, 70.0]
    """
    months = pd.date_range(first_on.replace(day=1), last_on, freq="MS", unit="us")
    net = payments.assign(amount=payments["paid"] - payments["refunded"])
    by_month = net.groupby("period_on")["amount"].sum()
    amounts = by_month.reindex(months, fill_value=0.0).astype("float64").round(4)
    return pd.DataFrame({"period_on": months, "amount": amounts.to_numpy()})
