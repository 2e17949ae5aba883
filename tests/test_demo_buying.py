"""The demo company's buying follows the first plan of its stock, once, and leaves a few to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, insert, select

from dashboard.analytics.inventory.ahead import HORIZON_DAYS
from dashboard.analytics.inventory.running_out import tell_stock_out
from dashboard.demo_buying import buy_as_planned
from dashboard.refreshing import refresh, source_of
from dashboard.stock_days import tell_days_out, unpack_weeks
from dashboard.stock_plan import StockRule, judge_stock
from data_access.database import Database, connect, writing
from data_access.demo import Plan, build_demo
from data_access.demo.ordering import LEFT_EVERY
from data_access.inventory import list_expected_receipts, list_stock, sum_waiting_by_stock
from data_access.schema import upgrade_schema
from data_access.scope import mint_scope
from data_access.stock_plans import list_shown_plans, list_stock_plans
from data_access.tables import properties, refreshes, stock, users
from data_access.verifying import verify_log
from tests.crm import NOW

TODAY = date(2026, 11, 23)


def board(database: Database) -> pd.DataFrame:
    return judged(database)[0].set_index("stock_id")


def judged(database: Database) -> tuple[pd.DataFrame, np.ndarray]:
    """The board's rows with the days of running out, and the weeks ahead of their items."""
    record = database.record
    with record.connect() as connection:
        user_id = connection.scalar(select(users.c.user_id).where(users.c.role == "manager"))
    scope = mint_scope(record, int(user_id or 0))
    assert scope is not None
    rows = list_stock(record, scope).merge(
        sum_waiting_by_stock(record, scope), on=["product_id", "warehouse_id"], how="left"
    )
    plans, coming = list_stock_plans(record, scope), list_expected_receipts(record, scope)
    found = judge_stock(rows, plans, coming, TODAY, StockRule()).rows
    weeks = list_shown_plans(record, scope, None)
    return tell_days_out(found, weeks, coming, TODAY), unpack_weeks(weeks)


def shelves(database: Database) -> list[Any]:
    with database.record.connect() as connection:
        return list(connection.execute(select(stock).order_by(stock.c.stock_id)))


@contextmanager
def mark_as_demo(database: Database, mark: str | None) -> Iterator[None]:
    """None: as a database that never was a demo."""
    is_mark = properties.c.name == "demo"
    with writing(database.writer) as connection:
        connection.execute(delete(properties).where(is_mark))
        if mark is not None:
            connection.execute(insert(properties).values(name="demo", value=mark))
    yield
    with writing(database.writer) as connection:
        connection.execute(delete(properties).where(is_mark))
        connection.execute(insert(properties).values(name="demo", value="1"))


def chance_until(weeks: np.ndarray, row: Any) -> float:
    """That nothing is free before the day on which goods are expected, worked out for one."""
    day = max((row.expected_on - pd.Timestamp(TODAY)).days, 1)
    comes = np.zeros((1, HORIZON_DAYS))
    comes[0, day] = row.on_order
    told = tell_stock_out(
        np.array([float(row.available)]), comes, weeks[[row.item]], np.array([day])
    )
    return float(told["chance_before_receipt"].iloc[0])


def test_what_the_plan_suggests_was_ordered_but_for_a_few(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'crm.sqlite'}")
    upgrade_schema(database.writer)
    build_demo(database.writer, Plan(3_000, 7, TODAY))
    source = source_of(database.record, database.writer, database.record, TODAY)
    refresh(source, ["stock"], lambda part, share: None)
    assert buy_as_planned(database, TODAY) == 0  # the plan rests on no forecast yet
    with writing(database.writer) as connection:
        connection.execute(
            insert(refreshes).values(what="forecasts", as_of_on=TODAY, version=1, state="done",
                                     started_at=NOW, finished_at=NOW)
        )  # fmt: skip
    assert buy_as_planned(database, date(2026, 11, 24)) == 0  # not its day
    for mark in ("0", None):
        with mark_as_demo(database, mark):
            assert buy_as_planned(database, TODAY) == 0  # a company that is
    before, lay = board(database), shelves(database)
    suggested = before.index[before["suggested"] > 0]
    bought = [each for each in suggested if each % LEFT_EVERY]
    assert len(suggested) > 0.2 * len(before)
    assert buy_as_planned(database, TODAY) == len(bought)
    after = board(database)
    assert shelves(database) == lay
    assert not after.loc[bought, "suggested"].any()
    added = (after["on_order"] - before["on_order"])[lambda units: units > 0]
    assert added.to_dict() == before.loc[bought, "suggested"].to_dict()
    left = after[after["suggested"] > 0]
    assert set(left.index) == set(suggested) - set(bought)
    assert 0 < len(left) < 0.08 * len(after)
    assert (after.loc[bought, "expected_on"] > pd.Timestamp(TODAY)).mean() > 0.9
    rows, weeks = judged(database)
    rows = rows[rows["stock_id"].isin(list(added.index)) & (rows["available"] > 0)]
    rows = rows[~before.loc[rows["stock_id"], "on_order"].astype(bool).to_numpy()]  # one receipt
    told = [chance_until(weeks, row) for row in rows.itertuples()]
    assert len(rows) > 20 and rows["chance_before_receipt"].tolist() == pytest.approx(told)
    assert buy_as_planned(database, TODAY) == 0 and shelves(database) == lay
    verify_log(database.record)
    database.dispose()
