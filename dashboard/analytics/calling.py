"""Whom to call: reasons of several kinds become one ranked list for each rep, as long as the rep
has time for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
import pandas as pd

# what came of a call → the days for which it is not suggested again
HOLDS: Mapping[str, int] = {"called": 30, "bought": 30, "not_interested": 180, "wrong": 365}
# of these, an order placed since is a new reason
ENDED_BY_AN_ORDER = ("not_interested", "wrong")
OFFERS = ("again", "new")  # causes that go with a call, and are none to make one
MOST_PRODUCTS = 3  # that are due, of which a call can be about
_LINE = ["employee_id", "customer_id", "currency", "expected_value", "is_held_out", "rank"]


def drop_answered(reasons: pd.DataFrame, marks: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The reasons that no mark stands against.

    From  reasons: customer_id, product_id (NA: the customer as such), last_ordered_on (of the
          product where there is one), customer_ordered_on (the customer's last order);
          marks: customer_id, product_id (NA: all of the customer), mark (one of HOLDS), marked_on
    To    reasons without those that were answered less than HOLDS days ago. A mark of a product is
          about that product alone. An order since (with the product, where the mark has one) ends
          a mark of ENDED_BY_AN_ORDER.

    >>> day = pd.Timestamp("2026-11-23")
    >>> reasons = pd.DataFrame({"customer_id": [1, 1, 2], "product_id": [7, 8, pd.NA],
    ...     "last_ordered_on": [day] * 3, "customer_ordered_on": [day] * 3})
    >>> marks = pd.DataFrame({"customer_id": [1, 2], "product_id": [7, pd.NA],
    ...     "mark": ["not_interested", "called"], "marked_on": [day + pd.Timedelta(days=1)] * 2})
    >>> drop_answered(reasons, marks, date(2026, 12, 1))["product_id"].tolist()
    [8]
    """
    if reasons.empty or marks.empty:
        return reasons
    told = marks.assign(
        product_id=marks["product_id"].astype("Int64"),
        marked_on=pd.to_datetime(marks["marked_on"]),
        days=marks["mark"].map(HOLDS),
    ).rename(columns={"product_id": "marked_product_id"})
    numbered = reasons.reset_index(names="place")
    pairs = numbered.merge(told, on="customer_id")
    of_product = pairs["marked_product_id"].notna()
    same = (pairs["product_id"].astype("Int64") == pairs["marked_product_id"]).fillna(False)
    ordered_on = pairs["last_ordered_on"].where(of_product, pairs["customer_ordered_on"])
    is_over = pd.Timestamp(as_of) >= pairs["marked_on"] + pd.to_timedelta(pairs["days"], unit="D")
    renewed = pairs["mark"].isin(ENDED_BY_AN_ORDER) & (
        pd.to_datetime(ordered_on) > pairs["marked_on"]
    )
    stands = (same | ~of_product) & ~is_over & ~renewed
    answered = pairs.loc[stands.astype(bool), "place"]
    return reasons[~reasons.index.isin(answered)]


def with_occasion(reasons: pd.DataFrame) -> pd.DataFrame:
    """Without OFFERS to customers who are neither silent nor due, and without offers of what is due
    to the customer anyway.

    From and to  customer_id, cause, product_id, …      one row per reason

    >>> reasons = pd.DataFrame({"customer_id": [1, 1, 1, 2], "product_id": [7, 7, 8, 8],
    ...     "cause": ["rebuy", "again", "new", "new"]})
    >>> with_occasion(reasons)["cause"].tolist()
    ['rebuy', 'new']
    """
    is_offer = reasons["cause"].isin(OFFERS)
    occasions = reasons[~is_offer]
    pairs = pd.MultiIndex.from_frame(occasions[["customer_id", "product_id"]].dropna())
    own = pd.MultiIndex.from_frame(reasons[["customer_id", "product_id"]])
    goes_along = reasons["customer_id"].isin(occasions["customer_id"]) & ~own.isin(pairs)
    return reasons[~is_offer | goes_along]


def best_reasons(reasons: pd.DataFrame) -> pd.DataFrame:
    """Of each customer and cause those that are worth the most, at most MOST_PRODUCTS, and of
    OFFERS the one that is ranked first: what a call can be about, and what its value is the sum of.

    From and to  customer_id, cause, product_id, expected_value, rank (of OFFERS), …

    >>> reasons = pd.DataFrame({"customer_id": [1] * 6, "cause": ["rebuy"] * 4 + ["new"] * 2,
    ...     "product_id": [6, 7, 8, 9, 1, 2], "expected_value": [1.0, 3.0, 2.0, 4.0, 1.0, 2.5],
    ...     "rank": [None] * 4 + [1, 2]})
    >>> best_reasons(reasons)["product_id"].tolist()
    [9, 7, 8, 1]
    """
    by_value = reasons.sort_values(
        ["customer_id", "expected_value", "cause", "product_id"],
        ascending=[True, False, True, True],
    )
    is_offer = by_value["cause"].isin(OFFERS)
    groups = by_value.groupby(["customer_id", "cause"])
    first = by_value["rank"].astype(float) == groups["rank"].transform("min").astype(float)
    return by_value[
        (is_offer & first) | (~is_offer & (groups.cumcount() < MOST_PRODUCTS))
    ].reset_index(drop=True)


def rank_calls(
    reasons: pd.DataFrame,
    room: Mapping[int, int],
    held_out: Collection[int],
    first_rank: Mapping[int, int],
) -> pd.DataFrame:
    """One list for each rep: the customers whose reasons are worth the most, as many as there is
    `room` for. A customer of `held_out` takes no room, and is in the answer as far as it would
    have been on the list. Ranks go on from `first_rank` (1 where it says nothing).

    From  customer_id, employee_id, currency, expected_value          one row per reason
    To    employee_id, customer_id, currency, expected_value (summed), is_held_out, rank

    Amounts of different currencies are compared as multiples of what a reason is worth on average
    in its currency.

    >>> reasons = pd.DataFrame({"customer_id": [1, 1, 2, 3], "employee_id": [5] * 4,
    ...     "currency": ["CNY"] * 4, "expected_value": [10.0, 20.0, 40.0, 5.0]})
    >>> rank_calls(reasons, {5: 1}, {2}, {})[["customer_id", "is_held_out", "rank"]].values.tolist()
    [[2, True, 1], [1, False, 1]]
    """
    if reasons.empty:
        return pd.DataFrame(columns=_LINE)
    lines = reasons.groupby("customer_id", as_index=False).agg(
        employee_id=("employee_id", "first"),
        currency=("currency", "first"),
        expected_value=("expected_value", "sum"),
    )
    usual = reasons.groupby("currency")["expected_value"].mean()
    usual = usual.where(usual > 0, 1.0)
    lines["weight"] = lines["expected_value"] / lines["currency"].map(usual)
    lines = lines.sort_values(
        ["employee_id", "weight", "customer_id"], ascending=[True, False, True], ignore_index=True
    )
    lines["is_held_out"] = lines["customer_id"].isin(list(held_out)).to_numpy(dtype=bool)
    listed = (~lines["is_held_out"]).astype(np.int64)
    before = listed.groupby(lines["employee_id"]).cumsum() - listed
    own = lines["employee_id"].map(lambda each: room.get(each, 0))
    first = lines["employee_id"].map(lambda each: first_rank.get(each, 1))
    lines["rank"] = first + before
    return lines.loc[before < own, _LINE].reset_index(drop=True)
