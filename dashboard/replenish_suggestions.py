"""What the stock suggests to order and nobody has asked for yet: the one place that says where the
suggestions of requests come from."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.reorder import suggest_quantity
from dashboard.reads import draw, read
from dashboard.stock_plan import StockBoard, StockRule, stock_board, worst_first
from dashboard.texts import _
from data_access.edits.replenish_requests import Wanted, cause_of_point
from data_access.replenishments import list_open_requests
from data_access.scope import Scope

_KEYS = ["product_id", "warehouse_id", "cause"]


def suggested_rows(scope: Scope, as_of: date) -> tuple[pd.DataFrame, str | None]:
    """What `still_to_request` says of the stock board by the rule that everybody starts from, and
    the currency of its costs."""
    board: StockBoard = draw(stock_board, scope, as_of, StockRule())  # as /stock has it
    rows = worst_first(board.rows[board.rows["suggested"] > 0])
    return still_to_request(scope, rows, as_of), board.currency


def still_to_request(scope: Scope, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows of the stock board (those that suggest nothing are left out) with to_request, the
    suggestion by the same rule once what is requested counts as if it were on order; needed_by, the
    day on which what is free is used up; and why_not (empty: to be requested), in words."""
    rows = rows[rows["suggested"] > 0].reset_index(drop=True)
    position = rows["projected"].to_numpy(np.float64) + rows["requested"].to_numpy(np.float64)
    units = suggest_quantity(
        position,
        rows["reorder_point"].fillna(-np.inf).to_numpy(np.float64),
        rows["order_quantity"].to_numpy(np.float64),
        rows["pack_size"].to_numpy(np.float64),
    ).astype(np.int64)
    known = pd.MultiIndex.from_frame(read(list_open_requests, scope, engine="record")[_KEYS])
    causes = [cause_of_point(int(each)) for each in rows["on_order"]]
    is_known = pd.MultiIndex.from_frame(rows.assign(cause=causes)[_KEYS]).isin(known)
    days = rows["days_of_supply"].replace(np.inf, np.nan).fillna(0).clip(0, 365)
    return rows.assign(
        to_request=units,
        needed_by=pd.Timestamp(as_of) + pd.to_timedelta(np.floor(days.astype(float)), unit="D"),
        why_not=[
            _("{n} requested already are enough", n=f"{int(requested):,}") if not wanted
            else _("{n} are requested for the same reason already", n=f"{int(requested):,}")
            if is_open else ""
            for wanted, is_open, requested in zip(units, is_known, rows["requested"], strict=True)
        ],
    )  # fmt: skip


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
