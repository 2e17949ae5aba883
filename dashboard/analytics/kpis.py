"""The rates and ratios of sales, from sums that were counted once.

Every function takes a frame with the measures of `data_access.sales` (any rows: spans, days,
channels) and answers one number per row. Nothing divided by nothing is NaN, shown as "n/a"; so is
a rate whose parts the person may not see. `KPIS` is the one list of them: what a figure is called,
how it is computed, in what unit it is shown, whether more is better, and by which date it counts.
The sentences that explain them to a person are written, and translated, in the dashboard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

Kind = Literal["money", "count", "rate"]
Basis = Literal["ordered_on", "shipped_on", "promised_on"]
Numbers: TypeAlias = "pd.Series[float]"
Formula = Callable[[pd.DataFrame], Numbers]


def average_order_value(sums: pd.DataFrame) -> Numbers:
    """Net sales ÷ orders that were not cancelled, by order date.

    From  net_sales, orders   any rows
    To    a number per row

    >>> sums = pd.DataFrame({"net_sales": [300.0, 0.0, 0.0], "orders": [4, 2, 0]})
    >>> average_order_value(sums).tolist()
    [75.0, 0.0, nan]
    """
    return _ratio(sums["net_sales"], sums["orders"])


def gross_margin_rate(sums: pd.DataFrame) -> Numbers:
    """(Net sales − cost of the units kept) ÷ net sales, the cost being that of order time.

    From  net_sales, cost     any rows
    To    a number per row

    >>> sums = pd.DataFrame({"net_sales": [200.0, 50.0, 0.0], "cost": [120.0, 60.0, 0.0]})
    >>> gross_margin_rate(sums).tolist()
    [0.4, -0.2, nan]
    """
    return _ratio(sums["net_sales"] - sums["cost"], sums["net_sales"])


def on_time_rate(sums: pd.DataFrame) -> Numbers:
    """Orders delivered on or before the promised day ÷ orders promised for a day that is over.

    From  on_time_orders, due_orders   any rows
    To    a number per row

    >>> sums = pd.DataFrame({"on_time_orders": [9, 0, 0], "due_orders": [10, 3, 0]})
    >>> on_time_rate(sums).tolist()
    [0.9, 0.0, nan]
    """
    return _ratio(sums["on_time_orders"], sums["due_orders"])


def cancellation_rate(sums: pd.DataFrame) -> Numbers:
    """Cancelled orders ÷ all orders received, by order date.

    From  cancelled_orders, received_orders   any rows
    To    a number per row

    >>> sums = pd.DataFrame({"cancelled_orders": [1, 0, 0], "received_orders": [8, 5, 0]})
    >>> cancellation_rate(sums).tolist()
    [0.125, 0.0, nan]
    """
    return _ratio(sums["cancelled_orders"], sums["received_orders"])


def return_rate(sums: pd.DataFrame) -> Numbers:
    """Returned units ÷ shipped units, by shipment date; the newest shipments can still come back.

    From  returned_units, shipped_units   any rows
    To    a number per row

    >>> sums = pd.DataFrame({"returned_units": [3, 0, 0], "shipped_units": [60, 7, 0]})
    >>> return_rate(sums).tolist()
    [0.05, 0.0, nan]
    """
    return _ratio(sums["returned_units"], sums["shipped_units"])


def discount_rate(sums: pd.DataFrame) -> Numbers:
    """Discounts ÷ gross sales, by order date; of all units sold, those that came back included.

    From  discounts, gross_sales   any rows
    To    a number per row

    >>> sums = pd.DataFrame({"discounts": [30.0, 0.0, 0.0], "gross_sales": [120.0, 80.0, 0.0]})
    >>> discount_rate(sums).tolist()
    [0.25, 0.0, nan]
    """
    return _ratio(sums["discounts"], sums["gross_sales"])


def growth(now: Numbers, before: Numbers) -> Numbers:
    """(Now − before) ÷ before; NaN, shown as "n/a", when there was nothing, or less, before.

    >>> growth(pd.Series([120.0, 5.0, 0.0]), pd.Series([100.0, 0.0, 50.0])).tolist()
    [0.2, nan, -1.0]
    """
    now, before = pd.Series(now, dtype="float64"), pd.Series(before, dtype="float64")
    return _ratio(now - before, before.where(before > 0))


@dataclass(frozen=True)
class Kpi:
    formula: Formula
    kind: Kind
    more_is_better: bool
    basis: Basis


def _column(name: str) -> Formula:
    return lambda sums: sums[name].astype("float64")


KPIS: Mapping[str, Kpi] = {
    "net_sales": Kpi(_column("net_sales"), "money", True, "ordered_on"),
    "orders": Kpi(_column("orders"), "count", True, "ordered_on"),
    "average_order_value": Kpi(average_order_value, "money", True, "ordered_on"),
    "gross_margin_rate": Kpi(gross_margin_rate, "rate", True, "ordered_on"),
    "discount_rate": Kpi(discount_rate, "rate", False, "ordered_on"),
    "on_time_rate": Kpi(on_time_rate, "rate", True, "promised_on"),
    "cancellation_rate": Kpi(cancellation_rate, "rate", False, "ordered_on"),
    "return_rate": Kpi(return_rate, "rate", False, "shipped_on"),
}


def add_kpis(sums: pd.DataFrame) -> pd.DataFrame:
    """The frame with a column for each of `KPIS`.

    From  the measures of data_access.sales, any rows
    To    the same rows and columns, and average_order_value, gross_margin_rate, discount_rate,
          on_time_rate, cancellation_rate, return_rate

    >>> day = {"net_sales": 90.0, "gross_sales": 120.0, "discounts": 20.0, "cost": 45.0,
    ...        "orders": 3, "received_orders": 4, "cancelled_orders": 1, "due_orders": 2,
    ...        "on_time_orders": 1, "shipped_units": 5, "returned_units": 1}
    >>> add_kpis(pd.DataFrame([day]))[["average_order_value", "gross_margin_rate"]]
       average_order_value  gross_margin_rate
    0                 30.0                0.5
    """
    return sums.assign(**{name: kpi.formula(sums) for name, kpi in KPIS.items()})


def compare_kpis(spans: pd.DataFrame) -> pd.DataFrame:
    """Each of `KPIS` now, in the previous period and in the same period last year.

    From  span (now, previous, last_year) and the measures   one row per span
    To    kpi, now, previous, last_year                      one row per KPI, in their order;
          since_previous, since_last_year                    growth; for a rate the difference

    >>> measures = {"net_sales": [150.0, 100.0, 0.0], "cost": [75.0, 40.0, 0.0],
    ...     "gross_sales": [150.0, 100.0, 0.0], "discounts": [0.0, 0.0, 0.0], "orders": [3, 2, 0],
    ...     "received_orders": [4, 2, 0], "cancelled_orders": [1, 0, 0], "due_orders": [2, 2, 0],
    ...     "on_time_orders": [1, 2, 0], "shipped_units": [9, 9, 0], "returned_units": [0, 3, 0]}
    >>> spans = pd.DataFrame({"span": ["now", "previous", "last_year"], **measures})
    >>> compare_kpis(spans).set_index("kpi").loc[["net_sales", "gross_margin_rate"]]
                         now  previous  last_year  since_previous  since_last_year
    kpi
    net_sales          150.0     100.0        0.0             0.5              NaN
    gross_margin_rate    0.5       0.6        NaN            -0.1              NaN
    """
    values = add_kpis(spans).set_index("span")[list(KPIS)].astype("float64").T
    table = values.reindex(columns=["now", "previous", "last_year"])
    is_rate = pd.Series({name: kpi.kind == "rate" for name, kpi in KPIS.items()})
    for span in ("previous", "last_year"):
        grown = growth(table["now"], table[span])
        table[f"since_{span}"] = grown.where(~is_rate, (table["now"] - table[span]).round(12))
    return table.rename_axis(index="kpi", columns=None).reset_index()


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    parts, wholes = part.astype("float64"), whole.astype("float64")
    return parts / wholes.where(wholes != 0, np.nan)
