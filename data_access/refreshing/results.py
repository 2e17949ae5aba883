"""Writes what a refresh worked out: a table is replaced in one transaction, with its run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Integer, String, Table, delete, func, insert, select

from data_access.audit_chain import recorded_as
from data_access.database import replacing, writing
from data_access.edits.measuring import measure_in
from data_access.loading import Array, Rows, load
from data_access.refreshing.runs import Run, finish_run
from data_access.refreshing.telling import without_counts
from data_access.tables import customer_scores, rebuy_dues, reminders, segment_history

REFRESH = "refresh"  # the actor
HELD_OUT_STATE = "held_out"
Written = Callable[[int], None]


def replace_scores(
    engine: Engine, run: Run, scores: pd.DataFrame, facts: Mapping[str, Any], written: Written
) -> None:
    """`scores` has the columns of customer_scores but as_of_on; a missing category is 0. Of the
    facts, what counts everybody's customers stands apart."""
    with replacing(engine, customer_scores.name) as connection:
        connection.execute(delete(customer_scores))
        rows = scores.assign(as_of_on=np.datetime64(run.as_of, "D"))
        load(connection, customer_scores, rows_of(customer_scores, rows), written)
        finish_run(connection, run, len(rows), without_counts(facts), facts)


def list_history_days(engine: Engine) -> list[date]:
    """The days of which the segments are known."""
    days = select(segment_history.c.as_of_on).distinct().order_by(segment_history.c.as_of_on)
    with engine.connect() as connection:
        return list(connection.scalars(days))


def replace_history(
    engine: Engine,
    run: Run,
    history: pd.DataFrame,
    kept: Collection[date],
    facts: Mapping[str, Any],
    written: Written,
) -> None:
    """`history` has customer_id, as_of_on and segment; of the days that stand in the table, those
    of `kept` stay."""
    with replacing(engine, segment_history.name) as connection:
        connection.execute(
            delete(segment_history).where(segment_history.c.as_of_on.not_in(list(kept)))
        )
        rows = numbered(connection, segment_history, history)
        load(connection, segment_history, rows_of(segment_history, rows), written)
        finish_run(connection, run, len(history), facts)


def replace_dues(
    engine: Engine, run: Run, dues: pd.DataFrame, facts: Mapping[str, Any], written: Written
) -> None:
    """`dues` has the columns of rebuy_dues but rebuy_due_id and as_of_on."""
    with replacing(engine, rebuy_dues.name) as connection:
        connection.execute(delete(rebuy_dues))
        rows = dues.assign(as_of_on=np.datetime64(run.as_of, "D"))
        load(connection, rebuy_dues, rows_of(rebuy_dues, numbered(connection, rebuy_dues, rows)),
             written)  # fmt: skip
        finish_run(connection, run, len(rows), facts)


def measure_owners(engine: Engine, run: Run) -> int:
    """How complete the customers of each owner are, kept as of the day; returns the owners."""
    with writing(engine) as connection:
        owners = measure_in(connection, run.as_of)
        finish_run(connection, run, owners, {})
    return owners


def record_held_out(engine: Engine, dues: pd.DataFrame, as_of: date, zone: str) -> int:
    """Notes who is due and is not reminded, to compare with who is: each held-out customer of
    `dues` (customer_id, product_id, last_ordered_on, expected_on) once between two purchases.
    Returns how many were noted."""
    noted = datetime.combine(as_of, time(12), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    with (
        writing(engine) as connection,
        recorded_as(connection, actor=REFRESH, action=REFRESH, now=noted),
    ):
        known = _last_noted(connection)
        rows = [
            _noted(due, noted)
            for due in dues.to_dict("records")
            if not _is_noted(due, known.get((due["customer_id"], due["product_id"])))
        ]
        if rows:
            connection.execute(insert(reminders), rows)
    return len(rows)


def _is_noted(due: Mapping[Any, Any], last: datetime | None) -> bool:
    return last is not None and last >= due["last_ordered_on"].to_pydatetime()


def _noted(due: Mapping[Any, Any], at: datetime) -> dict[str, Any]:
    return {
        "customer_id": int(due["customer_id"]),
        "product_id": int(due["product_id"]),
        "cause": "rebuy",
        "action": "none",
        "state": HELD_OUT_STATE,
        "is_held_out": True,
        "due_on": due["expected_on"].date(),
        "recorded_at": at,
    }


def _last_noted(connection: Connection) -> dict[tuple[int, int | None], datetime]:
    statement = (
        select(reminders.c.customer_id, reminders.c.product_id, func.max(reminders.c.recorded_at))
        .where(reminders.c.state == HELD_OUT_STATE)
        .group_by(reminders.c.customer_id, reminders.c.product_id)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(statement)}


def numbered(connection: Connection, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """With identities that follow the last one that stands in the table."""
    key = next(iter(table.primary_key.columns))
    last = int(connection.scalar(select(func.coalesce(func.max(key), 0))) or 0)
    return frame.assign(**{key.name: np.arange(last + 1, last + 1 + len(frame))})


def rows_of(table: Table, frame: pd.DataFrame) -> Rows:
    columns: Sequence[str] = [column.name for column in table.columns if column.name in frame]
    return {name: _array(table, name, frame[name]) for name in columns}


def _array(table: Table, name: str, values: pd.Series[Any]) -> Array:
    """As `load` takes them: money and shares rounded to what the column keeps."""
    kind = table.c[name].type
    if isinstance(kind, Integer):
        return values.to_numpy(np.float64, na_value=np.nan) if values.isna().any() else (
            values.to_numpy(np.int64)
        )  # fmt: skip
    if isinstance(values.dtype, pd.CategoricalDtype):  # many rows of few words
        words: list[Any] = [*values.cat.categories, None]  # the last of those that are missing
        return np.array(words, dtype=object)[values.cat.codes.to_numpy()]
    if isinstance(kind, String):
        return values.astype(object).where(values.notna(), None).to_numpy()
    found: Array = values.to_numpy()
    if found.dtype.kind == "M":
        return found.astype("datetime64[D]")
    if found.dtype.kind in "fiu" and hasattr(kind, "scale"):
        return np.round(found.astype(np.float64), kind.scale)
    return found
