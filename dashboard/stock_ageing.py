"""How long what lies there has lain there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analytics.inventory.learning import AGES
from dashboard.stock_plan import StockBoard
from dashboard.tables import Column, show_table
from dashboard.texts import _


def age_bands(rows: pd.DataFrame) -> pd.DataFrame:
    """first_day (days since they came in; the last: not known), units, value: of all that is on
    hand. What was shipped since the plan was made is taken from the oldest."""
    held = np.maximum(rows["on_hand"].to_numpy(np.float64), 0)
    cost = rows["unit_cost"].astype("float64").to_numpy()
    older = rows[[f"aged_{days}" for days in AGES]].astype("float64").to_numpy()
    known = np.isfinite(older).all(axis=1)
    older = np.minimum(np.where(known[:, None], older, 0.0), held[:, None])
    ends = np.column_stack((np.where(known, held, 0.0), older, np.zeros(len(rows))))
    units = np.column_stack((ends[:, :-1] - ends[:, 1:], np.where(known, 0.0, held)))
    value = units * cost[:, None]
    return pd.DataFrame(
        {"first_day": [0, *(days + 1 for days in AGES), -1], "units": units.sum(axis=0),
         "value": np.nansum(value, axis=0)}
    )  # fmt: skip


def ageing_block(rows: pd.DataFrame, board: StockBoard) -> None:
    """Of the stocks that the filters leave."""
    bands = age_bands(rows)
    bands = bands[(bands["first_day"] >= 0) | (bands["units"] > 0)]
    last = [*AGES, None]
    names = [
        _("not known") if first < 0
        else _("more than {n} days", n=first - 1) if last[place] is None
        else _("{first} to {last} days", first=first, last=last[place])
        for place, first in enumerate(bands["first_day"])
    ]  # fmt: skip
    measured = "value" if board.currency else "units"
    total = float(bands[measured].sum())
    st.markdown(f"**{_('Ageing: since when what is on hand has been there')}**")
    show_table(
        bands.assign(name=names, share=bands[measured] / total if total else 0.0),
        [
            Column("name", _("Age"), width=180),
            Column("units", _("Units"), "count", width=110),
            *([Column("value", _("Stock value"), "money", width=140)] if board.currency else []),
            Column("share", _("Share"), "rate", width=110),
        ],
        key="stock_ageing", alt=_("Stock by age"), currency=board.currency,
    )  # fmt: skip
    st.markdown(f":small[:gray[{_('The oldest is taken to be shipped first.')}]]")
