"""Last year again, day by day: what the reorder points that are set would have delivered, what the
suggested ones, and what those of one service level for everything."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.inventory.grids import split_numbers
from dashboard.analytics.inventory.learning import HISTORY_DAYS
from dashboard.analytics.inventory.planning import STORED_LEVELS
from dashboard.analytics.inventory.replay import (
    judge_replay,
    replay_policy,
    slow_lead_days,
    sum_judged,
)
from dashboard.reads import draw, read
from dashboard.stock_plan import StockBoard, StockRule, stock_board
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n
from data_access.scope import Scope
from data_access.stock_plans import list_plan_histories

MOST_PRODUCTS = 200  # those of the most value


def replay_policies(scope: Scope, as_of: date, rule: StockRule, level: float) -> pd.DataFrame:
    """policy (set, suggested, level), products, and the columns of sum_judged; one row for each.

    All begin with the stock of a year ago, meet the demand that was recorded, order the same
    quantities and wait as long for them; only the reorder points differ.
    """
    board: StockBoard = draw(stock_board, scope, as_of, rule)
    rows = board.rows[(board.rows["item"] >= 0) & (board.rows["daily_demand"] > 0)]
    by_worth = "value_share" if rows["value_share"].any() else "yearly_units"
    worth = rows.groupby("product_id")[by_worth].sum().nlargest(MOST_PRODUCTS).index
    past = read(list_plan_histories, scope, tuple(int(each) for each in worth))
    rows = rows.merge(past, on="stock_id").sort_values("stock_id", ignore_index=True)
    demand = split_numbers(rows["history"], HISTORY_DAYS).astype(np.float64)
    lead_times = split_numbers(rows["lead_times"], STORED_LEVELS).astype(np.float64)
    equal = board.ahead.of(rows["item"].to_numpy(np.int64)).point_for(np.full(len(rows), level))
    suggested = rows["suggested_point"].to_numpy(np.float64)
    points = {
        "set": rows["set_point"].fillna(0).to_numpy(np.float64),
        "suggested": suggested,
        "level": equal,
    }
    quantity = rows["order_quantity"].to_numpy(np.float64)
    known = rows["opening_units"].astype("float64").to_numpy()
    opening = np.where(np.isnan(known), suggested + quantity, np.maximum(known, 0))
    # ordered in the evening, and there on the morning after as many whole days
    lead_days = slow_lead_days(lead_times, HISTORY_DAYS) + 1
    cost = rows["unit_cost"].to_numpy(np.float64)
    found = []
    for policy, point in points.items():
        replay = replay_policy(demand, opening, point, quantity, lead_days)
        judged = sum_judged(judge_replay(replay, cost))
        found.append({"policy": policy, "products": len(worth), **judged.to_dict()})
    return pd.DataFrame(found)


def replay_block(scope: Scope, board: StockBoard, rule: StockRule, as_of: date) -> None:
    st.markdown(f"**{_('Last year again, with other reorder points')}**")
    level = st.slider(
        _("One service level for everything"), 80.0, 99.9, 95.0, step=0.1, format="%.1f%%",
        key="stock_replay_level", width=360, persist_state="session",
    )  # fmt: skip
    found: pd.DataFrame = draw(replay_policies, scope, as_of, rule, round(level / 100, 4))
    names = {
        "set": _("Reorder points as set"),
        "suggested": _("Suggested reorder points"),
        "level": _("All at {level}", level=formats.rate(level / 100)),
    }
    money = board.currency is not None
    show_table(
        found.assign(policy=found["policy"].map(names)),
        [
            Column("policy", _("Reorder points"), width=210),
            Column("fill_rate", _("Fill rate"), "rate", width=95,
                   help=_("Units served from stock on the day ÷ units ordered")),
            Column("cycle_service", _("Cycle service"), "rate", width=115,
                   help=_("Share of the times from one receipt to the next in which nobody "
                          "waited")),
            Column("stock_out_days", _("Stock-out days"), "count", width=120,
                   help=_("Days at whose end somebody waited, of all stocks together")),
            Column("average_value", _("Average stock"), "money", width=130) if money
            else Column("average_units", _("Average units"), "count", width=130),
            Column("orders", _("Orders to suppliers"), "count", width=145),
        ],
        key="stock_replay", alt=_("Last year again, with other reorder points"),
        currency=board.currency,
    )  # fmt: skip
    count = int(found["products"].iloc[0])
    told = (
        _n("{n} product of the most value, in all warehouses.",
           "{n} products of the most value, in all warehouses.", count)
        if board.rows["value_share"].any()
        else _n("{n} product that sells most, in all warehouses.",
                "{n} products that sell most, in all warehouses.", count)
    )  # fmt: skip
    how = _(
        "All begin with the stock of a year ago, meet the demand that was recorded, order the "
        "quantities suggested above and wait as long for them. The suggested points were learnt "
        "from the same year, which flatters them a little."
    )
    st.markdown(f":small[:gray[{told} {how}]]")
