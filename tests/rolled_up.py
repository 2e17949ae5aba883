"""The roll-ups of the analytics copy, against what the record's own orders add up to."""

from __future__ import annotations

import pandas as pd
from pandas.testing import assert_frame_equal
from sqlalchemy import Table, func, select

from data_access.analytics_copy import AnalyticsCopy
from data_access.analytics_copy.rolling_up import is_sum, rows_of
from data_access.database import Database
from data_access.frames import read_frame
from data_access.roll_ups import ROLL_UPS


def assert_rolled_up(database: Database, copied: AnalyticsCopy) -> None:
    for table in ROLL_UPS:
        keys = [column for column in table.columns if not is_sum(column)]
        sums = [
            func.sum(each, type_=each.type).label(each.name) for each in table.c if is_sum(each)
        ]
        held = read_frame(copied.engine, select(*keys, *sums).group_by(*keys))
        wanted = read_frame(database.record, rows_of(table))
        assert_frame_equal(_with_something(held, table), _with_something(wanted, table))


def _with_something(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Without the groups that came to nothing, in the order of the keys."""
    sums = [column.name for column in table.columns if is_sum(column)]
    keys = [column.name for column in table.columns if not is_sum(column)]
    texts = frame[keys].astype("string").fillna("none")
    found = texts.join(frame[sums].astype("float64").round(4))
    return found[(found[sums] != 0).any(axis=1)].sort_values(keys, ignore_index=True)
