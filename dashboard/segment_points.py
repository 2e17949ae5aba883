"""The best customers of the segments as points; a click opens one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts import clicked_point
from dashboard.customer_link import open_customer
from dashboard.figures.segment_points import segment_points
from dashboard.figures.template import CONFIG
from dashboard.menu import may_open
from dashboard.reads import data_version, draw, read
from dashboard.segment_choice import Chosen, code_of
from dashboard.segment_words import segment_name
from dashboard.texts import _, _n, in_a_row, language
from data_access.scope import Scope
from data_access.segment_lists import list_segment_customers

MOST_POINTS = 200


def points_block(scope: Scope, chosen: Chosen, as_of: date) -> None:
    """Those of the chosen segment, or of all, who bought most in the last 12 months."""
    frame = _people(scope, chosen)
    if not len(frame):
        st.markdown(f":gray[{_('Nothing was ordered in the last 12 months.')}]")
        return
    ids = tuple(int(each) for each in frame["customer_id"])
    opens = may_open(scope.role, "customer")
    st.markdown(f":small[:gray[{_('Net sales, 12 months')}]]")
    key = f"segment_points_{data_version()}_{chosen.division.by}_{chosen.segment}_{len(ids)}"
    st.plotly_chart(
        draw(_points, scope, chosen, as_of),
        config=CONFIG,
        alt=_("Customers by days since the last order and net sales of the last 12 months"),
        key=key,
        on_select=(lambda: _clicked(key, ids)) if opens else "ignore",
        selection_mode="points",
    )
    told = _n("{n} customer with net sales in the last 12 months.",
              "The {n} customers with most net sales in the last 12 months.", len(ids))  # fmt: skip
    words = in_a_row((told, _("Click a point to open it."))) if opens else told
    st.markdown(f":small[:gray[{words}]]")


def _people(scope: Scope, chosen: Chosen) -> pd.DataFrame:
    listed = read(
        list_segment_customers, scope, chosen.part(chosen.segment), sort="net_sales_12m",
        descending=True, limit=MOST_POINTS, language=language(),
    ).head(MOST_POINTS)  # fmt: skip
    return listed[listed["net_sales_12m"] > 0]


def _points(scope: Scope, chosen: Chosen, as_of: date) -> Any:
    frame = _people(scope, chosen)
    silent = (pd.Timestamp(as_of) - pd.to_datetime(frame["last_ordered_on"])).dt.days.clip(lower=0)
    codes = [code_of(chosen.division.by, int(group)) for group in frame["group_number"]]
    shown = frame.assign(silent_days=silent, segment_name=[segment_name(code) for code in codes])
    return segment_points(shown, currency=chosen.division.currency)


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    place = clicked_point(key, len(ids))
    if place is not None:
        open_customer(ids[place])
