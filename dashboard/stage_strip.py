"""The stages of an order's life side by side, each a filter for the list below."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.figures.colours import STAGE_NAME
from dashboard.filters import STAGE_NAMES, choose
from dashboard.texts import _, _n
from data_access.policy import Role
from data_access.scope import Scope
from data_access.stages import OPEN_STAGES, STAGES, TO_SHIP_STAGES


def stages_seen(scope: Scope) -> Sequence[str]:
    """The stages of the orders that this role sees at all."""
    return (*TO_SHIP_STAGES, "shipped") if scope.role is Role.WAREHOUSE else STAGES


def stage_strip(
    frame: pd.DataFrame, stages: Sequence[str], chosen: Collection[str], currency: str | None
) -> None:
    """`frame` is `sum_orders_by_stage`; `chosen` are the stages that the list shows."""
    rows = {row.stage: row for row in frame.itertuples()}
    grid = st.grid(len(stages), min_column_width=106, gap="xsmall", border=True, key="stages")
    for stage in stages:
        with grid.cell(), st.container(gap="xxsmall"):
            is_chosen = stage in chosen
            name = _(STAGE_NAMES[stage])
            st.button(
                f":{STAGE_NAME[stage]}[✓ {name}]"
                if is_chosen
                else f":{STAGE_NAME[stage]}[●] {name}",
                key=f"stage_{stage}",
                type="tertiary",
                on_click=choose,
                kwargs={"stage": _toggled(stage, chosen)},
                help=_("Show only orders of this stage, or all again"),
            )
            st.markdown(_figures(rows[stage], currency))


def _toggled(stage: str, chosen: Collection[str]) -> list[str] | None:
    return None if list(chosen) == [stage] else [stage]


def _figures(row: Any, currency: str | None) -> str:
    """How many, how much, how old, how many of them late."""
    count = f"**{formats.number(row.orders)}**"
    if not pd.isna(row.net_sales):
        count += f" :small[:gray[{formats.compact_money(row.net_sales, currency)}]]"
    oldest, late = "", ""
    if row.stage in OPEN_STAGES and not pd.isna(row.oldest_days):
        oldest = _("oldest {age}", age=formats.age(row.oldest_days))
    if row.overdue_orders:
        late = _n("{n} late", "{n} late", int(row.overdue_orders))
    return (
        f"{count}  \n:small[:gray[{oldest}]]  \n:small[:red[{late}]]"
        if late
        else (f"{count}  \n:small[:gray[{oldest}]]" if oldest else count)
    )
