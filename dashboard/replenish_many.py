"""Asking for all stocks that suggest an order: what will be made, and what is passed over."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.replenish_suggestions import still_to_request, wanted_of
from dashboard.session import today
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, plain
from data_access.edits.replenish_requests import MOST_WANTED, Wanted
from data_access.scope import Scope


def preview(scope: Scope, rows: pd.DataFrame, currency: str | None) -> tuple[Wanted, ...]:
    """Draws both, of these rows of the stock board; returns what would be made."""
    rows = still_to_request(scope, rows, today())  # as it is now, not as the button was drawn
    made, passed = rows[rows["why_not"] == ""], rows[rows["why_not"] != ""]
    shows_cost = currency is not None
    told = _n("{n} request will be made", "{n} requests will be made", len(made))
    if shows_cost and len(made):
        worth = float((made["to_request"] * made["unit_cost"].astype("float64")).sum())
        told += f" · {plain(formats.money(worth, currency))}"
    st.markdown(f"**{told}** :gray[{_('All of them, or none.')}]")
    if len(made):
        _table(made.head(MOST_WANTED), currency, "made", shows_cost=shows_cost)
        advice = _(
            "Order the order quantity, or more where that does not lift the projected stock above "
            "the reorder point; in whole packs. What is requested already counts as on order."
        )
        st.markdown(f":small[:gray[{advice}]]")
    if len(made) > MOST_WANTED:
        most = _("At most {n} are requested at a time; ask again for the others.", n=MOST_WANTED)
        st.markdown(f":orange[{most}]")
    if len(passed):
        passed_over = _n("{n} is passed over", "{n} are passed over", len(passed))
        st.markdown(f"**{passed_over}**")
        _table(passed, currency, "passed", shows_cost=False)
    return wanted_of(made.head(MOST_WANTED))


def _table(rows: pd.DataFrame, currency: str | None, name: str, *, shows_cost: bool) -> None:
    is_made = name == "made"
    columns = [
        Column("product", _("Product"), width=170),
        Column("warehouse", _("Warehouse"), width=140),
        *([Column("to_request", _("To request"), "count", width=90)] if is_made else []),
        *([] if is_made else [Column("why_not", _("Why"), width=280)]),
        Column("projected", _("Projected stock"), "count", width=105,
               help=_("On hand + on order − reserved")),
        *([Column("requested", _("Requested"), "count", width=90)]),
        Column("reorder_point", _("Reorder point"), "count", width=105),
        Column("order_quantity", _("Order quantity"), "count", width=105),
        Column("pack_size", _("Pack"), "count", width=60),
        *([Column("needed_by", _("Needed by"), "day"),
           Column("supplier", _("Supplier"), width=140)] if is_made else []),
        *([Column("worth", _("Value"), "money", width=100)] if shows_cost else []),
    ]  # fmt: skip
    worth = rows["to_request"] * rows["unit_cost"].astype("float64")
    show_table(
        rows.assign(worth=worth), columns, key=f"wanted_{name}_{len(rows)}",
        alt=_("What will be requested") if is_made else _("What is passed over"),
        currency=currency, height="content" if len(rows) <= 8 else 300,
    )  # fmt: skip
