"""ABC by value and XYZ by variability: the matrix, and what a person sets for it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.inventory.classes import ABC_CUTS, XYZ_CUTS
from dashboard.analytics.inventory.reorder import FIXED_COST, HOLDING_RATE, SERVICE
from dashboard.paging import first_page
from dashboard.stock_plan import StockBoard, StockRule
from dashboard.tables import Column, show_table
from dashboard.texts import _
from data_access.scope import Scope

_ABC, _XYZ = ("A", "B", "C"), ("X", "Y", "Z")


def stock_rule(scope: Scope, *, is_planned: bool) -> StockRule:
    """Draws what the suggestions rest on, behind one button; returns it. The address may ask for
    the reorder points that are set, `points=set`. Cut points of value are for who sees values."""
    if not is_planned:
        return StockRule(as_set=True)
    knows_costs = scope.sees("products", "unit_cost")
    knows_values = scope.sees("stock_plans", "value_share")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="stock_bar"):
        said = st.query_params.get("points") == "set"
        if said:
            st.session_state["stock_basis"] = "set"
        basis = st.segmented_control(
            _("Reorder point"), ["suggested", "set"], default=None if said else "suggested",
            required=True,
            format_func=lambda name: {"suggested": _("Suggested reorder points"),
                                      "set": _("Reorder points as set")}[name],
            key="stock_basis", label_visibility="collapsed", persist_state="session",
            on_change=_another_basis,
        )  # fmt: skip
        with st.popover(_("Cut points and service"), icon=":material/tune:", width="content"):
            st.markdown(f":small[{_('Service: the chance of no stock-out until goods arrive.')}]")
            levels = st.columns(3)
            service = [
                _percent(levels[place], _("Service {name}, %", name=name), f"service_{name}",
                         SERVICE[name], 50.0, 99.9)
                for place, name in enumerate(_ABC)
            ]  # fmt: skip
            cuts = st.columns(4)
            a, b = ABC_CUTS
            if knows_values:
                a = _percent(cuts[2], _("A up to, % of value"), "cut_a", a, 1.0, 99.0)
                b = _percent(cuts[3], _("B up to, % of value"), "cut_b", b, 1.0, 100.0)
            x = _percent(cuts[0], _("X up to, % variation"), "cut_x", XYZ_CUTS[0], 1.0, 500.0)
            y = _percent(cuts[1], _("Y up to, % variation"), "cut_y", XYZ_CUTS[1], 1.0, 500.0)
            fixed, holding = FIXED_COST, HOLDING_RATE
            if knows_costs:
                costs = st.columns(2)
                fixed = costs[0].number_input(
                    _("Cost of one order"), 0.0, 1e6, FIXED_COST, step=5.0,
                    key="stock_fixed_cost", persist_state="session",
                )  # fmt: skip
                holding = _percent(costs[1], _("Holding a year, % of unit cost"), "holding",
                                   HOLDING_RATE, 1.0, 200.0)  # fmt: skip
    return StockRule(
        abc_cuts=(min(a, b), max(a, b)), xyz_cuts=(min(x, y), max(x, y)),
        service=(service[0], service[1], service[2]), fixed_cost=float(fixed),
        holding_rate=holding, as_set=basis == "set",
    )  # fmt: skip


def _another_basis() -> None:
    st.query_params.pop("points", None)
    first_page()


def class_block(board: StockBoard, rule: StockRule) -> None:
    """How many products are of each class, and what share of the value they make."""
    of_product = board.rows.groupby("product_id")["yearly_units"].sum()
    products = board.rows.drop_duplicates("product_id")
    has_values = bool(products["value_share"].any())
    worth = products["value_share" if has_values else "product_id"]
    products = products.assign(worth=worth if has_values else worth.map(of_product))
    by = _("by the cost of a year's demand")
    st.markdown("**{}**".format(
        _("ABC × XYZ: products and their share of the value") if has_values
        else _("ABC × XYZ: products and their share of the units")
    ))  # fmt: skip
    total = float(products["worth"].sum())
    rows = []
    for abc in _ABC:
        row: dict[str, object] = {"abc": f"{abc} · {_promised(rule, abc)}"}
        for xyz in _XYZ:
            part = products[(products["abc"] == abc) & (products["xyz"] == xyz)]
            share = float(part["worth"].sum()) / total if total else 0.0
            row[xyz] = f"{formats.number(len(part))} · {formats.rate(share)}"
        rows.append(row)
    names = {
        "X": _("X: steady, up to {cut}", cut=formats.rate(rule.xyz_cuts[0], 0)),
        "Y": _("Y: varies, up to {cut}", cut=formats.rate(rule.xyz_cuts[1], 0)),
        "Z": _("Z: erratic or nothing sold"),
    }
    show_table(
        pd.DataFrame(rows),
        [Column("abc", _("Class"), width=150),
         *(Column(each, names[each], width=190) for each in _XYZ)],
        key="stock_matrix", alt=_("Products by class"),
    )  # fmt: skip
    told = _(
        "A makes the first {a} of the value {by}, B up to {b}. X, Y, Z: standard deviation ÷ mean "
        "of weekly demand.",
        a=formats.rate(rule.abc_cuts[0], 0), b=formats.rate(rule.abc_cuts[1], 0), by=by,
    )  # fmt: skip
    st.markdown(f":small[:gray[{told}]]")


def _promised(rule: StockRule, abc: str) -> str:
    level = rule.service[_ABC.index(abc)]
    return _("service {level}", level=formats.rate(level, 1 if level > 0.99 else 0))


def _percent(place: object, label: str, key: str, usual: float, low: float, high: float) -> float:
    value = place.number_input(  # type: ignore[attr-defined]
        label, low, high, usual * 100, step=1.0, format="%.1f", key=f"stock_{key}",
        persist_state="session", on_change=first_page,
    )  # fmt: skip
    return float(round(value / 100, 4))
