"""Stock: the night's plan, the data of the page, which must be there within 100 ms, and a year of
200 products played again, within 5 s. Its world has more products than a demo of as many orders: in
the demo's four warehouses as many stocks as 5,000 products have in three. Their demand is told from
what was ordered: forecasts of so many products would take longer than all else, and the page reads
no other rows for them."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from benchmarks import worlds
from benchmarks.timing import Taken, kept, print_table, shown, time_taken
from dashboard.analytics.inventory.position import SEVERITIES
from dashboard.analytics.inventory.replay import judge_replay, replay_policy, slow_lead_days
from dashboard.paging import PAGE_ROWS
from dashboard.refreshing import source_of
from dashboard.stock_days import tell_days_out
from dashboard.stock_plan import StockBoard, StockRule, judge_stock, worst_first
from dashboard.stock_refresh import refresh_stock
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database, connect
from data_access.inventory import list_expected_receipts, list_stock, sum_waiting_by_stock
from data_access.refreshing import runs
from data_access.scope import Scope
from data_access.stock_plans import list_shown_plans, list_stock_plans

PAGE_MS, REPLAY_MS = 100, 5_000
PRODUCTS_IN_ALL = 3_752
PRODUCTS, DAYS = 200, 365


def report_stock(name: str, url: str, path: Path, orders: int) -> None:
    worlds.fill(url, orders, products=PRODUCTS_IN_ALL, parts=())
    database = connect(url)
    copied = AnalyticsCopy(database.record, path)
    try:
        night = _plan(database, copied)
        copied.refresh()
        scope = worlds.scope_named(database.record, "manager")
        engines = (copied.engine, database.record)
        board = _board(*engines, scope, worlds.AS_OF)
        asked = time_taken(lambda: _ask(copied.engine, scope))
        whole = time_taken(lambda: _board(*engines, scope, worlds.AS_OF))
    finally:
        copied.close()
        database.dispose()
    replay = time_taken(_replay)
    rows = [
        ["the night's plan", *_both(night), "–"],
        ["the page's data", *_both(asked), kept(asked.clock, PAGE_MS)],
        ["the page's data, judged", *_both(whole), kept(whole.clock, PAGE_MS)],
        [f"{PRODUCTS} products × {DAYS} days again", *_both(replay),
         kept(replay.clock, REPLAY_MS)],
    ]  # fmt: skip
    title = (
        f"{name}: stock, {len(board.rows):,} products in warehouses; load {os.getloadavg()[0]:.1f}"
    )
    print_table(title, ["what", "ms", "ms of a processor", "kept"], rows)


def _both(taken: Taken) -> tuple[str, str]:
    return shown(taken.clock), shown(taken.cores)


def _plan(database: Database, copied: AnalyticsCopy) -> Taken:
    source = source_of(database.record, database.writer, copied.engine, worlds.AS_OF)
    version = runs.read_input_version(database.record)
    clock, used = time.perf_counter(), time.process_time()
    run = runs.begin_run(database.writer, "stock", worlds.AS_OF, version)
    refresh_stock(source, run, lambda share: None)
    return Taken((time.perf_counter() - clock) * 1000, (time.process_time() - used) * 1000)


def _ask(engine: Engine, scope: Scope) -> None:
    list_stock(engine, scope)
    list_stock_plans(engine, scope)
    sum_waiting_by_stock(engine, scope)
    list_expected_receipts(engine, scope)


def _board(engine: Engine, record: Engine, scope: Scope, as_of: date) -> StockBoard:
    """And the days of running out of those that the page shows first, of the record."""
    stock = list_stock(engine, scope)
    waiting = sum_waiting_by_stock(engine, scope)
    expected = list_expected_receipts(engine, scope)
    board = judge_stock(
        stock.merge(waiting, on=["product_id", "warehouse_id"], how="left"),
        list_stock_plans(engine, scope),
        expected,
        as_of,
        StockRule(),
    )
    to_act_on = board.rows[board.rows["rank"] < SEVERITIES.index("coming")]
    shown = worst_first(to_act_on).head(PAGE_ROWS)
    weeks = list_shown_plans(record, scope, tuple(shown["stock_id"].tolist()))
    tell_days_out(shown, weeks, expected, as_of)
    return board


def _replay() -> None:
    chance = np.random.default_rng(23)
    demand = chance.poisson(3, (PRODUCTS, DAYS)).astype(float)
    leads = np.sort(chance.integers(3, 30, (PRODUCTS, 21)), axis=1).astype(float)
    level, lot, lead = np.full(PRODUCTS, 60.0), np.full(PRODUCTS, 50.0), slow_lead_days(leads, DAYS)
    judge_replay(replay_policy(demand, level, level, lot, lead), np.ones(PRODUCTS))
