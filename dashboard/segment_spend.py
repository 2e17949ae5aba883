"""What marketing spent on each segment, and what came back."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.segment_sums import add_up_spend
from dashboard.reads import data_version, read
from dashboard.recorded import knows_costs
from dashboard.segment_choice import Chosen, code_of, codes_of
from dashboard.segment_words import segment_name
from dashboard.tables import Column, show_table
from dashboard.texts import _
from data_access.scope import Scope
from data_access.segment_spend import sum_segment_spend


def spend_block(scope: Scope, chosen: Chosen, segments: pd.DataFrame, as_of: date) -> None:
    """Every segment, those that no campaign reached with nothing."""
    sums = read(sum_segment_spend, scope, chosen.division, as_of)
    if not len(sums):
        st.markdown(f":gray[{_('No campaign with a budget brought an order in 12 months.')}]")
    else:
        margin = knows_costs(scope)
        show_table(
            _told(sums, chosen, segments),
            _columns(margin=margin),
            key=f"segment_spend_{data_version()}_{chosen.division.by}",
            alt=_("Marketing spend and what it brought, by segment"),
            currency=chosen.division.currency,
        )
    told = _(
        "Of the last 365 days, cancelled orders left out. An order belongs to the campaign it"
        " names, or to the one whose coupon it was placed with. A campaign's budget is shared"
        " evenly over all its orders; spend is what falls to those of the segment's customers, and"
        " sales and margin are those of the same orders. What campaigns without an order cost is in"
        " no row. Below 1 the campaigns cost more than their margin brought back."
    )
    st.markdown(f":small[:gray[{told}]]")


def _told(sums: pd.DataFrame, chosen: Chosen, segments: pd.DataFrame) -> pd.DataFrame:
    """One row for each segment, in their order."""
    by = chosen.division.by
    codes = [code_of(by, int(group)) for group in sums["group_number"]]
    there = {*segments["segment"], *codes}
    order = [code for code in codes_of(by, _clusters(codes, segments)) if code in there]
    added = add_up_spend(sums, lambda group: code_of(by, group), order)
    return added.assign(
        name=[segment_name(code) for code in added["segment"]],
        per_spend=[_ratio(value) for value in added["margin_per_spend"]],
    )


def _clusters(codes: list[str], segments: pd.DataFrame) -> int:
    return max((int(code) for code in (*codes, *segments["segment"]) if code.isdigit()), default=0)


def _ratio(value: float) -> str:
    return formats.MISSING if pd.isna(value) else formats.number(value, 2)


def _columns(*, margin: bool) -> list[Column]:
    columns = [
        Column("name", _("Segment"), width=150, pinned=True),
        Column("orders", _("Orders by campaigns"), "count", width=150),
        Column("spend", _("Marketing spend"), "money", width=140),
        Column("net_sales", _("Net sales"), "money", width=130),
    ]
    if margin:
        columns.append(Column("margin", _("Gross profit"), "money", width=130))
        columns.append(Column("per_spend", _("Margin per spend"), width=140))
    return columns
