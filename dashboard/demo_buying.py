"""What the demo company's buyer did when the first plan of its stock was known."""

from __future__ import annotations

from datetime import date

from dashboard.stock_plan import StockRule, judge_stock, worst_first
from data_access.database import Database
from data_access.demo.ordering import order_as_planned, wants_orders
from data_access.edits.alerting import find_judge
from data_access.inventory import list_expected_receipts, list_stock, sum_waiting_by_stock
from data_access.refreshing.runs import find_last_done
from data_access.scope import mint_scope
from data_access.stock_plans import list_stock_plans


def buy_as_planned(database: Database, as_of: date) -> int:
    """Orders what a demo's plan suggests, once, when it rests on forecasts; how many."""
    record = database.record
    if not wants_orders(record, as_of) or find_last_done(record, "forecasts") is None:
        return 0
    judge = find_judge(record)
    scope = None if judge is None else mint_scope(record, judge)
    if scope is None:
        return 0
    stock = list_stock(record, scope).merge(
        sum_waiting_by_stock(record, scope), on=["product_id", "warehouse_id"], how="left"
    )
    board = judge_stock(
        stock, list_stock_plans(record, scope), list_expected_receipts(record, scope), as_of,
        StockRule(),
    )  # fmt: skip
    return order_as_planned(database.writer, worst_first(board.rows), as_of)
