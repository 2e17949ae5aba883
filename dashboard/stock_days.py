"""What is told of the stocks that are shown alone, on which day they run out first of all: the
weeks ahead of fifteen thousand are as much to read as all the rest of their plan."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.ahead import HORIZON_DAYS, WEEK_LEVELS, WEEKS
from dashboard.analytics.inventory.demand import Whole
from dashboard.analytics.inventory.grids import unpack
from dashboard.analytics.inventory.running_out import tell_stock_out
from dashboard.reads import read
from data_access.inventory import list_expected_receipts
from data_access.scope import Scope
from data_access.stock_plans import list_shown_plans

DAYS_OUT = ("out_p10", "out_p50", "out_p90", "chance_before_receipt")
_KEYS = ["product_id", "warehouse_id"]
_MOST_ASKED = 500  # stocks; of more, all are asked for


def with_days_out(scope: Scope, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """These rows of the stock board with DAYS_OUT, out_p10, out_p50, out_p90 (days from today) and
    chance_before_receipt, NaN where nothing is planned or sold; and with what their arithmetic
    tells beside what the board has."""
    ids = tuple(int(each) for each in rows["stock_id"]) if len(rows) <= _MOST_ASKED else None
    plans = read(list_shown_plans, scope, ids, engine="record" if ids else "analytics")
    told = tell_days_out(rows, plans, read(list_expected_receipts, scope), as_of)
    return told.merge(plans.drop(columns="weeks_grid"), on="stock_id", how="left")


def tell_days_out(
    rows: pd.DataFrame, plans: pd.DataFrame, expected: pd.DataFrame, as_of: date
) -> pd.DataFrame:
    """As `with_days_out`, from `list_shown_plans` and `list_expected_receipts`."""
    found = {name: np.full(len(rows), np.nan) for name in DAYS_OUT}
    item = pd.Index(plans["stock_id"]).get_indexer(pd.Index(rows["stock_id"]))
    known = item >= 0
    if known.any():
        part = rows[known]
        come = _receipts(part, expected, as_of)
        comes = np.flatnonzero(come.any(axis=1))
        until = np.ceil(part["lead_time_mean"].to_numpy(np.float64))
        until[comes] = (come[comes] > 0).argmax(axis=1)
        told = tell_stock_out(
            part["available"].to_numpy(np.float64), come, unpack_weeks(plans)[item[known]], until
        )
        sells = (part["daily_demand"] > 0).to_numpy()
        for name in DAYS_OUT:
            values = told[name].to_numpy(np.float64)
            unsold = 0.0 if name.startswith("chance") else np.nan
            found[name][known] = np.where(sells, values, unsold)
    return rows.assign(**found)


def weeks_ahead(scope: Scope, row: pd.Series) -> Whole:
    """(WEEKS, WEEK_LEVELS) quantiles of the demand of one planned stock until each week's end."""
    return np.asarray(
        unpack_weeks(read(list_shown_plans, scope, (int(row["stock_id"]),), engine="record"))[0]
    )


def unpack_weeks(plans: pd.DataFrame) -> Whole:
    """(items, WEEKS, WEEK_LEVELS), from `list_shown_plans`."""
    grid = unpack(plans["weeks_grid"], WEEKS * len(WEEK_LEVELS))
    return grid.reshape(len(plans), WEEKS, len(WEEK_LEVELS))


def receipts_by_day(scope: Scope, row: pd.Series, as_of: date) -> np.ndarray:
    """Units that come in on each day from today on; what is overdue counts for tomorrow, what has
    no day for the end of the usual lead time."""
    one = row.to_frame().T.astype({"lead_time_mean": "float64"})
    return np.asarray(_receipts(one, read(list_expected_receipts, scope), as_of)[0])


def due_in_time(rows: pd.DataFrame, expected: pd.DataFrame, as_of: date) -> np.ndarray:
    """(rows) units that are due within the lead time."""
    found, days = _coming(rows, expected, as_of)
    soon = days.fillna(0) <= found["lead"]
    return np.bincount(found["row"][soon], found["quantity"][soon], len(rows))


def _receipts(rows: pd.DataFrame, expected: pd.DataFrame, as_of: date) -> np.ndarray:
    """(rows, HORIZON_DAYS) units that come in."""
    found, days = _coming(rows, expected, as_of)
    usual = np.ceil(np.asarray(found["lead"], np.float64))
    day = np.maximum(np.where(days.notna(), days, usual), 1).astype(np.int64)
    within = day < HORIZON_DAYS
    by_day = np.zeros((len(rows), HORIZON_DAYS))
    np.add.at(by_day, (found["row"].to_numpy()[within], day[within]), found["quantity"][within])
    return by_day


def _coming(
    rows: pd.DataFrame, expected: pd.DataFrame, as_of: date
) -> tuple[pd.DataFrame, pd.Series]:
    """What comes in for these rows, each with its `row` and lead time, and in how many days."""
    keys = rows[_KEYS].assign(row=np.arange(len(rows)), lead=rows["lead_time_mean"].to_numpy())
    found = expected.merge(keys, on=_KEYS)
    found = found.assign(
        quantity=found["quantity"].astype("float64"), row=found["row"].astype(np.int64)
    )
    return found, (found["expected_on"] - pd.Timestamp(as_of)).dt.days
