"""The part `stock` of a refresh: the plan of each stock, from the year before and the stored
forecasts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.ahead import WEEK_LEVELS, WEEKS
from dashboard.analytics.inventory.grids import join_numbers, pack
from dashboard.analytics.inventory.lead_time import RECEIPTS_DAYS
from dashboard.analytics.inventory.learning import HISTORY_DAYS, Learnt, learn_stock
from dashboard.analytics.inventory.level import SOURCES
from dashboard.analytics.inventory.planning import STORED_LEVELS, Planned, plan_stock
from dashboard.stock_outlook import stored_outlook
from data_access.refreshing import demand as asked
from data_access.refreshing.runs import Run
from data_access.refreshing.stock import replace_plans

if TYPE_CHECKING:
    from dashboard.refreshing import Source

SEED = 7
Advance = Callable[[float], None]


def refresh_stock(source: Source, run: Run, advance: Advance) -> tuple[int, str]:
    """How many stocks were planned; nothing that is not well."""
    first = source.as_of - timedelta(days=2 * HISTORY_DAYS)
    engine = source.analytics
    stock = asked.read_stock(source.record)
    learnt = learn_stock(
        stock,
        asked.read_demand_since(engine, first, source.as_of),
        asked.read_movements_since(
            engine, first + timedelta(days=HISTORY_DAYS), source.as_of, source.zone
        ),
        asked.read_lead_times(engine, source.as_of - timedelta(days=RECEIPTS_DAYS), source.zone),
        source.as_of,
        stored_outlook(source.record, source.as_of),
        seed=SEED,
    )
    advance(0.4)
    shipped = learnt.keys.merge(
        asked.read_last_shipped(engine, source.as_of, source.zone),
        on=["product_id", "warehouse_id"], how="left",
    )  # fmt: skip
    plans = rows_to_store(plan_stock(stock, learnt, seed=SEED), learnt).assign(
        last_shipped_on=pd.to_datetime(shipped["last_shipped_on"]).to_numpy()
    )
    advance(0.9)
    facts = {f"from_{name}": int((learnt.source == name).sum()) for name in SOURCES}
    replace_plans(source.writer, run, plans, facts, lambda rows: None)
    return len(plans), ""


def rows_to_store(planned: Planned, learnt: Learnt) -> pd.DataFrame:
    """The rows of the table, but for the day."""
    ahead = planned.ahead
    levels = np.linspace(0, learnt.leads.quantiles.shape[1] - 1, STORED_LEVELS).round().astype(int)
    return planned.rows.assign(
        lead_time_grid=pack(np.concatenate((ahead.units, ahead.needed), axis=1)),
        weeks_grid=pack(ahead.weeks.reshape(len(ahead.weeks), WEEKS * len(WEEK_LEVELS))),
        lead_times=join_numbers(learnt.leads.quantiles[:, levels].astype(np.int64)),
        history=join_numbers(learnt.units.astype(np.int64)),
    )
