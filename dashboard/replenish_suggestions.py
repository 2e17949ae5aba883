"""What the stock suggests to order and nobody has asked for yet: the one place that says where the
suggestions of requests come from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.reorder import suggest_quantity
from dashboard.reads import read
from dashboard.stock_plan import StockRule, stock_board
from dashboard.texts import _
from data_access.edits.replenish_requests import Wanted, cause_of_point
from data_access.replenishments import list_open_requests
from data_access.scope import Scope

_KEYS = ["product_id", "warehouse_id"]


def suggested_rows(scope: Scope, as_of: date) -> tuple[pd.DataFrame, str | None]:
    """The rows of the stock board that suggest an order, by the rule that everybody starts from,
    and the currency of their costs."""
    board = stock_board(scope, as_of, StockRule())
    rows = board.rows[board.rows["suggested"] > 0].reset_index(drop=True)
    return rows, board.currency


def still_to_request(scope: Scope, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows of the stock board (those that suggest nothing are left out) with to_request, the
    suggestion by the same rule once what is requested counts as if it were on order; needed_by, the
    day on which what is free is used up; and why_not (empty: to be requested), in words."""
    rows = rows[rows["suggested"] > 0].reset_index(drop=True)
    position = rows["projected"].to_numpy(np.float64) + rows["requested"].to_numpy(np.float64)
    wanted = suggest_quantity(
        position,
        rows["reorder_point"].fillna(-np.inf).to_numpy(np.float64),
        rows["order_quantity"].to_numpy(np.float64),
        rows["pack_size"].to_numpy(np.float64),
    ).astype(np.int64)
    requested = read(list_open_requests, scope, engine="record")
    known = set(
        zip(requested["product_id"], requested["warehouse_id"], requested["cause"], strict=True)
    )
    why_not = [
        _why_not(known, row, int(units))
        for row, units in zip(rows.itertuples(), wanted, strict=True)
    ]
    days = rows["days_of_supply"].replace(np.inf, np.nan).fillna(0).clip(0, 365)
    needed = [as_of + timedelta(days=int(each)) for each in days]
    return rows.assign(
        to_request=np.where(wanted > 0, wanted, 0), needed_by=pd.to_datetime(needed),
        why_not=why_not,
    )  # fmt: skip


def _why_not(known: set[tuple[Any, ...]], row: Any, units: int) -> str:
    requested = f"{int(row.requested):,}"
    if units <= 0:
        return _("{n} requested already are enough", n=requested)
    if (row.product_id, row.warehouse_id, cause_of_point(int(row.on_order))) in known:
        return _("{n} are requested for the same reason already", n=requested)
    return ""


def wanted_of(rows: pd.DataFrame) -> tuple[Wanted, ...]:
    """The requests for those rows of `still_to_request` that nothing keeps from being requested."""
    chosen: list[Any] = list(rows[rows["why_not"] == ""].itertuples())
    return tuple(
        Wanted(
            product_id=int(row.product_id),
            warehouse_id=int(row.warehouse_id),
            quantity=int(row.to_request),
            why="point",
            seen_on_order=int(row.on_order),
            needed_by=row.needed_by.date(),
        )
        for row in chosen
    )
