"""Asking for one stock: how many units, for what, by when, from whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.reads import read
from dashboard.refusals import field_note
from dashboard.replenish_suggestions import still_to_request
from dashboard.session import today
from dashboard.stock_plan import StockRule
from dashboard.stock_words import arithmetic
from dashboard.texts import _, language, plain
from data_access.edits.replenish_requests import Wanted
from data_access.errors import Refused
from data_access.inventory import list_waiting_lines
from data_access.policy import Role
from data_access.replenishments import list_suppliers
from data_access.scope import Scope

_LAST_STEPS = 3  # of the arithmetic: position, order quantity, suggestion
_POINT, _HAND = "point", "hand"


def asks_only_for_orders(scope: Scope) -> bool:
    return scope.role is Role.SALES_LEAD


def stock_fields(
    scope: Scope, row: pd.Series, rule: StockRule, currency: str | None, refusal: Refused | None
) -> None:
    """Draws what is asked; `wanted_as_said` reads what was answered."""
    place = f":small[:gray[{plain(row['sku'])} · {plain(row['warehouse'])}]]"
    st.markdown(f"**{plain(row['product'])}** {place}")
    if row["item"] >= 0 and not asks_only_for_orders(scope):
        _show_steps(row, rule, currency)
    whys = _whys(scope, row)
    why = st.selectbox(
        _("What for"), list(whys), key="wanted_why", format_func=lambda each: whys[each],
    )  # fmt: skip
    found = still_to_request(scope, row.to_frame().T.infer_objects(), today())
    usual = int(found["to_request"].iloc[0]) if len(found) else 0
    quantity, needed = st.columns(2)
    quantity.number_input(
        _("Units"), min_value=1, step=1,
        value=_lacking(scope, row, why) or usual or max(int(row["minimum_order_quantity"]), 1),
        key=f"wanted_quantity_{why}",
    )  # fmt: skip
    due = found["needed_by"].iloc[0].date() if len(found) else today()
    needed.date_input(_("Needed by"), value=due, format="YYYY-MM-DD", key="wanted_by")
    field_note(refusal, "quantity")
    field_note(refusal, "needed_by")
    _supplier_box(scope, row)
    st.text_input(_("Note (optional)"), key="wanted_note", max_chars=300)
    if len(found) and found["why_not"].iloc[0] and why == _POINT:
        st.markdown(f":orange[:material/info: {plain(found['why_not'].iloc[0])}]")


def wanted_as_said(row: pd.Series) -> Wanted:
    """What stands in the fields now. Whether it is any good is the command's to say."""
    said: Mapping[Any, Any] = dict(st.session_state)
    why = str(said.get("wanted_why") or _HAND)
    is_order = why not in (_POINT, _HAND)
    by = said.get("wanted_by")
    return Wanted(
        product_id=int(row["product_id"]),
        warehouse_id=int(row["warehouse_id"]),
        quantity=said.get(f"wanted_quantity_{why}", 0),
        why="order" if is_order else "point" if why == _POINT else "hand",
        order_id=int(why) if is_order else None,
        seen_on_order=int(row["on_order"]),
        needed_by=by if isinstance(by, date) else None,
        supplier_id=said.get("wanted_supplier"),
        note=said.get("wanted_note") or "",
    )


def _show_steps(row: pd.Series, rule: StockRule, currency: str | None) -> None:
    """The last steps of the arithmetic that the page of stock shows."""
    steps = arithmetic(row, rule, currency).tail(_LAST_STEPS)
    lines = [
        f"- {plain(step)}: **{plain(result)}** :small[:gray[{plain(told)}]]"
        for step, told, result in steps.itertuples(index=False)
    ]
    st.markdown("\n".join(lines))


def _whys(scope: Scope, row: pd.Series) -> dict[str, str]:
    """What it can be asked for: the reorder point, by hand, or an order that lacks it."""
    whys: dict[str, str] = {}
    if not asks_only_for_orders(scope):
        if row["suggested"]:
            whys[_POINT] = _("The stock is at or below its reorder point")
        else:
            whys[_HAND] = _("Asked for by hand")
    for line in short_orders(scope, row).itertuples():
        told = _("Order {number} lacks it", number=line.order_number)
        whys[str(line.order_id)] = f"{told} · {formats.number(line.quantity)}"
    return whys


def short_orders(scope: Scope, row: pd.Series) -> pd.DataFrame:
    """The orders of the person's that this stock cannot serve."""
    lines = read(
        list_waiting_lines,
        scope,
        int(row["product_id"]),
        int(row["warehouse_id"]),
        language(),
        engine="record",
    )
    free = int(row["available"])
    is_new = lines["stage"] == "received"
    return lines[(is_new & (lines["quantity"] > free)) | (~is_new & (free < 0))]


def _lacking(scope: Scope, row: pd.Series, why: str) -> int:
    """Units that the chosen order lacks; 0 where none is chosen."""
    lines = short_orders(scope, row)
    chosen = lines[lines["order_id"].astype(str) == why]
    if not len(chosen):
        return 0
    wanted, free = int(chosen["quantity"].sum()), int(row["available"])
    is_new = chosen["stage"].iloc[0] == "received"
    return min(wanted, wanted - free if is_new else -free)


def _supplier_box(scope: Scope, row: pd.Series) -> None:
    if not scope.sees("suppliers"):
        return
    found = read(list_suppliers, scope, language(), engine="record")
    names = dict(zip(found["supplier_id"].tolist(), found["name"], strict=True))
    if not names:
        return
    own = None if pd.isna(row["supplier_id"]) else int(row["supplier_id"])
    st.selectbox(
        _("Supplier"), list(names), format_func=names.__getitem__, key="wanted_supplier",
        index=list(names).index(own) if own in names else None,
    )  # fmt: skip
