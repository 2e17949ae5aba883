"""What is known about each customer from the days on which they ordered, in the currency that they
order in most often: sums, the scores of recency, frequency and monetary value, and the segment."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from dashboard.analytics.segments import SCORES, name_segments, score_rfm

YEAR_DAYS = 365
_KNOWN = ("customer_id", "currency", "orders", "first_ordered_on", "last_ordered_on", "net_sales",
          "orders_12m", "net_sales_12m", "net_sales_prior_12m", "margin_12m", "discount_share",
          "categories", "preferred_category_id", "enquiries_90", "enquiries_prior_90",
          "recency_days", *SCORES, "segment")  # fmt: skip


def in_own_currency(days: pd.DataFrame) -> pd.DataFrame:
    """The rows of `days` in the currency that their customer orders in most often (of two alike
    the first by name).

    From, to  customer_id, currency, orders and others     one row per customer, currency and day

    >>> days = pd.DataFrame({"customer_id": [1, 1, 2], "currency": ["CNY", "EUR", "EUR"],
    ...                      "orders": [1, 2, 1]})
    >>> in_own_currency(days)["currency"].tolist()
    ['EUR', 'EUR']
    """
    if days["currency"].nunique() <= 1:
        return days.reset_index(drop=True)
    counts = days.groupby(["customer_id", "currency"], sort=True)["orders"].sum().reset_index()
    ranked = counts.sort_values(
        ["customer_id", "orders", "currency"], ascending=[True, False, True], kind="stable"
    )
    own = ranked.drop_duplicates("customer_id")[["customer_id", "currency"]]
    return days.merge(own, on=["customer_id", "currency"])


def describe_customers(
    days: pd.DataFrame, categories: pd.DataFrame, enquiries: pd.DataFrame, as_of: date
) -> pd.DataFrame:
    """
    From  days: customer_id, currency, ordered_on, orders, gross_sales, discount, net_sales, cost,
          uncosted (orders with an unknown cost)     one row per customer and day, in one currency
          categories: customer_id, currency, category_id, net_sales
          enquiries: customer_id, enquiries_90, enquiries_prior_90
    To    customer_id, currency, orders, first_ordered_on, last_ordered_on, net_sales, orders_12m,
          net_sales_12m, net_sales_prior_12m, margin_12m (NaN with an unknown cost), discount_share
          (NaN where nothing was charged), categories, preferred_category_id (0: none),
          enquiries_90, enquiries_prior_90, recency_days, recency_score, frequency_score,
          monetary_score, segment     one row per customer, until the evening of `as_of`
    """
    if not len(days):
        return pd.DataFrame({name: pd.Series(dtype="object") for name in _KNOWN})
    found = _ever(days)
    found = found.join(_years(days, as_of)).fillna(
        {"orders_12m": 0, "net_sales_12m": 0.0, "net_sales_prior_12m": 0.0, "margin_12m": 0.0}
    )
    found.loc[found["uncosted_12m"].fillna(0) > 0, "margin_12m"] = np.nan
    found = found.join(_categories(categories, found["currency"]))
    found = found.join(enquiries.set_index("customer_id"))
    whole = ("orders", "orders_12m", "categories", "preferred_category_id", "enquiries_90",
             "enquiries_prior_90")  # fmt: skip
    for name in whole:
        found[name] = found[name].fillna(0).astype("int64")
    scored = score_segments(found.reset_index(), as_of)
    return scored[list(_KNOWN)]


def score_segments(customers: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The customers with recency_days, their three scores and their segment. Only customers of one
    currency are compared.

    From  customer_id, currency, last_ordered_on, orders, net_sales
    """
    since = pd.Timestamp(as_of) - pd.to_datetime(customers["last_ordered_on"])
    found = customers.assign(recency_days=since.dt.days)
    scores = [
        score_rfm(group).set_axis(group.index) for _, group in found.groupby("currency", sort=True)
    ]
    if scores:
        found = found.join(pd.concat(scores)[list(SCORES)])
    else:
        found = found.assign(**{name: pd.Series(dtype="int64") for name in SCORES})
    return found.assign(segment=name_segments(found))


def tell_segments_at(days: pd.DataFrame, day: date) -> pd.DataFrame:
    """The segments as they were on the evening of `day`.

    From  customer_id, currency, ordered_on, orders, net_sales    one row per customer and day
    To    customer_id, as_of_on, segment                          one row per customer by then
    """
    known = in_own_currency(days[days["ordered_on"] <= pd.Timestamp(day)])
    scored = score_segments(_ever(known).reset_index(), day)
    return pd.DataFrame(
        {
            "customer_id": scored["customer_id"].to_numpy(dtype=np.int64),
            "as_of_on": np.full(len(scored), np.datetime64(day, "D")),
            "segment": scored["segment"].to_numpy(dtype=object),
        }
    )


def quarter_ends(as_of: date, quarters: int) -> list[date]:
    """The last days of so many whole quarters before `as_of`, or that end with it, oldest first.

    >>> quarter_ends(date(2026, 11, 23), 2)
    [datetime.date(2026, 6, 30), datetime.date(2026, 9, 30)]
    """
    last = pd.Period(pd.Timestamp(as_of + timedelta(days=1)), freq="Q") - 1
    return [(last - back).end_time.date() for back in reversed(range(quarters))]


def _ever(days: pd.DataFrame) -> pd.DataFrame:
    grouped = days.groupby("customer_id", sort=True)
    found = grouped.agg(
        currency=("currency", "first"),
        orders=("orders", "sum"),
        first_ordered_on=("ordered_on", "min"),
        last_ordered_on=("ordered_on", "max"),
        net_sales=("net_sales", "sum"),
    )
    if "discount" in days:
        sums = grouped[["discount", "gross_sales"]].sum()
        charged = sums["gross_sales"].where(sums["gross_sales"] > 0)
        found["discount_share"] = (sums["discount"] / charged).clip(0, 1)
    return found


def _years(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    since = (pd.Timestamp(as_of) - days["ordered_on"]).dt.days
    recent = days[since < YEAR_DAYS]
    sums = recent.groupby("customer_id")[["orders", "net_sales", "cost", "uncosted"]].sum()
    found = pd.DataFrame(
        {
            "orders_12m": sums["orders"],
            "net_sales_12m": sums["net_sales"],
            "margin_12m": sums["net_sales"] - sums["cost"],
            "uncosted_12m": sums["uncosted"],
        }
    )
    before = days[(since >= YEAR_DAYS) & (since < 2 * YEAR_DAYS)]
    prior = before.groupby("customer_id")["net_sales"].sum().rename("net_sales_prior_12m")
    return found.join(prior, how="outer")


def _categories(categories: pd.DataFrame, currency: pd.Series) -> pd.DataFrame:
    own = categories[categories["currency"].eq(categories["customer_id"].map(currency))]
    ranked = own.sort_values(
        ["customer_id", "net_sales", "category_id"], ascending=[True, False, True], kind="stable"
    )
    best = ranked.drop_duplicates("customer_id").set_index("customer_id")["category_id"]
    return pd.DataFrame(
        {"categories": own.groupby("customer_id").size(), "preferred_category_id": best}
    )
