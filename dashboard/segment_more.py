"""More about the segments, one question at a time: what they buy, what they are expected to buy,
what the best do not buy yet, the best as points, and two segments side by side."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.campaign_trials import trials_block
from dashboard.reads import data_version, read
from dashboard.segment_choice import Chosen, code_of, codes_of, say
from dashboard.segment_points import points_block
from dashboard.segment_spend import spend_block
from dashboard.segment_views import segments_table
from dashboard.segment_words import MEASURES, segment_name
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, language
from data_access.scope import Scope
from data_access.segment_lists import list_missing_categories
from data_access.segments import PivotBy, sum_next_purchases, sum_segments_by

_QUESTIONS: dict[str, str] = {
    "measures": N_("All measures"),
    "bought": N_("What they buy"),
    "next": N_("Expected next"),
    "missing": N_("Not bought yet"),
    "points": N_("Customers as points"),
    "compare": N_("Compare two"),
    "spend": N_("Marketing spend"),
    "trials": N_("Campaign trials"),
}
_PIVOTS: dict[PivotBy, str] = {
    "category": N_("By category"),
    "region": N_("By region"),
    "channel": N_("By channel"),
    "month": N_("By month"),
}
_MOST_ROWS = 15
_MOST_MISSING = 100


def more_block(
    scope: Scope, chosen: Chosen, segments: pd.DataFrame, as_of: date, *, margin: bool
) -> None:
    question = st.segmented_control(
        _("More about the segments"),
        _questions_for(scope),
        default="measures",
        required=True,
        format_func=lambda name: _(_QUESTIONS[name]),
        key="segments_more",
        label_visibility="collapsed",
        persist_state="session",
    )
    match question:
        case "bought":
            _bought(scope, chosen, as_of)
        case "next":
            _next(scope, chosen)
        case "missing":
            _missing(scope, chosen, as_of)
        case "points":
            points_block(scope, chosen, as_of)
        case "compare":
            _compare(chosen, segments, margin=margin)
        case "spend":
            spend_block(scope, chosen, segments, as_of)
        case "trials":
            trials_block(scope, chosen, as_of)
        case _:
            key = f"segment_measures_{data_version()}_{chosen.division.by}"
            segments_table(segments, chosen, margin=margin, key=key)


def _questions_for(scope: Scope) -> list[str]:
    """A budget is the company's: shared over the orders of one rep it would tell nothing."""
    whole = scope.sees_all("orders") and scope.sees("campaigns", "budget")
    return [name for name in _QUESTIONS if name != "spend" or whole]


def _bought(scope: Scope, chosen: Chosen, as_of: date) -> None:
    pivot = st.segmented_control(
        _("Split"),
        list(get_args(PivotBy)),
        default="category",
        required=True,
        format_func=lambda name: _(_PIVOTS[name]),
        key="segments_pivot",
        label_visibility="collapsed",
        persist_state="session",
    )
    pivot_by: PivotBy = pivot if pivot in _PIVOTS else "category"
    sums = read(sum_segments_by, scope, chosen.division, as_of, pivot_by, language())
    if not len(sums):
        st.markdown(f":gray[{_('Nothing was ordered in the last 12 months.')}]")
        return
    table, left_out = _pivoted(sums, chosen, pivot_by)
    columns = [Column("name", _(_PIVOTS[pivot_by]), width=150, pinned=True)]
    columns += [
        Column(code, segment_name(code), "money", width=130)
        for code in map(str, table.columns)
        if code != "name"
    ]
    show_table(
        table,
        columns,
        key=f"segment_pivot_{data_version()}_{pivot_by}_{chosen.division.by}",
        alt=_("Net sales of the last 12 months by segment"),
        currency=chosen.division.currency,
    )
    note = _("Net sales of the last 365 days, cancelled orders left out.")
    if left_out:
        rest = _("The {shown} largest of {all}.", shown=_MOST_ROWS, all=_MOST_ROWS + left_out)
        note = f"{note} {rest}"
    st.markdown(f":small[:gray[{note}]]")


def _pivoted(sums: pd.DataFrame, chosen: Chosen, pivot_by: PivotBy) -> tuple[pd.DataFrame, int]:
    """A row for each key, the most sales first (months in order), a column for each segment."""
    by = chosen.division.by
    shown = [
        formats.month(key) if pivot_by == "month" else _("None") if pd.isna(name) else str(name)
        for key, name in zip(sums["key"], sums["name"], strict=True)
    ]
    codes = [code_of(by, int(group)) for group in sums["group_number"]]
    cells = pd.DataFrame({"name": shown, "code": codes, "net_sales": sums["net_sales"]})
    table = cells.pivot_table(
        index="name", columns="code", values="net_sales", aggfunc="sum", fill_value=0.0
    )
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    table = table.sort_index() if pivot_by == "month" else table.loc[order]
    most = len(table) if pivot_by == "month" else _MOST_ROWS
    left_out = max(len(table) - most, 0)
    ranked = [code for code in dict.fromkeys(_in_order(by, codes)) if code in table.columns]
    return table[ranked].head(most).reset_index(), left_out


def _in_order(by: Any, codes: list[str]) -> list[str]:
    most = max((int(code) for code in codes if code.isdigit()), default=0)
    return [code for code in codes_of(by, most) if code in set(codes)]


