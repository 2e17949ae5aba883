"""Writes the plan of stock: the whole table, with its run, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, delete

from data_access.database import replacing
from data_access.loading import load
from data_access.refreshing.results import Written, rows_of
from data_access.refreshing.runs import Run, finish_run
from data_access.tables import stock_plans


def replace_plans(
    engine: Engine, run: Run, plans: pd.DataFrame, facts: Mapping[str, Any], written: Written
) -> None:
    """`plans` has the columns of stock_plans but as_of_on."""
    with replacing(engine, stock_plans.name) as connection:
        connection.execute(delete(stock_plans))
        rows = plans.assign(as_of_on=np.datetime64(run.as_of, "D"))
        if len(rows):
            load(connection, stock_plans, rows_of(stock_plans, rows), written)
        finish_run(connection, run, len(rows), facts)
