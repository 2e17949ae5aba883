"""Reads what offers are worked out of, and writes them: all anew, or only those of customers whose
orders have changed since the last run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Table, delete, func, select

from data_access.database import replacing
from data_access.frames import read_frame
from data_access.loading import empty, load, with_indexes_after
from data_access.refreshing.results import numbered, rows_of
from data_access.refreshing.runs import Run, finish_run, need_running
from data_access.refreshing.staging import Kept, Staged, staged
from data_access.tables import (
    changes,
    customers,
    offer_evaluations,
    offer_lists,
    offers,
    order_lines,
    orders,
    product_pairs,
    products,
    refreshes,
)

# a change of these touches the customers of the order, line or row; of the others that a refresh
# rests on, everybody
_BY_ORDER = ("orders", "order_lines")
_AT_ONCE = 500


def read_lines(engine: Engine, as_of: date) -> pd.DataFrame:
    """customer_id, order_id, ordered_on, product_id of goods; cancelled orders and those of nobody
    are left out."""
    return read_frame(
        engine,
        select(
            orders.c.customer_id, orders.c.order_id, orders.c.ordered_on, order_lines.c.product_id
        )
        .join_from(order_lines, orders, orders.c.order_id == order_lines.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(
            orders.c.stage != "cancelled",
            orders.c.customer_id.is_not(None),
            orders.c.ordered_on <= as_of,
            products.c.is_goods,
        ),
    )


def read_all_baskets(engine: Engine, as_of: date) -> pd.DataFrame:
    """order_id, product_id of goods: also of orders that name no customer."""
    return read_frame(
        engine,
        select(orders.c.order_id, order_lines.c.product_id)
        .join_from(order_lines, orders, orders.c.order_id == order_lines.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(orders.c.stage != "cancelled", orders.c.ordered_on <= as_of, products.c.is_goods),
    )


def read_groups(engine: Engine) -> pd.DataFrame:
    """customer_id, region_id, customer_type of every customer."""
    return read_frame(
        engine,
        select(customers.c.customer_id, customers.c.region_id, customers.c.customer_type).order_by(
            customers.c.customer_id
        ),
    )


def find_last_facts(engine: Engine, run: Run) -> dict[str, Any] | None:
    """What the last run of offers before this one that is done learnt, and `version`, that of its
    data; None without one."""
    statement = (
        select(refreshes.c.version, refreshes.c.facts)
        .where(
            refreshes.c.what == "offers", refreshes.c.state == "done",
            refreshes.c.refresh_id < run.refresh_id,
        )
        .order_by(refreshes.c.refresh_id.desc())
        .limit(1)
    )  # fmt: skip
    with engine.connect() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else {**json.loads(row.facts or "{}"), "version": row.version}


def has_lists(engine: Engine) -> bool:
    """Whether what each method alone would offer was ever worked out here."""
    with engine.connect() as connection:
        return connection.scalar(select(offer_lists.c.customer_id).limit(1)) is not None


def find_changed_customers(engine: Engine, since: int, until: int) -> set[int] | None:
    """The customers with an order that changed after version `since`, up to `until`; None where
    something changed that may touch everybody."""
    with engine.connect() as connection:
        changed = connection.execute(
            select(changes.c.table_name, changes.c.row_id)
            .distinct()
            .where(changes.c.change_id > since, changes.c.change_id <= until)
        ).all()
        of: dict[str, set[int]] = {name: set() for name in _BY_ORDER}
        found: set[int] = set()
        for table, row_id in changed:
            if table in of and row_id is not None:
                of[table].add(int(row_id))
            elif table == "customers" and row_id is not None:
                found.add(int(row_id))
            elif table in ("*", "products", "categories", *_BY_ORDER, "customers"):
                return None
        order_ids = of["orders"] | _ids(
            connection, select(order_lines.c.order_id), order_lines.c.line_id, of["order_lines"]
        )
        return found | _ids(connection, select(orders.c.customer_id), orders.c.order_id, order_ids)


class Replacement:
    """New offers, which come piece by piece and take the place of the old ones at once."""

    def __init__(self, engine: Engine, run: Run, touched: set[int] | None, rows: Staged) -> None:
        self._engine, self._run, self._touched, self._rows = engine, run, touched, rows
        self.offers = self.customers = 0  # put so far

    def put(self, found: pd.DataFrame, lists: pd.DataFrame | None = None) -> None:
        """`found` has the columns of offers but offer_id and as_of_on, all of the customers in it;
        `lists` those of offer_lists but as_of_on."""
        for table, frame in ((offers, found), (offer_lists, lists)):
            if frame is not None and len(frame):
                dated = frame.assign(as_of_on=np.datetime64(self._run.as_of, "D"))
                self._rows.put(table, rows_of(table, dated))
        self.offers += len(found)
        self.customers += int(found["customer_id"].nunique())

    def finish(
        self, pairs: pd.DataFrame, evaluation: pd.DataFrame | None, facts: Mapping[str, Any],
        details: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Only the offers of `touched` customers are replaced, all where it is None; the evaluation
        only where there is one."""
        self._rows.settle()
        with replacing(self._engine, offers.name) as connection:
            need_running(connection, self._run)  # a later run deletes what this one put aside
            for table in (offers, offer_lists):
                if self._touched is None:
                    empty(connection, table)
                for chunk in _chunks(self._touched or set()):
                    connection.execute(delete(table).where(table.c.customer_id.in_(chunk)))
                is_empty = connection.execute(select(table).limit(1)).first() is None
                with with_indexes_after(connection, table) if is_empty else nullcontext():
                    self._rows.move(connection, table)
            for table, frame in ((product_pairs, pairs), (offer_evaluations, evaluation)):
                if frame is not None:
                    connection.execute(delete(table))
                    _write(connection, table, frame, self._run)
            total = int(connection.scalar(select(func.count()).select_from(offers)) or 0)
            finish_run(connection, self._run, total, facts, details)


@contextmanager
def replacing_offers(engine: Engine, run: Run, touched: set[int] | None) -> Iterator[Replacement]:
    """Where it is not finished, the old offers stay."""
    if touched is not None:
        yield Replacement(engine, run, touched, Kept())
        return
    with staged(engine, run) as rows:
        yield Replacement(engine, run, touched, rows)


def _write(connection: Connection, table: Table, frame: pd.DataFrame, run: Run) -> None:
    if len(frame):
        dated = frame.assign(as_of_on=np.datetime64(run.as_of, "D"))
        rows = numbered(connection, table, dated)
        load(connection, table, rows_of(table, rows), lambda rows: None)


def _ids(connection: Connection, wanted: Any, key: Any, values: set[int]) -> set[int]:
    found: set[int] = set()
    for chunk in _chunks(values):
        rows = connection.scalars(wanted.where(key.in_(chunk)))
        found |= {int(each) for each in rows if each is not None}
    return found


def _chunks(values: set[int]) -> list[list[int]]:
    ordered = sorted(values)
    return [ordered[first : first + _AT_ONCE] for first in range(0, len(ordered), _AT_ONCE)]
