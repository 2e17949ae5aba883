"""From what was sold to what moves it: the panel, and everything that is estimated from it once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.what_if.baseline import Spend
from dashboard.analytics.what_if.elasticity import estimate_elasticities, shrink_elasticities
from dashboard.analytics.what_if.promotions import AFTER_DAYS, Promotions, estimate_promotions
from dashboard.analytics.what_if.regression import Floats, fit_with_memory

_CARRIED: Floats = np.array([0.0, 0.2, 0.4, 0.6, 0.8])  # θ, weighed against each other
FEWEST_SPENT_WEEKS = 26
RECENT_WEEKS = 26
_YEAR = 365.25 / 7


@dataclass(frozen=True)
class Learnt:
    """elasticities is what `shrink_elasticities` gives; `weeks` were looked at; `version` names
    the state of the data it was learnt from; `recent` is what all of it brought in 26 weeks."""

    elasticities: pd.DataFrame
    promotions: Promotions
    spend: Spend
    weeks: int
    version: str = ""
    recent: float = 0.0


def learn_effects(
    weeks: pd.DataFrame, days: pd.DataFrame, campaigns: pd.DataFrame, end: date, version: str = ""
) -> Learnt:
    """Everything that a scenario needs and that takes seconds.

    From  weeks: product_id, category_id, week_on, sold, list_price, net_sales; days: category_id,
          ordered_on, sold; campaigns: campaign_id, category_id, discount_rate, budget, starts_on,
          ends_on, orders. `end` is the Monday after the last whole week.
    """
    spans = number_campaigns(campaigns, end)
    panel = fill_weeks(weeks, spans, end)
    return Learnt(
        shrink_elasticities(estimate_elasticities(panel)),
        estimate_promotions(fill_days(days, weeks, end), spans[spans["orders"] > 0]),
        estimate_spend(weeks, spans, end),
        int(panel["week"].nunique()) if len(panel) else 0,
        version,
        float(weeks.loc[days_back(weeks, end) <= 7 * RECENT_WEEKS, "net_sales"].sum()),
    )


def days_back(weeks: pd.DataFrame, end: date) -> Any:
    """How many days before `end` each week began."""
    return (pd.Timestamp(end) - pd.to_datetime(weeks["week_on"])).dt.days


def number_campaigns(campaigns: pd.DataFrame, end: date) -> pd.DataFrame:
    """The campaigns with first and last as days, counted so that `end` is day 0."""
    found = campaigns.copy()
    for name, day in (("first", "starts_on"), ("last", "ends_on")):
        found[name] = (pd.to_datetime(found[day]) - pd.Timestamp(end)).dt.days.astype(np.float64)
    found["category_id"] = (
        found["category_id"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    )
    found["discount_rate"] = found["discount_rate"].fillna(0.0)
    return found


def fill_weeks(weeks: pd.DataFrame, campaigns: pd.DataFrame, end: date) -> pd.DataFrame:
    """The panel that `estimate_elasticities` reads: every week of each product from its first sale
    on (to its last, where that is over a quarter ago), also those without a sale; weeks are counted
    so that the last is −1."""
    if not len(weeks):
        columns = [
            "product_id",
            "category_id",
            "week",
            "sold",
            "price",
            "promoted",
            "after",
            "others",
        ]
        return pd.DataFrame(columns=columns, dtype=np.float64)
    number = (pd.to_datetime(weeks["week_on"]) - pd.Timestamp(end)).dt.days.to_numpy() // 7
    sold = _table(weeks, number, "sold").fillna(0.0)
    price = _table(weeks, number, "list_price").ffill()
    everything = sold.sum(axis=1)
    shares = {
        category: _shares(campaigns, category, sold.index.to_numpy())
        for category in weeks["category_id"].dropna().unique()
    }
    nothing = (np.zeros(len(sold)),) * 2
    category_of = weeks.groupby("product_id")["category_id"].first()
    parts = []
    for product_id in sold.columns:
        when = np.flatnonzero(sold[product_id].to_numpy() > 0)
        until = len(sold) if when[-1] >= len(sold) - 13 else when[-1] + 1
        span = slice(int(when[0]), int(until))
        promoted, after = shares.get(category_of[product_id], nothing)
        own = sold[product_id].to_numpy()[span]
        parts.append(
            pd.DataFrame(
                {
                    "product_id": product_id,
                    "category_id": category_of[product_id],
                    "week": sold.index.to_numpy()[span],
                    "sold": own,
                    "price": price[product_id].to_numpy()[span],
                    "promoted": promoted[span],
                    "after": after[span],
                    "others": everything.to_numpy()[span] - own,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def fill_days(days: pd.DataFrame, weeks: pd.DataFrame, end: date) -> pd.DataFrame:
    """Every day of each category, also those without a sale, with an index of its list prices (the
    mean of each product's price ÷ its own mean) and what was sold of the others."""
    columns = ["category_id", "day", "weekday", "sold", "price", "others"]
    if not len(days):
        return pd.DataFrame(columns=columns, dtype=np.float64)
    number = (pd.to_datetime(days["ordered_on"]) - pd.Timestamp(end)).dt.days
    table = days.assign(day=number).pivot_table(
        index="day", columns="category_id", values="sold", aggfunc="sum"
    )
    table = table.reindex(range(int(number.min()), 0)).fillna(0.0)
    usual = weeks["list_price"] / weeks.groupby("product_id")["list_price"].transform("mean")
    week = (pd.to_datetime(weeks["week_on"]) - pd.Timestamp(end)).dt.days // 7
    index = usual.groupby([week, weeks["category_id"]]).mean().unstack()
    day = table.index.to_numpy()
    everything = table.sum(axis=1).to_numpy()
    parts = []
    for category_id in table.columns:
        own = table[category_id].to_numpy()
        price = index.get(category_id, pd.Series(dtype=float)).reindex(day // 7).ffill().bfill()
        parts.append(
            pd.DataFrame(
                {
                    "category_id": category_id,
                    "day": day,
                    "weekday": (day + 7_000) % 7,
                    "sold": own,
                    "price": price.fillna(1.0).to_numpy(np.float64),
                    "others": everything - own,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def estimate_spend(weeks: pd.DataFrame, campaigns: pd.DataFrame, end: date) -> Spend:
    """How demand of everything goes with what marketing spends: log(sold) = η ln(1 + adstock / κ) +
    promotion days + season + trend, AR(1); κ is the median spend, θ is weighed over a grid. Budgets
    are spread evenly over a campaign's days. Not learnt (assumed) where fewer than 26 weeks have
    spend, or it never changes."""
    spent = campaigns.drop_duplicates("campaign_id")
    spent = spent[(spent["budget"] > 0) & (spent["first"] < 0)]
    number = (pd.to_datetime(weeks["week_on"]) - pd.Timestamp(end)).dt.days // 7
    total = weeks["sold"].groupby(number).sum()
    if not len(total):
        return Spend()
    total = total.reindex(range(int(total.index.min()), 0), fill_value=0)
    week = total.index.to_numpy()
    money = _weekly_spend(spent, week)
    lately = float(money[-52:].mean())
    has = money > 0
    if has.sum() < FEWEST_SPENT_WEEKS or np.ptp(money) < 0.05 * money.mean() or len(week) < 52:
        return Spend(weekly=lately, scale=max(lately, 1.0), weeks=int(has.sum()))
    scale = float(np.median(money[has]))
    logs = np.log(np.maximum(total.to_numpy(np.float64), 0.5))
    promoted = _shares(campaigns[campaigns["category_id"].isna()], np.nan, week)[0]
    angle = 2 * np.pi * week / _YEAR
    plain = [np.ones(len(week)), week / _YEAR, np.sin(angle), np.cos(angle), np.sin(2 * angle),
             np.cos(2 * angle)]  # fmt: skip
    plain += [promoted] if np.ptp(promoted) > 0 else []
    fits = []
    for carried in _CARRIED:
        stock = np.log1p(_adstock(money, carried) / scale)
        try:
            fits.append((carried, fit_with_memory(logs, np.column_stack([stock, *plain]))))
        except (ValueError, np.linalg.LinAlgError):
            continue
    if not fits:
        return Spend(weekly=lately, scale=scale, weeks=int(has.sum()))
    chance = np.exp([fit.evidence - max(one.evidence for _c, one in fits) for _c, fit in fits])
    chance /= chance.sum()
    effects = np.array([fit.coefficients[0] for _c, fit in fits])
    errors = np.array([fit.error(0) for _c, fit in fits])
    mean = float(chance @ effects)
    return Spend(
        lately, mean, float(np.sqrt(chance @ (errors**2 + (effects - mean) ** 2))),
        float(chance @ [carried for carried, _fit in fits]), scale, "estimated", int(has.sum()),
    )  # fmt: skip


def _adstock(money: Floats, carried: float) -> Floats:
    found = np.empty(len(money))
    stock = money[: min(26, len(money))].mean() / (1 - carried)
    for place, spent in enumerate(money):
        stock = spent + carried * stock
        found[place] = stock
    return found


def _weekly_spend(campaigns: pd.DataFrame, week: Floats) -> Floats:
    money = np.zeros(len(week))
    for one in campaigns[["first", "last", "budget"]].to_numpy(np.float64):
        money += _overlap(week, one[0], one[1]) * one[2] / (one[1] - one[0] + 1)
    return money


def _shares(campaigns: pd.DataFrame, category_id: float, week: Floats) -> tuple[Floats, Floats]:
    """Of each week: the share of days with a promotion, and of those just after one."""
    its = campaigns["category_id"].isna() if np.isnan(category_id) else (
        campaigns["category_id"] == category_id
    )  # fmt: skip
    day = np.arange(int(week[0]) * 7, int(week[-1] + 1) * 7)
    on, after = np.zeros(len(day), bool), np.zeros(len(day), bool)
    for first, last in campaigns.loc[its, ["first", "last"]].to_numpy(np.float64):
        on |= (day >= first) & (day <= last)
        after |= (day > last) & (day <= last + AFTER_DAYS)
    after &= ~on
    return on.reshape(-1, 7).mean(axis=1), after.reshape(-1, 7).mean(axis=1)


def _overlap(week: Floats, first: float, last: float) -> Floats:
    start = week * 7
    days = np.minimum(start + 7, last + 1) - np.maximum(start, first)
    return np.asarray(np.clip(days, 0, 7))


def _table(weeks: pd.DataFrame, number: Any, value: str) -> pd.DataFrame:
    table = weeks.assign(week=number).pivot_table(
        index="week",
        columns="product_id",
        values=value,
        aggfunc="sum" if value == "sold" else "mean",
    )
    return table.reindex(range(int(number.min()), 0))


def last_monday(as_of: date) -> date:
    """The day after the last whole week before `as_of`."""
    return as_of - timedelta(days=as_of.weekday())
