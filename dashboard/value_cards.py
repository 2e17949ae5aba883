"""The cards of the customer value page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.analytics.cohorts import interval_of_sum, rate_of
from dashboard.analytics.kpis import growth
from dashboard.cards import Card
from dashboard.texts import _, _n, in_a_row

NOT_WORKED_OUT = "–"


def value_cards(
    months: pd.DataFrame,
    repurchase: pd.DataFrame,
    best_share: float,
    shared_error: float | None,
    currency: str,
) -> list[Card]:
    """`months` are the rows of `sum_value_by_cohort`; `repurchase` has the rates of the year that
    ends today (last) and of the year before it (first)."""
    value = months.drop(columns="scored_on").sum()
    scored_on = months["scored_on"].max()
    return [
        _predicted(value, scored_on, shared_error, currency),
        _last_year(value, currency),
        _so_far(value, currency),
        _repurchase(repurchase),
        Card(
            key="best_tenth",
            label=_("Share of the best tenth"),
            value=formats.rate(best_share),
            help=_(
                "Net sales of the tenth of the customers who bought most ÷ net sales of all, of "
                "the last 365 days."
            ),
            note=_("of net sales of the last 12 months"),
        ),
    ]


def _predicted(
    value: pd.Series[Any], scored_on: Any, shared_error: float | None, currency: str
) -> Card:
    scored = int(value["scored"])
    low, high = interval_of_sum(
        float(value["predicted_value"]), float(value["variance"]), shared_error
    )
    between = _(
        "8 in 10: {low} – {high}",
        low=formats.compact_money(low, currency),
        high=formats.compact_money(high, currency),
    )
    return Card(
        key="predicted",
        label=_("Next 12 months"),
        value=formats.compact_money(value["predicted_value"], currency)
        if scored
        else NOT_WORKED_OUT,
        help=in_a_row(
            (
                _(
                    "Net sales expected of these customers in the next 365 days: expected orders × "
                    "expected value of an order; customers who are still to be won are not in it."
                ),
                _(
                    "The interval is that of the sum, not the sum of the customers' intervals: "
                    "single customers even out, an error that is the same for all does not."
                ),
                _("Worked out on {day}.", day=formats.day(scored_on)),
            )
        ),
        note=between if scored else _("Not worked out yet"),
    )


def _last_year(value: pd.Series[Any], currency: str) -> Card:
    now, before = float(value["net_sales_12m"]), float(value["net_sales_prior_12m"])
    moved = growth(pd.Series([now]), pd.Series([before])).iloc[0]
    return Card(
        key="last_year",
        label=_("Last 12 months"),
        value=formats.compact_money(now, currency),
        help=_(
            "Net sales of the last 365 days, by order date, cancelled orders left out. Orders "
            "without a customer are not in it."
        ),
        note=_(
            "{change} vs the year before · {customers}",
            change=formats.change(moved),
            customers=_n("{n} customer", "{n} customers", int(value["customers_12m"])),
        ),
    )


def _so_far(value: pd.Series[Any], currency: str) -> Card:
    customers = int(value["customers"])
    each = formats.compact_money(rate_of(value["net_sales"], customers), currency)
    return Card(
        key="so_far",
        label=_("Value so far"),
        value=formats.compact_money(value["net_sales"], currency),
        help=_("Net sales ever, cancelled orders left out: historical value."),
        note=_(
            "{customers}, {amount} each",
            customers=_n("{n} customer", "{n} customers", customers),
            amount=each,
        ),
    )


def _repurchase(repurchase: pd.DataFrame) -> Card:
    rates = repurchase["rate"].tolist()
    now, before = rates[-1], rates[0]
    return Card(
        key="repurchase",
        label=_("Repurchase rate"),
        value=formats.rate(now),
        help=_(
            "Customers with two or more orders in the last 365 days ÷ customers with at least one. "
            "Compared with the 365 days before."
        ),
        note=_("{change} vs the year before", change=formats.points(now - before)),
    )