def _next(scope: Scope, chosen: Chosen) -> None:
    found = read(sum_next_purchases, scope, chosen.part(chosen.segment), language())
    if not len(found):
        st.markdown(f":gray[{_('No next purchases are predicted yet.')}]")
        return
    by = chosen.division.by
    codes = [code_of(by, int(group)) for group in found["group_number"]]
    named = found.assign(
        code=codes,
        segment_name=[segment_name(code) for code in codes],
        category=[_("None") if pd.isna(name) else str(name) for name in found["name"]],
    )
    summed = named.groupby(["code", "segment_name", "category"], sort=False, as_index=False)[
        ["customers", "expected"]
    ].sum()
    summed = summed.sort_values(["code", "expected"], ascending=[True, False], kind="stable")
    place = {code: number for number, code in enumerate(_in_order(by, codes))}
    summed["share"] = summed["expected"] / summed.groupby("code")["expected"].transform("sum")
    top = summed.groupby("code", sort=False).head(5)
    top = top.sort_values("code", key=lambda each: each.map(place), kind="stable")
    show_table(
        top.assign(expected=[formats.number(each, 1) for each in top["expected"]]),
        [
            Column("segment_name", _("Segment"), width=150),
            Column("category", _("Category"), width=180),
            Column("expected", _("Expected purchases"), width=150,
                   help=_("Purchases expected within 30 days: the sum of the probabilities")),
            Column("share", _("Share"), "rate", help=_("of what the segment is expected to buy")),
        ],
        key=f"segment_next_{data_version()}_{by}",
        alt=_("What each segment is expected to buy next"),
    )  # fmt: skip
    st.markdown(f":small[:gray[{_('The five categories with the most expected purchases each.')}]]")


def _missing(scope: Scope, chosen: Chosen, as_of: date) -> None:
    found = read(
        list_missing_categories, scope, chosen.part(chosen.segment), as_of,
        limit=_MOST_MISSING, language=language(),
    )  # fmt: skip
    told = _(
        "The tenth with the most net sales in 12 months (of the chosen segment, if one is), and "
        "categories that at least half of them bought in that time, but this customer did not."
    )
    st.markdown(f":small[:gray[{told}]]")
    if not len(found):
        st.markdown(f":gray[{_('The best customers buy what their peers buy.')}]")
        return
    show_table(
        found,
        [
            Column("customer", _("Customer"), width=220),
            Column("category", _("Category"), width=180),
            Column("peer_rate", _("Peers who buy it"), "rate", width=140),
            Column("net_sales_12m", _("Net sales, 12 months"), "money", width=160),
            Column("rep", _("Sales rep"), width=130),
        ],
        key=f"segment_missing_{data_version()}",
        alt=_("Best customers and a category their peers buy"),
        currency=chosen.division.currency,
    )
    if len(found) == _MOST_MISSING:
        st.markdown(f":small[:gray[{_('The first {n} are shown.', n=_MOST_MISSING)}]]")


def _compare(chosen: Chosen, segments: pd.DataFrame, *, margin: bool) -> None:
    codes = list(segments["segment"])
    if len(codes) < 2:
        st.markdown(f":gray[{_('There is only one segment.')}]")
        return
    first = chosen.segment if chosen.segment in codes else codes[0]
    others = [code for code in codes if code != first]
    second = chosen.versus if chosen.versus in others else others[0]
    st.session_state["compare_first"], st.session_state["compare_second"] = first, second
    left, right = st.columns(2, gap="small")
    for place, label, options, key, name in (
        (left, _("Segment"), codes, "compare_first", "segment"),
        (right, _("Compared with"), others, "compare_second", "versus"),
    ):
        place.selectbox(
            label, options, format_func=segment_name, key=key, on_change=_compared,
            args=(name, key),
        )  # fmt: skip
    rows = segments.set_index("segment").loc[[first, second]]
    show_table(
        pd.DataFrame(_compared_rows(rows, chosen, margin=margin)),
        [
            Column("measure", _("Measure"), width=220),
            Column("first", segment_name(first), width=150),
            Column("second", segment_name(second), width=150),
            Column("difference", _("Difference"), width=150),
        ],
        key=f"segment_compare_{data_version()}",
        alt=_("Two segments side by side"),
    )


def _compared(name: str, key: str) -> None:
    say(**{name: st.session_state[key]})


def _compared_rows(rows: pd.DataFrame, chosen: Chosen, *, margin: bool) -> list[dict[str, str]]:
    """What each has and the difference: of rates in points, of the rest in per cent."""
    currency = chosen.division.currency

    def money(value: Any) -> str:
        return formats.compact_money(value, currency)

    measures: list[tuple[str, str, Any]] = [
        ("customers", _("Customers"), formats.number),
        ("customer_rate", _("Share of customers"), formats.rate),
        *((name, _(label), money) for name, label in MEASURES.items()),
        ("value_rate", _("Share of value"), formats.rate),
        ("value_per_customer", _("Value per customer"), money),
        ("orders_per_customer", _("Orders per customer, 12 months"), _one_place),
        ("growth", _("Growth"), formats.change),
        ("value_at_risk_90", _("Value at risk, 90 days"), money),
    ]
    if margin:
        measures.append(("margin_rate", _("Margin"), formats.rate))
    told = []
    for name, label, shown in measures:
        first, second = (float(each) for each in rows[name])
        is_rate = name.endswith("_rate") or name == "growth"
        apart = formats.points(first - second) if is_rate else formats.change(_apart(first, second))
        told.append(
            {"measure": label, "first": shown(first), "second": shown(second), "difference": apart}
        )
    return told


def _apart(first: float, second: float) -> float:
    return (first - second) / second if second > 0 else float("nan")


def _one_place(value: Any) -> str:
    return formats.number(value, 1)
