"""The open orders, how likely each is to be late, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from dashboard import formats
from dashboard.analytics.late_risk import LONGEST, LateRisk, learn_late_risk, rate_open_orders
from dashboard.filters import STAGE_NAMES
from dashboard.reads import learn, read
from dashboard.session import business_zone
from dashboard.texts import _, _n, language
from data_access.filters import OrderFilter
from data_access.late_orders import list_open_orders, list_stage_histories
from data_access.scope import Scope

LIKELY = 0.5  # from here on it is likelier late than not
_MOST_REASONS = 2


@dataclass(frozen=True)
class OpenOrders:
    """`orders` has the columns of list_open_orders and rate_open_orders, and is_late, at_risk
    (chance × net sales), expected_on and why. `can_tell`: whether there are chances."""

    orders: pd.DataFrame
    can_tell: bool

    @property
    def in_time(self) -> pd.DataFrame:
        return self.orders[~self.orders["is_late"]]

    @property
    def late(self) -> pd.DataFrame:
        return self.orders[self.orders["is_late"]]

    @property
    def likely_late(self) -> pd.DataFrame:
        return self.in_time[self.in_time["late_rate"] >= LIKELY]


@dataclass(frozen=True)
class Learnt:
    """What the orders that a person sees tell about being late, and which of the open ones found
    too little stock when they were ordered: order_id, was_short."""

    risk: LateRisk
    shortages: pd.DataFrame


def learn_lateness(engine: Engine, scope: Scope, as_of: date, zone: str) -> Learnt:
    """For `learn`, which keeps it for a while."""
    histories = list_stage_histories(engine, scope, as_of, zone)
    is_open = histories["completed_day"].isna() & histories["ended_day"].isna()
    return Learnt(
        learn_late_risk(histories),
        histories.loc[is_open, ["order_id", "was_short"]].reset_index(drop=True),
    )


def open_orders(scope: Scope, chosen: OrderFilter, as_of: date) -> OpenOrders:
    """The open orders that the filter chooses, whenever ordered; learnt from all there are."""
    zone = business_zone()
    learnt = learn(learn_lateness, scope, as_of, zone)
    risk = learnt.risk
    whenever = replace(chosen, period=None)
    orders = read(list_open_orders, scope, whenever, as_of, language(), zone)
    orders = orders.merge(learnt.shortages, on="order_id", how="left")
    today = pd.Timestamp(as_of)
    rated = rate_open_orders(
        risk,
        orders.assign(
            age_days=(today - orders["entered_on"]).dt.days.fillna(0).clip(lower=0),
            days_left=(orders["promised_on"] - today).dt.days,
        ),
    )
    days = rated["expected_days"].where(rated["expected_days"] < LONGEST)
    expected = today + pd.to_timedelta(days, unit="D")
    rated = rated.assign(
        is_late=rated["days_left"] < 0,
        at_risk=(rated["late_rate"] * rated["net_sales"]).round(2),
        expected_on=expected,
    )
    why = [explain_risk(row) for row in rated.to_dict("records")]
    return OpenOrders(rated.assign(why=pd.Series(why, dtype="object")), risk.can_tell)


def explain_risk(row: Mapping[Any, Any]) -> str:
    """The most telling reasons, in words: 14 d in Processing; 9 of 10 leave within 6 d."""
    days_left, age = int(row["days_left"]), int(row["age_days"])
    reasons = []
    if days_left < 0:
        reasons.append(formats.days_late(-days_left))
    short = row["short_lines"]
    if not pd.isna(short) and short:
        reasons.append(
            _n(
                "Not enough stock for {short} of {n} line",
                "Not enough stock for {short} of {n} lines",
                int(row["lines"]),
                short=formats.number(short),
            )
        )
    usual, expected = row["usual_days"], row["expected_days"]
    if age > usual:
        reasons.append(_too_long(row["stage"], age, usual))
    if not reasons:
        reasons.append(_time_left(days_left, expected))
    return " · ".join(reasons[:_MOST_REASONS])


def _too_long(stage: str, age: int, usual: float) -> str:
    name = _(STAGE_NAMES[stage])
    if usual < 1:
        return _("{age} in {stage}; 9 of 10 leave it the same day",
                 age=formats.age(age), stage=name)  # fmt: skip
    return _("{age} in {stage}; 9 of 10 leave within {days}",
             age=formats.age(age), stage=name, days=formats.age(usual))  # fmt: skip


def _time_left(days_left: int, expected: float) -> str:
    left = _("Due today") if days_left == 0 else _("{days} left", days=formats.age(days_left))
    if pd.isna(expected):
        return left
    if expected >= LONGEST:
        return _("{left}; half of such orders need more than {days}",
                 left=left, days=formats.age(LONGEST - 1))  # fmt: skip
    return _("{left}; half of such orders need {days}", left=left, days=formats.age(expected))
